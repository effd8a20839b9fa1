"""Who asks for units to be sent by a supplier, and what does an order learn of it: ordered, refused, on its way?

Purchasing is above: a request is a row and one job, named by its address (`procurement.drop_ship_raise`). What comes of it is
reported back through the functions here; each of them wants the orders locked first (`orders.locks.lock_drop_ships`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import User
from erp.core.money import ZERO, quantize
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.services.state import change_state, change_state_many, record_creation
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.sql import Statements, unnest
from orders.locks import lock_drop_ships
from orders.models import DropShip
from orders.services.drop_ship_fit import promises_give_up
from orders.services.notice import NoticeDraft, order_notice_add_many
from orders.services.promise import promise_fit_many
from orders.states import DROP_SHIP_OPEN, DropShipState

RAISE = "procurement.drop_ship_raise"


class DropShipPurchase(NamedTuple):
    """The purchase order line that brings a drop-ship's units; `type` is its document's model label."""

    type: str
    id: int
    line_id: int
    number: str


@dataclass(frozen=True)
class DropShipRefusal:
    """Why no supplier sends a drop-ship's units."""

    drop_ship_id: int
    reason: str


def drop_ship_request_many(units: Mapping[int, int], *, actor: User, at: datetime) -> list[int]:
    """This function will ask for units per order line to be sent by a supplier and return the drop-ships' ids.

    They are the line's until they are shipped, refused or cancelled. One job for all of them asks purchasing. The orders must
    be locked by the caller, who knows that the units are short and not asked for yet.
    """
    if not units:
        return []
    made = DropShip.objects.bulk_create(
        DropShip(order_line_id=line, quantity=quantity, requested_at=at) for line, quantity in units.items()
    )
    ids = [row.pk for row in made]
    record_creation(DropShip, ids, actor=actor, at=at, action="orders.drop_ship_request_many")
    job_enqueue_many([JobDraft(RAISE, f"drop-ships:{ids[0]}", {"ids": ids})], actor=actor)
    return ids


@transaction.atomic
def drop_ship_record_order_many(
    purchases: Mapping[int, DropShipPurchase], *, actor: User, at: datetime
) -> None:
    """This function will note which purchase order line brings each requested drop-ship: drop-ship id → purchase."""
    if not purchases:
        return
    source, parameters = unnest(
        {"id": "bigint", "type": "text", "document": "bigint", "line": "bigint", "number": "text"},
        [(pk, *purchase) for pk, purchase in sorted(purchases.items())],
    )
    batch = Statements()
    batch.demand(
        "UPDATE orders_dropship d SET purchase_type = v.type, purchase_id = v.document, purchase_line_id = v.line, "
        f"purchase_number = v.number FROM {source} WHERE d.id = v.id AND d.state = 'REQUESTED' RETURNING 1",
        parameters, len(purchases), "orders.DropShip ordered",
    )  # fmt: skip
    change_state_many(
        DropShip, sorted(purchases), source=DropShipState.REQUESTED, to=DropShipState.ORDERED, actor=actor, at=at,
        action="orders.drop_ship_record_order_many", statements=batch,
    )  # fmt: skip
    batch.run()


@transaction.atomic
def drop_ship_promise_many(ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will promise the lines of ordered drop-ships for the day on which their purchase orders are expected."""
    rows = lock_drop_ships(ids)
    promise_fit_many({row.order_line_id for row in rows.values()}, actor=actor, at=at)


@transaction.atomic
def drop_ship_refuse_many(refusals: Sequence[DropShipRefusal], *, actor: User, at: datetime) -> int:
    """This function will give open drop-ships back to their lines, promise those anew, and open a case per order.

    The units want stock again like any others; nobody is asked a second time for them unless a person says so
    (`drop_ship_ask_again`). The customer is told of the delay. Returns how many were refused; ended ones are left alone.
    """
    reasons = {refusal.drop_ship_id: refusal.reason.strip()[:300] for refusal in refusals}
    rows = [row for row in lock_drop_ships(list(reasons)).values() if row.state in DROP_SHIP_OPEN]
    if not rows:
        return 0
    back = {row.pk: row.quantity_open for row in rows}
    for row in rows:
        change_state(
            row, to=DropShipState.REFUSED, actor=actor, at=at, action="orders.drop_ship_refuse_many",
            reason=reasons[row.pk],
            fields={"closed_at": at, "reason": reasons[row.pk], "quantity_cancelled": row.quantity_cancelled + back[row.pk]},
        )  # fmt: skip
    replaced = promises_give_up([row.pk for row in rows], actor=actor, at=at)
    days = promise_fit_many({row.order_line_id for row in rows}, replaces=replaced, actor=actor, at=at)
    notices = []
    for row in rows:
        day = days.get(row.order_line_id)
        said = {
            "lines": {str(row.order_line_id): back[row.pk]},
            "promised_date": day.isoformat() if day else "",
        }
        notices.append(NoticeDraft(row.order_line.order_id, f"drop-ship-{row.pk}", said))
    order_notice_add_many("ORDER_BACKORDERED", notices, at=at)
    exception_open_many(_cases(rows, back), actor=actor, at=at)
    return len(rows)


def _cases(rows: Sequence[DropShip], back: Mapping[int, int]) -> list[CaseDraft]:
    orders: dict[int, list[DropShip]] = {}
    for row in rows:
        orders.setdefault(row.order_line.order_id, []).append(row)
    drafts = []
    for order_id, members in orders.items():
        order = members[0].order_line.order
        in_base = order.currency == settings.KEEL_BASE_CURRENCY
        value = sum((back[row.pk] * row.order_line.unit_price for row in members), ZERO) if in_base else ZERO
        skus = {row.order_line.channel_sku: back[row.pk] for row in members}
        drafts.append(
            CaseDraft(
                "DROPSHIP_REFUSED", "orders.Order", str(order_id),
                f"{order.number}: nobody drop-ships {sum(back[row.pk] for row in members)} units ({members[0].reason})"[:300],
                {"skus": skus, "reason": members[0].reason}, quantize(value, order.currency),
            )
        )  # fmt: skip
    return drafts


@transaction.atomic
def drop_ship_ask_again(*, order_id: int, reason: str, actor: User, at: datetime) -> int:
    """This function will ask purchasing once more for what was refused of an order and is still short; returns the units.

    InvalidInput without a reason; IllegalTransition when nothing of it is short any more.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say who will send it now.")
    refused = DropShip.objects.filter(order_line__order=order_id, state=DropShipState.REFUSED)
    lock_drop_ships(list(refused.values_list("pk", flat=True)))
    units: dict[int, int] = {}
    rows = refused.select_related("order_line").prefetch_related("order_line__drop_ships").order_by("pk")
    for row in rows:
        line = row.order_line
        pending = sum(other.quantity_open for other in line.drop_ships.all())
        short = line.quantity_ordered - line.quantity_allocated - line.quantity_shipped
        short -= line.quantity_cancelled + pending
        if short > 0:
            units[line.pk] = min(short, units.get(line.pk, 0) + row.quantity_cancelled)
    if not units:
        raise IllegalTransition(
            "nothing that was refused is still short", field="order", remedy="Nothing is to be done."
        )
    drop_ship_request_many(units, actor=actor, at=at)
    promise_fit_many(units, actor=actor, at=at)
    return sum(units.values())
