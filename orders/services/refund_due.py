"""Which orders' customers have paid more than they are to pay?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from erp.core.models import ExceptionCase, User
from erp.core.money import ZERO
from erp.core.services.exception_case import CaseDraft, exception_open_many, exception_resolve
from erp.core.states import ExceptionState
from orders.editing import due_of
from orders.models import Order, OrderLine

KIND = "REFUND_DUE"


def amount_due(order: Order) -> Decimal:
    """This function will return what the customer is to pay in all: cancelled units are not, charges only if anything is left."""
    rows = [
        (
            line.line_total,
            line.tax_amount,
            line.quantity_ordered - line.quantity_cancelled,
            line.quantity_ordered,
        )
        for line in OrderLine.objects.filter(order=order)
    ]
    return due_of(rows, order.charges_total, order.currency)


def refund_due(order: Order) -> Decimal:
    """This function will return what is to be paid back besides the refunds of returns, or zero."""
    beyond_returns = order.amount_refunded - min(order.amount_refunded, order.amount_credited)
    return max(ZERO, order.amount_paid - beyond_returns - amount_due(order))


@transaction.atomic
def refund_due_settle(order_ids: Sequence[int], *, actor: User, at: datetime) -> dict[int, Decimal]:
    """This function will keep one case open per order that money is owed on, and close it when none is; returns who is owed."""
    owed, drafts = {}, []
    for order in Order.objects.filter(pk__in=order_ids, amount_paid__gt=0).order_by("pk"):
        amount = refund_due(order)
        if not amount:
            continue
        owed[order.pk] = amount
        base = amount if order.currency == settings.KEEL_BASE_CURRENCY else ZERO
        title = f"{order.number}: {amount:,.2f} {order.currency} to pay back"
        detail = {"amount": str(amount), "currency": order.currency, "paid": str(order.amount_paid)}
        drafts.append(CaseDraft(KIND, "orders.Order", str(order.pk), title, detail, base))
    exception_open_many(drafts, actor=actor, at=at)
    settled = [str(pk) for pk in order_ids if pk not in owed]
    for case in ExceptionCase.objects.filter(
        kind=KIND, subject_type="orders.Order", subject_id__in=settled
    ).exclude(state=ExceptionState.RESOLVED):
        exception_resolve(
            case_id=case.pk,
            resolution="orders.refund_due_settle",
            reason="Nothing is owed any more.",
            actor=actor,
            at=at,
        )
    return owed
