"""What do stock corrections post to the books? Pure rules: document in, draft entry out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from inventory.states import AdjustmentReason
from ledger.models import AccountRole
from ledger.services import JournalDraft, credit, debit

# What explains the difference: our own carelessness, the first day, or marketing.
COUNTERPART: dict[str, AccountRole] = {
    AdjustmentReason.OPENING: AccountRole.EQUITY_OPENING,
    AdjustmentReason.SAMPLE: AccountRole.SAMPLES,
}


class ValuedLine(NamedTuple):
    """Signed cost (base currency) that one adjustment line brought in (positive) or took out (negative)."""

    product_id: int
    value: Decimal


def adjustment_posted(
    *,
    adjustment_id: int,
    number: str,
    reason: str,
    node_id: int,
    posting_date: date,
    lines: Sequence[ValuedLine],
    stock_sequence: int,
) -> JournalDraft | None:
    """This function will return the entry of a posted stock adjustment, or None when nothing it moved had a cost.

    ::

        loss    Dr STOCK_ADJUSTMENT (SAMPLE: SAMPLES)      Cr INVENTORY
        find    Dr INVENTORY      Cr STOCK_ADJUSTMENT (OPENING: EQUITY_OPENING)
    """
    counterpart = COUNTERPART.get(reason, AccountRole.STOCK_ADJUSTMENT)
    sides = []
    for product_id, value in _by_product(lines):
        sides += [
            debit(AccountRole.INVENTORY, value, product_id=product_id, node_id=node_id),
            credit(counterpart, value, product_id=product_id, node_id=node_id),
        ]
    if not sides:
        return None
    return JournalDraft(
        kind="inventory.adjustment_posted",
        source_type="inventory.Adjustment",
        source_id=adjustment_id,
        posting_date=posting_date,
        lines=sides,
        memo=f"{number}: {AdjustmentReason(reason).label.lower()}",
        stock_sequence=stock_sequence,
    )


def product_merged(
    *, merged_id: int, kept_id: int, posting_date: date, line: ValuedLine, memo: str, stock_sequence: int
) -> JournalDraft | None:
    """This function will return the entry of a product whose stock became another's, or None when it had no cost.

    ::

        Dr INVENTORY (the product that is kept)      Cr INVENTORY (the one that was merged into it)
    """
    if not line.value:
        return None
    return JournalDraft(
        kind="inventory.product_merged",
        source_type="inventory.StockEvent",
        source_id=stock_sequence,
        posting_date=posting_date,
        lines=[
            debit(AccountRole.INVENTORY, line.value, product_id=kept_id),
            credit(AccountRole.INVENTORY, line.value, product_id=merged_id),
        ],
        memo=memo[:200],
        stock_sequence=stock_sequence,
    )


def _by_product(lines: Sequence[ValuedLine]) -> list[tuple[int, Decimal]]:
    """One pair of sides per product and direction: a loss and a find of the same product do not hide each other."""
    sums: dict[tuple[int, bool], Decimal] = {}
    for line in lines:
        if line.value:
            key = (line.product_id, line.value > 0)
            sums[key] = sums.get(key, Decimal(0)) + line.value
    return [(product_id, value) for (product_id, _), value in sorted(sums.items())]
