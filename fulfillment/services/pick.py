"""Who takes goods out of their bins?

A pick moves units from ALLOCATED to PICKED, out of the bin they were promised from. One task or ten thousand, by
scan or at a desk: everything ends in `take` and `settle`, with the same few statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, query, unnest
from fulfillment.locks import LockedFulfillment, lock_fulfillments
from fulfillment.models import FulfillmentOrder, PickList
from fulfillment.states import FulfillmentState, PickListState, derive_fulfillment_state
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from orders.services import order_record_pick_many

PICKABLE = (FulfillmentState.RELEASED, FulfillmentState.PICKING)


class Pick(NamedTuple):
    """Units of a fulfilment line to take: from a task's bin and lot, or (no task) from a node without bins."""

    task_id: int | None
    fulfillment_id: int
    line_id: int
    order_line_id: int
    product_id: int
    location_id: int | None
    lot_id: int | None
    quantity: int


_TASKS = (
    "SELECT t.id, l.fulfillment_id, t.line_id, l.order_line_id, t.product_id, t.location_id, t.lot_id, t.quantity "
    "FROM fulfillment_picktask t JOIN fulfillment_fulfillmentline l ON l.id = t.line_id "
    "WHERE {condition} AND t.closed_at IS NULL ORDER BY l.fulfillment_id, t.id"
)
_WITHOUT_BINS = (
    "SELECT NULL::bigint, l.fulfillment_id, l.id, l.order_line_id, l.product_id, NULL::bigint, NULL::bigint, "
    "l.quantity - l.quantity_picked - l.quantity_short FROM fulfillment_fulfillmentline l "
    "JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_id "
    "WHERE f.id = ANY(%s::bigint[]) AND f.pick_list_id IS NULL AND l.quantity > l.quantity_picked + l.quantity_short "
    "ORDER BY f.id, l.id"
)
# What the lists still hold, so that states follow from it: fulfilment order, list, state, open tasks, units picked.
_REMAINING = (
    "SELECT f.id, f.pick_list_id, f.state, count(t.id) FILTER (WHERE t.closed_at IS NULL), "
    "coalesce(sum(t.quantity_picked), 0) FROM fulfillment_fulfillmentorder f "
    "LEFT JOIN fulfillment_fulfillmentline l ON l.fulfillment_id = f.id "
    "LEFT JOIN fulfillment_picktask t ON t.line_id = l.id "
    "WHERE f.pick_list_id = ANY(%s::bigint[]) OR f.id = ANY(%s::bigint[]) GROUP BY f.id"
)


@transaction.atomic
def pick_confirm_many(*, task_ids: Sequence[int], actor: User, at: datetime) -> None:
    """This function will take every unit of the open tasks out of their bins, all of them or none.

    NotFound for an unknown task, IllegalTransition when one is closed or its fulfilment order is not being picked.
    """
    locked = lock_fulfillments(fulfillments_of_tasks(task_ids))
    picks = [
        Pick(*row)
        for row in query(_TASKS.format(condition="t.id = ANY(%s::bigint[])"), [array(task_ids, "bigint")])
    ]
    if len(picks) != len(set(task_ids)):
        raise IllegalTransition(
            "a pick task is done already", field="task", remedy="Reload the pick list: somebody was faster."
        )
    _pick(picks, locked, action="fulfillment.pick_confirm_many", actor=actor, at=at)


@transaction.atomic
def fulfillment_pick_many(*, fulfillment_ids: Sequence[int], actor: User, at: datetime) -> None:
    """This function will record that everything still open in the fulfilment orders was taken.

    It is how a node without bins (a store, a 3PL) says so, and how work that needs no scanner goes through.
    IllegalTransition when one is not released or has nothing left to pick.
    """
    locked = lock_fulfillments(fulfillment_ids)
    ids = array([row.id for row in locked], "bigint")
    picks = [
        Pick(*row) for row in query(_TASKS.format(condition="l.fulfillment_id = ANY(%s::bigint[])"), [ids])
    ]
    if any(row.pick_list_id is None for row in locked):
        picks += [Pick(*row) for row in query(_WITHOUT_BINS, [ids])]
    idle = {row.id for row in locked} - {pick.fulfillment_id for pick in picks}
    if idle:
        number = next(row.number for row in locked if row.id in idle)
        raise IllegalTransition(
            f"{number} has nothing left to pick", field="fulfillment", remedy="Reload the list."
        )
    _pick(picks, locked, action="fulfillment.fulfillment_pick_many", actor=actor, at=at)


def fulfillments_of_tasks(task_ids: Iterable[int]) -> list[int]:
    """This function will return the fulfilment orders that tasks belong to; NotFound when a task does not exist."""
    wanted = sorted(set(task_ids))
    if not wanted:
        raise InvalidInput("no pick task is named", field="task", remedy="Choose at least one task.")
    rows = query(
        "SELECT t.id, l.fulfillment_id FROM fulfillment_picktask t "
        "JOIN fulfillment_fulfillmentline l ON l.id = t.line_id "
        "WHERE t.id = ANY(%s::bigint[])",
        [array(wanted, "bigint")],
    )
    missing = set(wanted) - {row[0] for row in rows}
    if missing:
        raise NotFound(f"there is no pick task #{min(missing)}", field="task", remedy="Reload the pick list.")
    return sorted({row[1] for row in rows})


def _pick(
    picks: Sequence[Pick], locked: Sequence[LockedFulfillment], *, action: str, actor: User, at: datetime
) -> None:
    check_pickable(locked)
    batch = Statements()
    _close_whole(batch, [pick.task_id for pick in picks if pick.task_id is not None], at)
    take(batch, picks, {row.id: row.node_id for row in locked}, action=action, actor=actor, at=at)
    settle(batch, picks, locked, action=action, actor=actor, at=at)
    batch.run()


