"""Who takes a promise of stock back, and who cancels what was ordered?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state, change_state_many
from erp.core.sql import Statements, array, query, unnest
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from orders.locks import lock_order
from orders.models import Allocation, Hold, Order, OrderLine
from orders.services.notice import NoticeDraft, order_notice_add_many
from orders.services.order_kits import kit_line_units, refuse_broken_kits
from orders.services.promise import promise_fit_many
from orders.services.refund_due import refund_due_settle
from orders.states import AllocationState, HoldState, OrderState


class _Active(NamedTuple):
    allocation_id: int
    line_id: int
    product_id: int
    node_id: int
    quantity: int


@transaction.atomic
def order_release_allocation(*, order_id: int, reason: str, actor: User, at: datetime) -> int:
    """This function will give back every promise that no fulfilment order has taken up and return the units freed.

    The order wants stock again, so the next allocation run considers it like any other. InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput("taking a promise back needs a reason", field="reason", remedy="Say why.")
    order = lock_order(order_id)
    units = _give_back(
        order, _unplanned([order_id]), None, "orders.order_release_allocation", reason, actor, at
    )
    if units:
        Order.objects.filter(pk=order_id).update(needs_allocation=True)
        _settle_state(order, "orders.order_release_allocation", reason, actor, at)
    return units


@transaction.atomic
def order_release_units(
    *, order_id: int, units: Mapping[int, int], reason: str, actor: User, at: datetime
) -> int:
    """This function will give back so many promised units per line id that no fulfilment order has taken up; returns how many."""
    if not units:
        return 0
    order = lock_order(order_id)
    freed = _give_back(order, _unplanned([order_id]), units, "orders.order_release_units", reason, actor, at)
    if freed:
        Order.objects.filter(pk=order_id).update(needs_allocation=True)
        _settle_state(order, "orders.order_release_units", reason, actor, at)
    return freed


@transaction.atomic
def order_cancel(
    *,
    order_id: int,
    quantities: Mapping[int, int] | None = None,
    kits: Mapping[int, int] | None = None,
    reason: str,
    told_reason: str = "",
    actor: User,
    at: datetime,
) -> int:
    """This function will cancel what has not been released for picking: the whole order, or units per line id.

    `kits` cancels whole kits per order kit id, with or without other lines; a component alone is refused. Promised stock
    becomes available again. `reason` is ours; the customer is told of the cancellation with `told_reason`, or without one.
    Returns the units cancelled. Conflict when units are already being picked or
    shipped (cancel the fulfilment first); InvalidInput when a line has fewer units left than that, or without a reason.
    """
    if not reason.strip():
        raise InvalidInput("a cancellation needs a reason", field="reason", remedy="Say why in a few words.")
    order = lock_order(order_id)
    lines = list(OrderLine.objects.filter(order_id=order_id).order_by("position"))
    left = {
        line.pk: line.quantity_ordered - line.quantity_shipped - line.quantity_cancelled for line in lines
    }
    wanted = _wanted_units(order_id, lines, left, quantities, kits)
    for line_id, units in wanted.items():
        if units < 0 or units > left.get(line_id, 0):
            raise InvalidInput(
                f"line {line_id} has {left.get(line_id, 0)} units left, not {units}",
                field="quantities",
                remedy="Cancel at most what has not been shipped or cancelled.",
            )
    if not wanted and order.state not in (OrderState.RECEIVED, OrderState.ON_HOLD, OrderState.CONFIRMED):
        raise Conflict(
            f"{order} has nothing left to cancel", field="order", remedy="Open a return for shipped goods."
        )
    open_units = {line.pk: left[line.pk] - line.quantity_allocated for line in lines}
    to_free = {line: units - open_units[line] for line, units in wanted.items() if units > open_units[line]}
    if to_free:
        freed = _give_back(order, _unplanned([order_id]), to_free, "orders.order_cancel", reason, actor, at)
        if freed < sum(to_free.values()):
            raise Conflict(
                f"{sum(to_free.values()) - freed} units of {order} are already being picked",
                field="quantities",
                remedy="Cancel the fulfilment order first, or let it ship and take it back.",
            )
    _cancel_units(wanted)
    promise_fit_many(wanted, cancelled=True, actor=actor, at=at)
    _settle_state(order, "orders.order_cancel", reason, actor, at)
    _tell_cancelled(order, lines, wanted, told_reason, at)
    if order.amount_paid:
        refund_due_settle([order_id], actor=actor, at=at)
    return sum(wanted.values())


