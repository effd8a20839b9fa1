"""Answers: do the pages that enter and change orders fit a desk and a phone, pass axe, and work by keyboard alone?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from erp.core.models import ApprovalPolicy
from orders.editing import Edit
from orders.models import Customer, Order, PriceLimit, Substitution
from orders.services import order_edit
from tests.browser.looks import look_everywhere, show, show_everywhere, tab_to, write
from tests.cast import NOW, Company, assert_proven, company_create, stock_in
from tests.fulfillment.goods import order_in, promised

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db: Any) -> Company:
    """An order that can be edited, substituted, merged and overridden, of a customer with much to say."""
    company = company_create()
    Customer.objects.filter(pk=company.carol.pk).update(
        name="Carolina Featherstonehaugh-Cholmondeley & Daughters", line1="1 Low Road", city="York", postcode="YO1",
        country="GB",
    )  # fmt: skip
    stock_in(company, company.mug, 7)
    stock_in(company, company.mug, 9, node=company.south)
    promised(company, (company.mug, 4, "1234.50", "98.00"), (company.lamp, 2, "10.00", "0.40"))
    order_in(company, (company.mug, 1))
    Customer.objects.filter(pk=company.carol.pk).update(credit_limit=Decimal(50))
    Substitution.objects.create(product=company.mug, substitute=company.lamp)
    PriceLimit.objects.create(role="CUSTOMER_SERVICE", max_percent=10, max_amount=25)
    ApprovalPolicy.objects.create(kind="orders.price_override", threshold=0, role="OPERATIONS")
    return company


def test_the_pages_of_change_fit_and_have_no_fault_of_access(
    browser_page: Page, login: Any, shop: Company
) -> None:
    login(shop.ada)
    order = Order.objects.earliest("pk")
    line = order.lines.get(position=1)
    rule, limit = Substitution.objects.get(), PriceLimit.objects.get()
    pages = [
        ("order_edit", reverse("orders:order_edit", args=[order.pk])),
        ("order_address", reverse("orders:order_address", args=[order.pk])),
        ("order_cancel_lines", reverse("orders:order_cancel_lines", args=[order.pk])),
        ("order_line_substitute", reverse("orders:order_line_substitute", args=[line.pk])),
        ("order_record_with_merge", reverse("orders:order_detail", args=[order.pk])),
        ("substitution_list", reverse("orders:substitution_list")),
        ("substitution_detail", reverse("orders:substitution_detail", args=[rule.pk])),
        ("substitution_edit", reverse("orders:substitution_edit", args=[rule.pk])),
        ("price_limit_list", reverse("orders:price_limit_list")),
        ("price_limit_detail", reverse("orders:price_limit_detail", args=[limit.pk])),
        ("price_limit_edit", reverse("orders:price_limit_edit", args=[limit.pk])),
    ]
    show_everywhere(browser_page, pages)
    show(browser_page, pages[0][1])
    browser_page.get_by_label("Units of MUG").fill("2")
    browser_page.get_by_label("Price of MUG").fill("100")
    browser_page.get_by_label("SKU, new line 1").fill("CREAM")
    browser_page.get_by_label("Units, new line 1").fill("3")
    browser_page.get_by_label("Tax in percent, new line 1").fill("20")
    expect(browser_page.locator("#edit-preview")).to_contain_text("beyond your limit")
    look_everywhere(browser_page, "order_edit_preview")
    show(browser_page, pages[2][1])
    browser_page.get_by_label("Units of MUG to cancel").fill("3")
    expect(browser_page.locator(".c-effect")).to_contain_text("Sellable again")
    look_everywhere(browser_page, "order_cancel_preview")
    show(browser_page, reverse("orders:order_create"))
    browser_page.get_by_label("Channel").select_option("wholesale")
    browser_page.get_by_label("Customer").fill("C-CAROL")
    for number, (sku, units) in enumerate((("MUG", "99"), ("LAMP", "1"), ("NOPE", "1")), start=1):
        browser_page.get_by_label(f"SKU, line {number}").fill(sku)
        browser_page.get_by_label(f"Units, line {number}").fill(units)
    expect(browser_page.locator("#order-quote")).to_contain_text("over the limit")
    expect(browser_page.get_by_label("Street")).to_have_value("1 Low Road")
    look_everywhere(browser_page, "order_create_quote")


def test_an_order_is_typed_by_keyboard_with_its_figures_beside(
    browser_page: Page, login: Any, shop: Company
) -> None:
    login(shop.cora)
    show(browser_page, reverse("orders:order_create"))
    write(browser_page, "channel", "wholesale")
    write(browser_page, "external_id", "TEL-9")
    write(browser_page, "customer_number", "C-CAROL")
    expect(browser_page.get_by_label("City")).to_have_value("York")
    tab_to(browser_page, "[name=sku]")
    browser_page.keyboard.type("blue")
    expect(browser_page.locator("#sku-options option")).to_have_attribute("value", "MUG")
    browser_page.keyboard.press("Control+a")
    browser_page.keyboard.type("4006381333931")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.type("3")
    quote = browser_page.locator("#order-quote")
    expect(quote).to_contain_text("NORTH 3, SOUTH 9")
    expect(quote).to_contain_text("list price")
    expect(quote.locator(".k-facts")).to_contain_text("£30.00")
    tab_to(browser_page, "button", "More lines")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_label("SKU, line 9")).to_be_visible()
    tab_to(browser_page, "button.btn-primary")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(".k-toast")).to_contain_text("Order created.")
    order = Order.objects.get(external_id="TEL-9")
    assert (order.total, order.ship_to_line1, order.lines.get().product) == (30, "1 Low Road", shop.mug)
    assert_proven()


def test_an_outdated_edit_loses_nothing_that_was_typed(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.cora)
    order = Order.objects.earliest("pk")
    show(browser_page, reverse("orders:order_edit", args=[order.pk]))
    order_edit(order_id=order.pk, edit=Edit(header={"priority": 4}), reason="VIP", actor=shop.olga, at=NOW)
    tab_to(browser_page, "[aria-label='Units of MUG']")
    browser_page.keyboard.press("Control+a")
    browser_page.keyboard.type("3")
    write(browser_page, "reason", "One less")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("alert").first).to_contain_text("olga: priority 0 → 4")
    browser_page.faults.clear()  # type: ignore[attr-defined]  # Chromium logs the 422
    expect(browser_page.get_by_label("Units of MUG")).to_have_value("3")
    browser_page.get_by_label("Priority").fill("4")
    tab_to(browser_page, "button.btn-primary")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(".k-toast")).to_contain_text("Saved")
    order.refresh_from_db()
    assert (order.priority, order.lines.get(position=1).quantity_ordered) == (4, 3)
    assert_proven()
