"""Answers: do the books' pages work and read well in a real browser: wide and narrow, light and dark, by keyboard?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from erp.core.models import User
from erp.core.roles import Role
from erp.core.services.role import role_sync
from ledger.models import Account, AccountRole, JournalEntry, Period
from ledger.services import (
    CostIssue,
    CostReceipt,
    chart_create,
    cost_issue_many,
    cost_receive_many,
    journal_entry_post_many,
    period_begin_close,
    period_close,
    period_create_year,
    tie_out,
)
from tests.browser.looks import fits, shot
from tests.ledger.conftest import draft, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
R = AccountRole
AT = datetime(2011, 4, 2, 8, tzinfo=UTC)


@pytest.fixture
def fiona(monkeypatch: pytest.MonkeyPatch) -> User:
    """A quarter of trading, January and February closed; Fiona keeps the books."""
    own = {
        code: row for code, row in tie_out.TIE_OUTS.items() if row.function.__module__ == "ledger.tie_outs"
    }
    monkeypatch.setattr(tie_out, "TIE_OUTS", own)
    role_sync()
    fiona = person("fiona", Role.FINANCE, limit=10_000)
    chart_create(actor=fiona, at=AT)
    period_create_year(year=2011, actor=fiona, at=AT)
    drafts = [
        draft((R.CASH, "25000", "0"), (R.EQUITY_OPENING, "0", "25000"), day=date(2011, 1, 1), source_id=1)
    ]
    for number in range(2, 40):
        day, cost = date(2011, 1 + number % 3, 1 + number % 27), Decimal(40 * number)
        cost_receive_many([CostReceipt(number, "FIFO", 2 * number, cost * 2, "x.Receipt", number)], at=AT)
        cost_issue_many([CostIssue(number, "FIFO", number, "x.Shipment", number)], at=AT)
        values: dict[str, Any] = {"day": day, "source_id": number}
        drafts += [
            draft((R.INVENTORY, str(cost * 2), "0"), (R.GRNI, "0", str(cost * 2)), kind="x.received", **values),
            draft((R.COGS, str(cost), "0"), (R.INVENTORY, "0", str(cost)), kind="x.shipped", **values),
            draft(
                (R.CASH_CLEARING, str(cost * 3), "0"), (R.REVENUE, "0", str(cost * Decimal("2.5"))),
                (R.TAX_PAYABLE, "0", str(cost / 2)), kind="x.sold", memo=f"Order {5363 + number}", **values,
            ),
        ]  # fmt: skip
    journal_entry_post_many(drafts, actor=fiona)
    for code in ("2011-01", "2011-02"):
        period = Period.objects.get(code=code)
        period_begin_close(period_id=period.pk, actor=fiona, at=AT)
        period_close(period_id=period.pk, actor=fiona, at=AT)
    return fiona


def test_the_books_read_well_and_a_month_is_closed(browser_page: Page, login: Any, fiona: User) -> None:
    login(fiona)
    march, stock = Period.objects.get(code="2011-03"), Account.objects.get(role=R.INVENTORY)
    entry = JournalEntry.objects.get(number="JE-000004")
    addresses = {
        "trial-balance": "/ledger/trial-balance/?period=2011-03",
        "profit-and-loss": "/ledger/profit-and-loss/?period=2011-03",
        "balance-sheet": "/ledger/balance-sheet/?period=2011-03",
        "accounts": "/ledger/accounts/",
        "account": f"/ledger/accounts/{stock.pk}/?period=2011-03",
        "journal": "/ledger/entries/",
        "entry": f"/ledger/entries/{entry.pk}/",
        "lines": f"/ledger/lines/?account={stock.pk}",
        "layers": "/ledger/layers/",
        "by-hand": "/ledger/by-hand/new/",
        "periods": "/ledger/periods/",
    }
    for name, address in addresses.items():
        browser_page.goto(address)
        assert browser_page.locator("h1").count() == 1, address
        shot(browser_page, name)
    browser_page.goto(f"/ledger/periods/{march.pk}/")
    browser_page.get_by_role("button", name="Begin close").click()
    browser_page.locator("dialog[open]").get_by_role("button", name="Begin close").click()
    browser_page.get_by_role("button", name="Run the checks").click()
    browser_page.get_by_text("Every blocking check agrees").first.wait_for()
    shot(browser_page, "period-closing")
    browser_page.get_by_role("button", name="Close the month").click()
    browser_page.locator("dialog[open]").get_by_role("button", name="Close the month").click()
    browser_page.get_by_text("Kept and sealed").wait_for()
    shot(browser_page, "period-closed")
    march.refresh_from_db()
    assert march.state == "CLOSED"


def test_the_trial_balance_fits_a_phone(browser_page: Page, login: Any, fiona: User) -> None:
    login(fiona)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    for name, address in (
        ("trial-balance", "/ledger/trial-balance/?period=2011-03"),
        ("periods", "/ledger/periods/"),
    ):
        browser_page.goto(address)
        assert fits(browser_page), name
        shot(browser_page, f"{name}-390")
    period = Period.objects.get(code="2011-02")
    browser_page.goto(f"/ledger/periods/{period.pk}/")
    assert fits(browser_page)
    shot(browser_page, "period-390")
