"""A paid order that changes its mind: fewer, another product, a better price, a second order; then it ships to the cent."""

from decimal import Decimal as D

import pytest

from erp.core.models import ApprovalPolicy, ApprovalRequest, ExceptionCase
from erp.core.services.approval import approval_decide
from fulfillment.services import fulfillment_ship_through_many
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import Order, OrderChange, Substitution
from orders.services import (
    LineCommand,
    OrderCommand,
    PaymentCommand,
    ShipTo,
    order_allocate_many,
    order_cancel_units,
    order_edit,
    order_line_substitute,
    order_merge,
    order_pay_back,
    order_receive,
)
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.scenarios.trial import books, units

pytestmark = pytest.mark.django_db


def received(company: Company, number: int, lines: list[LineCommand], paid: str) -> Order:
    command = OrderCommand(
        channel="web", external_id=f"W-{number}", ordered_at=NOW, currency="GBP", lines=lines, body=f"raw {number}",
        customer_number="C-CAROL", payment=PaymentCommand("card", f"pay-{number}", D(paid)),
        ship_to=ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB"),
    )  # fmt: skip
    order_id = order_receive(command, actor=company.olga, at=NOW).order_id
    order_allocate_many(order_ids=[order_id or 0], actor=company.olga, at=NOW)
    return Order.objects.get(pk=order_id)


def test_an_order_that_changes_in_every_way_ships_and_balances(company: Company) -> None:
    ApprovalPolicy.objects.create(kind="orders.price_override", threshold=0, role="OPERATIONS")
    Substitution.objects.create(
        product=company.lamp, substitute=company.cream, needs_agreement=False, price_rule="KEEP"
    )
    company.cream.is_lot_tracked = False
    company.cream.save()
    for product in (company.mug, company.lamp, company.cream):
        stock_in(company, product, 20, unit_cost=4)
    opening = books()
    order = received(
        company, 1,
        [LineCommand("MUG", 5, D("10.00"), tax_amount=D("10.00")), LineCommand("LAMP", 3, D("20.00"), tax_amount=D("12.00"))],
        "132.00",
    )  # fmt: skip
    other = received(company, 2, [LineCommand("MUG", 1, D("9.99"), tax_amount=D("2.00"))], "11.99")
    mug, lamp = order.lines.order_by("position")
    why = {"reason": "Rang", "actor": company.cora, "at": NOW}

    order_edit(order_id=order.pk, edit=Edit([LineEdit(mug.pk, 3)], [LineAdd("CREAM", 1)]), **why)
    order_line_substitute(line_id=lamp.pk, substitute_product_id=company.cream.pk, quantity=1, **why)
    waits = order_edit(order_id=order.pk, edit=Edit([LineEdit(mug.pk, None, D("9.00"))]), **why)
    assert waits.approval == ApprovalRequest.objects.get()
    approval_decide(request_id=waits.approval.pk, approve=True, reason="Loyal", actor=company.olga, at=NOW)
    order_cancel_units(
        order_id=order.pk, quantities={lamp.pk: 1}, reason_code="CUSTOMER_REQUEST", actor=company.cora, at=NOW
    )
    order_merge(order_ids=[other.pk], target_id=order.pk, **why)

    # 3 × 9, 2 lamps of which 1 is cancelled, 2 creams and a mug; 20 % tax on all of it
    order.refresh_from_db()
    assert order.total == D("27") + D("40") + D("10") + D("20") + D("9.99") + D("5.40") + D("8") + D("2") + D(
        "4"
    ) + D("2")
    case = ExceptionCase.objects.get(kind="REFUND_DUE", subject_id=str(order.pk))
    due = order.total - D("24.00")
    assert (case.money_at_risk, order.amount_paid) == (D("143.99") - due, D("143.99"))
    order_pay_back(
        order_id=order.pk,
        provider="card",
        provider_ref="back-1",
        amount=D("143.99") - due,
        actor=company.fay,
        at=NOW,
    )
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="Royal Mail", actor=company.pia, at=NOW)

    order.refresh_from_db()
    case.refresh_from_db()
    assert (order.state, order.amount_invoiced, order.amount_paid - order.amount_refunded) == (
        "SHIPPED",
        due,
        due,
    )
    assert case.state == "RESOLVED"
    assert (
        units(company.mug)["CUSTOMER"],
        units(company.lamp)["CUSTOMER"],
        units(company.cream)["CUSTOMER"],
    ) == (4, 1, 2)
    now = books()
    assert "RECEIVABLE" not in now
    assert (now["CASH_CLEARING"], now["REVENUE"] + now["TAX_PAYABLE"]) == (due, -due)
    assert now["INVENTORY"] == opening["INVENTORY"] - 28
    assert [change.kind for change in OrderChange.objects.filter(order=order).order_by("number")] == [
        "EDIT", "SUBSTITUTE", "EDIT", "CANCEL", "MERGE",
    ]  # fmt: skip
    assert_proven()
