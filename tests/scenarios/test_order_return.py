"""An order's way there and back: Carol buys five mugs, two of them come back, one as new and one broken."""

from decimal import Decimal as D

import pytest

from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from orders.models import Order
from orders.services import order_allocate_many, order_receive
from orders.services.command import LineCommand, OrderCommand, PaymentCommand, ShipTo
from returns.models import Rma
from returns.services import (
    ArrivedLine,
    ReturnLine,
    refund_pay,
    refund_request,
    rma_authorize,
    rma_dispose,
    rma_inspect,
    rma_receive,
)
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.scenarios.trial import books, units

pytestmark = pytest.mark.django_db


def test_order_ship_return_refund(company: Company) -> None:
    stock_in(company, company.mug, 8, unit_cost=4)
    opening = books()
    received = order_receive(
        OrderCommand(
            channel="web", external_id="W-1", ordered_at=NOW, currency="GBP",
            lines=[LineCommand("MUG", 5, D("10.00"), tax_amount=D("10.00"))], body="the raw order",
            customer_number="C-CAROL", email="carol@example.com", payment=PaymentCommand("card", "pay-1", D("60.00")),
            ship_to=ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB"),
        ),
        actor=company.olga, at=NOW,
    )  # fmt: skip
    assert received.order_id is not None
    order_allocate_many(order_ids=[received.order_id], actor=company.olga, at=NOW)
    fulfillment_ship_through_many(
        order_ids=[received.order_id], carrier="Royal Mail", actor=company.pia, at=NOW
    )
    assert units(company.mug) == {"SHRINKAGE": -8, "AVAILABLE": 3, "CUSTOMER": 5}
    sold = {
        "CASH_CLEARING": D("60"),
        "REVENUE": D("-50"),
        "TAX_PAYABLE": D("-10"),
        "COGS": D("20"),
        "INVENTORY": D("12"),
    }
    assert books() == {**opening, **sold}

    # two units come back, one by one, for different ends
    line = ShipmentLine.objects.get()
    rma = rma_authorize(
        order_id=received.order_id, lines=[ReturnLine(line.pk, 1), ReturnLine(line.pk, 1)], reason="DAMAGED",
        actor=company.cora, at=NOW,
    )  # fmt: skip
    good, broken = rma.lines.order_by("pk")
    rma_receive(
        rma_id=rma.pk, lines=[ArrivedLine(good.pk, 1), ArrivedLine(broken.pk, 1)], actor=company.pia, at=NOW
    )
    assert units(company.mug) == {"SHRINKAGE": -8, "AVAILABLE": 3, "CUSTOMER": 3, "RETURN_PENDING": 2}
    assert (books()["COGS"], books()["INVENTORY"]) == (D("12"), D("20"))
    for returned, condition, disposition in ((good, "as new", "RESTOCK"), (broken, "broken", "SCRAP")):
        rma_inspect(
            rma_line_id=returned.pk, condition=condition, disposition=disposition, actor=company.pia, at=NOW
        )
        rma_dispose(rma_line_id=returned.pk, actor=company.pia, at=NOW)
    refund = refund_request(rma_id=rma.pk, actor=company.cora, at=NOW)
    refund_pay(refund_id=refund.pk, actor=company.fay, at=NOW)

    assert Rma.objects.get().state == "CLOSED"
    order = Order.objects.get()
    assert (order.amount_credited, order.amount_refunded) == (D("24"), D("24"))
    assert units(company.mug) == {"SHRINKAGE": -7, "AVAILABLE": 4, "CUSTOMER": 3}
    assert books() == {
        **opening, "CASH_CLEARING": D("36"), "REVENUE": D("-50"), "SALES_RETURNS": D("20"), "TAX_PAYABLE": D("-6"),
        "COGS": D("12"), "WRITE_OFF": D("4"), "INVENTORY": D("16"),
    }  # fmt: skip
    assert_proven("i02", "i03", "i08", "i14", "i21", "i26", "i27", "i29", "i33", "i35", "i36", "i46")
