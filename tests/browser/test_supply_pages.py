"""Answers: can goods be received and returns inspected on a phone, and do the pages of both apps fit and pass axe?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from procurement.models import GoodsReceipt, PurchaseOrder, ReplenishmentDecision
from procurement.services import (
    BilledLine,
    PurchaseLine,
    ReceivedLine,
    goods_receive,
    purchase_order_create,
    purchase_order_send,
    purchase_order_submit,
    replenishment_run,
    supplier_invoice_match,
    supplier_invoice_record,
)
from returns.models import Rma, RmaLine
from returns.services import ArrivedLine, ReturnLine, rma_authorize, rma_receive
from tests import factories as make
from tests.browser.looks import fits, show_everywhere
from tests.cast import NOW, TODAY, Company, company_create
from tests.fulfillment.goods import goods_in, promised

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def shop(db: Any) -> Company:
    company = company_create()
    make.SupplierProductFactory(supplier=company.acme, product=company.mug, unit_cost=Decimal("4.00"))
    make.SupplierProductFactory(
        supplier=company.acme, product=company.lamp, unit_cost=Decimal("12.50"), pack_size=1
    )
    return company


def _sent(shop: Company) -> PurchaseOrder:
    order = purchase_order_create(
        supplier_id=shop.acme.pk, node_id=shop.north.pk, actor=shop.ben, at=NOW,
        lines=[PurchaseLine(shop.mug.pk, 100), PurchaseLine(shop.lamp.pk, 8)],
    )  # fmt: skip
    purchase_order_submit(purchase_order_id=order.pk, actor=shop.ben, at=NOW)
    return purchase_order_send(purchase_order_id=order.pk, actor=shop.ben, at=NOW)


def _returned(shop: Company) -> Rma:
    goods_in(shop, shop.mug, 5)
    order = promised(shop, (shop.mug, 5))
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="Royal Mail", actor=shop.pia, at=NOW)
    line = ShipmentLine.objects.get()
    rma = rma_authorize(
        order_id=order.pk, lines=[ReturnLine(line.pk, 3)], reason="DAMAGED", note="The lid is broken.",
        actor=shop.cora, at=NOW,
    )  # fmt: skip
    rma_receive(rma_id=rma.pk, lines=[ArrivedLine(rma.lines.get().pk, 2)], actor=shop.pia, at=NOW)
    return rma


def test_goods_are_received_on_a_phone(browser_page: Page, login: Any, shop: Company) -> None:
    order = _sent(shop)
    login(shop.pia)
    browser_page.set_viewport_size(PHONE)
    browser_page.goto(reverse("procurement:purchase_order_detail", args=[order.pk]))
    browser_page.get_by_role("link", name="Receive goods").click()
    browser_page.get_by_label("Arrived, MUG").fill("60")
    assert fits(browser_page)
    browser_page.get_by_label("Bin, MUG").fill("N-A-03")
    browser_page.get_by_role("button", name="Receive", exact=True).click()
    expect(browser_page.get_by_text("GR-000001")).to_be_visible()
    line = GoodsReceipt.objects.get().lines.get()
    assert (line.quantity, line.location) == (60, shop.bins[2])


def test_a_return_is_inspected_on_a_phone(browser_page: Page, login: Any, shop: Company) -> None:
    rma = _returned(shop)
    login(shop.pia)
    browser_page.set_viewport_size(PHONE)
    browser_page.goto(reverse("returns:rma_detail", args=[rma.pk]))
    browser_page.get_by_role("link", name="Inspect", exact=True).last.click()
    browser_page.get_by_label("What do you see?").fill("scratched")
    assert fits(browser_page)
    browser_page.get_by_label("What becomes of it?").select_option("LIQUIDATE")
    browser_page.get_by_role("button", name="Inspect and put away").click()
    expect(browser_page.get_by_text("“scratched”")).to_be_visible()
    assert RmaLine.objects.get(condition="scratched").state == "DISPOSED"


def test_the_pages_fit_and_pass_axe(browser_page: Page, login: Any, shop: Company) -> None:
    order = _sent(shop)
    line = order.lines.order_by("position")[0]
    goods_receive(purchase_order_id=order.pk, lines=[ReceivedLine(line.pk, 60)], actor=shop.pia, at=NOW)
    bill = supplier_invoice_record(
        purchase_order_id=order.pk, supplier_reference="A-1", invoice_date=date(2026, 3, 1),
        lines=[BilledLine(line.pk, 60, Decimal("4.50"))], actor=shop.fay, at=NOW,
    )  # fmt: skip
    supplier_invoice_match(invoice_id=bill.pk, actor=shop.fay, at=NOW)
    promised(shop, (shop.lamp, 40))
    replenishment_run(node_id=shop.north.pk, run_date=TODAY, draft_orders=False, actor=shop.ben, at=NOW)
    rma = _returned(shop)
    login(shop.ada)
    addresses = [
        reverse(f"procurement:{name}")
        for name in ("purchase_order_list", "replenishment_list", "goods_receipt_list", "grni_ageing",
                     "supplier_invoice_list", "supplier_list", "purchase_order_create")
    ] + [reverse(f"returns:{name}") for name in ("rma_list", "refund_list", "inspection_list")]  # fmt: skip
    addresses += [
        reverse("procurement:purchase_order_detail", args=[order.pk]),
        reverse("procurement:goods_receive", args=[order.pk]),
        reverse("procurement:supplier_invoice_detail", args=[bill.pk]),
        reverse("procurement:supplier_detail", args=[shop.acme.pk]),
        reverse(
            "procurement:replenishment_decision_detail", args=[ReplenishmentDecision.objects.latest("pk").pk]
        ),
        reverse("returns:rma_detail", args=[rma.pk]),
        reverse("returns:refund_request", args=[rma.pk]),
    ]
    show_everywhere(browser_page, ((address.strip("/").replace("/", "-"), address) for address in addresses))
