"""Does the stock card work in a browser: as-of, older moves, and on a phone?"""

import os
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from inventory.services import Move, TransferLineDraft, stock_post, transfer_create, transfer_ship
from inventory.states import StockStatus as S
from tests.browser.looks import shot, show_everywhere
from tests.cast import NOW, Company, company_create, stock_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("KEEL_SHOTS", "")


def busy_company() -> Company:
    """A mug that was bought, promised, shipped, transferred and miscounted."""
    company = company_create()
    stock_in(company, company.mug, 120, unit_cost=4)
    stock_in(company, company.mug, 40, node=company.south, unit_cost=5)
    north = company.north.pk
    for number, (source, target, units) in enumerate(
        [(S.AVAILABLE, S.ALLOCATED, 30), (S.ALLOCATED, S.AVAILABLE, 5), (S.AVAILABLE, S.ALLOCATED, 8)]
    ):
        move = Move(company.mug.pk, units, north, source, north, target)
        stock_post(action="orders.order_allocate", source_type="orders.Order", source_id=number + 1, actor=company.olga,
                   idempotency_key=f"o{number}", moves=[move], at=NOW)  # fmt: skip
    transfer = transfer_create(from_node_id=north, to_node_id=company.south.pk, expected_date=NOW.date(),
                               lines=[TransferLineDraft(company.mug.pk, 12)], actor=company.olga, at=NOW)  # fmt: skip
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    for _ in range(25):
        stock_in(company, company.mug, 1, unit_cost=4)
    return company


def test_the_stock_card_answers_as_of_and_continues(browser_page: Page, login: Any) -> None:
    company = busy_company()
    login(company.olga)
    browser_page.goto(reverse("inventory:product_detail", args=[company.mug.pk]))
    matrix = browser_page.locator("#levels-matrix")
    expect(matrix.locator("tfoot")).to_contain_text("173")
    moves = browser_page.locator("#moves tbody tr")
    expect(moves).to_have_count(16)
    shot(browser_page, "stock-card-1440")
    for rows in (31, 31):
        older = browser_page.get_by_role("button", name="Older moves")
        if older.count():
            older.click()
            expect(moves).to_have_count(rows)
    browser_page.get_by_label("or after event").fill("1")
    browser_page.get_by_label("or after event").press("Enter")
    expect(matrix).to_contain_text("summed from the journal")
    browser_page.get_by_role("button", name="Now").click()
    expect(matrix).not_to_contain_text("summed from the journal")
    expect(matrix.locator("tfoot")).to_contain_text("173")
    browser_page.locator("#moves select[name=status]").select_option("ALLOCATED")
    expect(moves).to_have_count(3)


def test_the_pages_fit_and_have_no_fault_of_access(browser_page: Page, login: Any) -> None:
    company = busy_company()
    login(company.olga)
    names = ["product_list", "stock_level_list", "bin_stock_list", "stock_event_list", "transfer_list", "adjustment_list",
             "node_list", "adjustment_create", "transfer_create"]  # fmt: skip
    pages = [(name, reverse(f"inventory:{name}")) for name in names]
    pages += [
        ("product_detail", reverse("inventory:product_detail", args=[company.mug.pk])),
        ("node_detail", reverse("inventory:node_detail", args=[company.north.pk])),
        ("location_detail", reverse("inventory:location_detail", args=[company.bins[0].pk])),
    ]
    show_everywhere(browser_page, pages)
