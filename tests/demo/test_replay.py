"""Answers: is every source row accounted for, and does every invariant hold after a slice of the year?"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp.core.services.proof import prove
from erp.demo.run import Scope, replay_run
from erp.demo.source import SourceRow, by_day, charge_role, read_documents, read_rows
from ledger.models import AccountRole, JournalLine, Period
from orders.models import Order


def row(number: int, invoice: str, sku: str, quantity: int, price: str, customer: str = "1") -> SourceRow:
    at = datetime(2011, 3, 1, 9, tzinfo=UTC)
    return SourceRow(number, invoice, sku, "A thing", quantity, at, Decimal(price), customer, "France")


def test_rows_are_sorted_by_what_they_are():
    rows = [
        row(1, "5", "22112", 6, "2.95"),
        row(2, "5", "POST", 1, "18.00"),
        row(3, "6", "22112", -4, "0", ""),
        row(4, "7", "22113", 3, "0", ""),
        row(5, "8", "22113", 3, "0"),
        row(6, "C9", "22112", -6, "2.95"),
        row(7, "A10", "B", 1, "-11062.06", ""),
    ]
    found = {document.invoice: document for document in read_documents(iter(rows))}
    assert len(found["5"].sales) == 1 and len(found["5"].charges) == 1
    assert len(found["6"].adjustments) == 1 and len(found["7"].adjustments) == 1
    assert len(found["8"].sales) == 1
    assert len(found["C9"].credits) == 1 and found["C9"].is_credit
    assert len(found["A10"].charges) == 1
    assert sum(len(document.rows) for document in found.values()) == len(rows)


def test_codes_that_are_amounts_name_their_account():
    assert charge_role("post") == AccountRole.SHIPPING_REVENUE
    assert charge_role("gift_0001_20") == AccountRole.OTHER_INCOME
    assert charge_role("DCGS0076") is None


def test_the_file_can_be_read_from_a_day_on():
    rows = read_rows(first=date(2011, 3, 1), last=date(2011, 3, 2))
    days = [day.date() for day, _ in by_day(read_documents(rows))]
    assert days == [date(2011, 3, 1), date(2011, 3, 2)]


@pytest.mark.django_db
def test_a_slice_of_the_year_is_accounted_for_to_the_closed_books():
    figures = replay_run(Scope(first=date(2011, 3, 30), limit=1_500), report=lambda done, total, what: None)
    assert figures["accounted"] == figures["rows"] >= 1_500
    assert sum(figures["fates"].values()) == figures["rows"]
    assert figures["fates"]["sale"] > 1_000
    assert figures["periods_closed"] == ["2011-03"] or figures["periods_closed"] == ["2011-03", "2011-04"]
    assert not Period.objects.exclude(state="CLOSED").filter(code__in=figures["periods_closed"]).exists()
    assert Order.objects.filter(state="SHIPPED").exists()
    broken = [
        (finding.code, finding.title, finding.rows) for finding in prove().findings if finding.violations
    ]
    assert broken == []
    lines = JournalLine.objects.values_list("base_debit", "base_credit")
    assert sum(debit - credit for debit, credit in lines) == 0
