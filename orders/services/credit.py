"""Who changes how much a customer may owe, and for how long?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from erp.core.models import ApprovalPolicy, ApprovalRequest, User
from erp.core.money import ZERO
from erp.core.roles import Role
from erp.core.services.approval import approval_request, register_approval
from orders.models import CreditLimitChange, Customer, Hold
from orders.services.revalidate import order_revalidate
from orders.states import HoldKind, HoldState

KIND = "orders.customer_credit_change"
DOCUMENT = "orders.Customer"
LONGEST = 365


@transaction.atomic
def customer_credit_change(
    *, customer_id: int, limit: Decimal | None, payment_days: int, reason: str, actor: User, at: datetime
) -> CreditLimitChange:
    """This function will change a customer's credit limit (base currency; None = unlimited) and payment days.

    A raise above the actor's approval limit waits for a second person; only an administrator lifts the limit altogether.
    Orders held for credit go on when the new terms allow. Conflict while another change waits.
    """
    _check(limit, payment_days, reason)
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(f"there is no customer #{customer_id}", field="customer", remedy="Reload the list.")
    if CreditLimitChange.objects.filter(
        customer=customer, applied_at__isnull=True, refused_at__isnull=True
    ).exists():
        raise Conflict(
            f"a change of {customer} waits for approval", field="limit", remedy="Have it decided first."
        )
    if (limit, payment_days) == (customer.credit_limit, customer.payment_days):
        raise InvalidInput("these are the terms already", field="limit", remedy="Change one of them.")
    change = CreditLimitChange.objects.create(
        customer=customer, limit_before=customer.credit_limit, limit_after=limit, days_before=customer.payment_days,
        days_after=payment_days, reason=reason.strip()[:300], requested_by=actor, requested_at=at,
    )  # fmt: skip
    if not _waits(change, customer, actor, at):
        _apply(change, actor, at)
    return change


def _check(limit: Decimal | None, payment_days: int, reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(
            "a change of credit needs a reason", field="reason", remedy="Say what it rests on."
        )
    if limit is not None and not (
        limit.is_finite() and 0 <= limit < Decimal("1e13") and limit == round(limit, 2)
    ):
        raise InvalidInput("that is no limit", field="limit", remedy="Enter zero or more, in whole cents.")
    if not 0 <= payment_days <= LONGEST:
        raise InvalidInput(
            f"payment days are 0 to {LONGEST}", field="payment_days", remedy="Enter a number of days."
        )


def _waits(change: CreditLimitChange, customer: Customer, actor: User, at: datetime) -> bool:
    if change.limit_after is None:
        if change.limit_before is not None and not (actor.is_superuser or Role.ADMIN in actor.roles):
            raise PermissionRefused(
                "only an administrator lifts a credit limit", field="limit", remedy="Set a limit instead."
            )
        return False
    # a first limit restricts whoever had none
    raised = change.limit_after - change.limit_before if change.limit_before is not None else ZERO
    if raised <= max(actor.approval_limit, ZERO):
        return False
    ApprovalPolicy.objects.get_or_create(kind=KIND, defaults={"threshold": ZERO, "role": Role.FINANCE})
    title = f"{customer.name}: credit limit {change.limit_before:,.2f} → {change.limit_after:,.2f}"
    return (
        approval_request(
            kind=KIND, document_type=DOCUMENT, document_id=customer.pk, title=title, amount=raised, actor=actor, at=at
        )
        is not None
    )  # fmt: skip


def _apply(change: CreditLimitChange, actor: User, at: datetime) -> None:
    customer = Customer.objects.select_for_update().get(pk=change.customer_id)
    customer.credit_limit, customer.payment_days = change.limit_after, change.days_after
    customer._history_user, customer._history_date = actor, at  # type: ignore[attr-defined]
    customer._change_reason = change.reason[:100]  # type: ignore[attr-defined]
    customer.save()
    change.applied_at = at
    change.save(update_fields=["applied_at"])
    held = Hold.objects.filter(order__customer=customer, kind=HoldKind.CREDIT, state=HoldState.OPEN)
    order_revalidate(list(held.values_list("order_id", flat=True)), opens=False, actor=actor, at=at)


def _waiting(request: ApprovalRequest) -> CreditLimitChange:
    return CreditLimitChange.objects.select_for_update().get(
        customer=request.document_id, applied_at__isnull=True, refused_at__isnull=True
    )


def _on_approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    _apply(_waiting(request), actor, at)


def _on_rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    change = _waiting(request)
    change.refused_at = at
    change.save(update_fields=["refused_at"])


register_approval(KIND, on_approved=_on_approved, on_rejected=_on_rejected)
