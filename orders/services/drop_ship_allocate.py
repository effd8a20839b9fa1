"""Who gives units that a supplier has sent to the customer to the order line they were bought for, and to no other?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state, change_state_many
from erp.core.sql import Statements, query, unnest
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from orders.locks import lock_drop_ships
from orders.models import Allocation, AllocationDecision, DropShip, Order
from orders.services.promise import promise_fit_many
from orders.states import ALLOCATABLE, DropShipState, OrderState

ACTION = "orders.drop_ship_allocate"


@transaction.atomic
def drop_ship_allocate(
    *, units: Mapping[int, int], node_id: int, reason: str, actor: User, at: datetime
) -> list[int]:
    """This function will promise units that lie at the drop-ship node to their own order's lines; returns the allocations.

    `units` maps drop-ship id → units that the supplier has sent, all of one order. The decision is kept with the strategy
    DROPSHIP and `reason`. InvalidInput for more units than a drop-ship has open, Conflict while the order is held.
    """
    rows = list(lock_drop_ships(list(units)).values())
    order = drop_ship_check(rows, units)
    decision, sequence = _decision(order, rows, units, node_id, reason, at)
    made = Allocation.objects.bulk_create(
        Allocation(
            order_line_id=row.order_line_id, node_id=node_id, product_id=row.order_line.product_id,
            quantity=units[row.pk], decision=decision, created_at=at,
        )
        for row in rows
    )  # fmt: skip
    batch = Statements()
    _add_quantities(batch, rows, units)
    moves = [
        Move(row.order_line.product_id, units[row.pk], node_id, StockStatus.AVAILABLE, node_id, StockStatus.ALLOCATED,
             order_line_id=row.order_line_id)
        for row in rows
    ]  # fmt: skip
    posting = Posting(ACTION, "orders.Order", order.pk, f"allocate:{decision.pk}", moves, reason)
    stock_post_many([posting], actor=actor, at=at, sequences=[sequence], statements=batch)
    if order.state == OrderState.CONFIRMED:
        change_state_many(
            Order, [order.pk], source=OrderState.CONFIRMED, to=OrderState.ALLOCATED, actor=actor, at=at, action=ACTION,
            reason=reason, statements=batch,
        )  # fmt: skip
    batch.run()
    _settle(order.pk, rows, reason, actor, at)
    promise_fit_many({row.order_line_id for row in rows}, actor=actor, at=at)
    return [row.pk for row in made]


def drop_ship_check(rows: Sequence[DropShip], units: Mapping[int, int]) -> Order:
    """This function will return the order whose locked drop-ships `rows` are; refuses what can not have been sent for it."""
    orders = {row.order_line.order_id: row.order_line.order for row in rows}
    if len(orders) != 1 or len(rows) != len(units):
        raise InvalidInput("the units are not one order's", field="lines", remedy="Reload the page.")
    (order,) = orders.values()
    if order.state not in ALLOCATABLE:
        raise Conflict(
            f"{order} is {order.get_state_display().lower()}", field="order",
            remedy="Release its holds first; then say again that the goods have left."
            if order.state == OrderState.ON_HOLD else "Ask the supplier to take the goods back.",
        )  # fmt: skip
    for row in rows:
        most = row.quantity_open if row.state == DropShipState.ORDERED else 0
        if not 0 < units[row.pk] <= most:
            raise InvalidInput(
                f"{row.order_line.channel_sku}: {units[row.pk]} units, and {order} still wants {most} from this supplier",
                field="quantity", remedy=f"Enter 1 to {most}." if most else "Ask the supplier to take the goods back.",
            )  # fmt: skip
    return order


def _decision(
    order: Order, rows: Sequence[DropShip], units: Mapping[int, int], node_id: int, reason: str, at: datetime
) -> tuple[AllocationDecision, int]:
    """The order was decided before, or nothing of it would have been drop-shipped: policy and rule are that decision's."""
    before = AllocationDecision.objects.filter(order=order).order_by("pk")[:1].get()
    (sequence,) = stock_begin(1)
    total = sum(units.values())
    said = {
        "policy": before.explanation["policy"], "rule": before.explanation.get("rule", ""), "strategy": "DROPSHIP",
        "wanted": total, "nodes": [[node_id, total, 0, 0]], "reason": reason,
        "lines": [[row.order_line_id, units[row.pk], 0] for row in rows],
    }  # fmt: skip
    decision = AllocationDecision.objects.create(
        order=order, policy_id=before.policy_id, stock_sequence=sequence, at=at, explanation=said
    )
    return decision, sequence


def _add_quantities(batch: Statements, rows: Sequence[DropShip], units: Mapping[int, int]) -> None:
    lines: dict[int, int] = {}
    for row in rows:
        lines[row.order_line_id] = lines.get(row.order_line_id, 0) + units[row.pk]
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(lines.items()))
    batch.demand(
        "UPDATE orders_orderline l SET quantity_allocated = l.quantity_allocated + v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters, len(lines), "orders.OrderLine allocated",
    )  # fmt: skip
    source, parameters = unnest(
        {"id": "bigint", "units": "bigint"}, [(row.pk, units[row.pk]) for row in rows]
    )
    batch.demand(
        "UPDATE orders_dropship d SET quantity_shipped = d.quantity_shipped + v.units "
        f"FROM {source} WHERE d.id = v.id AND d.state = 'ORDERED' RETURNING 1",
        parameters, len(rows), "orders.DropShip sent",
    )  # fmt: skip


def _settle(order_id: int, rows: Sequence[DropShip], reason: str, actor: User, at: datetime) -> None:
    """What has been sent in full is shipped, and an order that has everything wants no stock."""
    for row in rows:
        row.refresh_from_db(fields=["quantity_shipped"])
        if not row.quantity_open:
            change_state(
                row, to=DropShipState.SHIPPED, actor=actor, at=at, action=ACTION, reason=reason,
                fields={"closed_at": at},
            )  # fmt: skip
    (wanting,) = query(
        "SELECT coalesce(sum(quantity_ordered - quantity_allocated - quantity_shipped - quantity_cancelled), 0) > 0 "
        "FROM orders_orderline WHERE order_id = %s",
        [order_id],
    )[0]
    Order.objects.filter(pk=order_id).update(needs_allocation=wanting)
