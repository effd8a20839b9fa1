"""Who tells a channel what became of its order?

A channel without a connector of its own fetches a feed: one JSON line per message, a file per day, in the media folder
`channels/<code>/`. Lines are only ever added, so a channel remembers how far it has read.
"""

from __future__ import annotations

import json
import os
from datetime import UTC
from pathlib import Path

from django.conf import settings

from erp.core.errors import InvalidInput
from erp.core.models import OutboxMessage
from orders.models import Channel

STREAM = "channel:"


def channel_shipment_publish(message: OutboxMessage) -> str:
    """This function will add a shipment to its channel's feed and return the feed's name and the line's key.

    A line may come twice after a crash; its `key` is the same then. InvalidInput when there is no such channel.
    """
    code = message.stream.removeprefix(STREAM)
    if not Channel.objects.filter(code=code).exists() or not code.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(
            f"there is no channel “{code}”", field="stream", remedy="Create the channel, then try again."
        )
    at = message.created_at.astimezone(UTC)
    folder = Path(settings.MEDIA_ROOT) / "channels" / code
    folder.mkdir(parents=True, exist_ok=True)
    name = f"shipments-{at:%Y-%m-%d}.jsonl"
    line = json.dumps({"key": message.key, "at": at.isoformat(), **message.payload}, ensure_ascii=False)
    with (folder / name).open("a", encoding="utf-8") as feed:
        feed.write(line + "\n")
        feed.flush()
        os.fsync(feed.fileno())  # "sent" must survive what the sender survives
    return f"{name}#{message.key}"
