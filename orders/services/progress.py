"""How do the apps above report what happened to an order: released, picked, shipped, returned?

Effects run downward: fulfilment and returns call these; orders know nothing of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, cents, query, unnest
from orders.models import Order
from orders.services.release import allocation_close_many
from orders.states import AllocationState, OrderState


class ShippedLine(NamedTuple):
    """Units of one allocation that left; revenue and tax in the order's currency."""

    order_id: int
    order_line_id: int
    allocation_id: int
    quantity: int
    revenue: Decimal
    tax: Decimal


def order_record_release_many(
    order_ids: Sequence[int], *, actor: User, at: datetime, statements: Statements | None = None
) -> None:
    """This function will move ALLOCATED orders to RELEASED, and mark what was taken up; other ids are left as they are."""
    allocated = [
        row[0]
        for row in query(
            "SELECT id FROM orders_order WHERE id = ANY(%s::bigint[]) AND state = 'ALLOCATED' ORDER BY id FOR NO KEY UPDATE",
            [array(order_ids, "bigint")],
        )
    ]
    change_state_many(
        Order, allocated, source=OrderState.ALLOCATED, to=OrderState.RELEASED, actor=actor, at=at,
        action="orders.order_record_release_many", statements=statements,
    )  # fmt: skip


def allocation_plan_many(
    ids: Sequence[int], *, planned: bool = True, statements: Statements | None = None
) -> None:
    """This function will mark active allocations as taken up by a fulfilment order (or given back), each exactly once."""
    if not ids:
        return
    batch = statements if statements is not None else Statements()
    batch.demand(
        "UPDATE orders_allocation SET is_planned = %s WHERE id = ANY(%s::bigint[]) AND state = 'ACTIVE' "
        "AND is_planned <> %s RETURNING 1",
        [planned, array(ids, "bigint"), planned],
        len(ids),
        "orders.Allocation taken up",
    )
    if statements is None:
        batch.run()


def order_record_pick_many(units: Mapping[int, int], *, statements: Statements | None = None) -> None:
    """This function will add picked units (negative: put back) to order lines: line id → units."""
    if not units:
        return
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(units.items()))
    batch = statements if statements is not None else Statements()
    batch.demand(
        "UPDATE orders_orderline l SET quantity_picked = l.quantity_picked + v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(units),
        "orders.OrderLine picked",
    )
    if statements is None:
        batch.run()


def order_record_shipment_many(
    lines: Sequence[ShippedLine],
    charges: Mapping[int, Decimal],
    *,
    actor: User,
    at: datetime,
    statements: Statements | None = None,
) -> None:
    """This function will turn allocated and picked units into shipped ones, add what was invoiced, and end the allocations.

    `charges` maps order id → charges invoiced with this shipment (zero counts: they are not invoiced again).
    An order whose every unit is shipped or cancelled becomes SHIPPED. The orders' rows must be locked by the
    caller.
    """
    if not lines:
        return
    batch = statements if statements is not None else Statements()
    per_line: dict[int, list[Decimal | int]] = {}
    per_order: dict[int, Decimal] = dict.fromkeys({line.order_id for line in lines}, Decimal(0))
    for line in lines:
        sums = per_line.setdefault(line.order_line_id, [0, Decimal(0)])
        sums[0] += line.quantity
        sums[1] += line.revenue
        per_order[line.order_id] += line.revenue + line.tax
    source, parameters = unnest(
        {"id": "bigint", "units": "bigint", "revenue": "numeric"},
        [(line_id, units, format(revenue, "f")) for line_id, (units, revenue) in sorted(per_line.items())],
    )
    batch.demand(
        "UPDATE orders_orderline l SET quantity_allocated = l.quantity_allocated - v.units, "
        "quantity_picked = l.quantity_picked - v.units, quantity_shipped = l.quantity_shipped + v.units, "
        f"amount_invoiced = l.amount_invoiced + v.revenue FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(per_line),
        "orders.OrderLine shipped",
    )
    source, parameters = unnest(
        {"id": "bigint", "amount": "numeric", "charged": "boolean"},
        [
            (order, cents(amount + charges.get(order, Decimal(0))), order in charges)
            for order, amount in sorted(per_order.items())
        ],
    )
    batch.demand(
        "UPDATE orders_order o SET amount_invoiced = o.amount_invoiced + v.amount, "
        "charges_invoiced = o.charges_invoiced OR v.charged "
        f"FROM {source} WHERE o.id = v.id RETURNING 1",
        parameters,
        len(per_order),
        "orders.Order invoiced",
    )
    allocation_close_many(
        [line.allocation_id for line in lines], to=AllocationState.CONSUMED, actor=actor, at=at,
        action="orders.order_record_shipment_many", statements=batch,
    )  # fmt: skip
    change_state_many(
        Order, _finished(lines), source=OrderState.RELEASED, to=OrderState.SHIPPED, actor=actor, at=at,
        action="orders.order_record_shipment_many", fields={"shipped_at": at, "needs_allocation": False}, statements=batch,
    )  # fmt: skip
    if statements is None:
        batch.run()


def _finished(lines: Sequence[ShippedLine]) -> list[int]:
    """Orders that have nothing left once `lines` (not yet written) are shipped."""
    leaving: dict[int, int] = {}
    for line in lines:
        leaving[line.order_id] = leaving.get(line.order_id, 0) + line.quantity
    return [
        order_id
        for order_id, left in query(
            "SELECT order_id, sum(quantity_ordered - quantity_shipped - quantity_cancelled) FROM orders_orderline "
            "WHERE order_id = ANY(%s::bigint[]) GROUP BY order_id ORDER BY order_id",
            [array(sorted(leaving), "bigint")],
        )
        if left == leaving[order_id]
    ]


def order_record_return_many(units: Mapping[int, int], *, statements: Statements | None = None) -> None:
    """This function will add returned units to order lines: line id → units. PostgreSQL refuses more than was shipped."""
    if not units:
        return
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(units.items()))
    batch = statements if statements is not None else Statements()
    batch.demand(
        "UPDATE orders_orderline l SET quantity_returned = l.quantity_returned + v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(units),
        "orders.OrderLine returned",
    )
    if statements is None:
        batch.run()


def order_record_credit_many(amounts: Mapping[int, Decimal], *, statements: Statements | None = None) -> None:
    """This function will add credited amounts to orders: order id → amount. PostgreSQL refuses more than was invoiced."""
    if not amounts:
        return
    source, parameters = unnest(
        {"id": "bigint", "amount": "numeric"},
        [(order, cents(amount)) for order, amount in sorted(amounts.items())],
    )
    batch = statements if statements is not None else Statements()
    batch.demand(
        f"UPDATE orders_order o SET amount_credited = o.amount_credited + v.amount FROM {source} WHERE o.id = v.id RETURNING 1",
        parameters,
        len(amounts),
        "orders.Order credited",
    )
    if statements is None:
        batch.run()
