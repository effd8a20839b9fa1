"""How does an order follow when work on it is taken back, or when it has arrived?

Effects run downward: fulfilment calls these; orders know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import array, query
from orders.models import Order
from orders.states import OrderState

_RECALLED = (
    "SELECT o.id FROM orders_order o WHERE o.id = ANY(%s::bigint[]) AND o.state = 'RELEASED' AND NOT EXISTS "
    "(SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.quantity_shipped > 0) AND NOT EXISTS "
    "(SELECT 1 FROM orders_allocation a JOIN orders_orderline l ON l.id = a.order_line_id WHERE l.order_id = o.id "
    "AND a.state = 'ACTIVE' AND a.is_planned) ORDER BY o.id FOR NO KEY UPDATE OF o"
)


@transaction.atomic
def order_record_recall_many(order_ids: Sequence[int], *, reason: str, actor: User, at: datetime) -> None:
    """This function will move RELEASED orders of which nothing is on the floor and nothing has left back to ALLOCATED.

    Other ids are left as they are.
    """
    ids = [row[0] for row in query(_RECALLED, [array(order_ids, "bigint")])]
    change_state_many(
        Order, ids, source=OrderState.RELEASED, to=OrderState.ALLOCATED, actor=actor, at=at, reason=reason,
        action="orders.order_record_recall_many",
    )  # fmt: skip


@transaction.atomic
def order_record_delivery_many(order_ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will complete SHIPPED orders; the caller knows that all their parcels have arrived."""
    rows = query(
        "SELECT id FROM orders_order WHERE id = ANY(%s::bigint[]) AND state = 'SHIPPED' ORDER BY id FOR NO "
        "KEY UPDATE",
        [array(order_ids, "bigint")],
    )
    change_state_many(
        Order, [row[0] for row in rows], source=OrderState.SHIPPED, to=OrderState.COMPLETED, actor=actor, at=at,
        action="orders.order_record_delivery_many",
    )  # fmt: skip
