"""Answers: do the order pages fit a desk and a phone, pass axe, and can an order be entered and held by keyboard alone?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from erp.core.services.note import note_add
from orders.models import Customer, Hold, Order
from orders.services import ChargeCommand, PaymentDraft, hold_open, payment_capture_many
from tests.browser.looks import look_everywhere, show, show_everywhere, tab_to, write
from tests.cast import NOW, Company, assert_proven, company_create, stock_in
from tests.factories import ListingFactory
from tests.fulfillment.goods import order_in, promised

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db: Any) -> Company:
    """A company with a promised and a held order, both with much to show, and one that waits for stock."""
    company = company_create()
    Customer.objects.filter(pk=company.carol.pk).update(
        name="Carolina Featherstonehaugh-Cholmondeley & Daughters"
    )
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 9, node=company.south)
    charges = (ChargeCommand("SHIPPING_REVENUE", Decimal("4.50"), "Express before noon"),)
    order = promised(company, (company.mug, 4, "1234.50", "98.00"), (company.lamp, 2), charges=charges)
    payment_capture_many(
        [PaymentDraft(order.pk, "cardpay", "ch_0123456789_abcdefghijklmnopqrstuvwxyz", Decimal("99.99"))],
        actor=company.fay, at=NOW,
    )  # fmt: skip
    note_add(
        document_type="orders.Order", document_id=order.pk, body="Rang twice", actor=company.cora, at=NOW
    )
    held = order_in(company, (company.mug, 1))
    hold_open(order_id=held.pk, kind="FRAUD", reason="Odd card", actor=company.cora, at=NOW)
    ListingFactory(
        channel=company.wholesale, product=company.mug, channel_sku="WHOLESALE-BLUE-MUG-0123456789"
    )
    return company


def test_the_order_pages_fit_and_have_no_fault_of_access(
    browser_page: Page, login: Any, shop: Company
) -> None:
    login(shop.ada)
    newest, oldest = Order.objects.latest("pk"), Order.objects.earliest("pk")
    pages = [(name, reverse(f"orders:{name}")) for name in (
        "order_list", "order_create", "backorder_list", "hold_list", "customer_list", "customer_create",
        "channel_list", "listing_list", "allocation_policy_list",
    )] + [
        ("order_list_filtered", reverse("orders:order_list") + "?state=ON_HOLD&q=carol"),
        ("order_list_empty", reverse("orders:order_list") + "?state=SHIPPED"),
        ("order_held", reverse("orders:order_detail", args=[newest.pk])),
        ("customer_detail", reverse("orders:customer_detail", args=[shop.carol.pk])),
        ("channel_detail", reverse("orders:channel_detail", args=[shop.wholesale.pk])),
        ("allocation_policy_detail", reverse("orders:allocation_policy_detail", args=[shop.policy.pk])),
        ("order_detail", reverse("orders:order_detail", args=[oldest.pk])),
    ]  # fmt: skip
    show_everywhere(browser_page, pages)
    browser_page.get_by_text("Line by line (2)").click()
    look_everywhere(browser_page, "order_detail_line_by_line")
    browser_page.get_by_role("button", name="Cancel order…").click()
    look_everywhere(browser_page, "order_detail_cancel")


def test_refusals_fit_and_have_no_fault_of_access(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.cora)
    show(browser_page, reverse("orders:order_create"))
    browser_page.get_by_label("Country").fill("G1")
    for label in ("Reference", "Ship to", "Street", "City"):
        browser_page.get_by_label(label).fill("x")
    browser_page.get_by_label("Channel").select_option("wholesale")
    browser_page.get_by_label("SKU, line 1").fill("MUG")
    browser_page.get_by_label("Units, line 1").fill("1")
    browser_page.get_by_label("Unit price, line 1").fill("10")
    browser_page.get_by_role("button", name="Create order").click()
    expect(browser_page.locator("#error_1_id_ship_to_country")).to_contain_text("Two letters, such as GB.")
    look_everywhere(browser_page, "order_create_refused")
    browser_page.faults.clear()  # type: ignore[attr-defined]  # Chromium logs the 422


def test_a_manual_order_is_entered_by_keyboard_alone(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.cora)
    show(browser_page, reverse("orders:order_list"))
    browser_page.keyboard.press("n")
    browser_page.wait_for_url("**/orders/new/")
    for name, text in (
        ("channel", "wholesale"), ("external_id", "TEL-1"), ("customer_number", "C-CAROL"), ("ship_to_name", "Pat"),
        ("ship_to_line1", "1 High Street"), ("ship_to_city", "Leeds"), ("ship_to_postcode", "LS1 1AA"),
        ("shipping", "4.50"), ("sku", "MUG"),
        ("quantity", "three"), ("unit_price", "3.50"), ("sku", "LAMP"), ("quantity", "1"), ("unit_price", "12"),
    ):  # fmt: skip
        write(browser_page, name, text)
    browser_page.keyboard.press("Enter")
    refusal = "lines[1].quantity must be a whole number, not “three”."
    expect(browser_page.locator(".alert-danger")).to_contain_text(refusal)
    assert not Order.objects.filter(external_id="TEL-1").exists()
    browser_page.faults.clear()  # type: ignore[attr-defined]  # Chromium logs the 422
    expect(browser_page.get_by_label("SKU, line 2")).to_have_value("LAMP")  # what was typed is still there
    tab_to(browser_page, "[name=quantity]")
    browser_page.keyboard.press("Control+a")
    browser_page.keyboard.type("3")
    tab_to(browser_page, "button.btn-primary")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator(".k-toast")).to_contain_text("Order created.")
    order = Order.objects.get(external_id="TEL-1")
    expect(browser_page.get_by_role("heading", level=1)).to_contain_text(f"Order {order.number} Allocated")
    assert (order.customer, order.total, order.created_by) == (shop.carol, Decimal("27.00"), shop.cora)
    assert list(order.lines.order_by("position").values_list("product__sku", "quantity_allocated")) == [
        ("MUG", 3), ("LAMP", 0),
    ]  # fmt: skip
    assert_proven()


def test_an_order_is_held_and_released_by_keyboard_alone(
    browser_page: Page, login: Any, shop: Company
) -> None:
    order = Order.objects.earliest("pk")
    login(shop.cora)
    show(browser_page, reverse("orders:order_detail", args=[order.pk]))
    for button, reason, said, state in (
        ("Put on hold", "Call first", "Order on hold.", "ON_HOLD"),
        ("Release holds", "Called", "Holds released.", "CONFIRMED"),
    ):
        tab_to(browser_page, "[data-open-dialog]", button)
        browser_page.keyboard.press("Enter")
        tab_to(browser_page, "dialog[open] textarea")
        browser_page.keyboard.type(reason)
        tab_to(browser_page, "dialog[open] .k-form-foot button[type=submit]")
        browser_page.keyboard.press("Enter")
        expect(browser_page.locator(".k-toast")).to_contain_text(said)
        order.refresh_from_db()
        assert order.state == state
    hold = Hold.objects.get(order=order)
    assert (hold.reason, hold.close_reason, hold.closed_by) == ("Call first", "Called", shop.cora)
    assert_proven()
