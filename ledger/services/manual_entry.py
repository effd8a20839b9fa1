"""Who writes an entry by hand, and who lets it into the books?

The writer proposes, a second person approves (`erp.core` approvals): nobody posts their own entry while the
policy stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import ApprovalRequest, User
from erp.core.money import ZERO, exponent, quantize
from erp.core.services.approval import approval_request, register_approval
from erp.core.services.state import change_state, record_creation
from ledger.models import Account, AccountRole, JournalEntry, ManualEntry, ManualEntryLine
from ledger.postings import manual_entry, opening_balance
from ledger.services.journal import journal_entry_post, journal_entry_reverse
from ledger.services.period import period_for
from ledger.states import ManualEntryState, PeriodState

# Moved only by their documents: an entry by hand would part the general ledger from its subledger.
CONTROL_ROLES = frozenset(
    {AccountRole.INVENTORY, AccountRole.GRNI, AccountRole.RECEIVABLE, AccountRole.PAYABLE}
)


class ManualLine(NamedTuple):
    account_id: int
    debit: Decimal = ZERO
    credit: Decimal = ZERO


@transaction.atomic
def manual_entry_post(
    *,
    posting_date: date,
    memo: str,
    currency: str,
    lines: Sequence[ManualLine],
    actor: User,
    at: datetime,
    rate: Decimal = Decimal(1),
) -> ManualEntry:
    """This function will propose an entry: it waits for a second person, or is posted when the policy asks for none.

    InvalidInput names the field: no memo, fewer than two lines, sides that differ, an account that may not be
    posted to.
    """
    _check(memo, currency, rate, lines)
    period = period_for(posting_date)
    if period.state == PeriodState.CLOSED:
        raise InvalidInput(
            f"{period.code} is closed", field="posting_date", remedy="Choose a day in an open period."
        )
    entry = ManualEntry.objects.create(
        posting_date=posting_date,
        memo=memo.strip()[:200],
        currency=currency,
        rate=rate,
        created_by=actor,
        created_at=at,
    )
    rows = [
        ManualEntryLine(entry=entry, account_id=row.account_id, debit=row.debit, credit=row.credit)
        for row in lines
    ]
    ManualEntryLine.objects.bulk_create(rows)
    record_creation(ManualEntry, [entry.pk], actor=actor, at=at, action="ledger.manual_entry_post")
    amount = quantize(sum((row.debit for row in lines), ZERO) * rate, currency)
    request = approval_request(
        kind="ledger.manual_entry_post",
        document_type="ledger.ManualEntry",
        document_id=entry.pk,
        title=f"{entry.memo} ({posting_date})"[:200],
        amount=amount,
        actor=actor,
        at=at,
    )
    if request is None:
        _post(entry, actor=actor, at=at)
    else:
        change_state(
            entry, to=ManualEntryState.PENDING_APPROVAL, actor=actor, at=at, action="ledger.manual_entry_post"
        )
    return entry


def _check(memo: str, currency: str, rate: Decimal, lines: Sequence[ManualLine]) -> None:
    if not memo.strip():
        raise InvalidInput(
            "an entry by hand says why", field="memo", remedy="Write what the auditor should know."
        )
    exponent(currency)
    if not rate.is_finite() or rate <= 0:
        raise InvalidInput(
            "an exchange rate is more than zero", field="rate", remedy="Give base currency per unit."
        )
    if len(lines) < 2:
        raise InvalidInput("an entry has at least two lines", field="lines", remedy="Add the other side.")
    for row in lines:
        _check_line(row, currency)
    difference = sum((row.debit - row.credit for row in lines), ZERO)
    if difference:
        heavier = "Debits" if difference > 0 else "Credits"
        raise InvalidInput(
            f"{heavier} are {abs(difference)} {currency} more",
            field="lines",
            remedy="Both sides must be equal.",
        )
    accounts = Account.objects.in_bulk({row.account_id for row in lines})
    for row in lines:
        account = accounts.get(row.account_id)
        if account is None or not account.is_active or not account.is_leaf_node():
            raise InvalidInput(
                f"{account or row.account_id} is not posted to",
                field="lines",
                remedy="Choose a leaf account.",
            )
        if account.role in CONTROL_ROLES:
            raise InvalidInput(
                f"{account} is kept by its documents", field="lines",
                remedy="Correct the document: stock by an adjustment, payables by the invoice.",
            )  # fmt: skip


def _check_line(row: ManualLine, currency: str) -> None:
    finite = row.debit.is_finite() and row.credit.is_finite()
    if not finite or row.debit < 0 or row.credit < 0 or (row.debit > 0) == (row.credit > 0):
        raise InvalidInput(
            "a line has a debit or a credit", field="lines", remedy="Fill exactly one of the two."
        )
    amount = row.debit + row.credit
    if amount >= 10**13 or quantize(amount, currency) != amount:
        raise InvalidInput(
            f"{amount} is not an amount of {currency}",
            field="lines",
            remedy="Round to the currency's minor unit.",
        )


def _post(entry: ManualEntry, *, actor: User, at: datetime) -> None:
    journal_entry_post(manual_entry(entry, list(entry.lines.order_by("id"))), actor=actor)
    change_state(entry, to=ManualEntryState.POSTED, actor=actor, at=at, action="ledger.manual_entry_post")


def _locked(entry_id: int) -> ManualEntry:
    return ManualEntry.objects.select_for_update().get(pk=entry_id)


def _on_approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    _post(_locked(request.document_id), actor=actor, at=at)


def _on_rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    change_state(
        _locked(request.document_id),
        to=ManualEntryState.REJECTED,
        actor=actor,
        at=at,
        action="ledger.manual_entry_post",
        reason=request.reason,
    )


register_approval("ledger.manual_entry_post", on_approved=_on_approved, on_rejected=_on_rejected)


@transaction.atomic
def journal_entry_reversal_request(
    *, entry_id: int, reason: str, actor: User, at: datetime
) -> ApprovalRequest | None:
    """This function will ask a second person for the reversal of an entry; None when the policy needs none and it is done.

    InvalidInput without a reason, NotFound for an unknown entry.
    """
    entry = JournalEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound(f"there is no journal entry #{entry_id}", field="entry", remedy="Reload the list.")
    if not reason.strip():
        raise InvalidInput("a reversal needs a reason", field="reason", remedy="Say in a few words why.")
    amount = sum((line.base_debit for line in entry.lines.all()), ZERO)
    request = approval_request(
        kind="ledger.journal_entry_reversal_request",
        document_type="ledger.JournalEntry",
        document_id=entry.pk,
        title=f"{entry.number}: {reason.strip()}"[:200],
        amount=amount,
        actor=actor,
        at=at,
    )
    if request is None:
        journal_entry_reverse(entry_id=entry.pk, posting_date=at.date(), reason=reason, actor=actor, at=at)
    return request


def _on_reversal_approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    journal_entry_reverse(
        entry_id=request.document_id, posting_date=at.date(), reason=request.title, actor=actor, at=at
    )


def _on_reversal_rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    """The entry stands; the request keeps who refused and why."""


register_approval(
    "ledger.journal_entry_reversal_request",
    on_approved=_on_reversal_approved,
    on_rejected=_on_reversal_rejected,
)


@transaction.atomic
def opening_balance_post(
    *, posting_date: date, balances: Mapping[str, Decimal], actor: User, at: datetime
) -> int:
    """This function will bring balances (account code → base currency, debit positive) into new books against
    opening equity.

    Returns the entry's id. InvalidInput for a control account (opening stock comes in by an adjustment, with
    its layers), NotFound for an unknown code.
    """
    accounts = {account.code: account for account in Account.objects.filter(code__in=balances)}
    for code in balances:
        if code not in accounts:
            raise NotFound(f"there is no account {code}", field="balances", remedy="Look it up in the chart.")
        if accounts[code].role in CONTROL_ROLES:
            remedy = "Bring documents in: stock by an adjustment, invoices one by one."
            raise InvalidInput(f"{accounts[code]} is kept by its documents", field="balances", remedy=remedy)
    period = period_for(posting_date)
    before = JournalEntry.objects.filter(kind="ledger.opening_balance", source_id=period.pk).count()
    draft = opening_balance(
        period_id=period.pk,
        posting_date=posting_date,
        balances={accounts[code].pk: amount for code, amount in balances.items()},
        sequence=before,
    )
    return journal_entry_post(draft, actor=actor)
