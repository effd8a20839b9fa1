"""Who fetches one order that a message said had changed, without saying how?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from erp.core.models import User
from erp.core.work_registry import long_job
from orders.channels.contract import ChannelError, Delivery
from orders.models import Connection
from orders.services.channel_call import ChannelPaused, channel_call, client_of
from orders.services.channel_message import channel_message_store_many
from orders.services.channel_news import version_is_known


@long_job  # the channel is called outside any transaction
def channel_order_fetch(
    *, channel_id: int, external_id: str, version: str = "", actor: User, at: datetime
) -> dict[str, Any]:
    """This function will fetch one order and store it like a message of its channel; a worker reads it.

    ChannelError when it should be tried again; what the channel refuses for good, and while it is paused, the catch-up finds.
    """
    if version_is_known(channel_id, external_id, version):
        return {"fetched": 0, "why": "it came by itself"}
    link = Connection.objects.select_related("channel").get(channel=channel_id)
    try:
        client = client_of(link, at=at)
        found = channel_call(
            channel_id=channel_id, kind="POLL", call=lambda: client.order(external_id), actor=actor, at=at
        )
    except ChannelPaused as pause:
        return {"fetched": 0, "why": str(pause)}
    except ChannelError as error:
        if not error.final:
            raise
        return {"fetched": 0, "why": str(error)}
    delivery = Delivery(found.topic, found.id, found.body)
    (stored,) = channel_message_store_many(
        channel=link.channel.code, deliveries=[delivery], actor=actor, at=at
    )
    return {"fetched": int(stored.is_new), "message": stored.id}
