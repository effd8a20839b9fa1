"""Answers: do the pages of kits and reservations fit a desk and a phone, pass axe, and can a kit be made and cancelled there?"""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from inventory.models import Product
from orders.models import OrderLine
from tests.browser.looks import show, show_everywhere
from tests.cast import Company, assert_proven, company_create, stock_in
from tests.factories import ProductFactory
from tests.fulfillment.goods import promised
from tests.inventory.test_kit import kit_of
from tests.orders.test_reservations import reserve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db: Any) -> Company:
    """A company with a kit, an order that gets most of what it wants of it, and a cart."""
    company = company_create()
    for product in (company.mug, company.lamp):
        stock_in(company, product, 9)
        stock_in(company, product, 1_234, node=company.south)
    reserve(company, ("mug", 3), ("lamp", 1), key="cart-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789")
    return company


def test_the_pages_of_kits_and_carts_fit_and_have_no_fault_of_access(
    browser_page: Page, login: Any, shop: Company
) -> None:
    kit = kit_of(shop, (shop.mug, 3), (shop.lamp, 1))
    cart = reserve(shop, ("mug", 1), key="cart-2")
    order = promised(shop, (shop.mug, 1), (kit, 500, "1234.50", "98.00"))
    login(shop.ada)
    pages = (
        ("kits", reverse("inventory:kit_component_list")),
        ("kit", reverse("inventory:product_detail", args=[kit.pk])),
        ("kit_edit", reverse("inventory:kit_edit", args=[kit.pk])),
        ("component", reverse("inventory:product_detail", args=[shop.mug.pk])),
        ("order_of_kits", reverse("orders:order_detail", args=[order.pk])),
        ("kit_cancel", reverse("orders:order_kit_cancel", args=[order.kits.get().pk])),
        ("reservations", reverse("orders:reservation_list")),
        ("reservation", reverse("orders:reservation_detail", args=[cart.pk])),
    )  # fmt: skip
    show_everywhere(browser_page, pages)


def test_a_product_is_made_a_kit_and_some_kits_of_an_order_are_cancelled(
    browser_page: Page, login: Any, shop: Company
) -> None:
    product = ProductFactory(sku="TEA-SET", name="Tea set", category=shop.goods, unit=shop.each)
    login(shop.olga)
    show(browser_page, reverse("inventory:product_detail", args=[product.pk]))
    browser_page.get_by_role("link", name="Make it a kit").click()
    browser_page.get_by_label("SKU, line 1").fill("MUG")
    browser_page.get_by_label("Units per kit, line 1").fill("2")
    browser_page.get_by_label("SKU, line 2").fill("LAMP")
    browser_page.get_by_label("Units per kit, line 2").fill("1")
    browser_page.get_by_role("button", name="Save components").click()
    expect(browser_page.locator("#kit")).to_contain_text("can be promised")
    kit = Product.objects.get(sku="TEA-SET", is_kit=True)
    order = promised(shop, (kit, 3, "30.00"))
    show(browser_page, reverse("orders:order_detail", args=[order.pk]))
    expect(browser_page.get_by_role("group", name="Order lines")).to_contain_text("3 of 3 complete")
    browser_page.get_by_role("link", name="Cancel kits").click()
    browser_page.get_by_label("Kits").fill("1")
    browser_page.get_by_label("Why").fill("Rang: two will do")
    browser_page.get_by_role("button", name="Cancel kits").click()
    expect(browser_page.get_by_role("group", name="Order lines")).to_contain_text("1 cancelled")
    assert sorted(OrderLine.objects.values_list("product__sku", "quantity_cancelled")) == [
        ("LAMP", 1),
        ("MUG", 2),
    ]
    assert_proven()
