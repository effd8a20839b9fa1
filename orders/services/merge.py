"""Who makes one order of several that go to the same place?

Lines move as new lines that point at the old ones; the old ones are cancelled and worth nothing. Of the shipping charges the
higher side's stays, every other charge moves. Payments and refunds move with their rows: they stay on the same receivable
account and channel, so the books need no entry. Where they would not (another channel), or where a paid order would come to
wait for an unpaid one, the merge is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import ZERO, quantize
from ledger.models import AccountRole
from orders.editing import LinePlan, Plan, line_after, share
from orders.locks import lock_levels_of_orders
from orders.models import DropShip, Order, OrderCharge, OrderLine, Payment
from orders.selectors.merge import merge_key
from orders.services.allocation import order_allocate_many
from orders.services.change import (
    ChangeNote,
    change_record,
    check_editable,
    kit_of,
    lines_now,
    need_reason,
)
from orders.services.edit import give_back, write_plan
from orders.services.refund_due import amount_due, refund_due_settle
from orders.services.release import _settle_state
from orders.services.revalidate import order_recheck
from orders.states import DROP_SHIP_OPEN

ACTION = "orders.order_merge"
_MOVED = ("amount_paid", "amount_refunded")


@transaction.atomic
def order_merge(*, order_ids: Sequence[int], target_id: int, reason: str, actor: User, at: datetime) -> Order:
    """This function will move everything of the orders `order_ids` onto the order `target_id` and return it.

    The target takes the earliest ship-by, the highest priority, and ships complete if one of them does; it is promised
    stock again at once. The others end cancelled. Conflict says which two orders can not go together and why.
    """
    reason = need_reason(reason)
    sources = sorted(set(order_ids) - {target_id})
    if not sources:
        raise InvalidInput("name two orders at least", field="orders", remedy="Choose the orders to merge.")
    orders = {
        order.pk: order
        for order in Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("channel")
        .filter(pk__in=[*sources, target_id])
        .order_by("pk")
    }
    if len(orders) != len(sources) + 1:
        raise NotFound("one of the orders does not exist", field="orders", remedy="Reload the list.")
    target = orders.pop(target_id)
    check_editable(target)
    for source in orders.values():
        check_editable(source)
        check_mergeable(source, target)
    lock_levels_of_orders([target_id, *sources])
    for source in orders.values():
        _merge(source, target, reason, actor, at)
    order_allocate_many(order_ids=[target_id], actor=actor, at=at)
    refund_due_settle([target_id, *sources], actor=actor, at=at)
    order_recheck(target_id, actor=actor, at=at)
    target.refresh_from_db()
    return target


def check_mergeable(source: Order, target: Order) -> None:
    """This function will raise Conflict, naming both orders, unless `source` may be merged into `target`."""
    pair = f"{source} and {target}"
    if merge_key(source) is None or merge_key(source) != merge_key(target):
        raise Conflict(
            f"{pair} differ in customer, address, currency or kind of channel, or one is held or released",
            field="orders", remedy="Release the hold, or make the addresses the same first.",
        )  # fmt: skip
    if any(kit_of(line) is not None for line in OrderLine.objects.filter(order=source)):
        raise Conflict(f"{source} has kits", field="orders", remedy=f"Merge {target} into {source} instead.")
    if DropShip.objects.filter(order_line__order=source, state__in=DROP_SHIP_OPEN).exists():
        raise Conflict(
            f"a supplier sends part of {source} to the customer", field="orders",
            remedy=f"Merge {target} into {source} instead, or ship them apart.",
        )  # fmt: skip
    if source.channel_id != target.channel_id and source.amount_paid:
        raise Conflict(
            f"{source} was paid through {source.channel}, {target} is {target.channel}'s", field="orders",
            remedy="The money belongs to its channel's books: merge into the paid order, or ship them apart.",
        )  # fmt: skip
    if target.channel.is_prepaid and _is_paid(source) != _is_paid(target):
        raise Conflict(
            f"of {pair} one is paid and the other is not", field="orders",
            remedy="Wait for the payment: paid goods should not wait for unpaid ones.",
        )  # fmt: skip


def _is_paid(order: Order) -> bool:
    return order.amount_paid - order.amount_refunded >= amount_due(order)


def _merge(source: Order, target: Order, reason: str, actor: User, at: datetime) -> None:
    """Move one locked order onto another one; both are written down."""
    totals = source.total, target.total
    lines = lines_now(source.pk)
    leaving = [
        line_after(line, 0 if line.wanted else line.wanted, line.unit_price, None, source.currency)
        for line in lines
    ]
    words = dict(OrderLine.objects.filter(order=source).values_list("pk", "channel_sku"))
    said = dict(OrderLine.objects.filter(order=source).values_list("pk", "description"))
    arriving = [
        LinePlan(
            None, line.product_id, line.sku, line.wanted, 0, line.unit_price,
            quantize(line.unit_price * line.wanted, source.currency), share(line.tax, line.wanted, line.ordered, source.currency),
            line.agreed, channel_sku=words[line.line_id], description=said[line.line_id], merged_from=line.line_id,
        )
        for line in lines if line.wanted
    ]  # fmt: skip
    charges = _move_charges(source, target)
    _move_payments(source, target)
    off = Plan(leaving, charges[0], {}, source.total, ZERO, source.currency)
    give_back(order=source, plan=off, reason=reason, action=ACTION, actor=actor, at=at)
    write_plan(source, off, actor=actor, at=at)
    staying = [
        line_after(line, line.wanted, line.unit_price, None, target.currency) for line in lines_now(target.pk)
    ]
    header = {
        "ship_by": (target.ship_by, min(source.ship_by, target.ship_by)),
        "priority": (target.priority, max(source.priority, target.priority)),
        "ships_complete": (target.ships_complete, source.ships_complete or target.ships_complete),
    }
    write_plan(
        target,
        Plan([*staying, *arriving], charges[1], header, target.total, ZERO, target.currency),
        actor=actor,
        at=at,
    )
    _settle_state(source, ACTION, f"merged into {target}: {reason}", actor, at)
    _settle_state(target, ACTION, reason, actor, at)
    moved = [
        {"what": f"{line.sku} moved", "old": str(source), "new": f"{line.wanted} × to {target}"}
        for line in arriving
    ]
    for order, other, total in ((source, target, totals[0]), (target, source, totals[1])):
        note = ChangeNote("MERGE", moved, reason, total, other_order_id=other.pk)
        change_record(order=order, note=note, actor=actor, at=at)


def _move_charges(source: Order, target: Order) -> tuple[Decimal, Decimal]:
    """Keep the higher side's shipping, move every other charge; returns what is left on source and target."""

    def shipping(order: Order) -> Decimal:
        rows = OrderCharge.objects.filter(order=order, kind=AccountRole.SHIPPING_REVENUE)
        return rows.aggregate(sum=Sum("amount"))["sum"] or ZERO

    lower = target if shipping(source) > shipping(target) else source
    OrderCharge.objects.filter(order=lower, kind=AccountRole.SHIPPING_REVENUE).update(
        amount=ZERO, description=f"shipped together: {source} with {target}"[:200]
    )
    OrderCharge.objects.filter(order=source).exclude(kind=AccountRole.SHIPPING_REVENUE, amount=ZERO).update(
        order=target
    )
    left = [
        OrderCharge.objects.filter(order=order).aggregate(sum=Sum("amount"))["sum"] or ZERO
        for order in (source, target)
    ]
    return left[0], left[1]


def _move_payments(source: Order, target: Order) -> None:
    """Payments and refunds follow the goods; same channel, same receivable: nothing to post."""
    if not source.amount_paid:
        return
    Payment.objects.filter(order=source).update(order=target)
    Order.objects.filter(pk=target.pk).update(
        **{name: getattr(target, name) + getattr(source, name) for name in _MOVED}
    )
    Order.objects.filter(pk=source.pk).update(**dict.fromkeys(_MOVED, ZERO))
    source.refresh_from_db(fields=_MOVED)
    target.refresh_from_db(fields=_MOVED)
