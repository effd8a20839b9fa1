"""What does a posting rule hand to the books?

A rule is pure: it reads a document and returns a `JournalDraft`. Only `ledger.services.journal` turns drafts
into entries. Named tuples, not dataclasses: a batch of shipments makes tens of thousands of lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from erp.core.money import ZERO
from ledger.models import AccountRole


class DraftLine(NamedTuple):
    """One side of a draft: `debit` or `credit`, in `currency` (blank: the base currency), to the minor unit.

    A rule names a role; only a manual entry names an account instead. A line of zero on both sides is dropped
    when posted, so a rule need not ask whether the tax or the freight happens to be nothing.
    """

    role: AccountRole | str | None
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    currency: str = ""
    product_id: int | None = None
    node_id: int | None = None
    channel_id: int | None = None
    supplier_id: int | None = None
    customer_segment: str = ""
    account_id: int | None = None
    base_amount: Decimal | None = (
        None  # only a reversal knows it beforehand: to the cent what the original had
    )


class JournalDraft(NamedTuple):
    """An entry before it is posted.

    `kind` is the rule's address; (kind, source_type, source_id, sequence) is posted once, however often it is tried.
    `rate` turns one unit of the lines' currency into base currency (lines already in base currency ignore it).
    """

    kind: str
    source_type: str
    source_id: int
    posting_date: date
    lines: Sequence[DraftLine]
    memo: str = ""
    sequence: int = 0
    stock_sequence: int | None = None
    rate: Decimal = Decimal(1)
    reversal_of_id: int | None = None


def debit(role: AccountRole, amount: Decimal, **dimensions: object) -> DraftLine:
    """This function will return a debit of `amount`; a negative amount becomes a credit of its size."""
    return _side(role, amount, dimensions)


def credit(role: AccountRole, amount: Decimal, **dimensions: object) -> DraftLine:
    """This function will return a credit of `amount`; a negative amount becomes a debit of its size."""
    return _side(role, -amount, dimensions)


def _side(role: AccountRole, signed: Decimal, dimensions: dict[str, object]) -> DraftLine:
    sides = {"debit": signed, "credit": ZERO} if signed >= 0 else {"debit": ZERO, "credit": -signed}
    return DraftLine(role, **sides, **dimensions)  # type: ignore[arg-type]