def _tell_cancelled(
    order: Order, lines: Sequence[OrderLine], wanted: Mapping[int, int], told_reason: str, at: datetime
) -> None:
    """The units cancelled so far make each partial cancellation one notice of its own."""
    so_far = sum(line.quantity_cancelled for line in lines) + sum(wanted.values())
    facts = {
        "lines": {str(line): units for line, units in wanted.items()}, "reason": told_reason.strip()[:300],
        "is_whole": order.state == OrderState.CANCELLED, "is_paid": order.amount_paid > order.amount_refunded,
    }  # fmt: skip
    order_notice_add_many("ORDER_CANCELLED", [NoticeDraft(order.pk, str(so_far), facts)], at=at)


def _wanted_units(
    order_id: int,
    lines: Sequence[OrderLine],
    left: Mapping[int, int],
    quantities: Mapping[int, int] | None,
    kits: Mapping[int, int] | None,
) -> dict[int, int]:
    """What is to be cancelled, units per line id; all that is left when nothing is named."""
    if quantities is None and kits is None:
        return {line: units for line, units in left.items() if units}
    wanted = dict(quantities or {})
    for line, units in (kit_line_units(order_id, kits) if kits else {}).items():
        wanted[line] = wanted.get(line, 0) + units
    refuse_broken_kits(lines, wanted, left)
    return {line: units for line, units in wanted.items() if units}


def _cancel_units(wanted: Mapping[int, int]) -> None:
    if not wanted:
        return
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(wanted.items()))
    batch = Statements()
    batch.demand(
        "UPDATE orders_orderline l SET quantity_cancelled = l.quantity_cancelled + v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(wanted),
        "orders.OrderLine cancelled",
    )
    batch.run()


def _unplanned(order_ids: Sequence[int]) -> list[_Active]:
    """What can still be taken back: not on the floor, and not with the carrier of a supplier who drop-ships it."""
    return [
        _Active(*row)
        for row in query(
            "SELECT a.id, a.order_line_id, a.product_id, a.node_id, a.quantity FROM orders_allocation a "
            "JOIN orders_orderline l ON l.id = a.order_line_id "
            "JOIN inventory_node n ON n.id = a.node_id AND n.kind <> 'DROPSHIP' "
            "WHERE l.order_id = ANY(%s::bigint[]) AND a.state = 'ACTIVE' AND NOT a.is_planned ORDER BY a.id DESC FOR UPDATE OF a",
            [array(order_ids, "bigint")],
        )
    ]


