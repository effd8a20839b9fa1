"""Answers: what does PostgreSQL itself refuse, whichever program asks?"""

from __future__ import annotations

import io
from datetime import date

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from erp.core.models import User
from ledger.models import Account, AccountRole, JournalEntry, JournalLine, Period, PeriodBalance
from ledger.services import journal_entry_post
from tests.ledger.conftest import AT, committed, sale

ENTRY = (
    "INSERT INTO ledger_journalentry "
    "(number, kind, source_type, source_id, sequence, period_id, posting_date, actor_id, memo) SELECT %s, "
    "'ledger.manual_entry', 'x.X', %s, 0, id, %s, %s, '' FROM ledger_period WHERE code = %s RETURNING id"
)
COLUMNS = "entry_id, account_id, currency, debit, credit, base_debit, base_credit, customer_segment"


def sql(statement: str, *parameters: object) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def raw_entry(actor: User, number: str = "X-1", day: date = date(2011, 3, 1), code: str = "2011-03") -> int:
    entry_id = sql(ENTRY, number, hash(number) % 10**6, day, actor.pk, code)
    assert entry_id is not None
    return entry_id


def raw_lines(entry_id: int, *rows: tuple[object, ...]) -> None:
    """Write (role, currency, debit, credit, base debit, base credit) lines by one statement."""
    values = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(rows))
    sql(
        f"INSERT INTO ledger_journalline ({COLUMNS}) SELECT {entry_id}, a.id, v.currency, v.d, v.c, v.bd, v.bc, '' "
        f"FROM (VALUES {values}) AS v(role, currency, d, c, bd, bc) JOIN ledger_account a USING (role)",
        *[value for row in rows for value in row],
    )


def test_lines_that_do_not_balance_are_refused_at_once(books: User) -> None:
    with (
        pytest.raises(IntegrityError, match=r"does not balance: difference GBP 1\.0000"),
        transaction.atomic(),
    ):
        raw_lines(raw_entry(books), ("CASH", "GBP", 100, 0, 100, 0), ("REVENUE", "GBP", 0, 99, 0, 99))
    assert JournalEntry.objects.count() == 0


def test_one_side_now_and_the_other_later_is_refused(books: User) -> None:
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        raw_lines(raw_entry(books), ("CASH", "GBP", 100, 0, 100, 0))
    assert JournalLine.objects.count() == 0


def test_one_bad_entry_among_many_in_a_statement_is_found(books: User) -> None:
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        good, bad = raw_entry(books, "X-1"), raw_entry(books, "X-2")
        sql(
            f"INSERT INTO ledger_journalline ({COLUMNS}) SELECT e.id, a.id, 'GBP', d, c, d, c, '' FROM (VALUES "
            "(%s, 'CASH', 10, 0), (%s, 'REVENUE', 0, 10), (%s, 'CASH', 10, 0), (%s, 'REVENUE', 0, 11)) AS "
            "e(id, role, d, c) "
            "JOIN ledger_account a USING (role)",
            good, good, bad, bad,
        )  # fmt: skip
    assert JournalLine.objects.count() == 0


def test_currencies_balance_each_by_itself(books: User) -> None:
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        raw_lines(raw_entry(books), ("CASH", "GBP", 100, 0, 100, 0), ("REVENUE", "EUR", 0, 100, 0, 100))
    with pytest.raises(IntegrityError, match="base currency 1"), transaction.atomic():
        raw_lines(raw_entry(books), ("CASH", "EUR", 100, 0, 86, 0), ("REVENUE", "EUR", 0, 100, 0, 85))
    assert JournalEntry.objects.count() == 0


def test_an_entry_without_lines_does_not_commit(books: User) -> None:
    with pytest.raises(IntegrityError, match="has no lines"), committed():
        raw_entry(books)
    assert JournalEntry.objects.count() == 0


def test_a_line_names_an_account_that_exists(books: User) -> None:
    with pytest.raises(IntegrityError, match="account that does not exist"), transaction.atomic():
        sql(
            f"INSERT INTO ledger_journalline ({COLUMNS}) VALUES (%s, 0, 'GBP', 1, 0, 1, 0, ''), "
            "(%s, 0, 'GBP', 0, 1, 0, 1, '')",
            entry := raw_entry(books), entry,
        )  # fmt: skip
    with pytest.raises(DatabaseError, match="belongs to an entry"), transaction.atomic():
        raw_lines(10**9, ("CASH", "GBP", 1, 0, 1, 0), ("REVENUE", "GBP", 0, 1, 0, 1))
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        sql("DELETE FROM ledger_account WHERE role = 'CASH'")
    assert JournalLine.objects.count() == 0
    assert Account.objects.filter(role="CASH").exists()


@pytest.mark.parametrize(("debit", "credit"), [(0, 0), (5, 5), (-5, 0)])
def test_a_line_has_exactly_one_positive_side(books: User, debit: int, credit: int) -> None:
    with pytest.raises(IntegrityError, match="journalline_one_side"), transaction.atomic():
        raw_lines(raw_entry(books), ("CASH", "GBP", debit, credit, debit, credit))
    assert JournalLine.objects.count() == 0


