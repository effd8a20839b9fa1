"""Answers: what does closing a month check, keep and refuse?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from erp.core.errors import IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ApprovalRequest, StateChange, User
from erp.core.services.approval import approval_decide
from ledger import seal
from ledger.models import AccountRole, Period, PeriodBalance, TieOut
from ledger.services import (
    CostReceipt,
    EarlierPeriodOpen,
    Figures,
    PeriodClosed,
    TieOutsFailed,
    cost_receive_many,
    journal_entry_post,
    period_begin_close,
    period_cancel_close,
    period_check,
    period_close,
    period_ensure,
    period_reopen,
    register_tie_out,
)
from tests.ledger.conftest import AT, committed, draft, sale

R = AccountRole
FEBRUARY, MARCH = (datetime(2011, month, 1, 8, tzinfo=UTC) for month in (2, 3))


def close(code: str, actor: User, at: datetime) -> Period:
    period = Period.objects.get(code=code)
    period_begin_close(period_id=period.pk, actor=actor, at=at)
    return period_close(period_id=period.pk, actor=actor, at=at)


def january_sale(actor: User) -> None:
    with committed():
        journal_entry_post(sale("100.00", day=date(2011, 1, 15)), actor=actor)
        journal_entry_post(
            draft((R.BANK_CHARGE, "3.50", "0"), (R.CASH, "0", "3.50"), day=date(2011, 1, 20), source_id=2),
            actor=actor,
        )


def test_a_closed_month_keeps_evidence_balances_and_a_seal(books: User) -> None:
    january_sale(books)
    january = close("2011-01", books, FEBRUARY)
    january.refresh_from_db()
    assert (january.state, january.closed_by, january.closed_at) == ("CLOSED", books, FEBRUARY)
    kept = {
        row.account.role: (row.base_debit, row.base_credit)
        for row in PeriodBalance.objects.filter(period=january).select_related("account")
    }
    assert kept == {
        "CASH": (Decimal(100), Decimal("3.50")),
        "REVENUE": (Decimal(0), Decimal(100)),
        "BANK_CHARGE": (Decimal("3.50"), Decimal(0)),
    }
    assert january.seal == seal.seal_of("", "2011-01", seal.snapshot_balances(january.pk))
    evidence = {row.code: row for row in TieOut.objects.filter(period=january)}
    assert evidence.keys() >= {
        "LAYERS_GL",
        "TRIAL_BALANCE",
        "ENTRY_LINES",
        "JE_NUMBERS",
        "MANUAL_PENDING",
        "SEALS",
    }
    assert evidence["TRIAL_BALANCE"].is_ok
    assert evidence["TRIAL_BALANCE"].expected == Decimal(100)
    steps = StateChange.objects.filter(document_type="ledger.Period", document_id=january.pk).order_by("id")
    assert [step.to_state for step in steps] == ["OPEN", "CLOSING", "CLOSED"]


def test_seals_form_a_chain(books: User) -> None:
    january_sale(books)
    first = close("2011-01", books, FEBRUARY)
    second = close("2011-02", books, MARCH)
    assert second.seal == seal.seal_of(first.seal, "2011-02", [])
    assert seal.broken_seals() == []
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "SET LOCAL session_replication_role = replica"
        )  # an attacker who switched the triggers off
        cursor.execute("UPDATE ledger_periodbalance SET base_credit = 101 WHERE base_credit = 100")
    assert [row[0] for row in seal.broken_seals()] == ["2011-01"]


def test_months_close_one_after_another(books: User) -> None:
    with pytest.raises(EarlierPeriodOpen) as caught:
        close("2011-02", books, MARCH)
    assert caught.value.remedy == "Close 2011-01 before 2011-02."
    assert Period.objects.get(code="2011-02").state == "CLOSING"
    assert TieOut.objects.count() == 0


def test_a_month_is_not_closed_before_it_is_over(books: User) -> None:
    with pytest.raises(InvalidInput) as caught:
        period_begin_close(period_id=Period.objects.get(code="2011-03").pk, actor=books, at=AT)
    assert caught.value.remedy == "Begin after 2011-03-31."
    assert Period.objects.get(code="2011-03").state == "OPEN"


def test_a_close_is_begun_first_and_may_be_given_up(books: User) -> None:
    january = Period.objects.get(code="2011-01")
    with pytest.raises(IllegalTransition):
        period_close(period_id=january.pk, actor=books, at=FEBRUARY)
    period_begin_close(period_id=january.pk, actor=books, at=FEBRUARY)
    period_cancel_close(period_id=january.pk, reason="an invoice is missing", actor=books, at=FEBRUARY)
    january.refresh_from_db()
    assert january.state == "OPEN"


def test_stock_without_its_entry_stops_the_close_and_the_evidence_says_why(books: User) -> None:
    """Ten mugs at 4.00 came into the layers, but nobody posted them: layers 40.00, books 0.00."""
    cost_receive_many([CostReceipt(11, "FIFO", 10, Decimal("40.00"), "x.Receipt", 1)], at=AT)
    with pytest.raises(TieOutsFailed) as caught:
        close("2011-01", books, FEBRUARY)
    assert caught.value.detail == {"codes": ["LAYERS_GL"]}
    january = Period.objects.get(code="2011-01")
    assert (january.state, january.seal) == ("CLOSING", "")
    evidence = TieOut.objects.get(period=january, code="LAYERS_GL")
    assert (evidence.expected, evidence.actual, evidence.is_ok) == (Decimal(40), Decimal(0), False)
    assert PeriodBalance.objects.count() == 0
    with committed():  # February's entry repairs it: the check is of the present, the layers have no past
        journal_entry_post(
            draft((R.INVENTORY, "40.00", "0"), (R.GRNI, "0", "40.00"), day=date(2011, 2, 1)), actor=books
        )
    assert period_close(period_id=january.pk, actor=books, at=FEBRUARY).state == "CLOSED"


def test_a_higher_app_adds_its_own_checks(books: User) -> None:
    def grni(period: Period) -> Figures:
        return Figures(Decimal(5), Decimal(7), {"received": "5", "invoiced": "7"})

    register_tie_out("TEST_GRNI", "Receipts = GRNI", grni, blocking=False)
    with pytest.raises(ValueError, match="another tie-out"):
        register_tie_out("TEST_GRNI", "Other", lambda period: Figures(Decimal(0), Decimal(0)))
    january = close("2011-01", books, FEBRUARY)
    row = TieOut.objects.get(period=january, code="TEST_GRNI")
    assert (row.is_ok, row.is_blocking, row.actual - row.expected) == (False, False, Decimal(2))
    assert january.state == "CLOSED"


def test_checks_may_be_run_before_closing_and_keep_their_evidence(books: User) -> None:
    january = Period.objects.get(code="2011-01")
    first = period_check(period_id=january.pk, actor=books, at=FEBRUARY)
    period_check(period_id=january.pk, actor=books, at=FEBRUARY)
    assert TieOut.objects.filter(period=january).count() == 2 * len(first)


def test_reopening_takes_a_reason_a_second_person_and_the_latest_month(books: User, frank: User) -> None:
    january_sale(books)
    first = close("2011-01", books, FEBRUARY)
    second = close("2011-02", books, MARCH)
    with pytest.raises(IllegalTransition, match="2011-02 is closed after it"):
        period_reopen(period_id=first.pk, reason="late bill", actor=books, at=MARCH)
    with pytest.raises(InvalidInput):
        period_reopen(period_id=second.pk, reason=" ", actor=books, at=MARCH)
    request = period_reopen(period_id=second.pk, reason="late bill", actor=books, at=MARCH)
    assert isinstance(request, ApprovalRequest)
    second.refresh_from_db()
    assert second.state == "CLOSED"
    with pytest.raises(PermissionRefused):
        approval_decide(request_id=request.pk, approve=True, reason="", actor=books, at=MARCH)
    approval_decide(request_id=request.pk, approve=True, reason="", actor=frank, at=MARCH)
    second.refresh_from_db()
    assert (second.state, second.seal, second.closed_at) == ("REOPENED", "", None)
    with committed():
        journal_entry_post(sale("9.00", day=date(2011, 2, 28), source_id=77), actor=books)
    again = close("2011-02", books, MARCH)
    assert seal.broken_seals() == []
    assert set(PeriodBalance.objects.filter(period=again).values_list("revision", flat=True)) == {1}


def test_a_second_close_is_a_second_revision(books: User, frank: User) -> None:
    january_sale(books)
    january = close("2011-01", books, FEBRUARY)
    old = january.seal
    request = period_reopen(period_id=january.pk, reason="late bill", actor=books, at=FEBRUARY)
    assert request is not None
    approval_decide(request_id=request.pk, approve=True, reason="", actor=frank, at=FEBRUARY)
    with committed():
        journal_entry_post(sale("9.00", day=date(2011, 1, 28), source_id=77), actor=books)
    january = close("2011-01", books, FEBRUARY)
    assert january.seal != old
    cash = PeriodBalance.objects.filter(period=january, account__role="CASH").order_by("revision")
    assert [(row.revision, row.base_debit) for row in cash] == [(1, Decimal(100)), (2, Decimal(109))]


def test_a_refused_reopening_leaves_the_month_closed(books: User, frank: User) -> None:
    january = close("2011-01", books, FEBRUARY)
    request = period_reopen(period_id=january.pk, reason="late bill", actor=books, at=FEBRUARY)
    assert request is not None
    approval_decide(
        request_id=request.pk, approve=False, reason="book it in February", actor=frank, at=FEBRUARY
    )
    january.refresh_from_db()
    assert january.state == "CLOSED"
    with pytest.raises(PeriodClosed), transaction.atomic():
        journal_entry_post(sale(day=date(2011, 1, 28), source_id=77), actor=books)


def test_a_period_is_made_when_it_is_needed(books: User) -> None:
    period = period_ensure(date(2012, 2, 10), actor=books, at=AT)
    assert (period.code, period.start_date, period.end_date) == (
        "2012-02",
        date(2012, 2, 1),
        date(2012, 2, 29),
    )
    assert period_ensure(date(2012, 2, 29), actor=books, at=AT) == period
    assert Period.objects.count() == 13
