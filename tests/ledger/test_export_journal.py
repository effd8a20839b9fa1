"""Answers: does an independent program agree with our books?"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from erp.core.models import User
from ledger.drafts import DraftLine, JournalDraft
from ledger.export import FORMATS, beancount_names, hledger_names
from ledger.models import Account, AccountRole
from ledger.selectors import trial_balance
from ledger.services import journal_entry_post_many
from tests.ledger.conftest import committed, draft, sale

R = AccountRole
POSTING = re.compile(
    r"^ {4}(?P<account>.+?)  (?P<amount>-?[\d.]+) (?P<currency>[A-Z]{3})(?: @@ (?P<cost>[\d.]+) GBP)?(?:  ;.*)?$"
)


@pytest.fixture
def posted(books: User) -> User:
    euro = JournalDraft(
        "ledger.manual_entry", "ledger.ManualEntry", 3, date(2011, 2, 1),
        [
            DraftLine(R.RECEIVABLE, debit=Decimal("10.05"), currency="EUR", channel_id=4),
            DraftLine(R.CASH, debit=Decimal("10.05"), currency="EUR"),
            DraftLine(R.REVENUE, credit=Decimal("20.10"), currency="EUR"),
        ],
        rate=Decimal("0.8540"),
    )  # fmt: skip
    with committed():
        journal_entry_post_many(
            [
                sale("100.00", source_id=1, day=date(2011, 1, 5), memo='Order 17; "urgent" | a:b, c'),
                draft((R.COGS, "16.40", "0"), (R.INVENTORY, "0", "16.40"), source_id=2, day=date(2011, 1, 5)),
                euro,
            ],
            actor=books,
        )
    return books


def ours() -> dict[str, Decimal]:
    names = hledger_names()
    return {
        names[row.account.pk][0]: row.closing for row in trial_balance(as_of=date.max).rows if row.closing
    }


def test_every_transaction_of_the_text_balances(posted: User) -> None:
    """A strict reader of our own: whatever it does not understand fails."""
    text = "".join(FORMATS["hledger"]())
    totals: dict[str, Decimal] = defaultdict(Decimal)
    transactions = text.split("\n\n")[1:]
    assert len(transactions) == 3
    for transaction in transactions:
        head, *postings = transaction.strip("\n").split("\n")
        assert re.match(
            r"^\d{4}-\d\d-\d\d \* \(JE-\d{6}\) [^;|]+  ; kind:[\w.]+, source:[\w.]+ \d+$", head
        ), head
        balance = Decimal(0)
        for posting in postings:
            found = POSTING.match(posting)
            assert found, posting
            amount = Decimal(found["amount"])
            base = amount if found["currency"] == "GBP" else Decimal(found["cost"]).copy_sign(amount)
            balance += base
            totals[found["account"]] += base
        assert balance == 0, transaction
    assert {account: total for account, total in totals.items() if total} == ours()


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
def test_hledger_reads_it_strictly_and_has_the_same_trial_balance(posted: User, tmp_path: Path) -> None:
    journal = tmp_path / "books.journal"
    call_command("export_journal", format="hledger", output=journal)
    subprocess.run(["hledger", "-f", str(journal), "check", "--strict"], check=True, capture_output=True)
    answer = subprocess.run(
        ["hledger", "-f", str(journal), "balance", "--cost", "--flat", "--no-total", "-O", "csv"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    theirs = {
        row["account"]: Decimal(row["balance"].removesuffix(" GBP"))
        for row in csv.DictReader(io.StringIO(answer))
    }
    assert theirs == ours()


def test_beancount_text_has_a_legal_account_on_every_posting(posted: User) -> None:
    text = "".join(FORMATS["beancount"]())
    legal = re.compile(r"^(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+$")
    assert all(legal.match(name) for name in beancount_names().values())
    assert text.count("\n2011-0") == 3 + Account.objects.count() - text.startswith("2011")
    assert '2011-01-05 * "Order 17; \\"urgent\\" | a:b, c"' in text
    assert '  number: "JE-000003"' in text
    assert "10.05 EUR @@ 8.59 GBP" in text


def test_csv_has_a_row_per_line(posted: User, capsys: pytest.CaptureFixture[str]) -> None:
    output = io.StringIO()
    call_command("export_journal", format="csv", stdout=output)
    rows = list(csv.DictReader(io.StringIO(output.getvalue())))
    assert len(rows) == 7
    assert sum(Decimal(row["base_debit"]) - Decimal(row["base_credit"]) for row in rows) == 0
    assert rows[0]["number"] == "JE-000001"
    assert rows[0]["account_code"] == "1110"
    assert rows[4]["channel_id"] == "4"


def test_the_journal_is_read_in_batches(posted: User, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = "".join(FORMATS["hledger"]())
    monkeypatch.setattr("ledger.export.BATCH", 1)
    assert "".join(FORMATS["hledger"]()) == whole
