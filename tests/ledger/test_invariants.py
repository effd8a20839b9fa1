"""Answers: does each proof of the books find the corruption that it is there for? (Planted with the triggers off.)"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from erp.core.models import User
from ledger.invariants import INVARIANTS
from ledger.models import AccountRole, Period
from ledger.services import (
    CostIssue,
    CostReceipt,
    cost_issue_many,
    cost_receive_many,
    journal_entry_post,
    journal_entry_reverse,
    period_begin_close,
    period_close,
)
from tests.ledger.conftest import APRIL, AT, committed, draft, sale

R = AccountRole


def violations() -> dict[str, int]:
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for invariant in INVARIANTS:
            cursor.execute(f"SELECT count(*) FROM ({invariant.statement}) AS violation")
            count = cursor.fetchone()[0]
            if count:
                found[invariant.code] = found.get(invariant.code, 0) + count
    return found


@pytest.fixture
def year(books: User) -> User:
    """Ten mugs bought, four sold, a sale reversed, January closed."""
    kind = {"kind": "x.posting", "source_type": "x.Document"}
    with committed():
        cost_receive_many([CostReceipt(11, "FIFO", 10, Decimal("40.00"), "x.Receipt", 1)], at=AT)
        journal_entry_post(
            draft((R.INVENTORY, "40", "0"), (R.GRNI, "0", "40"), day=date(2011, 1, 10), **kind), actor=books
        )
        cost_issue_many([CostIssue(11, "FIFO", 4, "x.Shipment", 1)], at=AT)
        journal_entry_post(
            draft((R.COGS, "16", "0"), (R.INVENTORY, "0", "16"), source_id=2, **kind), actor=books
        )
        entry = journal_entry_post(sale(source_id=3, **kind), actor=books)
        journal_entry_reverse(
            entry_id=entry, posting_date=date(2011, 4, 1), reason="twice", actor=books, at=APRIL
        )
    january = Period.objects.get(code="2011-01")
    period_begin_close(period_id=january.pk, actor=books, at=APRIL)
    period_close(period_id=january.pk, actor=books, at=APRIL)
    return books


def test_honest_books_have_no_violations(year: User) -> None:
    assert violations() == {}


@pytest.mark.parametrize(
    ("code", "corruption"),
    [
        ("i15", "UPDATE ledger_costlayer SET quantity_left = 5, value_left = 24"),
        ("i15", "DELETE FROM ledger_costmovement WHERE quantity > 0"),
        ("i15", "UPDATE ledger_costmovement SET product_id = 12"),
        ("i27", "DELETE FROM ledger_journalline WHERE entry_id = (SELECT max(id) FROM ledger_journalentry)"),
        ("i27", "UPDATE ledger_journalline SET base_debit = base_debit + 1 WHERE id = (SELECT min(id) FROM ledger_journalline)"),
        ("i28", "UPDATE ledger_journalline SET account_id = (SELECT id FROM ledger_account WHERE code = '1000')"),
        ("i29", "UPDATE ledger_journalline SET debit = debit + 1 WHERE debit = 16"),
        ("i30", "ALTER TABLE ledger_journalline DISABLE TRIGGER USER"),
        ("i31", "UPDATE ledger_journalentry SET posting_date = '2011-06-01' WHERE source_id = 2"),
        ("i31", "UPDATE ledger_journalentry SET entered_at = now() + interval '1 hour' WHERE posting_date = '2011-01-10'"),
        ("i31", "UPDATE ledger_period SET end_date = '2011-05-03' WHERE code = '2011-04'"),
        ("i32", "UPDATE ledger_journalline SET product_id = 5, debit = 41, base_debit = 41 WHERE debit = 40"),
        ("i32", "UPDATE ledger_periodbalance SET base_debit = 41 WHERE base_debit = 40"),
        ("i32", "UPDATE ledger_period SET seal = repeat('0', 64) WHERE state = 'CLOSED'"),
        ("i33", "UPDATE ledger_costlayer SET value_left = 25"),
        ("i34", "UPDATE ledger_journalline SET product_id = 3 WHERE entry_id = (SELECT max(id) FROM ledger_journalentry)"),
        ("i35", "UPDATE core_numberseries SET next_number = 9 WHERE code = 'JE'"),
        ("i35", "UPDATE ledger_journalentry SET number = 'JE-000099' WHERE number = 'JE-000002'"),
        ("i46", "UPDATE ledger_journalentry SET kind = 'ledger.manual_entry', source_type = 'ledger.ManualEntry'"),
        ("i48", "UPDATE ledger_journalentry SET entered_at = now() + interval '1 day'"),
    ],
)  # fmt: skip
def test_a_planted_corruption_is_found(year: User, code: str, corruption: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(corruption)
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert code in violations()
