"""Who puts an order on hold, and who lets it go on?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.state import change_state, change_state_many, record_creation
from orders.checks import HOLD_OWNERS
from orders.locks import lock_order
from orders.models import Hold, Order
from orders.services.release import order_release_allocation
from orders.states import HoldState, OrderState

CLOCK = timedelta(hours=24)


@transaction.atomic
def hold_open(
    *,
    order_id: int,
    kind: str,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
    actor: User,
    at: datetime,
) -> Hold:
    """This function will put an order on hold; what was promised to it goes back to the shelf.

    IllegalTransition once it is released for picking, Conflict when a hold of that kind is open already.
    """
    if not reason.strip():
        raise InvalidInput(
            "a hold needs a reason", field="reason", remedy="Say what must happen before the order may go on."
        )
    order = lock_order(order_id)
    if Hold.objects.filter(order=order, kind=kind, state=HoldState.OPEN).exists():
        raise Conflict(f"{order} has an open {kind} hold", field="kind", remedy="Release that one first.")
    if order.state == OrderState.ALLOCATED:
        order_release_allocation(order_id=order_id, reason=f"hold: {reason}", actor=actor, at=at)
        order = lock_order(order_id)
    hold = Hold.objects.create(
        order=order, kind=kind, reason=reason[:300], evidence=dict(evidence or {}), owner_role=HOLD_OWNERS[kind],
        opened_at=at, due_at=at + CLOCK,
    )  # fmt: skip
    record_creation(Hold, [hold.pk], actor=actor, at=at, action="orders.hold_open", reason=reason)
    if order.state != OrderState.ON_HOLD:
        change_state(
            order, to=OrderState.ON_HOLD, actor=actor, at=at, action="orders.hold_open", reason=reason
        )
    return hold


@transaction.atomic
def hold_release_many(*, hold_ids: Sequence[int], reason: str, actor: User, at: datetime) -> list[int]:
    """This function will release holds; an order without another open hold is confirmed. Returns the confirmed order ids.

    LostUpdate when one of them is not open any more: none is released then.
    """
    if not reason.strip():
        raise InvalidInput("a release needs a reason", field="reason", remedy="Say what settled it.")
    found = list(Hold.objects.filter(pk__in=hold_ids).values_list("pk", "order_id"))
    if len(found) != len(set(hold_ids)):
        raise NotFound("one of the holds does not exist", field="hold", remedy="Reload the list.")
    orders = list(
        Order.objects.select_for_update(no_key=True)
        .filter(pk__in={order for _, order in found})
        .order_by("pk")
    )
    change_state_many(
        Hold, [pk for pk, _ in found], source=HoldState.OPEN, to=HoldState.RELEASED, actor=actor, at=at,
        action="orders.hold_release_many", reason=reason,
        fields={"closed_at": at, "closed_by": actor.pk, "close_reason": reason[:300]},
    )  # fmt: skip
    held = set(Hold.objects.filter(order__in=orders, state=HoldState.OPEN).values_list("order_id", flat=True))
    free = [order.pk for order in orders if order.state == OrderState.ON_HOLD and order.pk not in held]
    order_confirm(order_ids=free, reason=reason, actor=actor, at=at)
    return free


@transaction.atomic
def order_confirm(*, order_ids: Sequence[int], reason: str, actor: User, at: datetime) -> None:
    """This function will confirm orders that no hold keeps any longer; a clean order is confirmed as it arrives.

    LostUpdate when one of them is not on hold any more: none is confirmed then.
    """
    change_state_many(
        Order, order_ids, source=OrderState.ON_HOLD, to=OrderState.CONFIRMED, actor=actor, at=at,
        action="orders.order_confirm", reason=reason,
    )  # fmt: skip


def hold_release(*, hold_id: int, reason: str, actor: User, at: datetime) -> bool:
    """This function will release one hold and tell whether its order is confirmed now."""
    return bool(hold_release_many(hold_ids=[hold_id], reason=reason, actor=actor, at=at))
