"""Do the checks still let a changed order through?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from erp.core.models import User
from erp.core.money import ZERO
from orders import checks
from orders.models import Hold, Order, OrderLine
from orders.resolve import CustomerFacts, credit_used
from orders.services.hold import hold_open, hold_release_many
from orders.services.refund_due import amount_due
from orders.states import HoldKind, HoldState, OrderState

SETTLES = (HoldKind.ADDRESS, HoldKind.PAYMENT)  # a check opened them and a passing check settles them
HOLDABLE = (OrderState.RECEIVED, OrderState.CONFIRMED, OrderState.ALLOCATED, OrderState.ON_HOLD)


@transaction.atomic
def order_revalidate(*, order_ids: Sequence[int], actor: User, at: datetime) -> dict[int, list[str]]:
    """This function will run the checks on orders as they are now and return the kinds of hold opened per order.

    Only what the checks did not say before opens a hold: a person may have released it. A hold for the address or the
    payment ends when its check passes.
    """
    opened: dict[int, list[str]] = {}
    for order in Order.objects.filter(pk__in=order_ids).select_related("channel", "customer").order_by("pk"):
        if order.state in HOLDABLE:
            opened[order.pk] = _recheck(order, actor, at)
    return opened


def facts_of(order: Order) -> checks.OrderFacts:
    """This function will return what the checks look at; what was cancelled is not counted."""
    lines = OrderLine.objects.filter(order=order).select_related("product").order_by("position")
    due = amount_due(order)
    customer = order.customer
    used = ZERO
    if customer is not None and customer.credit_limit is not None:
        known = CustomerFacts(customer.pk, customer.number, False, customer.credit_limit, "", None)
        used = credit_used({customer.number: known}, without=order.pk).get(customer.pk, ZERO)
    return checks.OrderFacts(
        order.channel.currency, order.channel.is_prepaid, order.currency, order.goods_total, order.tax_total, due,
        min(order.amount_paid - order.amount_refunded, max(due, ZERO)),  # what is too much is another case
        tuple(
            checks.LineFacts(
                line.product.sku, line.quantity_ordered - line.quantity_cancelled, line.unit_price, line.line_total,
                ZERO if _is_decided(line) else line.product.list_price, line.product.is_active,
            )
            for line in lines if line.quantity_ordered > line.quantity_cancelled
        ),
        customer.is_blocked if customer else False, customer.credit_limit if customer else None, used,
        order.ship_to_name, order.ship_to_line1, order.ship_to_city, order.ship_to_postcode, order.ship_to_country,
    )  # fmt: skip


def _is_decided(line: OrderLine) -> bool:
    """Somebody within their limit, an approval or a substitution rule has set the price: the check is not asked again."""
    return line.unit_price_agreed is not None or line.substitute_of_id is not None


def _recheck(order: Order, actor: User, at: datetime) -> list[str]:
    said = {(known["check"], known["reason"]) for known in order.checks}
    found = [f for f in checks.check_order(facts_of(order)) if f.verdict == checks.HOLD]
    held = dict(Hold.objects.filter(order=order, state=HoldState.OPEN).values_list("kind", "pk"))
    Order.objects.filter(pk=order.pk).update(
        checks=[{"check": f.check, "verdict": f.verdict, "reason": f.reason} for f in found]
    )
    opened = []
    for finding in found:
        if finding.hold not in held and (finding.check, finding.reason) not in said:
            hold_open(
                order_id=order.pk,
                kind=finding.hold,
                reason=finding.reason,
                evidence=finding.evidence,
                actor=actor,
                at=at,
            )
            held[finding.hold] = 0
            opened.append(finding.hold)
    wanted = {finding.hold for finding in found}
    passed = [pk for kind, pk in held.items() if kind in SETTLES and kind not in wanted and pk]
    if passed:
        hold_release_many(hold_ids=passed, reason="The check passes now.", actor=actor, at=at)
    return opened
