"""What happens when a bin does not hold what the books say?

What is there is picked. The missing units lose their promise, so the order is served from elsewhere, and are set
aside in QUARANTINE in that bin: were they AVAILABLE, the allocator would promise the same phantom again within the
second. A count of the bin settles them (exception desk, SHORT_PICK).
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import User
from erp.core.services.exception_case import exception_open
from erp.core.sql import Statements, query
from fulfillment.locks import LockedFulfillment, lock_fulfillments
from fulfillment.services.pick import Pick, check_pickable, fulfillments_of_tasks, settle, take
from inventory.services import BinChoice, Move, bin_allocate_many, stock_post
from inventory.states import StockStatus
from orders.services.shorten import allocation_shorten

ACTION = "fulfillment.pick_short"


class _Task(NamedTuple):
    pick: Pick
    allocation_id: int
    node_id: int
    bin_stock_id: int
    sku: str
    bin_code: str
    list_number: str


_TASK = (
    "SELECT t.id, l.fulfillment_id, t.line_id, l.order_line_id, t.product_id, t.location_id, t.lot_id, t.quantity, "
    "l.allocation_id, p.node_id, b.id, product.sku, bin.code, p.number FROM fulfillment_picktask t "
    "JOIN fulfillment_fulfillmentline l ON l.id = t.line_id JOIN fulfillment_picklist p ON p.id = t.pick_list_id "
    "JOIN inventory_product product ON product.id = t.product_id JOIN inventory_location bin ON bin.id = t.location_id "
    "JOIN inventory_binstock b ON b.product_id = t.product_id AND b.location_id = t.location_id "
    "AND b.lot_id IS NOT DISTINCT FROM t.lot_id AND b.status = 'AVAILABLE' "
    "WHERE t.id = %s AND t.closed_at IS NULL"
)


@transaction.atomic
def pick_short(*, task_id: int, quantity_found: int, reason: str, actor: User, at: datetime) -> int:
    """This function will close a pick task with fewer units than it asked for and return the exception case's id.

    InvalidInput unless 0 <= found < asked and a reason is given; IllegalTransition when the task is done already.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what you found at the bin.")
    locked = lock_fulfillments(fulfillments_of_tasks([task_id]))
    check_pickable(locked)
    rows = query(_TASK, [task_id])
    if not rows:
        raise IllegalTransition("the pick task is done already", field="task", remedy="Reload the pick list.")
    task = _Task(Pick(*rows[0][:8]), *rows[0][8:])
    if not 0 <= quantity_found < task.pick.quantity:
        raise InvalidInput(
            f"a short pick finds 0 to {task.pick.quantity - 1} units, not {quantity_found}",
            field="quantity",
            remedy="Confirm the whole quantity by scanning the product.",
        )
    missing = task.pick.quantity - quantity_found
    _close(task, quantity_found, reason.strip(), locked=locked, actor=actor, at=at)
    allocation_shorten(
        allocation_id=task.allocation_id,
        quantity=missing,
        reason=reason.strip(),
        action=ACTION,
        actor=actor,
        at=at,
    )
    _set_aside(task, missing, actor=actor, at=at)
    return exception_open(
        kind="SHORT_PICK", subject_type="inventory.BinStock", subject_id=task.bin_stock_id,
        title=f"{task.bin_code} is {missing} short of {task.sku}",
        detail={"task": task_id, "pick_list": task.list_number, "found": quantity_found, "missing": missing,
                "reason": reason.strip(), "sku": task.sku, "bin": task.bin_code},
        actor=actor, at=at,
    )  # fmt: skip


def _close(
    task: _Task, found: int, reason: str, *, locked: list[LockedFulfillment], actor: User, at: datetime
) -> None:
    missing = task.pick.quantity - found
    batch = Statements()
    batch.demand(
        "UPDATE fulfillment_picktask SET quantity_picked = %s, short_reason = %s, closed_at = %s "
        "WHERE id = %s AND closed_at IS NULL RETURNING 1",
        [found, reason[:120], at, task.pick.task_id], 1, "pick task",
    )  # fmt: skip
    batch.demand(
        "UPDATE fulfillment_fulfillmentline SET quantity_short = quantity_short + %s WHERE id = %s RETURNING 1",
        [missing, task.pick.line_id], 1, "fulfilment line",
    )  # fmt: skip
    picks = [task.pick._replace(quantity=found)] if found else []
    if picks:
        take(batch, picks, {locked[0].id: task.node_id}, action=ACTION, actor=actor, at=at)
    closed = {} if found else {task.pick.fulfillment_id: 1}
    settle(batch, picks, locked, action=ACTION, actor=actor, at=at, closed_tasks=closed)
    bin_allocate_many([BinChoice(task.bin_stock_id, -missing)], statements=batch)
    batch.run()


def _set_aside(task: _Task, missing: int, *, actor: User, at: datetime) -> None:
    pick, node_id = task.pick, task.node_id
    stock_post(
        action=ACTION, source_type="fulfillment.PickTask", source_id=pick.task_id or 0,
        idempotency_key=f"short:task:{pick.task_id}", actor=actor, at=at, reason="missing at the pick, to be counted",
        moves=[Move(pick.product_id, missing, node_id, StockStatus.AVAILABLE, node_id, StockStatus.QUARANTINE,
                    pick.location_id, pick.location_id, pick.lot_id)],
    )  # fmt: skip
