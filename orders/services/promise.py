"""Who promises units for a day, and who settles whether the day was kept?

A line's units that are short are promised out of named supply on its way (purchase order lines, transfers), each unit of
supply once. When the units are allocated the promise is covered and its supply free again; when they have left, the
promise is KEPT or LATE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.timezone import localtime

from erp.core.models import User
from erp.core.services.state import change_state_many, record_creation
from erp.core.sql import Statements, array, query, reserve_ids
from orders.locks import OPEN_DROP_SHIP, lock_supply
from orders.models import Promise
from orders.services.drop_ship_fit import drop_ship_take_off, own_supply
from orders.states import PromiseState

ACTION = "orders.promise_fit_many"
_LINES = (
    "SELECT l.id, l.product_id, l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled, "
    f"{OPEN_DROP_SHIP} FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id WHERE l.id = ANY(%s::bigint[]) "
    "ORDER BY o.priority DESC, o.ship_by, l.order_id, l.position"
)
_PROMISES = (
    "SELECT p.id, p.order_line_id, p.quantity, p.promised_date, p.is_covered, p.supply_id, coalesce(n.kind = 'DROPSHIP', false) "
    "FROM orders_promise p LEFT JOIN inventory_expectedsupply s ON s.id = p.supply_id "
    "LEFT JOIN inventory_node n ON n.id = s.node_id "
    "WHERE p.order_line_id = ANY(%s::bigint[]) AND p.state = 'OPEN' ORDER BY p.id "
    "FOR NO KEY UPDATE OF p"  # in the order in which promise_settle locks
)
# What was promised and may still be kept: a unit that was cancelled will never leave, nor will its promise be settled.
_KEEPABLE = (
    "SELECT l.id, l.quantity_ordered - l.quantity_cancelled - coalesce(sum(p.quantity), 0)::bigint FROM orders_orderline l "
    "LEFT JOIN orders_promise p ON p.order_line_id = l.id AND p.state IN ('KEPT', 'LATE') "
    "WHERE l.id = ANY(%s::bigint[]) GROUP BY l.id"
)
_PEGGED = (
    "SELECT supply_id, sum(quantity)::bigint FROM orders_promise WHERE supply_id = ANY(%s::bigint[]) "
    "AND state = 'OPEN' AND NOT is_covered GROUP BY 1"
)
_COLUMNS = {
    "id": "bigint", "order_line_id": "bigint", "supply_id": "bigint", "quantity": "bigint", "promised_date": "date",
    "is_covered": "boolean", "state": "text", "made_at": "timestamptz", "replaces_id": "bigint",
}  # fmt: skip


class _Open(NamedTuple):
    id: int
    line_id: int
    quantity: int
    promised_date: date
    is_covered: bool
    supply_id: int | None
    is_drop_ship: bool


@dataclass
class _Supply:
    id: int
    left: int
    expected_date: date


class _New(NamedTuple):
    line_id: int
    supply_id: int | None
    quantity: int
    promised_date: date
    is_covered: bool = False
    replaces_id: int | None = None


@transaction.atomic
def promise_fit_many(
    line_ids: Iterable[int],
    *,
    cancelled: bool = False,
    replaces: Mapping[int, int] | None = None,
    actor: User,
    at: datetime,
) -> dict[int, date]:
    """This function will bring the open promises of order lines in line with what is short, and say what is promised now.

    Units that are no longer short are covered, the earliest day first (with `cancelled`: called off, the latest day first;
    nothing is promised anew, and no covered promise stands for more than is left to be sent). Units that are short and not
    promised get the earliest supply that has units left; what no supply is known for stays without a day. Returns line id →
    the last promised day of the lines that got a new promise. `replaces` names the closed promise that a line's new one stands
    for. Units that a supplier sends to the customer are promised out of that supply alone; what a line does not want of them
    any more is called off. The orders must be locked by the caller, their stock levels before this is called.
    """
    lines = query(_LINES, [array(sorted(set(line_ids)), "bigint")])
    if not lines:
        return {}
    by_line: dict[int, list[_Open]] = {row[0]: [] for row in lines}
    open_ = [_Open(*row) for row in query(_PROMISES, [array(by_line, "bigint")])]
    for promise in sorted(open_, key=lambda row: (row.promised_date, row.id)):
        by_line[promise.line_id].append(promise)
    replaced = replaces or {}
    keepable: dict[int, int] = {}
    if cancelled or replaced:
        keepable = {row[0]: row[1] for row in query(_KEEPABLE, [array(by_line, "bigint")])}
    new: list[_New] = []
    closing: dict[str, list[int]] = {PromiseState.CANCELLED: [], PromiseState.REPLACED: []}
    covered: list[int] = []
    wanting: list[tuple[int, int, int, int | None]] = []
    dropped: list[tuple[int, int]] = []
    excess = {line_id: sent - short for line_id, _, short, sent in lines if sent > short}
    if excess:
        drop_ship_take_off(excess, actor=actor, at=at)
    for line_id, product_id, short, sent in lines:
        sent = min(sent, short)
        drops = [row for row in by_line[line_id] if not row.is_covered and row.is_drop_ship]
        surplus = sum(row.quantity for row in drops) - sent
        if surplus > 0:
            _take_off(drops, surplus, cancelled or line_id in excess, new, closing, covered)
        elif surplus < 0:
            dropped.append((line_id, -surplus))
        waiting = [row for row in by_line[line_id] if not row.is_covered and not row.is_drop_ship]
        surplus = sum(row.quantity for row in waiting) - (short - sent)
        if surplus > 0:
            _take_off(waiting, surplus, cancelled, new, closing, covered)
        elif surplus < 0 and not cancelled:
            stale = [row for row in by_line[line_id] if row.is_covered]
            again = -surplus
            if line_id in replaced:  # what was replaced never was covered: only the rest was
                again = sum(row.quantity for row in stale) + short - keepable[line_id]
            earlier = _uncover(stale, again, closing, new)
            wanting.append((line_id, product_id, -surplus, replaced.get(line_id) or earlier))
        if cancelled:
            stale = [row for row in by_line[line_id] if row.is_covered]
            gone = sum(row.quantity for row in stale) + min(surplus, 0) + short - keepable[line_id]
            _take_off(stale, gone, True, new, closing, covered)
    promised = _peg(wanting, new, localtime(at).date()) if wanting else {}
    for line_id, supply_id, units, day in own_supply(dropped, localtime(at).date()) if dropped else []:
        new.append(_New(line_id, supply_id, units, day, False, replaced.get(line_id)))
        promised[line_id] = max(day, promised.get(line_id, day))
    _write(new, closing, covered, actor, at)
    return promised


def _take_off(
    waiting: Sequence[_Open],
    surplus: int,
    cancelled: bool,
    new: list[_New],
    closing: dict[str, list[int]],
    covered: list[int],
) -> None:
    """Cover (or cancel) units, the earliest promise first; a promise that is covered in part is replaced by two."""
    for row in waiting if not cancelled else reversed(waiting):
        if surplus <= 0:
            return
        units = min(surplus, row.quantity)
        surplus -= units
        if units == row.quantity:
            (closing[PromiseState.CANCELLED] if cancelled else covered).append(row.id)
            continue
        closing[PromiseState.REPLACED].append(row.id)
        new.append(
            _New(row.line_id, row.supply_id, row.quantity - units, row.promised_date, row.is_covered, row.id)
        )
        if not cancelled:
            new.append(_New(row.line_id, row.supply_id, units, row.promised_date, True, row.id))


def _uncover(
    stale: Sequence[_Open], missing: int, closing: dict[str, list[int]], new: list[_New]
) -> int | None:
    """Units that had been covered are short again (a short pick): their promise is replaced, so that no unit has two."""
    last = None
    for row in reversed(stale):
        if missing <= 0:
            break
        units = min(missing, row.quantity)
        missing -= units
        closing[PromiseState.REPLACED].append(row.id)
        if units < row.quantity:
            new.append(
                _New(row.line_id, row.supply_id, row.quantity - units, row.promised_date, True, row.id)
            )
        last = row.id
    return last


def _peg(
    wanting: Sequence[tuple[int, int, int, int | None]], new: list[_New], today: date
) -> dict[int, date]:
    supplies: dict[int, list[_Supply]] = {}
    rows = lock_supply({product for _, product, _, _ in wanting})  # before what is pegged to it is counted
    if not rows:
        return {}
    pegged: dict[int, int] = {
        row[0]: row[1] for row in query(_PEGGED, [array([row[0] for row in rows], "bigint")])
    }
    for supply_id, product_id, quantity, expected in rows:
        left = quantity - pegged.get(supply_id, 0)
        if left > 0:
            supplies.setdefault(product_id, []).append(_Supply(supply_id, left, expected))
    promised: dict[int, date] = {}
    for line_id, product_id, units, replaces in wanting:
        for supply in sorted(supplies.get(product_id, []), key=lambda s: (s.expected_date, s.id)):
            given = min(units, supply.left)
            if given:
                supply.left -= given
                units -= given
                promised[line_id] = max(supply.expected_date, today) + Promise.DOCK_TO_STOCK
                new.append(_New(line_id, supply.id, given, promised[line_id], False, replaces))
            if not units:
                break
    return promised


def _write(
    new: Sequence[_New],
    closing: Mapping[str, Sequence[int]],
    covered: Sequence[int],
    actor: User,
    at: datetime,
) -> None:
    batch = Statements()
    for state, ids in closing.items():
        change_state_many(
            Promise, ids, source=PromiseState.OPEN, to=state, actor=actor, at=at, action=ACTION,
            fields={"closed_at": at}, statements=batch,
        )  # fmt: skip
    if covered:
        batch.demand(
            "UPDATE orders_promise SET is_covered = true WHERE id = ANY(%s::bigint[]) AND state = 'OPEN' RETURNING 1",
            [array(covered, "bigint")], len(covered), "orders.Promise covered",
        )  # fmt: skip
    if new:
        _insert(new, batch, actor, at)
    batch.run()


def _insert(new: Sequence[_New], batch: Statements, actor: User, at: datetime) -> None:
    ids = reserve_ids({"orders_promise": len(new)})["orders_promise"]
    batch.insert(
        "orders_promise",
        _COLUMNS,
        [
            (pk, row.line_id, row.supply_id, row.quantity, row.promised_date, row.is_covered, PromiseState.OPEN, at,
             row.replaces_id)
            for pk, row in zip(ids, new, strict=True)
        ],
    )  # fmt: skip
    record_creation(Promise, ids, actor=actor, at=at, action=ACTION, statements=batch)


# Units leave in the order in which they were promised: first those that never waited, then promise by promise: the settled
# ones have had theirs, and what still waits for its supply comes last. When they left is the journal's word.
_LEFT = """
WITH due AS (SELECT DISTINCT order_line_id FROM orders_promise WHERE state = 'OPEN'),
every AS (SELECT p.id, p.order_line_id, p.state, p.promised_date,
                 sum(p.quantity) OVER (PARTITION BY p.order_line_id ORDER BY p.state = 'OPEN', NOT p.is_covered, p.promised_date,
                                        p.id) AS upto,
                 sum(p.quantity) OVER (PARTITION BY p.order_line_id) AS promised
            FROM orders_promise p JOIN due USING (order_line_id) WHERE p.state IN ('OPEN', 'KEPT', 'LATE')),
