"""Answers: do the pages of holds, prices and credit fit a desk and a phone, in both themes, and pass axe?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders.models import ContractPrice, CreditLimitChange, Hold, PriceList, RiskRule
from orders.services import (
    EntryDraft,
    LineCommand,
    OrderCommand,
    PriceListDraft,
    ShipTo,
    customer_credit_change,
    hold_open,
    order_receive_many,
    price_entry_save,
    price_list_assign,
    price_list_save,
)
from tests.browser.looks import look, show, show_everywhere
from tests.cast import NOW, Company, company_create
from tests.fulfillment.goods import order_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(db: Any) -> Company:
    """A company with a price list, a contract price, changed credit terms, and orders that wait for several people."""
    company = company_create()
    price_list = price_list_save(PriceListDraft("TRADE-26", "Trade 2026", "GBP"), actor=company.fay, at=NOW)
    for product in (company.mug, company.lamp):
        draft = EntryDraft(product.pk, Decimal("8.50"), 5)
        price_entry_save(price_list_id=price_list.pk, draft=draft, actor=company.fay, at=NOW)
    price_list_assign(price_list_id=price_list.pk, customer_id=company.carol.pk, actor=company.fay, at=NOW)
    ContractPrice.objects.create(
        customer=company.carol, product=company.mug, currency="GBP", price=Decimal(20)
    )
    RiskRule.objects.create(code="FIRST", kind="FIRST_ORDER", points=60)
    for limit in (Decimal(10), Decimal(99_999)):
        customer_credit_change(
            customer_id=company.carol.pk, limit=limit, payment_days=14, reason="Reference of the bank", actor=company.fay,
            at=NOW,
        )  # fmt: skip
    order_receive_many(
        [
            OrderCommand(
                channel="wholesale", external_id="B-1", ordered_at=NOW, currency="GBP", body="b", customer_number="C-CAROL",
                lines=[LineCommand("MUG", 2, Decimal(10))], ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1", "GB"),
            )
        ],
        actor=company.system, at=NOW,
    )  # fmt: skip
    RiskRule.objects.all().delete()
    other = order_in(company, (company.lamp, 1))
    hold_open(order_id=other.pk, kind="TAX", reason="Odd rate", actor=company.cora, at=NOW)
    return company


def test_the_pages_fit_and_have_no_fault_of_access(browser_page: Page, login: Any, desk: Company) -> None:
    login(desk.ada)
    price_list, carol = PriceList.objects.get(), desk.carol.pk
    pages = [("holds", reverse("orders:hold_list") + "?state=OPEN")]
    pages += [
        (f"hold_{hold.kind.lower()}", reverse("orders:hold_detail", args=[hold.pk]))
        for hold in Hold.objects.order_by("pk")
    ]
    pages += [
        ("price_lists", reverse("orders:price_list_list")), ("prices", reverse("orders:price_entry_list")),
        ("contract_prices", reverse("orders:contract_price_list")),
        ("price_list", reverse("orders:price_list_detail", args=[price_list.pk])),
        ("price_entry", reverse("orders:price_entry_create", args=[price_list.pk])),
        ("contract_price", reverse("orders:contract_price_create")),
        ("credit", reverse("orders:customer_credit", args=[carol])),
        ("credit_change", reverse("orders:customer_credit_change", args=[carol])),
        ("address", reverse("orders:order_address", args=[Hold.objects.earliest("pk").order_id])),
        ("restrict", reverse("inventory:product_restrict", args=[desk.mug.pk])),
    ]  # fmt: skip
    assert CreditLimitChange.objects.filter(applied_at=None).count() == 1
    show_everywhere(browser_page, pages)


def test_a_hold_is_released_by_hand_and_many_after_a_reason(
    browser_page: Page, login: Any, desk: Company
) -> None:
    login(desk.ada)
    hold = Hold.objects.get(kind="TAX")
    show(browser_page, reverse("orders:hold_detail", args=[hold.pk]))
    browser_page.get_by_role("button", name="Release…").first.click()
    look(browser_page, "hold_release")
    browser_page.get_by_role("textbox", name="Why").fill("The rate is right")
    browser_page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(browser_page.get_by_text("Released; another hold keeps the order.")).to_be_visible()
    hold.refresh_from_db()
    assert (hold.state, hold.close_reason) == ("RELEASED", "The rate is right")
