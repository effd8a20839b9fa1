"""Answers: can a ship notice be taken down on a phone, and do the pages of drop-ships fit and pass axe?"""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders.models import DropShip
from tests.browser.looks import fits, show_everywhere
from tests.cast import Company, company_create, stock_in
from tests.fulfillment.goods import promised
from tests.scenarios.drop import bought, drop_ships_allowed, sends, sent, work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def shop(db: Any) -> Company:
    company = company_create()
    drop_ships_allowed(company)
    sends(company, company.acme, company.mug)
    return company


def test_a_ship_notice_is_taken_down_on_a_phone(browser_page: Page, login: Any, shop: Company) -> None:
    _, purchase = bought(shop, (shop.mug, 5))
    login(shop.ben)
    browser_page.set_viewport_size(PHONE)
    browser_page.goto(reverse("procurement:purchase_order_detail", args=[purchase.pk]))
    browser_page.get_by_role("link", name="Supplier has shipped").click()
    browser_page.get_by_label("Carrier").fill("DHL")
    assert fits(browser_page)
    browser_page.get_by_label("Tracking number").fill("TRK-1")
    browser_page.get_by_label("Sent now, MUG").fill("2")
    browser_page.get_by_role("button", name="Shipped", exact=True).click()
    expect(browser_page.get_by_text("GR-000001")).to_be_visible()
    expect(browser_page.get_by_text("2 of 5 sent")).to_be_visible()
    assert (DropShip.objects.get().quantity_shipped, DropShip.objects.get().state) == (2, "ORDERED")


def test_the_pages_fit_and_pass_axe(browser_page: Page, login: Any, shop: Company) -> None:
    stock_in(shop, shop.mug, 2)
    order, purchase = bought(shop, (shop.mug, 6))
    sent(shop, purchase, 1)
    promised(shop, (shop.lamp, 1))
    work(shop)
    login(shop.ada)
    pages = [
        ("drop_ships", reverse("orders:drop_ship_list")),
        ("drop_ship_order", reverse("orders:order_detail", args=[order.pk])),
        ("drop_ship_purchase", reverse("procurement:purchase_order_detail", args=[purchase.pk])),
        ("drop_ship_notice", reverse("procurement:drop_ship_notice", args=[purchase.pk])),
        ("drop_ship_supplier", reverse("procurement:supplier_detail", args=[shop.acme.pk])),
    ]
    show_everywhere(browser_page, pages)
