"""How does an order get the units that were kept for its cart?

Effects run inside the allocation's transaction: units become available and are promised under the same locks, so nobody
comes in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.sql import array, query
from orders.locks import lock_sellable
from orders.services.reservation import reservation_give_back
from orders.states import ReservationState

# an order names a cart of its own channel; the first order that comes for it gets it
_FOUND = """
SELECT r.id, o.id FROM orders_order o
  JOIN orders_reservation r ON r.channel_id = o.channel_id AND r.key = o.reservation_key AND r.state = 'ACTIVE'
 WHERE o.id = ANY(%s::bigint[]) AND o.reservation_key <> '' ORDER BY r.id, o.id FOR NO KEY UPDATE OF r
"""
_PRODUCTS = """
SELECT product_id FROM orders_orderline WHERE order_id = ANY(%s::bigint[]) UNION
SELECT product_id FROM orders_reservationline WHERE reservation_id = ANY(%s::bigint[]) ORDER BY 1
"""
_SHORT = """
SELECT o.id, o.number, r.key, r.id, sum(l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled),
       round(sum((l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled) * l.unit_price), 4)
  FROM orders_order o JOIN orders_reservation r ON r.order_id = o.id AND r.state = 'CONSUMED'
  JOIN orders_orderline l ON l.order_id = o.id WHERE o.id = ANY(%s::bigint[]) AND o.needs_allocation
 GROUP BY o.id, r.id ORDER BY o.id
"""


@transaction.atomic
def reservation_hand_over_many(order_ids: Sequence[int], *, actor: User, at: datetime) -> list[int]:
    """This function will make the units kept for these orders available to them and return whose there were, by order id.

    Call it in the allocation's own transaction, with all the orders of the batch, after they are locked and before their
    levels are; then plan the orders it returns first. It locks the levels that the whole batch wants, in their order, so the
    allocator's own lock waits for nobody. A reservation that has ended is not there any more: its order waits its turn.
    One query when no order names a reservation.
    """
    orders: dict[int, int] = {}
    for reservation_id, order_id in query(_FOUND, [array(sorted(order_ids), "bigint")]):
        orders.setdefault(reservation_id, order_id)
    if not orders:
        return []
    ids = sorted(orders)
    products = [
        row[0] for row in query(_PRODUCTS, [array(sorted(order_ids), "bigint"), array(ids, "bigint")])
    ]
    lock_sellable(products)
    reservation_give_back(
        ids, states=[ReservationState.ACTIVE], to=ReservationState.CONSUMED, orders=orders, actor=actor, at=at,
        action="orders.reservation_hand_over_many", reason="its order came",
    )  # fmt: skip
    return sorted(orders.values())


def reservation_report_short(order_ids: Sequence[int], *, actor: User, at: datetime) -> list[int]:
    """This function will open a RESERVATION_UNFULFILLED case per order that got its cart's units and is short all the same.

    Call it after the allocation has been written, with the orders that `reservation_hand_over_many` returned. Returns the
    orders' ids. The order wants more than the cart held, or its policy sent the units elsewhere.
    """
    rows = query(_SHORT, [array(sorted(order_ids), "bigint")]) if order_ids else []
    drafts = [
        CaseDraft(
            "RESERVATION_UNFULFILLED", "orders.Order", str(order_id),
            f"{number}: {units} units short although a cart was reserved", {"reservation": key, "units_short": int(units)},
            value,
        )
        for order_id, number, key, _, units, value in rows
    ]  # fmt: skip
    exception_open_many(drafts, actor=actor, at=at)
    return [row[0] for row in rows]
