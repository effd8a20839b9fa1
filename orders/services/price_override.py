"""Who may go below the agreed price, how far, and who decides beyond that?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime

from erp.core.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from erp.core.models import ApprovalRequest, User
from erp.core.money import ZERO
from erp.core.roles import Role
from erp.core.services.approval import (
    approval_needed,
    approval_request,
    approval_withdraw,
    register_approval,
)
from orders.editing import Edit, LineAdd, LineEdit, Plan
from orders.locks import lock_order
from orders.models import Hold, Order, PendingEdit, PriceLimit
from orders.services.change import DOCUMENT, OVERRIDE, UNRELEASED, ChangeNote, pending_approval
from orders.services.hold import hold_open, hold_settle_many
from orders.states import HoldKind, HoldState


@dataclass(frozen=True)
class Override:
    """What an edit gives away against what was agreed, and the furthest that the actor's roles go."""

    amount: Decimal
    percent: Decimal
    max_amount: Decimal
    max_percent: Decimal
    needs_approval: bool


def override_need(plan: Plan, user: User) -> Override:
    """This function will tell whether a plan's prices, asked for by `user`, need somebody else's approval.

    All overrides of the order count, those of earlier edits too: ten small ones are one large one. A limit is an amount in
    base currency, so in another currency every override is asked for.
    """
    limits = list(PriceLimit.objects.filter(role__in=user.roles))
    amount = max((limit.max_amount for limit in limits), default=ZERO)
    percent = max((limit.max_percent for limit in limits), default=ZERO)
    if plan.currency != settings.KEEL_BASE_CURRENCY:
        amount = ZERO
    beyond = plan.given_away > amount or plan.percent_off > percent
    return Override(plan.given_away, plan.percent_off, amount, percent, plan.has_new_override and beyond)


@transaction.atomic
def override_request(
    *, order: Order, edit: Edit, plan: Plan, reason: str, actor: User, at: datetime
) -> ApprovalRequest:
    """This function will hold a locked order and ask for the approval of an edit, which is kept until somebody decides.

    Conflict once the order is released, and when no approval policy says who decides.
    """
    if order.state not in UNRELEASED:
        raise Conflict(
            f"{order} is released and can not wait for an approval", field="lines",
            remedy="Cancel its fulfilment orders first, or stay within your limit.",
        )  # fmt: skip
    if approval_needed(kind=OVERRIDE, amount=plan.given_away) is None:
        raise Conflict(
            "this is beyond your limit, and nobody is named who decides", field="lines",
            remedy=f"Stay within your limit, or let an administrator set the approval policy {OVERRIDE}.",
        )  # fmt: skip
    open_hold = Hold.objects.filter(order=order, kind=HoldKind.PRICE, state=HoldState.OPEN).first()
    hold = open_hold or hold_open(
        order_id=order.pk, kind=HoldKind.PRICE, reason=f"price override waits for approval: {reason}", actor=actor, at=at,
        evidence={"given_away": str(plan.given_away), "percent": f"{plan.percent_off:.2f}"},
    )  # fmt: skip
    request = approval_request(
        kind=OVERRIDE, document_type=DOCUMENT, document_id=order.pk, amount=plan.given_away, actor=actor, at=at,
        title=f"{order.number}: {plan.given_away:,.2f} {order.currency} below what was agreed",
    )  # fmt: skip
    assert request is not None
    PendingEdit.objects.create(
        order=order, approval=request, draft=edit_json(edit), reason=reason[:300], hold=None if open_hold else hold,
        actor=actor, at=at,
    )  # fmt: skip
    return request


@transaction.atomic
def price_override_withdraw(*, order_id: int, reason: str, actor: User, at: datetime) -> None:
    """This function will take back an override that waits for approval and let the order go on at its old price.

    PermissionRefused for anybody but its maker; NotFound when none waits.
    """
    order = lock_order(order_id)
    request = pending_approval(order_id)
    if request is None:
        raise NotFound(f"no price override of {order} waits", field="order", remedy="Reload the order.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    if request.requested_by_id != actor.pk and Role.ADMIN not in actor.roles:
        raise PermissionRefused(
            "only its maker withdraws a request",
            field="actor",
            remedy="Reject it on the approvals page instead.",
        )
    approval_withdraw(request_id=request.pk, reason=reason, actor=actor, at=at)
    _let_go(PendingEdit.objects.get(approval=request), reason, actor, at)


def price_override(*, approval: ApprovalRequest, actor: User, at: datetime) -> None:
    """This function will apply the edit that an approval has just allowed, and release the hold that waited for it.

    Conflict when the order has moved on so that the edit can not be applied: reject it then.
    """
    from orders.services.edit import plan_apply, plan_of  # they ask this module for the limits

    order = lock_order(approval.document_id)
    pending = PendingEdit.objects.get(approval=approval)
    if order.state not in UNRELEASED:
        raise Conflict(
            f"{order} is {order.get_state_display().lower()}", field="order", remedy="Reject the override."
        )
    plan = plan_of(order, edit_from_json(pending.draft), at)
    if plan.given_away > approval.amount:
        raise Conflict(
            f"the override gives away {plan.given_away} by now",
            field="amount",
            remedy="Reject it and ask anew.",
        )
    note = ChangeNote("EDIT", plan.changes(), pending.reason, order.total, approval=approval)
    plan_apply(order=order, plan=plan, note=note, action="orders.order_edit", actor=pending.actor, at=at)
    _let_go(pending, "price override approved", actor, at)


def _let_go(pending: PendingEdit, reason: str, actor: User, at: datetime) -> None:
    if pending.hold_id and Hold.objects.filter(pk=pending.hold_id, state=HoldState.OPEN).exists():
        hold_settle_many([Hold.objects.get(pk=pending.hold_id)], reason=reason, actor=actor, at=at)


def _on_approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    price_override(approval=request, actor=actor, at=at)


def _on_rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    lock_order(request.document_id)
    _let_go(PendingEdit.objects.get(approval=request), f"override rejected: {request.reason}", actor, at)


register_approval(OVERRIDE, on_approved=_on_approved, on_rejected=_on_rejected)


def edit_json(edit: Edit) -> dict[str, Any]:
    """This function will return an edit as it is stored until it is decided; amounts and times are text."""
    header = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in edit.header.items()
    }
    return {
        "lines": [[line.line_id, line.quantity, _text(line.unit_price)] for line in edit.lines],
        "added": [
            [line.sku, line.quantity, _text(line.unit_price), _text(line.tax_rate)] for line in edit.added
        ],
        "header": header,
    }


def edit_from_json(stored: dict[str, Any]) -> Edit:
    """This function will return the edit that `edit_json` stored."""
    header = dict(stored["header"])
    if "ship_by" in header:
        header["ship_by"] = parse_datetime(header["ship_by"])
    return Edit(
        [LineEdit(line, quantity, _amount(price)) for line, quantity, price in stored["lines"]],
        [
            LineAdd(sku, quantity, _amount(price), _amount(rate))
            for sku, quantity, price, rate in stored["added"]
        ],
        header,
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _amount(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
