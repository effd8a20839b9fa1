"""Answers: do the pages of EDI partners fit a desk and a phone, in light and dark, and pass axe?"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders.models import EdiInterchange
from tests.browser.looks import look, show, show_everywhere
from tests.cast import Company, company_create
from tests.channels.edi_partner import edifact, order_850, orders_message, partner, post, sent, work, x12

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db: Any) -> Company:
    """A partner who sent a sound order, one that does not add up, one in EDIFACT, and something cut off."""
    company = company_create()
    partner(company)
    client = Client()
    post(client, x12(order_850("PO-1"), order_850("PO-2", reference="0002", tail="CTT*7*2~\n")))
    post(client, edifact(orders_message("PO-3")))
    post(client, x12(order_850("PO-4"), control=2).rpartition("IEA")[0])
    work()
    return company


def test_edi_pages_fit_and_have_no_fault_of_access(browser_page: Page, login: Any, shop: Company) -> None:
    login(shop.ada)
    received = EdiInterchange.objects.filter(direction="IN").order_by("pk")
    record = "orders:edi_interchange_detail"
    pages = (
        ("list", reverse("orders:edi_interchange_list")),
        ("list-none", reverse("orders:edi_interchange_list") + "?q=nothing-like-it"),
        ("partly", reverse(record, args=[received[0].pk])),
        ("edifact", reverse(record, args=[received[1].pk])),
        ("cut-off", reverse(record, args=[received[2].pk])),
        ("answer", reverse(record, args=[sent("997")[0].pk])),
        ("receive", reverse("orders:edi_receive")),
        ("partner", reverse("orders:channel_detail", args=[shop.wholesale.pk])),
    )
    show_everywhere(browser_page, ((f"edi-{name}", url) for name, url in pages))


def test_a_file_that_is_none_says_so_and_one_that_is_leads_to_its_interchange(
    browser_page: Page, login: Any, shop: Company
) -> None:
    login(shop.ada)
    browser_page.set_viewport_size({"width": 390, "height": 900})
    show(browser_page, reverse("orders:edi_receive"))
    for content, words in (
        (b"hello", "neither X12 nor EDIFACT"),
        (x12(order_850("PO-9"), control=9).encode(), ""),
    ):
        browser_page.locator("[name=channel]").select_option("wholesale")
        file = {"name": "po.x12", "mimeType": "text/plain", "buffer": content}
        browser_page.locator("[name=file]").set_input_files(file)  # type: ignore[arg-type]
        browser_page.locator("main form button[type=submit]").first.click()
        if words:
            expect(browser_page.locator("main")).to_contain_text(words)
            look(browser_page, "edi-receive-refused")
            browser_page.faults.clear()  # type: ignore[attr-defined]  # Chromium logs the 422
    browser_page.wait_for_load_state("networkidle")
    assert work()[-1] == "DONE"
    assert EdiInterchange.objects.filter(direction="IN", control_number="000000009").exists()
