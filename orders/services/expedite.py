"""Who serves one order before the others?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import Conflict
from erp.core.models import User
from erp.core.services.note import note_add
from orders.locks import lock_levels_of_orders, lock_order
from orders.services.allocation import order_allocate_many
from orders.services.release import order_release_allocation
from orders.states import OPEN

FIRST = 100  # above what channels send; the allocator and the release board serve the highest first


class Expedited(NamedTuple):
    """The priority it has now, the units promised just now, and those still short."""

    priority: int
    assigned: int
    short: int


@transaction.atomic
def order_expedite(*, order_id: int, reason: str = "", actor: User, at: datetime) -> Expedited:
    """This function will put an open order before the others and promise it what stock there is.

    Conflict for an order that is finished. An order on hold is only moved forward: its hold has to be settled.
    """
    order = lock_order(order_id)
    if order.state not in OPEN:
        raise Conflict(
            f"{order} is {order.state}", field="order", remedy="Only an open order can be served first."
        )
    before, order.priority = order.priority, max(order.priority, FIRST)
    order.save(update_fields=["priority"])
    note_add(
        document_type="orders.Order", document_id=order_id, actor=actor, at=at,
        body=f"Served first: priority {before} → {order.priority}.{' ' + reason if reason else ''}",
    )  # fmt: skip
    found = order_allocate_many(order_ids=[order_id], actor=actor, at=at)
    return Expedited(order.priority, *(found[0][1:] if found else (0, 0)))


@transaction.atomic
def order_reallocate(*, order_id: int, reason: str, actor: User, at: datetime) -> Expedited:
    """This function will take back what nobody has taken up of an order's promise and decide anew where it is served from.

    Conflict when none of it is promised without being taken up.
    """
    lock_order(order_id)
    lock_levels_of_orders([order_id])
    if not order_release_allocation(order_id=order_id, reason=reason, actor=actor, at=at):
        raise Conflict(
            "nothing of it is promised and not taken up",
            field="order",
            remedy="Look at its fulfilment orders.",
        )
    found = order_allocate_many(order_ids=[order_id], actor=actor, at=at)
    return Expedited(lock_order(order_id).priority, *(found[0][1:] if found else (0, 0)))
