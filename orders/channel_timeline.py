"""What did a channel say of an order, and when did we hear of it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Q

from erp.core.documents import document_url
from erp.core.pages.timeline import TimelineEntry, cases_about, register_timeline
from orders.models import ChannelFact, ChannelOrder, Order

ICONS = {
    "ORDER": "file-text",
    "CANCELLED": "ban",
    "PAYMENT": "banknote",
    "REFUND": "undo-2",
    "FULFILMENT": "truck",
}
SHOWN = 1_000


def _facts(where: Q) -> Iterator[TimelineEntry]:
    rows = ChannelFact.objects.filter(where).select_related("channel_order__channel").defer("content")
    for fact in rows.order_by("-pk")[:SHOWN]:
        version = f"version {fact.version}" if fact.version else ""
        yield TimelineEntry(
            fact.at, "received", f"{fact.channel_order.channel} says: {fact.get_kind_display().lower()} {fact.ref}".rstrip(),
            version, icon=ICONS[fact.kind], tone="info", source="orders.channel_message_handle",
            url=document_url("core.InboxMessage", fact.message_id) or "" if fact.message_id else "",
        )  # fmt: skip


def _of_order(order: Order) -> Iterable[TimelineEntry]:
    row = (
        ChannelOrder.objects.filter(channel=order.channel_id, external_id=order.external_id)
        .only("pk")
        .first()
    )
    if row is None:
        return []
    return [
        *_facts(Q(channel_order=row)),
        *cases_about(Q(subject_type="orders.ChannelOrder", subject_id=str(row.pk))),
    ]


def _of_channel_order(row: ChannelOrder) -> Iterable[TimelineEntry]:
    return _facts(Q(channel_order=row))


register_timeline("orders.Order", _of_order)
register_timeline("orders.ChannelOrder", _of_channel_order)
