"""Who puts an order on hold, and who lets it go on or stops it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from erp.core.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from erp.core.models import User
from erp.core.roles import Role
from erp.core.services.note import note_add
from erp.core.services.state import change_state, change_state_many, record_creation
from orders.locks import lock_order
from orders.models import Hold, Order
from orders.selectors.hold import hold_is_decidable, hold_rules
from orders.services.release import order_cancel, order_release_allocation
from orders.states import HoldKind, HoldRelease, HoldState, OrderState


def _demand_owner(actor: User, holds: Iterable[Hold]) -> None:
    foreign = [hold for hold in holds if not hold_is_decidable(hold, actor)]
    if foreign:
        named = sorted({f"{hold.get_kind_display()} ({Role(hold.owner_role).label})" for hold in foreign})
        raise PermissionRefused(
            f"{len(foreign)} of the holds are not yours to decide: {', '.join(named)}", field="hold",
            remedy="Ask somebody with the owner's role, or have the hold reassigned.",
        )  # fmt: skip


def _because(reason: str, what: str, remedy: str) -> str:
    if not reason.strip():
        raise InvalidInput(f"{what} needs a reason", field="reason", remedy=remedy)
    return reason.strip()


@transaction.atomic
def hold_open(
    *,
    order_id: int,
    kind: str,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
    owner: str = "",
    actor: User,
    at: datetime,
) -> Hold:
    """This function will put an order on hold; what was promised to it goes back to the shelf.

    `owner` overrides the role of the kind's rule. IllegalTransition once the order is released for picking, Conflict when a
    hold of that kind is open already.
    """
    _because(reason, "a hold", "Say what must happen before the order may go on.")
    order = lock_order(order_id)
    if Hold.objects.filter(order=order, kind=kind, state=HoldState.OPEN).exists():
        raise Conflict(f"{order} has an open {kind} hold", field="kind", remedy="Release that one first.")
    if order.state == OrderState.ALLOCATED:
        order_release_allocation(order_id=order_id, reason=f"hold: {reason}", actor=actor, at=at)
        order = lock_order(order_id)
    rule = hold_rules()[kind]
    hold = Hold.objects.create(
        order=order, kind=kind, reason=reason[:300], evidence=dict(evidence or {}), owner_role=owner or rule.owner,
        opened_at=at, due_at=at + rule.clock,
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

    PermissionRefused for a hold that is another role's; LostUpdate when one of them is not open any more: none is released
    then.
    """
    _because(reason, "a release", "Say what settled it.")
    found = list(Hold.objects.filter(pk__in=hold_ids))
    if len(found) != len(set(hold_ids)):
        raise NotFound("one of the holds does not exist", field="hold", remedy="Reload the list.")
    _demand_owner(actor, found)
    return hold_settle_many(found, reason=reason, actor=actor, at=at)


@transaction.atomic
def hold_settle_many(holds: Sequence[Hold], *, reason: str, actor: User, at: datetime) -> list[int]:
    """This function will release holds whose rule is met, whoever's they are; for the services that know it is."""
    orders = list(
        Order.objects.select_for_update(no_key=True)
        .filter(pk__in={hold.order_id for hold in holds})
        .order_by("pk")
    )
    change_state_many(
        Hold, [hold.pk for hold in holds], source=HoldState.OPEN, to=HoldState.RELEASED, actor=actor, at=at,
        action="orders.hold_release_many", reason=reason,
        fields={"closed_at": at, "closed_by": actor.pk, "close_reason": reason[:300]},
    )  # fmt: skip
    held = set(Hold.objects.filter(order__in=orders, state=HoldState.OPEN).values_list("order_id", flat=True))
    free = [order.pk for order in orders if order.state == OrderState.ON_HOLD and order.pk not in held]
    order_confirm(order_ids=free, reason=reason, actor=actor, at=at)
    return free


@transaction.atomic
def hold_release_paid(order_ids: Iterable[int], *, actor: User, at: datetime) -> list[int]:
    """This function will release the payment holds of those orders that are paid in full; returns the confirmed order ids."""
    found = list(
        Hold.objects.filter(order__in=list(order_ids), kind=HoldKind.PAYMENT, state=HoldState.OPEN)
        .filter(order__total__lte=F("order__amount_paid") - F("order__amount_refunded"))
        .order_by("pk")
    )
    if not found or hold_rules()[HoldKind.PAYMENT].release_by != HoldRelease.PAID:
        return []
    return hold_settle_many(found, reason="The order is paid.", actor=actor, at=at)


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


@transaction.atomic
def hold_reject(*, hold_id: int, reason: str, actor: User, at: datetime) -> int:
    """This function will cancel the order that a hold keeps, with every other hold on it, and return the units cancelled.

    PermissionRefused when the hold is another role's, Conflict when it is not open any more.
    """
    reason = _because(reason, "a rejection", "Say why the order is not wanted.")
    hold = _locked(hold_id)
    _demand_owner(actor, [hold])
    said = f"{hold.get_kind_display()} hold rejected: {reason}"
    return order_cancel(order_id=hold.order_id, reason=said, actor=actor, at=at)


@transaction.atomic
def hold_reassign(*, hold_id: int, role: str, reason: str, actor: User, at: datetime) -> Hold:
    """This function will make an open hold another role's work; the note on its timeline says who and why."""
    reason = _because(reason, "a handover", "Say why it is theirs.")
    hold = _locked(hold_id)
    _demand_owner(actor, [hold])
    if role not in Role.values or role in (hold.owner_role, Role.READ_ONLY):
        raise InvalidInput("that is no other role", field="role", remedy="Choose a role that may decide it.")
    before, hold.owner_role = Role(hold.owner_role).label, role
    hold.save(update_fields=["owner_role"])
    _note(hold, f"Reassigned from {before} to {Role(role).label}: {reason}", actor, at)
    return hold


@transaction.atomic
def hold_extend(*, hold_id: int, until: datetime, reason: str, actor: User, at: datetime) -> Hold:
    """This function will give an open hold more time, with a reason; InvalidInput when `until` is not later than its clock."""
    reason = _because(reason, "more time", "Say what it is waiting for.")
    hold = _locked(hold_id)
    _demand_owner(actor, [hold])
    if until <= max(at, hold.due_at):
        raise InvalidInput(
            "that is no later than now and its clock", field="until", remedy="Choose a later time."
        )
    before, hold.due_at = hold.due_at, until
    hold.save(update_fields=["due_at"])
    _note(hold, f"Clock moved from {before:%d %b %H:%M} to {until:%d %b %H:%M} UTC: {reason}", actor, at)
    return hold


def _locked(hold_id: int) -> Hold:
    """Lock the order, then its hold: the order every service takes them in."""
    order_id = Hold.objects.filter(pk=hold_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound(f"there is no hold #{hold_id}", field="hold", remedy="Reload the list.")
    lock_order(order_id)
    hold = Hold.objects.select_for_update().get(pk=hold_id)
    if hold.state != HoldState.OPEN:
        raise Conflict(
            f"the hold is {hold.get_state_display().lower()} already", field="hold", remedy="Reload the page."
        )
    return hold


def _note(hold: Hold, body: str, actor: User, at: datetime) -> None:
    note_add(document_type="orders.Hold", document_id=hold.pk, body=body, actor=actor, at=at)
