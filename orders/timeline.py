"""What do an order's changes and messages say on its timeline?"""

from __future__ import annotations

from collections.abc import Iterator

from erp.core.models import OutboxMessage
from erp.core.pages.timeline import TimelineEntry, register_message, register_timeline
from orders.models import Order, OrderChange
from orders.selectors.notice import notice_label

ICONS = {
    "EDIT": "pencil-line",
    "ADDRESS": "map-pin",
    "CANCEL": "ban",
    "SUBSTITUTE": "replace",
    "MERGE": "merge",
}
SHOWN = 50


def changes_of(order: Order) -> Iterator[TimelineEntry]:
    """This function will yield one entry per change: what from what, why, and what it did to the total."""
    rows = OrderChange.objects.filter(order=order).select_related(
        "actor", "other_order", "approval__decided_by"
    )
    for change in rows.order_by("-number")[:SHOWN]:
        words = [f"{row['what']}: {row['old'] or '–'} → {row['new'] or '–'}" for row in change.changes]
        if change.total_before != change.total_after:
            words.append(f"total: {change.total_before:,.2f} → {change.total_after:,.2f}")
        if change.approval and change.approval.decided_by:
            words.append(f"approved by {change.approval.decided_by}")
        with_other = f" with {change.other_order}" if change.other_order else ""
        yield TimelineEntry(
            change.at, "change", f"{change.get_kind_display()}{with_other}", f"{'; '.join(words)} — {change.reason}",
            str(change.actor), icon=ICONS[change.kind], source="change " + str(change.number),
        )  # fmt: skip


def _words(message: OutboxMessage) -> tuple[str, str]:
    return notice_label(message), f"to {message.payload.get('to', '')}"


register_timeline("orders.Order", changes_of)
register_message("orders.notice_send", _words)
