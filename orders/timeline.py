"""What happened to an order, on the order's side: message, checks, decisions, holds, payments, stock and postings?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Q

from erp.core.documents import document_url
from erp.core.models import InboxMessage, OutboxMessage
from erp.core.pages.format import money_text
from erp.core.pages.timeline import TimelineEntry, cases_about, register_message, register_timeline, states_of
from inventory.models import StockMove
from inventory.states import StockStatus
from ledger.timeline import PERMISSION as LEDGER
from ledger.timeline import posting_entries
from orders import channel_timeline  # noqa: F401 (it registers itself)
from orders.checks import PASS
from orders.models import Hold, Order, OrderChange, OrderLine, Payment
from orders.selectors import explain_decisions
from orders.selectors.notice import notice_label

ICONS = {
    "EDIT": "pencil-line",
    "ADDRESS": "map-pin",
    "CANCEL": "ban",
    "SUBSTITUTE": "replace",
    "MERGE": "merge",
}
NAMED = 6  # so many lines of a stock event are named; the event's page has them all


def _message(order: Order) -> Iterable[TimelineEntry]:
    """The raw message, what its checks found, and the cases it opened before it was an order."""
    if order.inbox_message_id is None:
        return
    message = (
        InboxMessage.objects.filter(pk=order.inbox_message_id)
        .only("source", "received_at", "external_id")
        .first()
    )
    url = document_url("core.InboxMessage", order.inbox_message_id) or ""
    if message is not None:
        yield TimelineEntry(
            message.received_at, "received", f"Message received from {message.source}", message.external_id,
            icon="inbox", tone="info", source="core.inbox_store_many", url=url,
        )  # fmt: skip
    yield from cases_about(Q(subject_type="core.InboxMessage", subject_id=str(order.inbox_message_id)))


def _checks(order: Order) -> Iterable[TimelineEntry]:
    passed = [check for check in order.checks if check.get("verdict") == PASS]
    found = [check for check in order.checks if check not in passed]
    if order.checks:
        said = "; ".join(f"{check['check']}: {check['reason'] or check['verdict']}" for check in found)
        yield TimelineEntry(
            order.received_at, "decision", f"{len(order.checks)} checks, {len(passed)} passed", said or "Nothing to object.",
            icon="search-check", tone="warning" if found else "success", source="orders.order_receive_many",
        )  # fmt: skip


def _decisions(order: Order) -> Iterable[TimelineEntry]:
    for reason in explain_decisions(order.pk):
        decision = reason.decision
        assigned: dict[str, int] = {}
        for line in reason.lines:
            for node, units in line.assigned:
                assigned[node] = assigned.get(node, 0) + units
        given = ", ".join(f"{units} units from {node}" for node, units in sorted(assigned.items()))
        short = sum(line.short for line in reason.lines)
        words = [f"{node.node}: {node.why}" for node in reason.nodes] + [
            f"{line.sku}: {line.why}" for line in reason.lines if line.short
        ]
        title = f"Allocated {given}" if given else "Nothing could be promised"
        yield TimelineEntry(
            decision.at, "decision", f"{title}{f', {short} short' if short else ''}",
            "\n".join([f"By {reason.policy} ({reason.strategy}).", *([reason.refused] if reason.refused else []), *words]),
            icon="git-branch", tone="warning" if short else "progress", source="orders.order_allocate_many",
        )  # fmt: skip


def _holds(order: Order) -> Iterable[TimelineEntry]:
    names = {hold.pk: f"{hold.get_kind_display()} hold" for hold in Hold.objects.filter(order=order)}
    return states_of("orders.Hold", names, kind="hold") if names else []


def _payments(order: Order) -> Iterable[TimelineEntry]:
    for payment in Payment.objects.filter(order=order).order_by("-pk"):
        yield TimelineEntry(
            payment.captured_at, "payment",
            f"{money_text(payment.amount, payment.currency)} {'refunded' if payment.is_refund else 'paid'}",
            f"{payment.provider} {payment.provider_ref}", icon="undo-2" if payment.is_refund else "banknote",
            tone="success", source="orders.payment_refund_many" if payment.is_refund else "orders.payment_capture_many",
        )  # fmt: skip


def _stock(order: Order) -> Iterable[TimelineEntry]:
    """Units that moved for the order's lines, one entry per event of the stock journal."""
    lines = list(OrderLine.objects.filter(order=order).values_list("pk", flat=True))
    moves = StockMove.objects.filter(order_line_id__in=lines).select_related(
        "event", "event__actor", "product", "from_node", "to_node"
    )
    events: dict[int, list[StockMove]] = {}
    for move in moves.order_by("-event_id", "pk"):
        events.setdefault(move.event_id, []).append(move)
    for sequence, own in events.items():
        first, units = own[0], sum(move.quantity for move in own)
        named = [f"{move.quantity} × {move.product.sku} {_way(move)}" for move in own[:NAMED]]
        if len(own) > NAMED:
            named.append(f"and {len(own) - NAMED} more lines")
        yield TimelineEntry(
            first.event.occurred_at, "stock",
            f"{units} units {StockStatus(first.from_status).label} → {StockStatus(first.to_status).label}", "\n".join(named),
            str(first.event.actor), "package", source=first.event.action,
            url=document_url("inventory.StockEvent", sequence) or "",
        )  # fmt: skip


def _way(move: StockMove) -> str:
    same = move.from_node_id == move.to_node_id
    return f"at {move.from_node.code}" if same else f"{move.from_node.code} → {move.to_node.code}"


def _postings(order: Order) -> Iterable[TimelineEntry]:
    payments = Payment.objects.filter(order=order).values_list("pk", "captured_at")
    return posting_entries({("orders.Payment", pk): at for pk, at in payments})


def _changes(order: Order) -> Iterator[TimelineEntry]:
    """This function will yield one entry per change: what from what, why, and what it did to the total."""
    rows = OrderChange.objects.filter(order=order).select_related(
        "actor", "other_order", "approval__decided_by"
    )
    for change in rows.order_by("-number"):
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


for provider in (_message, _checks, _decisions, _changes, _holds, _payments, _stock):
    register_timeline("orders.Order", provider)
register_timeline("orders.Order", _postings, LEDGER)
register_message("orders.notice_send", _words)
