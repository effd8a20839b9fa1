"""What do payments and bare charges post to the books?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from erp.core.money import ZERO
from ledger.models import AccountRole
from ledger.services import DraftLine, JournalDraft


def payment_captured(
    *, payment_id: int, amount: Decimal, currency: str, channel_id: int, posting_date: date
) -> JournalDraft:
    """This function will post a captured payment.

    ::

        Cash clearing      | amount
        Trade receivables  |         amount
    """
    return JournalDraft(
        kind="orders.payment_captured",
        source_type="orders.Payment",
        source_id=payment_id,
        posting_date=posting_date,
        lines=(
            DraftLine(AccountRole.CASH_CLEARING, amount, ZERO, currency, channel_id=channel_id),
            DraftLine(AccountRole.RECEIVABLE, ZERO, amount, currency, channel_id=channel_id),
        ),
    )


def payment_refunded(
    *, payment_id: int, amount: Decimal, currency: str, channel_id: int, posting_date: date
) -> JournalDraft:
    """This function will post money paid back to a customer.

    ::

        Trade receivables  | amount
        Cash clearing      |         amount
    """
    return JournalDraft(
        kind="orders.payment_refunded",
        source_type="orders.Payment",
        source_id=payment_id,
        posting_date=posting_date,
        lines=(
            DraftLine(AccountRole.RECEIVABLE, amount, ZERO, currency, channel_id=channel_id),
            DraftLine(AccountRole.CASH_CLEARING, ZERO, amount, currency, channel_id=channel_id),
        ),
    )


def charge_posted(
    *, message_id: int, sequence: int, role: AccountRole, amount: Decimal, currency: str, channel_id: int | None,
    posting_date: date, memo: str,
) -> JournalDraft:  # fmt: skip
    """This function will post an amount that belongs to no order (a fee, a discount granted afterwards, a bank charge).

    Positive: we received it; negative: we paid or granted it. ::

        Cash clearing      | amount            (amount > 0)
        Account of `role`  |         amount
    """
    cash = DraftLine(
        AccountRole.CASH_CLEARING, max(amount, ZERO), max(-amount, ZERO), currency, channel_id=channel_id
    )
    other = DraftLine(role, max(-amount, ZERO), max(amount, ZERO), currency, channel_id=channel_id)
    return JournalDraft(
        kind="orders.charge_posted",
        source_type="core.InboxMessage",
        source_id=message_id,
        sequence=sequence,
        posting_date=posting_date,
        lines=(cash, other),
        memo=memo[:200],
    )