def copy_entry(actor: User, period: Period, day: date, debit: str, credit: str) -> None:
    cash, revenue = (Account.objects.get(role=role).pk for role in (AccountRole.CASH, AccountRole.REVENUE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ledger_journalentry_id_seq')")
        entry = cursor.fetchone()[0]
        header = (
            f"{entry}\tX-{entry}\tledger.manual_entry\tx.X\t{entry}\t0\t{period.pk}\t{day}\t{actor.pk}\t\n"
        )
        cursor.copy_expert(
            "COPY ledger_journalentry (id, number, kind, source_type, source_id, sequence, period_id, "
            "posting_date, actor_id, memo) "
            "FROM STDIN",
            io.StringIO(header),
        )
        lines = f"{entry}\t{cash}\tGBP\t{debit}\t0\t{debit}\t0\t\n{entry}\t{revenue}\tGBP\t0\t{credit}\t0\t{credit}\t\n"
        cursor.copy_expert(
            f"COPY ledger_journalline ({COLUMNS}) FROM STDIN",
            io.StringIO(lines),
        )


def test_copy_is_held_to_the_same_rules(books: User) -> None:
    march = Period.objects.get(code="2011-03")
    with pytest.raises(psycopg2.IntegrityError, match="does not balance"), committed():
        copy_entry(books, march, date(2011, 3, 1), "10.00", "10.01")
    with pytest.raises(psycopg2.IntegrityError, match="cannot post on 2011-04-01"), committed():
        copy_entry(books, march, date(2011, 4, 1), "10.00", "10.00")
    assert JournalEntry.objects.count() == 0
    with committed():
        copy_entry(books, march, date(2011, 3, 1), "10.00", "10.00")
    assert JournalEntry.objects.count() == 1


def test_nothing_enters_a_closed_period_by_sql(books: User) -> None:
    Period.objects.filter(code="2011-01").update(state="CLOSED", closed_at=AT, seal="x")
    january = Period.objects.get(code="2011-01")
    with (
        pytest.raises(IntegrityError, match=r"cannot post on 2011-01-05 into period 2011-01 \(CLOSED\)"),
        transaction.atomic(),
    ):
        raw_entry(books, day=date(2011, 1, 5), code="2011-01")
    with pytest.raises(psycopg2.IntegrityError, match="CLOSED"), transaction.atomic():
        copy_entry(books, january, date(2011, 1, 5), "10.00", "10.00")
    assert JournalEntry.objects.count() == 0


@pytest.mark.parametrize("table", ["ledger_journalentry", "ledger_journalline"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET id = id", "UPDATE {} SET id = id WHERE false", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
)
def test_posted_rows_stay_as_they_are(books: User, table: str, statement: str) -> None:
    with committed():
        journal_entry_post(sale(), actor=books)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement.format(table))
    assert (JournalEntry.objects.count(), JournalLine.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_posted_entry_gains_no_line_in_a_later_transaction(books: User) -> None:
    entry_id = journal_entry_post(sale(), actor=books)
    with pytest.raises(DatabaseError, match="takes no more lines"), transaction.atomic():
        raw_lines(entry_id, ("CASH", "GBP", 5, 0, 5, 0), ("REVENUE", "GBP", 0, 5, 0, 5))
    assert JournalLine.objects.filter(entry_id=entry_id).count() == 2


def test_months_close_in_order_reopen_in_reverse_and_do_not_overlap(books: User) -> None:
    def close(code: str) -> None:
        with transaction.atomic():
            sql(
                "UPDATE ledger_period SET state = 'CLOSED', closed_at = now(), seal = 'x' WHERE code = %s",
                code,
            )

    with pytest.raises(IntegrityError, match="earlier one is not"):
        close("2011-02")
    close("2011-01")
    close("2011-02")
    for statement, words in [
        (
            "UPDATE ledger_period SET state = 'REOPENED', seal = '' WHERE code = '2011-01'",
            "before a closed one",
        ),
        ("UPDATE ledger_period SET seal = 'y' WHERE code = '2011-01'", "does not change"),
        (
            "INSERT INTO ledger_period (code, start_date, end_date, state, seal) "
            "VALUES ('2010-12', '2010-12-01', '2010-12-31', 'OPEN', '')",
            "before a closed one",
        ),
        (
            "INSERT INTO ledger_period (code, start_date, end_date, state, seal) "
            "VALUES ('X', '2011-12-15', '2012-01-14', 'OPEN', '')",
            "overlaps",
        ),
        ("UPDATE ledger_period SET end_date = '2011-05-02' WHERE code = '2011-04'", "overlaps"),
    ]:
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            sql(statement)
    assert list(Period.objects.filter(state="CLOSED").order_by("code").values_list("code", flat=True)) == [
        "2011-01",
        "2011-02",
    ]


def test_a_kept_balance_does_not_change(books: User) -> None:
    period, account = Period.objects.get(code="2011-01"), Account.objects.get(role=AccountRole.CASH)
    PeriodBalance.objects.create(
        period=period, account=account, currency="GBP", debit=1, credit=0, base_debit=1, base_credit=0
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql("UPDATE ledger_periodbalance SET debit = 2")
    assert PeriodBalance.objects.get().debit == 1


def test_no_session_setting_switches_a_guard_off(books: User) -> None:
    with committed():
        journal_entry_post(sale(), actor=books)
    names = "SELECT array_agg(tgname)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger%%'"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(f"SELECT set_config('pgtrigger.ignore', ({names}), true)")
        sql("UPDATE ledger_journalline SET debit = debit * 2")
    assert JournalLine.objects.get(debit__gt=0).debit == 100
