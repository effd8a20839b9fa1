"""Who takes work back from the floor?

The order keeps its promise: its allocations become unplanned and may be released again, perhaps with other bins.
Open tasks give their bins back; what was picked already goes back into the bin it came from.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state, change_state_many
from erp.core.sql import Statements, query
from fulfillment.locks import LockedFulfillment, lock_fulfillments
from fulfillment.models import FulfillmentOrder, PickList
from fulfillment.states import FulfillmentState, PickListState
from inventory.services import BinChoice, Move, Posting, bin_allocate_many, stock_begin, stock_post_many
from inventory.states import StockStatus
from orders.services import allocation_plan_many, order_record_pick_many
from orders.services.finish import order_record_recall_many

ACTION = "fulfillment.fulfillment_cancel"
_OPEN_TASKS = (
    "SELECT t.id, b.id, t.quantity FROM fulfillment_picktask t JOIN fulfillment_fulfillmentline l ON l.id = t.line_id "
    "JOIN inventory_binstock b ON b.product_id = t.product_id AND b.location_id = t.location_id "
    "AND b.lot_id IS NOT DISTINCT FROM t.lot_id AND b.status = 'AVAILABLE' "
    "WHERE l.fulfillment_id = %s AND t.closed_at IS NULL ORDER BY t.id"
)
_PICKED = (
    "SELECT l.order_line_id, l.product_id, t.location_id, t.lot_id, coalesce(t.quantity_picked, l.quantity_picked) "
    "FROM fulfillment_fulfillmentline l LEFT JOIN fulfillment_picktask t ON t.line_id = l.id AND t.quantity_picked > 0 "
    "WHERE l.fulfillment_id = %s AND l.quantity_picked > 0 ORDER BY l.id, t.id"
)
_OTHERS = (
    "SELECT count(t.id) FILTER (WHERE t.closed_at IS NULL), count(t.id) FILTER (WHERE t.quantity_picked > 0) "
    "FROM fulfillment_picktask t JOIN fulfillment_fulfillmentline l ON l.id = t.line_id "
    "WHERE t.pick_list_id = %s AND l.fulfillment_id <> %s"
)


@transaction.atomic
def fulfillment_cancel(*, fulfillment_id: int, reason: str, actor: User, at: datetime) -> None:
    """This function will cancel a fulfilment order that has not left yet and put its goods back.

    InvalidInput without a reason, IllegalTransition once it is shipped, short or cancelled.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    locked = lock_fulfillments([fulfillment_id])[0]
    fulfillment = FulfillmentOrder.objects.get(pk=fulfillment_id)
    change_state(
        fulfillment, to=FulfillmentState.CANCELLED, actor=actor, at=at, action=ACTION, reason=reason.strip()
    )
    allocations = list(
        fulfillment.lines.filter(quantity__gt=0)
        .order_by("pk")
        .values_list("allocation_id", "quantity", "quantity_short")
    )
    batch = Statements()
    batch.add(
        "UPDATE fulfillment_fulfillmentline SET is_cancelled = true, quantity_picked = 0 WHERE fulfillment_id = %s",
        [fulfillment_id],
    )
    _close_tasks(batch, fulfillment_id, at)
    _put_back(batch, locked, actor=actor, at=at)
    _settle_list(batch, locked, reason=reason.strip(), actor=actor, at=at)
    left = [pk for pk, quantity, short in allocations if quantity > short]
    allocation_plan_many(left, planned=False, statements=batch)
    batch.run()
    order_record_recall_many([locked.order_id], reason=reason.strip(), actor=actor, at=at)


def _close_tasks(batch: Statements, fulfillment_id: int, at: datetime) -> None:
    tasks = query(_OPEN_TASKS, [fulfillment_id])
    if tasks:
        ids = "{" + ",".join(str(row[0]) for row in tasks) + "}"
        batch.demand(
            "UPDATE fulfillment_picktask SET closed_at = %s "
            "WHERE id = ANY(%s::bigint[]) AND closed_at IS NULL RETURNING 1",
            [at, ids], len(tasks), "pick tasks",
        )  # fmt: skip
        bin_allocate_many([BinChoice(row[1], -row[2]) for row in tasks], statements=batch)


def _put_back(batch: Statements, locked: LockedFulfillment, *, actor: User, at: datetime) -> None:
    """Picked units return to ALLOCATED in the bin and lot they were taken from: still promised, off the trolley."""
    rows = query(_PICKED, [locked.id])
    if not rows:
        return
    lines: dict[int, int] = {}
    for order_line_id, _, _, _, quantity in rows:
        lines[order_line_id] = lines.get(order_line_id, 0) - quantity
    order_record_pick_many(lines, statements=batch)
    node = locked.node_id
    moves = [
        Move(
            product,
            quantity,
            node,
            StockStatus.PICKED,
            node,
            StockStatus.ALLOCATED,
            None,
            location,
            lot,
            order_line,
        )
        for order_line, product, location, lot, quantity in rows
    ]
    posting = Posting(ACTION, "fulfillment.FulfillmentOrder", locked.id, f"unpick:{locked.id}", moves)
    stock_post_many([posting], actor=actor, at=at, sequences=stock_begin(1), statements=batch)


def _settle_list(
    batch: Statements, locked: LockedFulfillment, *, reason: str, actor: User, at: datetime
) -> None:
    """The pick list ends with its last open task: done if anything else on it was picked, else cancelled."""
    if locked.pick_list_id is None:
        return
    still_open, picked = query(_OTHERS, [locked.pick_list_id, locked.id])[0]
    state = query("SELECT state FROM fulfillment_picklist WHERE id = %s", [locked.pick_list_id])[0][0]
    if still_open or state in (PickListState.DONE, PickListState.CANCELLED):
        return
    change_state_many(
        PickList, [locked.pick_list_id], source=state, to=PickListState.DONE if picked else PickListState.CANCELLED,
        actor=actor, at=at, action=ACTION, reason=reason, fields={"finished_at": at}, statements=batch,
    )  # fmt: skip
