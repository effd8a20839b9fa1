"""What does the ledger itself post? The documents' own rules live in their apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from erp.core.money import ZERO
from ledger.drafts import DraftLine, JournalDraft, credit, debit
from ledger.models import AccountRole, JournalEntry, JournalLine, ManualEntry, ManualEntryLine


def manual_entry(entry: ManualEntry, lines: Sequence[ManualEntryLine]) -> JournalDraft:
    """This function will return the draft of an entry that a person wrote: line by line, account by account.

    ::

        Dr what the debit lines say
            Cr what the credit lines say
    """
    return JournalDraft(
        kind="ledger.manual_entry",
        source_type="ledger.ManualEntry",
        source_id=entry.pk,
        posting_date=entry.posting_date,
        lines=[
            DraftLine(None, line.debit, line.credit, entry.currency, account_id=line.account_id)
            for line in lines
        ],
        memo=entry.memo,
        rate=entry.rate,
    )


def opening_balance(
    *, period_id: int, posting_date: date, balances: Mapping[int, Decimal], sequence: int = 0
) -> JournalDraft:
    """This function will return the draft that brings balances (account id → amount, debit positive) into new books.

    ::

        Dr each account with a debit balance
            Cr each account with a credit balance
            Cr EQUITY_OPENING  the difference (a debit when credits weigh more)
    """
    lines = [
        DraftLine(None, max(amount, ZERO), max(-amount, ZERO), account_id=account)
        for account, amount in sorted(balances.items())
    ]
    lines.append(credit(AccountRole.EQUITY_OPENING, sum(balances.values(), ZERO)))
    return JournalDraft(
        kind="ledger.opening_balance",
        source_type="ledger.Period",
        source_id=period_id,
        posting_date=posting_date,
        lines=lines,
        memo="Opening balances",
        sequence=sequence,
    )


def reversal(
    entry: JournalEntry, lines: Sequence[JournalLine], *, posting_date: date, reason: str
) -> JournalDraft:
    """This function will return the mirror image of an entry, to the cent in both currencies.

    ::

        Dr what was credited
            Cr what was debited
    """
    return JournalDraft(
        kind="ledger.reversal",
        source_type="ledger.JournalEntry",
        source_id=entry.pk,
        posting_date=posting_date,
        lines=[_mirrored(line) for line in lines],
        memo=f"Reverses {entry.number}: {reason}",
        reversal_of_id=entry.pk,
    )


def _mirrored(line: JournalLine) -> DraftLine:
    return DraftLine(
        None, debit=line.credit, credit=line.debit, currency=line.currency, product_id=line.product_id,
        node_id=line.node_id, channel_id=line.channel_id, supplier_id=line.supplier_id,
        customer_segment=line.customer_segment, account_id=line.account_id,
        base_amount=line.base_credit - line.base_debit,
    )  # fmt: skip


def late_cost(
    *,
    source_type: str,
    source_id: int,
    posting_date: date,
    against: AccountRole,
    shares: Sequence[tuple[int, Decimal, Decimal]],
    memo: str = "",
) -> JournalDraft:
    """This function will return the true-up of cost that came after the goods: a share per product
    as (product id, to stock, to COGS).

    ::

        Dr INVENTORY        value of units still here
        Dr COGS             value of units that have left
            Cr PAYABLE      or GRNI or PPV: where the cost came from
    """
    lines = []
    for product_id, to_inventory, to_cogs in shares:
        lines.append(debit(AccountRole.INVENTORY, to_inventory, product_id=product_id))
        lines.append(debit(AccountRole.COGS, to_cogs, product_id=product_id))
        lines.append(credit(against, to_inventory + to_cogs, product_id=product_id))
    return JournalDraft("ledger.late_cost", source_type, source_id, posting_date, lines, memo)
