"""Answers: does an order that nobody touches leave with the right stock, cost, revenue and messages?"""

from decimal import Decimal as D

import pytest

from erp.core.models import OutboxMessage
from fulfillment.models import Shipment
from fulfillment.services import fulfillment_ship_through_many
from inventory.models import BinStock, StockLevel
from ledger.models import JournalLine
from orders.services import ChargeCommand
from tests.cast import NOW, Company
from tests.fulfillment.goods import goods_in, promised

pytestmark = pytest.mark.django_db


def test_an_order_leaves_whole(company: Company) -> None:
    goods_in(company, company.mug, 10, unit_cost=4)
    order = promised(
        company, (company.mug, 3, "10.00", "6.00"), charges=(ChargeCommand("SHIPPING_REVENUE", D("4.50")),)
    )
    (shipment_id,) = fulfillment_ship_through_many(
        order_ids=[order.pk], carrier="Royal Mail", actor=company.pia, at=NOW
    )

    order.refresh_from_db()
    shipment = Shipment.objects.get(pk=shipment_id)
    assert order.state == "SHIPPED"
    assert order.shipped_at == NOW
    assert order.amount_invoiced == D("40.50")
    assert order.charges_invoiced
    line = order.lines.get()
    assert (line.quantity_allocated, line.quantity_picked, line.quantity_shipped) == (0, 0, 3)
    assert (shipment.number, shipment.revenue, shipment.charges, shipment.tax, shipment.cogs) == (
        "SHP-000001", D("30.00"), D("4.50"), D("6.00"), D("12.00"),
    )  # fmt: skip
    assert (shipment.fulfillment.state, shipment.fulfillment.pick_list.state) == ("SHIPPED", "DONE")
    levels = dict(StockLevel.objects.filter(product=company.mug).values_list("status", "quantity"))
    assert levels == {"AVAILABLE": 7, "ALLOCATED": 0, "PICKED": 0}
    bin_stock = BinStock.objects.get(product=company.mug)
    assert (bin_stock.quantity, bin_stock.quantity_allocated) == (7, 0)
    posted = {
        role: (debit, credit)
        for role, debit, credit in JournalLine.objects.filter(
            entry__kind="fulfillment.shipment_confirmed", entry__source_id=shipment_id
        ).values_list("account__role", "debit", "credit")
    }
    assert posted == {
        "RECEIVABLE": (D("40.50"), 0), "REVENUE": (0, D("30.00")), "SHIPPING_REVENUE": (0, D("4.50")),
        "TAX_PAYABLE": (0, D("6.00")), "COGS": (D("12.00"), 0), "INVENTORY": (0, D("12.00")),
    }  # fmt: skip
    assert sorted(
        OutboxMessage.objects.filter(subject_type="fulfillment.Shipment").values_list("kind", "stream")
    ) == [("orders.channel_shipment_publish", "channel:wholesale")]