def _give_back(
    order: Order,
    active: Sequence[_Active],
    limits: Mapping[int, int] | None,
    action: str,
    reason: str,
    actor: User,
    at: datetime,
) -> int:
    """Release allocations, newest first, up to `limits` units per line (None = all). A partly freed one leaves its rest."""
    left = dict(limits) if limits is not None else None
    closed: list[_Active] = []
    kept: list[tuple[_Active, int]] = []
    moves = []
    for row in active:
        units = row.quantity if left is None else min(row.quantity, left.get(row.line_id, 0))
        if not units:
            continue
        if left is not None:
            left[row.line_id] -= units
        closed.append(row)
        if units < row.quantity:
            kept.append((row, row.quantity - units))
        moves.append(
            Move(row.product_id, units, row.node_id, StockStatus.ALLOCATED, row.node_id, StockStatus.AVAILABLE,
                 order_line_id=row.line_id)
        )  # fmt: skip
    if not moves:
        return 0
    decisions = dict(
        Allocation.objects.filter(pk__in=[row.allocation_id for row, _ in kept]).values_list(
            "pk", "decision_id"
        )
    )
    allocation_close_many(
        [row.allocation_id for row in closed], to=AllocationState.RELEASED, actor=actor, at=at, action=action
    )
    Allocation.objects.bulk_create(
        Allocation(
            order_line_id=row.line_id, node_id=row.node_id, product_id=row.product_id, quantity=units,
            decision_id=decisions[row.allocation_id], created_at=at,
        )
        for row, units in kept
    )  # fmt: skip
    freed: dict[int, int] = {}
    for move in moves:
        assert move.order_line_id is not None
        freed[move.order_line_id] = freed.get(move.order_line_id, 0) + move.quantity
    line_quantities_lower_many(freed)
    (sequence,) = stock_begin(1)
    key = f"{action}:{order.pk}:{sequence}"
    stock_post_many(
        [Posting(action, "orders.Order", order.pk, key, moves, reason)],
        actor=actor,
        at=at,
        sequences=[sequence],
    )
    return sum(freed.values())


def allocation_close_many(
    ids: Sequence[int],
    *,
    to: str,
    actor: User,
    at: datetime,
    action: str,
    statements: Statements | None = None,
) -> None:
    """This function will end active allocations, each once: CONSUMED by a shipment or RELEASED."""
    change_state_many(
        Allocation, ids, source=AllocationState.ACTIVE, to=to, actor=actor, at=at, action=action,
        fields={"closed_at": at}, statements=statements,
    )  # fmt: skip


def line_quantities_lower_many(units: Mapping[int, int], statements: Statements | None = None) -> None:
    """This function will take units off `quantity_allocated` of order lines: line id → units."""
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(units.items()))
    batch = statements if statements is not None else Statements()
    batch.demand(
        "UPDATE orders_orderline l SET quantity_allocated = l.quantity_allocated - v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(units),
        "orders.OrderLine freed",
    )
    if statements is None:
        batch.run()


def _settle_state(order: Order, action: str, reason: str, actor: User, at: datetime) -> None:
    """Bring the header's state and its need for stock in line with the quantities, after something was taken off."""
    (row,) = query(
        "SELECT sum(quantity_shipped), sum(quantity_allocated), sum(quantity_ordered - quantity_shipped - quantity_cancelled), "
        "sum(quantity_ordered - quantity_shipped - quantity_cancelled - quantity_allocated) "
        "FROM orders_orderline WHERE order_id = %s",
        [order.pk],
    )
    shipped, allocated, left, wanting = (int(value or 0) for value in row)
    target = order.state
    if not left:
        target = OrderState.SHIPPED if shipped else OrderState.CANCELLED
    elif order.state in (OrderState.ALLOCATED, OrderState.RELEASED) and not allocated and not shipped:
        target = OrderState.CONFIRMED
    fields = {"needs_allocation": wanting > 0, **({"shipped_at": at} if target == OrderState.SHIPPED else {})}
    if target == order.state:
        Order.objects.filter(pk=order.pk).update(**fields)
    else:
        change_state(order, to=target, actor=actor, at=at, action=action, reason=reason, fields=fields)
    if target == OrderState.CANCELLED:
        _close_holds(order, reason, actor, at)


def _close_holds(order: Order, reason: str, actor: User, at: datetime) -> None:
    ids = list(
        Hold.objects.filter(order=order, state=HoldState.OPEN).order_by("pk").values_list("pk", flat=True)
    )
    change_state_many(
        Hold, ids, source=HoldState.OPEN, to=HoldState.REJECTED, actor=actor, at=at, action="orders.order_cancel", reason=reason,
        fields={"closed_at": at, "closed_by": actor.pk, "close_reason": f"order cancelled: {reason}"[:300]},
    )  # fmt: skip
