"""Answers: how does an entry reach the books, and what is told to whoever is refused?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.sql import Statements
from ledger.models import Account, AccountRole, JournalEntry, JournalLine, Period
from ledger.services import (
    AlreadyPosted,
    AlreadyReversed,
    DraftLine,
    JournalDraft,
    NoPeriod,
    PeriodClosed,
    Unbalanced,
    UnknownRole,
    journal_entry_post,
    journal_entry_post_many,
    journal_entry_reverse,
)
from tests.ledger.conftest import APRIL, AT, committed, draft, sale

R = AccountRole


def lines_of(entry_id: int) -> list[tuple[str, str, Decimal, Decimal, Decimal, Decimal]]:
    return [
        (line.account.role or "", line.currency, line.debit, line.credit, line.base_debit, line.base_credit)
        for line in JournalLine.objects.filter(entry_id=entry_id).select_related("account").order_by("id")
    ]


def test_a_sale_with_tax_is_four_lines_that_balance(books: User) -> None:
    with committed():
        entry_id = journal_entry_post(
            draft(
                (R.CASH_CLEARING, "120.00", "0"),
                (R.REVENUE, "0", "100.00"),
                (R.TAX_PAYABLE, "0", "20.00"),
                (R.SHIPPING_REVENUE, "0", "0"),  # nothing was charged for freight: the line is dropped
                memo="Order 536365",
                stock_sequence=7,
            ),
            actor=books,
        )
    entry = JournalEntry.objects.get(pk=entry_id)
    assert (entry.number, entry.period.code, entry.memo, entry.stock_sequence) == (
        "JE-000001",
        "2011-03",
        "Order 536365",
        7,
    )
    assert lines_of(entry_id) == [
        ("CASH_CLEARING", "GBP", Decimal(120), 0, Decimal(120), 0),
        ("REVENUE", "GBP", 0, Decimal(100), 0, Decimal(100)),
        ("TAX_PAYABLE", "GBP", 0, Decimal(20), 0, Decimal(20)),
    ]


def test_many_entries_take_one_statement_and_consecutive_numbers(books: User, statements: Any) -> None:
    drafts = [sale(f"{number}.00", source_id=number) for number in range(1, 41)]
    with committed(), statements(1):
        ids = journal_entry_post_many(drafts, actor=books)
    entries = list(JournalEntry.objects.filter(pk__in=ids).order_by("id"))
    assert [entry.pk for entry in entries] == ids
    assert [entry.number for entry in entries] == [f"JE-{number:06d}" for number in range(1, 41)]
    assert [entry.source_id for entry in entries] == list(range(1, 41))
    assert lines_of(ids[6])[0][2] == Decimal(7)


def test_entries_may_travel_with_the_callers_statements(books: User, statements: Any) -> None:
    batch = Statements()
    assert journal_entry_post_many([sale()], actor=books, statements=batch) == []
    assert JournalEntry.objects.count() == 0
    with statements(1):
        batch.run()
    assert JournalEntry.objects.get().number == "JE-000001"


def test_dimensions_are_kept(books: User) -> None:
    line = DraftLine(
        R.COGS,
        debit=Decimal("4.20"),
        product_id=11,
        node_id=12,
        channel_id=13,
        supplier_id=14,
        customer_segment="B2B",
    )
    entry_id = journal_entry_post(
        JournalDraft(
            "fulfillment.shipment_confirmed",
            "fulfillment.Shipment",
            5,
            date(2011, 3, 1),
            [line, DraftLine(R.INVENTORY, credit=Decimal("4.20"))],
        ),
        actor=books,
    )
    stored = JournalLine.objects.get(entry_id=entry_id, account__role=R.COGS)
    assert (
        stored.product_id,
        stored.node_id,
        stored.channel_id,
        stored.supplier_id,
        stored.customer_segment,
    ) == (11, 12, 13, 14, "B2B")
    assert JournalLine.objects.get(entry_id=entry_id, account__role=R.INVENTORY).product_id is None


def test_an_entry_of_nothing_is_not_posted_and_takes_no_number(books: User) -> None:
    ids = journal_entry_post_many(
        [draft((R.COGS, "0", "0"), (R.INVENTORY, "0", "0")), sale(source_id=2)], actor=books
    )
    assert ids[0] == 0
    assert JournalEntry.objects.get().pk == ids[1]
    assert JournalEntry.objects.get().number == "JE-000001"


def test_foreign_currency_is_rounded_per_line_and_the_cent_goes_to_the_largest_line_of_the_lighter_side(
    books: User,
) -> None:
    """EUR 10.01 + 10.01 = 20.02 at 0.85: 8.51 + 8.51 = 17.02 (half to even of 8.5085), the other side 17.02
    (17.017).
    """
    lines = [
        DraftLine(R.RECEIVABLE, debit=Decimal("10.05"), currency="EUR"),
        DraftLine(R.CASH, debit=Decimal("10.05"), currency="EUR"),
        DraftLine(R.REVENUE, credit=Decimal("20.10"), currency="EUR"),
    ]
    draft = JournalDraft(
        "ledger.manual_entry", "ledger.ManualEntry", 1, date(2011, 3, 1), lines, rate=Decimal("0.8557")
    )
    with committed():
        entry_id = journal_entry_post(draft, actor=books)
    # 10.05 × 0.8557 = 8.599785 → 8.60 twice = 17.20; 20.10 × 0.8557 = 17.19957 → 17.20
    assert [row[4:] for row in lines_of(entry_id)] == [
        (Decimal("8.60"), 0),
        (Decimal("8.60"), 0),
        (0, Decimal("17.20")),
    ]
    # 10.05 × 0.8540 = 8.5827 → 8.58 twice = 17.16; 20.10 × 0.8540 = 17.1654 → 17.17: a cent too few on the debit side
    with committed():
        other = journal_entry_post(draft._replace(source_id=2, rate=Decimal("0.8540")), actor=books)
    assert [row[4:] for row in lines_of(other)] == [
        (Decimal("8.59"), 0),
        (Decimal("8.58"), 0),
        (0, Decimal("17.17")),
    ]


def test_yen_have_no_minor_unit(books: User) -> None:
    lines = [
        DraftLine(R.CASH, debit=Decimal(1500), currency="JPY"),
        DraftLine(R.REVENUE, credit=Decimal(1500), currency="JPY"),
    ]
    draft = JournalDraft(
        "ledger.manual_entry", "ledger.ManualEntry", 1, date(2011, 3, 1), lines, rate=Decimal("0.0075")
    )
    with committed():
        entry_id = journal_entry_post(draft, actor=books)
    assert lines_of(entry_id)[0] == ("CASH", "JPY", Decimal(1500), 0, Decimal("11.25"), 0)
    with pytest.raises(InvalidInput, match="whole minor units"), transaction.atomic():
        journal_entry_post(
            draft._replace(source_id=2, lines=[lines[0]._replace(debit=Decimal("1500.5")), lines[1]]),
            actor=books,
        )
    assert JournalEntry.objects.count() == 1


def test_an_unbalanced_draft_names_the_difference(books: User) -> None:
    with pytest.raises(Unbalanced) as caught, transaction.atomic():
        journal_entry_post(draft((R.CASH, "100.00", "0"), (R.REVENUE, "0", "99.99")), actor=books)
    assert caught.value.detail == {"difference": "0.01", "currency": "GBP"}
    assert "debits are 0.01 GBP more" in caught.value.message
    assert JournalEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("debit", "credit"),
    [("-5", "0"), ("5", "5"), ("NaN", "0"), ("Infinity", "0"), ("0.001", "0"), ("1e30", "0")],
)
def test_an_amount_that_is_not_one_side_in_cents_is_refused(books: User, debit: str, credit: str) -> None:
    with pytest.raises(InvalidInput) as caught, transaction.atomic():
        journal_entry_post(draft((R.CASH, debit, credit), (R.REVENUE, credit, debit)), actor=books)
    assert caught.value.field == "amount"
    assert JournalEntry.objects.count() == 0


def test_a_closed_month_is_refused_with_date_and_remedy(books: User) -> None:
    Period.objects.filter(code="2011-01").update(state="CLOSED", closed_at=AT, seal="x")
    with pytest.raises(PeriodClosed) as caught, transaction.atomic():
        journal_entry_post(sale(day=date(2011, 1, 31)), actor=books)
    assert caught.value.message == "nothing can be posted on 2011-01-31: period 2011-01 is closed"
    assert caught.value.remedy == "Post on a later date, or ask finance to reopen 2011-01."


def test_a_closing_month_takes_only_the_ledgers_own_rules(books: User) -> None:
    Period.objects.filter(code="2011-01").update(state="CLOSING")
    with pytest.raises(PeriodClosed, match="is being closed"), transaction.atomic():
        journal_entry_post(sale(day=date(2011, 1, 31), kind="fulfillment.shipment_confirmed"), actor=books)
    with committed():
        journal_entry_post(sale(day=date(2011, 1, 31), kind="ledger.manual_entry"), actor=books)
    assert JournalEntry.objects.get().kind == "ledger.manual_entry"


def test_a_date_without_a_period_is_refused(books: User) -> None:
    with pytest.raises(NoPeriod) as caught, transaction.atomic():
        journal_entry_post(sale(day=date(2012, 1, 1)), actor=books)
    assert caught.value.detail == {"date": "2012-01-01"}


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": None}])
def test_a_role_that_nobody_plays_is_named(books: User, change: dict[str, Any]) -> None:
    Account.objects.filter(role=R.REVENUE).update(**change)
    with pytest.raises(UnknownRole) as caught, transaction.atomic():
        journal_entry_post(sale(), actor=books)
    assert caught.value.detail == {"role": "REVENUE"}


def test_a_group_account_is_not_posted_to(books: User) -> None:
    group = Account.objects.get(code="6000")
    lines = [DraftLine(None, debit=Decimal(5), account_id=group.pk), DraftLine(R.CASH, credit=Decimal(5))]
    with pytest.raises(UnknownRole, match=f"account {group.pk}"), transaction.atomic():
        journal_entry_post(
            JournalDraft("ledger.manual_entry", "x.X", 1, date(2011, 3, 1), lines), actor=books
        )


def test_a_rule_is_posted_once_per_source(books: User) -> None:
    journal_entry_post(sale(source_id=9), actor=books)
    with pytest.raises(AlreadyPosted), transaction.atomic():
        journal_entry_post(sale(source_id=9), actor=books)
    journal_entry_post(sale(source_id=9, sequence=1), actor=books)
    assert [entry.number for entry in JournalEntry.objects.order_by("id")] == ["JE-000001", "JE-000002"]


def test_a_refused_batch_gives_its_numbers_back(books: User) -> None:
    with pytest.raises(NoPeriod), transaction.atomic():
        journal_entry_post_many([sale(source_id=1), sale(source_id=2, day=date(2015, 1, 1))], actor=books)
    assert JournalEntry.objects.count() == 0
    entry_id = journal_entry_post(sale(source_id=3), actor=books)
    assert JournalEntry.objects.get(pk=entry_id).number == "JE-000001"


def test_numbers_outgrow_their_padding(books: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_numberseries SET next_number = 999999 WHERE code = 'JE'")
    ids = journal_entry_post_many([sale(source_id=1), sale(source_id=2)], actor=books)
    assert [JournalEntry.objects.get(pk=pk).number for pk in ids] == ["JE-999999", "JE-1000000"]


def test_a_reversal_mirrors_the_original_in_both_currencies(books: User) -> None:
    lines = [
        DraftLine(R.RECEIVABLE, debit=Decimal("10.05"), currency="EUR", channel_id=3),
        DraftLine(R.CASH, debit=Decimal("10.05"), currency="EUR"),
        DraftLine(R.REVENUE, credit=Decimal("20.10"), currency="EUR"),
    ]
    draft = JournalDraft(
        "ledger.manual_entry", "ledger.ManualEntry", 1, date(2011, 3, 1), lines, rate=Decimal("0.8540")
    )
    with committed():
        entry_id = journal_entry_post(draft, actor=books)
        reversal_id = journal_entry_reverse(
            entry_id=entry_id, posting_date=date(2011, 4, 1), reason="booked twice", actor=books, at=APRIL
        )
    assert [
        (role, currency, credit, debit, base_credit, base_debit)
        for role, currency, debit, credit, base_debit, base_credit in lines_of(reversal_id)
    ] == lines_of(entry_id)
    reversal = JournalEntry.objects.get(pk=reversal_id)
    assert (reversal.reversal_of_id, reversal.kind, reversal.memo) == (
        entry_id,
        "ledger.reversal",
        "Reverses JE-000001: booked twice",
    )
    for again in (entry_id, reversal_id):
        with pytest.raises(AlreadyReversed), transaction.atomic():
            journal_entry_reverse(
                entry_id=again, posting_date=date(2011, 4, 1), reason="again", actor=books, at=APRIL
            )
    assert JournalEntry.objects.count() == 2


def test_a_reversal_needs_a_reason_and_a_later_date(books: User) -> None:
    entry_id = journal_entry_post(sale(), actor=books)
    for reason, day, field in [
        ("  ", date(2011, 3, 10), "reason"),
        ("wrong", date(2011, 3, 9), "posting_date"),
    ]:
        with pytest.raises(InvalidInput) as caught, transaction.atomic():
            journal_entry_reverse(entry_id=entry_id, posting_date=day, reason=reason, actor=books, at=AT)
        assert caught.value.field == field
    assert JournalEntry.objects.count() == 1
