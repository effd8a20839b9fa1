"""Answers: what do trial balance, profit and loss, balance sheet and an account's page say? One small company's quarter.

January  owner pays in 1,000.00; ten mugs for 40.00 arrive. February four mugs are sold for 48.00 (VAT 8.00),
cost 16.00; the invoice for the mugs, 41.00, is 1.00 above the order. March    one mug comes back (12.00 with
VAT 2.00) and is restocked at 4.00; bank charge 5.00.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp.core.models import User
from ledger.models import Account, AccountRole, Period
from ledger.selectors import (
    account_balance,
    account_line_count,
    account_lines,
    account_opening,
    balance_sheet,
    balances_as_of,
    chart_tree,
    profit_and_loss,
    trial_balance,
)
from ledger.services import journal_entry_post_many, period_begin_close, period_close, tie_out
from tests.ledger.conftest import APRIL, committed, draft

R, D = AccountRole, Decimal
END = date(2011, 3, 31)


@pytest.fixture
def quarter(books: User) -> User:
    entries = [
        (date(2011, 1, 3), [(R.CASH, "1000", "0"), (R.EQUITY_OPENING, "0", "1000")]),
        (date(2011, 1, 10), [(R.INVENTORY, "40", "0"), (R.GRNI, "0", "40")]),
        (date(2011, 2, 5), [(R.CASH_CLEARING, "48", "0"), (R.REVENUE, "0", "40"), (R.TAX_PAYABLE, "0", "8")]),
        (date(2011, 2, 5), [(R.COGS, "16", "0"), (R.INVENTORY, "0", "16")]),
        (date(2011, 2, 20), [(R.GRNI, "40", "0"), (R.PPV, "1", "0"), (R.PAYABLE, "0", "41")]),
        (
            date(2011, 3, 1),
            [(R.SALES_RETURNS, "10", "0"), (R.TAX_PAYABLE, "2", "0"), (R.CASH_CLEARING, "0", "12")],
        ),
        (date(2011, 3, 1), [(R.INVENTORY, "4", "0"), (R.COGS, "0", "4")]),
        (END, [(R.BANK_CHARGE, "5", "0"), (R.CASH, "0", "5")]),
    ]
    with committed():
        journal_entry_post_many(
            [
                draft(*lines, day=day, source_id=number, memo=f"entry {number}")
                for number, (day, lines) in enumerate(entries)
            ],
            actor=books,
        )
    return books


def close_months(actor: User, *codes: str) -> None:
    """Without the stock tie-out's say: these examples post to Inventory without layers."""
    tie_out.TIE_OUTS.pop("LAYERS_GL", None)
    for code in codes:
        period = Period.objects.get(code=code)
        period_begin_close(period_id=period.pk, actor=actor, at=APRIL)
        period_close(period_id=period.pk, actor=actor, at=APRIL)


CLOSING = {
    "CASH": D(995), "CASH_CLEARING": D(36), "INVENTORY": D(28), "GRNI": D(0), "PAYABLE": D(-41), "TAX_PAYABLE": D(-6),
    "EQUITY_OPENING": D(-1000), "REVENUE": D(-40), "SALES_RETURNS": D(10), "COGS": D(12), "PPV": D(1), "BANK_CHARGE": D(5),
}  # fmt: skip


@pytest.mark.parametrize(
    "closed", [[], ["2011-01"], ["2011-01", "2011-02"], ["2011-01", "2011-02", "2011-03"]]
)
def test_the_trial_balance_is_the_same_whatever_is_closed(quarter: User, closed: list[str]) -> None:
    close_months(quarter, *closed)
    balance = trial_balance(as_of=END)
    assert {row.account.role: row.closing for row in balance.rows} == CLOSING
    assert balance.difference == 0
    assert balance.closing_debit == balance.closing_credit == D(1087)
    assert account_balance(R.INVENTORY) == D(28)
    assert account_balance(R.INVENTORY, date(2011, 2, 28)) == D(24)
    assert account_balance(R.INVENTORY, date(2011, 2, 4)) == D(40)


def test_a_span_has_opening_movement_and_closing(quarter: User) -> None:
    close_months(quarter, "2011-01")
    rows = {
        row.account.role: row for row in trial_balance(since=date(2011, 2, 1), as_of=date(2011, 2, 28)).rows
    }
    stock = rows["INVENTORY"]
    assert (stock.opening, stock.debit, stock.credit, stock.closing) == (D(40), D(0), D(16), D(24))
    assert (rows["GRNI"].opening, rows["GRNI"].closing) == (D(-40), D(0))
    assert rows["CASH"].debit == 0


def test_closed_months_are_not_read_again(
    quarter: User, statements: Any, django_assert_num_queries: Any
) -> None:
    close_months(quarter, "2011-01", "2011-02")
    with django_assert_num_queries(3) as seen:
        balances_as_of(END)
    assert "ledger_periodbalance" in seen[1]["sql"]
    assert "'2011-02-28'" in seen[2]["sql"]


def test_profit_and_loss(quarter: User) -> None:
    statement = profit_and_loss(since=date(2011, 1, 1), as_of=END)
    amounts = {line.label: line.amount for line in statement.lines}
    assert amounts["Income"] == D(30)
    assert amounts["Sales revenue"] == D(40)
    assert amounts["Sales returns and allowances"] == D(-10)
    assert amounts["Cost of sales"] == D(13)
    assert amounts["Gross profit"] == D(17)
    assert amounts["Operating expenses"] == D(5)
    assert statement.result == amounts["Profit"] == D(12)
    february = profit_and_loss(since=date(2011, 2, 1), as_of=date(2011, 2, 28))
    assert february.result == D(23)


def test_the_balance_sheet_balances(quarter: User) -> None:
    sheet = balance_sheet(as_of=END)
    amounts = {line.label: line.amount for line in sheet.lines}
    assert (amounts["Assets"], amounts["Liabilities"], amounts["Equity"]) == (D(1059), D(47), D(1000))
    assert amounts["Profit not yet moved to retained earnings"] == D(12)
    assert sheet.difference == 0


def test_the_chart_adds_up_its_branches(quarter: User) -> None:
    balances = {row.account.code: row.balance for row in chart_tree(as_of=END)}
    assert (balances["1000"], balances["1100"], balances["1110"], balances["2000"]) == (
        D(1059),
        D(1031),
        D(995),
        D(47),
    )
    assert [row.account.code for row in chart_tree(as_of=END)][:4] == ["1000", "1100", "1110", "1120"]


def test_an_accounts_lines_carry_the_running_balance(quarter: User) -> None:
    close_months(quarter, "2011-01")
    stock = Account.objects.get(role=R.INVENTORY)
    span = {"since": date(2011, 2, 1), "as_of": END}
    assert account_opening(account_id=stock.pk, since=date(2011, 2, 1)) == D(40)
    lines = account_lines(account_id=stock.pk, **span)
    assert [(line.posting_date, line.debit, line.credit, line.balance) for line in lines] == [
        (date(2011, 2, 5), D(0), D(16), D(24)),
        (date(2011, 3, 1), D(4), D(0), D(28)),
    ]
    assert account_lines(account_id=stock.pk, **span, limit=1, offset=1)[0].balance == D(28)
    assert account_line_count(account_id=stock.pk, **span) == 2
