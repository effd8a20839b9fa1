"""Which orders changed at a channel that no message told us of?

Each poll asks from a little before the last one's end, stores what it gets like any message (the same one again is no second
row) and moves the watermark with what is stored, so a poll that breaks off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Min

from erp.core.errors import KeelError
from erp.core.models import User
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.sql import query, unnest
from erp.core.work_registry import long_job
from orders.channels.contract import ORDER, Account, Adapter, ChannelError, Client, Delivery, Fetched
from orders.channels.registry import adapter_of
from orders.models import ChannelSync, Connection
from orders.services.channel_call import ChannelPaused, breaker_is_shut, channel_call, client_of
from orders.services.channel_message import channel_message_store_many
from orders.services.channel_stock import QUEUE, channels_at_work
from orders.services.connection import account_of

KIND = "orders.channel_poll"
OVERLAP = timedelta(minutes=10)  # a channel's own clock, and what it had not finished writing
EVERY = timedelta(minutes=5)
GRACE = timedelta(minutes=2)  # a message may be under way
CHUNK = 100
_MISSED = """
SELECT count(*) FROM {source} WHERE NOT EXISTS (
    SELECT 1 FROM orders_channelorder o JOIN orders_channelfact f ON f.channel_order_id = o.id
     WHERE o.channel_id = %s AND o.external_id = v.external_id AND f.kind = 'ORDER' AND f.version >= v.version)
"""
_DUE = """
SELECT y.channel_id FROM orders_channelsync y JOIN orders_connection n ON n.channel_id = y.channel_id
 WHERE n.is_enabled AND y.polls_orders
   AND (n.polled_until IS NULL OR n.polled_until <= %s
        OR EXISTS (SELECT 1 FROM orders_channelbreaker b JOIN core_statechange s
                              ON s.document_type = 'orders.ChannelBreaker' AND s.document_id = b.id
                    WHERE b.channel_id = y.channel_id AND b.state = 'CLOSED' AND s.to_state = 'CLOSED'
                      AND s.from_state <> '' AND s.at > n.polled_until))
 ORDER BY 1
"""


@long_job
def channel_poll(*, channel_id: int, actor: User, at: datetime) -> dict[str, Any]:
    """This function will fetch the orders that changed at a channel since the last poll, and store them like its messages.

    Counts the versions of orders that no message had told us of. What the channel refuses leaves the watermark where it is.
    """
    link = Connection.objects.select_related("channel").get(channel=channel_id)
    adapter, account = adapter_of(link.adapter), account_of(link, at=at)
    stored = missed = 0
    try:
        client = client_of(link, at=at)
        changed = _changed(client, _since(link, adapter, at), at)
        while chunk := channel_call(
            channel_id=channel_id, kind="POLL", call=lambda: list(islice(changed, CHUNK)), actor=actor, at=at
        ):
            fresh = _store(link, chunk, actor, at)
            stored += len(fresh)
            waited = [found for found in fresh if found.changed_at <= at - GRACE]
            missed += _missed(channel_id, adapter, account, waited)
    except (ChannelPaused, ChannelError) as error:
        _counted(channel_id, missed)
        return {"fetched": stored, "missed": missed, "why": str(error)}
    Connection.objects.filter(pk=link.pk).update(polled_until=at)
    ChannelSync.objects.filter(channel=channel_id).update(polled_at=at)
    _counted(channel_id, missed)
    return {"fetched": stored, "missed": missed}


def _changed(client: Client, since: datetime, until: datetime) -> Iterator[Fetched]:
    """The channel is not called before the first order is asked for, inside the breaker."""
    yield from client.changed_orders(since, until)


def _since(link: Connection, adapter: Adapter, at: datetime) -> datetime:
    """Orders from before we were connected are nobody's business here."""
    first = link.history.aggregate(first=Min("history_date"))["first"] or at
    return max(
        (link.polled_until or first) - OVERLAP, first, at - timedelta(days=adapter.limits.catch_up_days)
    )


@transaction.atomic
def _store(link: Connection, chunk: Sequence[Fetched], actor: User, at: datetime) -> list[Fetched]:
    """Store what is new of it, and return that."""
    deliveries = [Delivery(found.topic, found.id, found.body) for found in chunk]
    kept = channel_message_store_many(channel=link.channel.code, deliveries=deliveries, actor=actor, at=at)
    until = min(at, max(found.changed_at for found in chunk))
    Connection.objects.filter(pk=link.pk).update(polled_until=until)
    return [found for found, stored in zip(chunk, kept, strict=True) if stored.is_new]


def _missed(channel_id: int, adapter: Adapter, account: Account, chunk: Iterable[Fetched]) -> int:
    """How many of these versions of orders nobody had told us of. What can not be read is the inbox's business."""
    known: set[tuple[str, str]] = set()
    for found in chunk:
        try:
            events = adapter.events(account, found.topic, found.body)
        except KeelError:
            continue
        known |= {(event.order[:80], event.version[:40]) for event in events if event.kind == ORDER}
    if not known:
        return 0
    source, parameters = unnest({"external_id": "text", "version": "text"}, sorted(known))
    return int(query(_MISSED.format(source=source), [*parameters, channel_id])[0][0])


def _counted(channel_id: int, missed: int) -> None:
    if missed:
        sync = ChannelSync.objects.get(channel=channel_id)
        ChannelSync.objects.filter(pk=sync.pk).update(missed_orders=sync.missed_orders + missed)


@transaction.atomic
def channel_poll_due(*, actor: User, at: datetime) -> int:
    """This function will put down a poll for each channel that is asked for orders and whose time has come; returns how many.

    One that answers again is asked at once: its messages of the time between are lost, or late.
    """
    busy = channels_at_work(KIND)
    due = [pk for (pk,) in query(_DUE, [at - EVERY]) if pk not in busy and not breaker_is_shut(pk, at=at)]
    job_enqueue_many(
        [JobDraft(KIND, f"{pk}:{at.isoformat()}", {"channel_id": pk}, QUEUE, 1) for pk in due], actor=actor
    )
    return len(due)
