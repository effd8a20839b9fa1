"""Answers: how does an entry written by hand get into the books, and who is kept from doing it alone?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp.core.errors import InvalidInput, PermissionRefused
from erp.core.models import ApprovalPolicy, ApprovalRequest, User
from erp.core.services.approval import approval_decide
from ledger.models import Account, AccountRole, CostLayer, JournalEntry, ManualEntry
from ledger.selectors import account_balance, issued_cost
from ledger.services import (
    CostIssue,
    CostReceipt,
    CostRevaluation,
    ManualLine,
    cost_issue_many,
    cost_receive_many,
    late_cost_post,
    manual_entry_post,
    opening_balance_post,
)
from tests.ledger.conftest import APRIL, AT, committed

D = Decimal


def code(number: str) -> int:
    return Account.objects.get(code=number).pk


def rent(actor: User, **changes: Any) -> ManualEntry:
    values: dict[str, Any] = {
        "posting_date": date(2011, 3, 1),
        "memo": "Rent of March",
        "currency": "GBP",
        "lines": [ManualLine(code("6600"), debit=D("800.00")), ManualLine(code("1110"), credit=D("800.00"))],
    }
    return manual_entry_post(**(values | changes), actor=actor, at=AT)


def test_it_waits_for_a_second_person(books: User, frank: User) -> None:
    entry = rent(books)
    request = ApprovalRequest.objects.get(document_type="ledger.ManualEntry", document_id=entry.pk)
    assert (entry.state, request.amount, request.state) == ("PENDING_APPROVAL", D(800), "PENDING")
    assert JournalEntry.objects.count() == 0
    with pytest.raises(PermissionRefused):
        approval_decide(request_id=request.pk, approve=True, reason="", actor=books, at=AT)
    assert JournalEntry.objects.count() == 0
    with committed():
        approval_decide(request_id=request.pk, approve=True, reason="", actor=frank, at=AT)
    entry.refresh_from_db()
    posted = JournalEntry.objects.get()
    assert (entry.state, posted.kind, posted.source_id, posted.memo) == (
        "POSTED",
        "ledger.manual_entry",
        entry.pk,
        "Rent of March",
    )
    assert account_balance(AccountRole.CASH) == D(-800)


def test_a_refused_entry_never_reaches_the_books(books: User, frank: User) -> None:
    entry = rent(books)
    request = ApprovalRequest.objects.get(document_id=entry.pk)
    approval_decide(request_id=request.pk, approve=False, reason="no contract", actor=frank, at=AT)
    entry.refresh_from_db()
    assert entry.state == "REJECTED"
    assert JournalEntry.objects.count() == 0


def test_nobody_approves_above_their_limit(books: User, frank: User) -> None:
    lines = [ManualLine(code("6600"), debit=D(10_001)), ManualLine(code("1110"), credit=D(10_001))]
    rent(books, lines=lines)
    with pytest.raises(PermissionRefused, match="above your limit"):
        approval_decide(
            request_id=ApprovalRequest.objects.get().pk, approve=True, reason="", actor=frank, at=AT
        )
    assert JournalEntry.objects.count() == 0


def test_without_a_policy_it_is_posted_at_once(books: User) -> None:
    ApprovalPolicy.objects.filter(kind="ledger.manual_entry_post").update(is_active=False)
    with committed():
        entry = rent(books)
    assert entry.state == "POSTED"
    assert JournalEntry.objects.get().source_id == entry.pk


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"memo": "  "}, "memo"),
        ({"currency": "XXX"}, "currency"),
        ({"rate": D(0)}, "rate"),
        ({"lines": []}, "lines"),
        ({"lines": [("6600", "5", "0"), ("1110", "0", "4")]}, "lines"),
        ({"lines": [("6600", "5", "5"), ("1110", "5", "5")]}, "lines"),
        ({"lines": [("6600", "0.001", "0"), ("1110", "0", "0.001")]}, "lines"),
        ({"lines": [("6600", "NaN", "0"), ("1110", "0", "NaN")]}, "lines"),
        ({"lines": [("6000", "5", "0"), ("1110", "0", "5")]}, "lines"),
        ({"lines": [("1310", "5", "0"), ("1110", "0", "5")]}, "lines"),
        ({"posting_date": date(2019, 1, 1)}, "posting_date"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(books: User, changes: dict[str, Any], field: str) -> None:
    if "lines" in changes:
        changes["lines"] = [
            ManualLine(code(number), D(debit), D(credit)) for number, debit, credit in changes["lines"]
        ]
    with pytest.raises(Exception) as caught:
        rent(books, **changes)
    assert getattr(caught.value, "field", None) == field
    assert getattr(caught.value, "remedy", "") != ""
    assert ManualEntry.objects.count() == 0


def test_opening_balances_go_against_equity(books: User) -> None:
    with committed():
        opening_balance_post(
            posting_date=date(2011, 1, 1),
            balances={"1110": D("5000.00"), "2190": D("-700.00")},
            actor=books,
            at=AT,
        )
    assert account_balance(AccountRole.CASH) == D(5000)
    assert account_balance(AccountRole.EQUITY_OPENING) == D(-4300)
    with pytest.raises(InvalidInput, match="kept by its documents"):
        opening_balance_post(posting_date=date(2011, 1, 1), balances={"1310": D(1)}, actor=books, at=AT)
    assert JournalEntry.objects.count() == 1


def test_late_freight_is_split_between_stock_and_cogs_in_the_open_month(books: User) -> None:
    """Ten mugs, six sold; freight of 5.00: Dr Inventory 2.00, Dr COGS 3.00, Cr Trade payables 5.00."""
    layer = cost_receive_many([CostReceipt(11, "FIFO", 10, D("40.00"), "x.Receipt", 1)], at=AT)[0]
    cost_issue_many([CostIssue(11, "FIFO", 6, "x.Shipment", 1)], at=AT)
    with committed():
        late_cost_post(
            revaluations=[CostRevaluation(layer, D("5.00"), "x.Freight", 9)], against=AccountRole.PAYABLE,
            source_type="x.Freight", source_id=9, posting_date=date(2011, 4, 1), memo="Freight", actor=books, at=APRIL,
        )  # fmt: skip
    balances = [
        account_balance(role) for role in (AccountRole.INVENTORY, AccountRole.COGS, AccountRole.PAYABLE)
    ]
    assert balances == [D(2), D(3), D(-5)]
    assert CostLayer.objects.get().value_left == D(18)
    assert issued_cost("x.Shipment", [1, 2]) == {1: (6, D(24))}
