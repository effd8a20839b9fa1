"""Answers: do the books' pages open, to whom, at how many queries, and does the close work from the browser?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp.core.models import User
from erp.core.roles import Role
from ledger.models import Account, AccountRole, CostLayer, JournalEntry, ManualEntry, Period, TieOut
from ledger.services import (
    CostIssue,
    CostReceipt,
    cost_issue_many,
    cost_receive_many,
    journal_entry_post_many,
)
from tests.ledger.conftest import AT, committed, draft, person, sale

R = AccountRole
MARCH = {"period": "2011-03"}


@pytest.fixture
def traded(books: User) -> User:
    """Ten mugs in, four sold, two sales for cash, all in March 2011."""
    with committed():
        cost_receive_many([CostReceipt(11, "FIFO", 10, Decimal("40.00"), "x.Receipt", 1)], at=AT)
        cost_issue_many([CostIssue(11, "FIFO", 4, "x.Shipment", 1)], at=AT)
        journal_entry_post_many(
            [
                draft(
                    (R.INVENTORY, "40", "0"), (R.GRNI, "0", "40"), source_id=1, kind="x.receipt", memo="Mugs"
                ),
                draft((R.COGS, "16", "0"), (R.INVENTORY, "0", "16"), source_id=2, kind="x.shipment"),
                sale("60.00", source_id=3),
                sale("30.00", source_id=4),
            ],
            actor=books,
        )
    return books


@pytest.fixture
def browser(client: Client, traded: User) -> Client:
    client.force_login(traded, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"ledger:{name}", args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def test_the_trial_balance_shows_each_account_and_a_zero(browser: Client) -> None:
    page = text_of(browser, "trial_balance", **MARCH)
    assert "Balances to zero" in page
    for figure in ("£40.00", "£90.00", "£24.00"):
        assert figure in page
    stock = Account.objects.get(role=R.INVENTORY)
    assert (
        f"{reverse('ledger:journal_line_list')}?account={stock.pk}&amp;since=2011-03-01&amp;as_of=2011-03-31"
        in page
    )


def test_what_cannot_be_read_as_days_is_said(browser: Client) -> None:
    assert "A date is written 2011-03-31" in text_of(browser, "trial_balance", as_of="31/3/2011")
    assert "The first day is after the last one" in text_of(
        browser, "profit_and_loss", since="2011-03-31", as_of="2011-03-01"
    )
    assert "There is no period" in text_of(browser, "balance_sheet", period="1999-13")


def test_statements_and_their_csv(browser: Client) -> None:
    assert "£74.00" in text_of(browser, "profit_and_loss", **MARCH)
    assert "Both sides agree" in text_of(browser, "balance_sheet", **MARCH)
    answer = browser.get(reverse("ledger:trial_balance"), MARCH | {"format": "csv"})
    lines = answer.content.decode().splitlines()
    assert lines[0] == "Code,Account,Opening,Debit,Credit,Closing debit,Closing credit"
    assert lines[-1].startswith(",Total,,146.0000,146.0000,")


def test_the_chart_and_an_accounts_lines(browser: Client) -> None:
    assert "Goods received, not invoiced" in text_of(browser, "account_list")
    stock = Account.objects.get(role=R.INVENTORY)
    page = text_of(browser, "account_detail", stock.pk, **MARCH)
    assert "JE-000001" in page
    assert "£24.00" in page
    assert "Inventory" in text_of(browser, "account_detail", Account.objects.get(code="1000").pk, **MARCH)


def test_journal_lines_add_up_above_their_list(browser: Client) -> None:
    cash = Account.objects.get(role=R.CASH)
    page = text_of(browser, "journal_line_list", account=cash.pk, since="2011-03-01", as_of="2011-03-31")
    assert "£90.00" in page
    branch = text_of(browser, "journal_line_list", account=Account.objects.get(code="1000").pk)
    assert "£130.00" in branch


def test_an_entry_shows_lines_document_and_reversal(browser: Client) -> None:
    entry = JournalEntry.objects.get(number="JE-000003")
    page = text_of(browser, "journal_entry_detail", entry.pk)
    assert "£60.00" in page
    assert "Reverse" in page
    assert "JE-000003" in text_of(browser, "journal_entry_list", q="JE-000003")
    assert "JE-000001" in text_of(browser, "entries_panel", "ledger.ManualEntry", 1)


@pytest.mark.parametrize(
    "name", ["journal_entry_list", "journal_line_list", "cost_layer_list", "period_list"]
)
def test_a_longer_list_takes_no_more_queries(
    browser: Client, traded: User, name: str, django_assert_max_num_queries: Any
) -> None:
    url = reverse(f"ledger:{name}")
    with django_assert_max_num_queries(20) as few:
        browser.get(url)
    with committed():
        journal_entry_post_many([sale(source_id=number) for number in range(100, 130)], actor=traded)
        cost_receive_many(
            [CostReceipt(product, "FIFO", 1, Decimal(1), "x.R", 1) for product in range(100, 130)], at=AT
        )
    with django_assert_max_num_queries(len(few)):
        browser.get(url)


def test_reports_take_no_more_queries_for_more_lines(
    browser: Client, traded: User, django_assert_max_num_queries: Any
) -> None:
    cash = Account.objects.get(role=R.CASH)
    for name, args in [("trial_balance", []), ("account_detail", [cash.pk]), ("account_list", [])]:
        url = reverse(f"ledger:{name}", args=args) + "?period=2011-03"
        with django_assert_max_num_queries(30) as few:
            browser.get(url)
        with committed():
            drafts = [sale(source_id=number, kind=f"x.{name}") for number in range(20)]
            journal_entry_post_many(drafts, actor=traded)
        with django_assert_max_num_queries(len(few)):
            browser.get(url)


def test_layers_show_units_value_and_movements(browser: Client) -> None:
    layer = CostLayer.objects.get()
    assert "£24.00" in text_of(browser, "cost_layer_list")
    page = text_of(browser, "cost_layer_detail", layer.pk)
    assert "6 of 10" in page
    assert "£16.00" in page
    assert f"#{layer.pk}" in text_of(browser, "product_cost_panel", 11)
    assert "No cost layer" in text_of(browser, "product_cost_panel", 12)


def test_a_month_is_closed_from_the_browser(browser: Client, traded: User) -> None:
    Period.objects.filter(start_date__lt=date(2011, 3, 1)).delete()
    march = Period.objects.get(code="2011-03")

    def act(verb: str, **data: str) -> str:
        answer = browser.post(reverse(f"ledger:period_{verb}", args=[march.pk]), data, follow=True)
        assert answer.status_code == 200
        march.refresh_from_db()
        return answer.content.decode()

    assert "Begin close" in text_of(browser, "period_detail", march.pk)
    act("begin_close")
    assert march.state == "CLOSING"
    assert "Every blocking check agrees" in act("check")
    check = TieOut.objects.get(code="LAYERS_GL")
    assert "£" not in (evidence := text_of(browser, "tie_out_detail", check.pk))
    assert "Value left in cost layers" in evidence
    assert "closed and sealed" in act("close")
    assert march.state == "CLOSED"
    assert march.seal in text_of(browser, "period_detail", march.pk)
    assert "waits for a second person" in act("reopen", reason="late bill")
    assert march.state == "CLOSED"


def test_a_refused_close_says_why_and_keeps_the_month_open(browser: Client) -> None:
    march = Period.objects.get(code="2011-03")
    browser.post(reverse("ledger:period_begin_close", args=[march.pk]))
    answer = browser.post(reverse("ledger:period_close", args=[march.pk]), follow=True)
    assert "Close 2011-01 before 2011-03" in answer.content.decode()
    march.refresh_from_db()
    assert march.state == "CLOSING"


def manual(**changes: Any) -> dict[str, Any]:
    rent, cash = (Account.objects.get(code=code).pk for code in ("6600", "1110"))
    return {
        "posting_date": "2011-03-31", "memo": "Rent of March", "currency": "GBP", "rate": "1", "form_token": "a-b",
        "account": [rent, cash, ""], "debit": ["800.00", "", ""], "credit": ["", "800.00", ""],
    } | changes  # fmt: skip


def test_an_entry_by_hand_is_written_and_waits(browser: Client) -> None:
    url = reverse("ledger:manual_entry_create")
    assert "Rent" in text_of(browser, "manual_entry_create")
    answer = browser.post(url, manual(), follow=True)
    entry = ManualEntry.objects.get()
    assert entry.state == "PENDING_APPROVAL"
    assert "£800.00" in answer.content.decode()
    browser.post(url, manual())  # the same form again
    assert ManualEntry.objects.count() == 1
    assert "Rent of March" in text_of(browser, "manual_entry_list")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"credit": ["", "799.00", ""]}, "1.00 GBP more"),
        ({"debit": ["eight", "", ""]}, "is not an amount"),
        ({"account": ["", "", ""]}, "a line has no account"),
        ({"posting_date": "2031-01-01"}, "no accounting period covers"),
        ({"memo": ""}, "This field is required"),
    ],
)
def test_a_wrong_entry_comes_back_with_what_was_typed(
    browser: Client, changes: dict[str, Any], words: str
) -> None:
    answer = browser.post(reverse("ledger:manual_entry_create"), manual(**changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words.lower() in page.lower()
    assert ManualEntry.objects.count() == 0


def test_only_finance_and_readers_open_the_books(client: Client, traded: User) -> None:
    picker, reader = person("pia", Role.WAREHOUSE), person("rita", Role.READ_ONLY)
    for user, status in ((picker, 403), (reader, 200)):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(reverse("ledger:trial_balance")).status_code == status
    march = Period.objects.get(code="2011-03")
    assert client.post(reverse("ledger:period_begin_close", args=[march.pk])).status_code == 403
    assert client.post(reverse("ledger:manual_entry_create"), manual()).status_code == 403
    march.refresh_from_db()
    assert march.state == "OPEN"


def test_this_month_is_the_default(browser: Client, traded: User) -> None:
    today = timezone.localdate()
    page = text_of(browser, "trial_balance")
    assert today.isoformat() in page
