"""How do drop-ships, and the promises out of them, follow the quantities of their lines?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from erp.core.models import User
from erp.core.services.state import change_state, change_state_many
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.sql import array, query
from orders.models import DropShip, Promise
from orders.states import DROP_SHIP_OPEN, DropShipState, PromiseState

CALL_OFF = "procurement.drop_ship_call_off"
REASON = "the customer does not want it any more"
_OWN_SUPPLY = (
    "SELECT d.order_line_id, s.id, least(d.quantity - d.quantity_shipped - d.quantity_cancelled, s.quantity_open)::bigint, "
    "s.expected_date FROM orders_dropship d JOIN inventory_expectedsupply s "
    "ON s.source_type = d.purchase_type || 'Line' AND s.source_id = d.purchase_line_id "
    "WHERE d.order_line_id = ANY(%s::bigint[]) AND d.state = 'ORDERED' AND s.quantity_open > 0 "
    "ORDER BY s.id FOR NO KEY UPDATE OF s"
)
_PEGGED = (
    "SELECT supply_id, sum(quantity)::bigint FROM orders_promise WHERE supply_id = ANY(%s::bigint[]) "
    "AND state = 'OPEN' AND NOT is_covered GROUP BY 1"
)
_PROMISED = (
    "SELECT p.id, p.order_line_id FROM orders_dropship d JOIN inventory_expectedsupply s "
    "ON s.source_type = d.purchase_type || 'Line' AND s.source_id = d.purchase_line_id "
    "JOIN orders_promise p ON p.supply_id = s.id WHERE d.id = ANY(%s::bigint[]) AND p.state = 'OPEN' AND NOT p.is_covered "
    "ORDER BY p.id FOR NO KEY UPDATE OF p"
)


def drop_ship_take_off(excess: Mapping[int, int], *, actor: User, at: datetime) -> None:
    """This function will call off drop-shipped units that their lines do not want any more: line id → units.

    The latest first. One that nobody has asked a supplier for ends here; for the others one job lets purchasing follow.
    """
    rows = DropShip.objects.select_for_update(no_key=True).filter(
        order_line__in=list(excess), state__in=DROP_SHIP_OPEN
    )
    left, ordered = dict(excess), []
    for row in rows.order_by("-pk"):
        units = min(left[row.order_line_id], row.quantity_open)
        if not units:
            continue
        left[row.order_line_id] -= units
        cancelled = row.quantity_cancelled + units
        if row.state == DropShipState.ORDERED:
            ordered.append((row.pk, cancelled))
        if units < row.quantity_open:
            DropShip.objects.filter(pk=row.pk).update(quantity_cancelled=cancelled)
            continue
        ended = DropShipState.SHIPPED if row.quantity_shipped else DropShipState.CANCELLED
        change_state(
            row, to=ended, actor=actor, at=at, action="orders.drop_ship_take_off", reason=REASON,
            fields={"closed_at": at, "reason": REASON, "quantity_cancelled": cancelled},
        )  # fmt: skip
    if ordered:
        key = ",".join(f"{pk}:{cancelled}" for pk, cancelled in ordered[:5])
        ids = [pk for pk, _ in ordered]
        job_enqueue_many([JobDraft(CALL_OFF, key, {"ids": ids})], actor=actor)


def own_supply(wanting: Sequence[tuple[int, int]], today: date) -> list[tuple[int, int, int, date]]:
    """This function will return (line, supply, units, day) for units that are to be promised out of their own drop-ships."""
    rows = query(_OWN_SUPPLY, [array(sorted({line for line, _ in wanting}), "bigint")])
    pegged: dict[int, int] = {
        row[0]: row[1] for row in query(_PEGGED, [array([row[1] for row in rows], "bigint")])
    }
    found = []
    for line_id, units in wanting:
        left = units
        for supply_line, supply_id, quantity, expected in rows:
            given = min(left, quantity - pegged.get(supply_id, 0)) if supply_line == line_id else 0
            if given > 0:
                left -= given
                found.append((line_id, supply_id, given, max(expected, today)))
    return found


def promises_give_up(ids: Sequence[int], *, actor: User, at: datetime) -> dict[int, int]:
    """This function will end the promises out of drop-ships that nobody sends; returns line id → the promise to be replaced."""
    rows = query(_PROMISED, [array(ids, "bigint")])
    change_state_many(
        Promise, [row[0] for row in rows], source=PromiseState.OPEN, to=PromiseState.REPLACED, actor=actor, at=at,
        action="orders.drop_ship_refuse_many", fields={"closed_at": at},
    )  # fmt: skip
    return {row[1]: row[0] for row in rows}