shipped AS (SELECT m.order_line_id, e.occurred_at,
                   sum(m.quantity) OVER (PARTITION BY m.order_line_id ORDER BY m.event_id, m.id) AS units
              FROM inventory_stockmove m JOIN due USING (order_line_id) JOIN inventory_stockevent e ON e.sequence = m.event_id
             WHERE m.to_status = 'CUSTOMER')
SELECT p.id, p.promised_date, min(s.occurred_at)
  FROM every p JOIN orders_orderline l ON l.id = p.order_line_id
  JOIN shipped s ON s.order_line_id = l.id
       AND s.units >= greatest(l.quantity_ordered - l.quantity_cancelled - p.promised, 0) + p.upto
 WHERE p.state = 'OPEN' GROUP BY 1, 2 ORDER BY 1
"""


@transaction.atomic
def promise_settle(*, actor: User, at: datetime) -> int:
    """This function will close every open promise whose units have left: KEPT on the day or before, LATE after it.

    The day is the company's. Returns how many were closed; the beat runs it, and running it again changes nothing.
    """
    rows = query(_LEFT)
    if not rows:
        return 0
    ids = array([row[0] for row in rows], "bigint")
    still = {
        row[0]
        for row in query(
            "SELECT id FROM orders_promise WHERE id = ANY(%s::bigint[]) AND state = 'OPEN' ORDER BY id FOR NO KEY UPDATE",
            [ids],
        )
    }
    batch = Statements()
    for state in (PromiseState.KEPT, PromiseState.LATE):
        chosen = [
            pk
            for pk, promised, left in rows
            if pk in still and (localtime(left).date() <= promised) == (state == PromiseState.KEPT)
        ]
        change_state_many(
            Promise, chosen, source=PromiseState.OPEN, to=state, actor=actor, at=at, action="orders.promise_settle",
            fields={"closed_at": at, "is_covered": True}, statements=batch,
        )  # fmt: skip
    batch.run()
    return len(still)