def check_pickable(locked: Sequence[LockedFulfillment]) -> None:
    """This function will raise IllegalTransition unless every fulfilment order is released or being picked."""
    for row in locked:
        if row.state not in PICKABLE:
            raise IllegalTransition(
                f"{row.number} is {row.state} and not to be picked",
                field="state",
                remedy="Reload the pick list.",
            )


def _close_whole(batch: Statements, task_ids: Sequence[int], at: datetime) -> None:
    if task_ids:
        batch.demand(
            "UPDATE fulfillment_picktask SET quantity_picked = quantity, closed_at = %s "
            "WHERE id = ANY(%s::bigint[]) AND closed_at IS NULL RETURNING 1",
            [at, array(task_ids, "bigint")], len(task_ids), "pick tasks",
        )  # fmt: skip


def take(
    batch: Statements,
    picks: Sequence[Pick],
    nodes: Mapping[int, int],
    *,
    action: str,
    actor: User,
    at: datetime,
) -> None:
    """This function will add to `batch` what moves the units: one stock event per fulfilment order, bins, line sums.

    `picks` stand grouped by fulfilment order; `nodes` maps fulfilment order → node. A task is taken from once, so
    the first task of an event names it for ever.
    """
    moves: dict[int, list[Move]] = {}
    first: dict[int, str] = {}
    lines: dict[int, int] = {}
    order_lines: dict[int, int] = {}
    for task_id, fulfillment_id, line_id, order_line_id, product_id, location_id, lot_id, quantity in picks:
        node_id = nodes[fulfillment_id]
        if fulfillment_id not in moves:
            moves[fulfillment_id] = []
            first[fulfillment_id] = f"pick:task:{task_id}" if task_id else f"pick:line:{line_id}"
        moves[fulfillment_id].append(
            Move(product_id, quantity, node_id, StockStatus.ALLOCATED, node_id, StockStatus.PICKED, location_id, None,
                 lot_id, order_line_id)
        )  # fmt: skip
        lines[line_id] = lines.get(line_id, 0) + quantity
        order_lines[order_line_id] = order_lines.get(order_line_id, 0) + quantity
    postings = [
        Posting(action, "fulfillment.FulfillmentOrder", pk, first[pk], members)
        for pk, members in moves.items()
    ]
    sequences = stock_begin(len(postings))
    source, parameters = unnest({"id": "bigint", "units": "bigint"}, sorted(lines.items()))
    batch.demand(
        "UPDATE fulfillment_fulfillmentline l SET quantity_picked = l.quantity_picked + v.units "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters, len(lines), "fulfilment lines picked",
    )  # fmt: skip
    order_record_pick_many(order_lines, statements=batch)
    stock_post_many(postings, actor=actor, at=at, sequences=sequences, statements=batch)


def settle(
    batch: Statements,
    picks: Sequence[Pick],
    locked: Sequence[LockedFulfillment],
    *,
    action: str,
    actor: User,
    at: datetime,
    closed_tasks: Mapping[int, int] | None = None,
) -> None:
    """This function will add to `batch` the states that follow: of each fulfilment order, and of its pick list.

    `closed_tasks` (fulfilment order → tasks) counts tasks that this batch closes without taking a unit. Call it
    before the batch runs: it reads what was open until now.
    """
    lists = sorted({row.pick_list_id for row in locked if row.pick_list_id is not None})
    rows = query(_REMAINING, [array(lists, "bigint"), array([row.id for row in locked], "bigint")])
    done: dict[int, int] = dict(closed_tasks or {})
    taken: dict[int, int] = {}
    for pick in picks:
        taken[pick.fulfillment_id] = taken.get(pick.fulfillment_id, 0) + pick.quantity
        if pick.task_id is not None:
            done[pick.fulfillment_id] = done.get(pick.fulfillment_id, 0) + 1
    touched = {row.id for row in locked}
    steps: dict[tuple[str, str], list[int]] = {}
    open_in_list = dict.fromkeys(lists, 0)
    for pk, list_id, state, tasks, picked in rows:
        left = tasks - done.get(pk, 0)
        if list_id in open_in_list:
            open_in_list[list_id] += left
        if pk in touched:
            derived = derive_fulfillment_state(open_tasks=left, quantity_picked=picked + taken.get(pk, 0))
            if derived != state:
                steps.setdefault((state, derived), []).append(pk)
    for (source, to), ids in sorted(steps.items()):
        change_state_many(
            FulfillmentOrder, ids, source=source, to=to, actor=actor, at=at, action=action, statements=batch
        )
    settle_lists(batch, open_in_list, action=action, actor=actor, at=at)


def settle_lists(
    batch: Statements, open_tasks: Mapping[int, int], *, action: str, actor: User, at: datetime
) -> None:
    """This function will add to `batch` the state of pick lists, given how many tasks each has left."""
    if not open_tasks:
        return
    rows = query(
        "SELECT id, state FROM fulfillment_picklist WHERE id = ANY(%s::bigint[])",
        [array(open_tasks, "bigint")],
    )
    states: dict[int, str] = {row[0]: row[1] for row in rows}
    steps: dict[tuple[str, str], list[int]] = {}
    for list_id, left in open_tasks.items():
        derived = PickListState.PICKING if left else PickListState.DONE
        if states[list_id] != derived:
            steps.setdefault((states[list_id], derived), []).append(list_id)
    for (source, to), ids in sorted(steps.items()):
        change_state_many(
            PickList, ids, source=source, to=to, actor=actor, at=at, action=action, statements=batch,
            fields={"finished_at": at} if to == PickListState.DONE else None,
        )  # fmt: skip
