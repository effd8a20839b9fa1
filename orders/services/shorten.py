"""Who takes units off a promise that work on the floor has proven wrong?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.sql import Statements
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from orders.locks import lock_order
from orders.models import Allocation, OrderLine
from orders.services.release import _settle_state, allocation_close_many, line_quantities_lower_many
from orders.states import AllocationState


@transaction.atomic
def allocation_shorten(
    *, allocation_id: int, quantity: int, reason: str, action: str, actor: User, at: datetime
) -> None:
    """This function will take units off an active allocation, make them available, and queue the order again.

    An allocation that has nothing left ends as RELEASED. InvalidInput for more units than it has, or when it is not
    active.
    """
    line = OrderLine.objects.get(allocations=allocation_id)
    order = lock_order(line.order_id)
    allocation = Allocation.objects.select_for_update(no_key=True).get(pk=allocation_id)
    if allocation.state != AllocationState.ACTIVE or not 0 < quantity <= allocation.quantity:
        raise InvalidInput(
            f"{allocation} has not {quantity} units to take off",
            field="quantity",
            remedy="Load the order again.",
        )
    batch = Statements()
    if quantity == allocation.quantity:
        allocation_close_many(
            [allocation_id], to=AllocationState.RELEASED, actor=actor, at=at, action=action, statements=batch
        )
    else:
        batch.demand(
            "UPDATE orders_allocation SET quantity = quantity - %s WHERE id = %s AND state = 'ACTIVE' RETURNING 1",
            [quantity, allocation_id], 1, "orders.Allocation shortened",
        )  # fmt: skip
    line_quantities_lower_many({line.pk: quantity}, batch)
    (sequence,) = stock_begin(1)
    move = Move(
        allocation.product_id, quantity, allocation.node_id, StockStatus.ALLOCATED, allocation.node_id,
        StockStatus.AVAILABLE, order_line_id=line.pk,
    )  # fmt: skip
    posting = Posting(action, "orders.Order", order.pk, f"shorten:{allocation_id}:{sequence}", [move], reason)
    stock_post_many([posting], actor=actor, at=at, sequences=[sequence], statements=batch)
    batch.run()
    _settle_state(order, action, reason, actor, at)
