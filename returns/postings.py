"""What do returns and refunds post to the books? Pure functions from figures to a `JournalDraft`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.models import AccountRole
from ledger.services import DraftLine, JournalDraft, credit, debit

R = AccountRole


@dataclass(frozen=True)
class ReturnFigures:
    """Goods of one RMA: value per product (base currency), and the dimensions of the sale they undo.

    `sequence` counts the entries of this kind for this RMA: goods may come back, or be thrown away, in several goes.
    """

    rma_id: int
    number: str
    posting_date: date
    stock_sequence: int
    sequence: int
    node_id: int
    channel_id: int
    customer_segment: str
    values: Mapping[int, Decimal]


def goods_returned(figures: ReturnFigures) -> JournalDraft:
    """This function will draft the entry of returned goods, at the very cost they were shipped at.

    ::

        Dr INVENTORY  original cost, per product
            Cr COGS   the same: the sale's cost is taken back
    """
    return _goods(figures, "returns.goods_returned", R.INVENTORY, R.COGS)


def goods_written_off(figures: ReturnFigures) -> JournalDraft:
    """This function will draft the entry of returned goods that are scrapped.

    ::

        Dr WRITE_OFF      what their cost layer carried, per product
            Cr INVENTORY  the same
    """
    return _goods(figures, "returns.goods_written_off", R.WRITE_OFF, R.INVENTORY)


def goods_returned_to_vendor(figures: ReturnFigures) -> JournalDraft:
    """This function will draft the entry of returned goods that go back to their supplier.

    The supplier's credit is a contingent asset until the credit note is here (IAS 37.31-33), so nothing is claimed
    from GRNI or PAYABLE yet: those stay equal to the documents behind them. A credit that arrives is posted against
    WRITE_OFF. ::

        Dr WRITE_OFF      what their cost layer carried, per product
            Cr INVENTORY  the same
    """
    return _goods(figures, "returns.goods_returned_to_vendor", R.WRITE_OFF, R.INVENTORY)


def _goods(figures: ReturnFigures, kind: str, to: AccountRole, source: AccountRole) -> JournalDraft:
    node, channel, segment = figures.node_id, figures.channel_id, figures.customer_segment
    lines: list[DraftLine] = []
    for product, value in sorted(figures.values.items()):
        common = {"product_id": product, "node_id": node, "channel_id": channel, "customer_segment": segment}
        lines += [debit(to, value, **common), credit(source, value, **common)]
    return JournalDraft(
        kind=kind,
        source_type="returns.Rma",
        source_id=figures.rma_id,
        sequence=figures.sequence,
        posting_date=figures.posting_date,
        lines=lines,
        memo=f"Return {figures.number}",
        stock_sequence=figures.stock_sequence,
    )


def refund_credited(
    *,
    refund_id: int,
    number: str,
    currency: str,
    rate: Decimal,
    amount: Decimal,
    tax_amount: Decimal,
    node_id: int,
    channel_id: int,
    customer_segment: str,
    posting_date: date,
) -> JournalDraft:
    """This function will draft the entry of a credit note, in the order's currency at the rate of the sale.

    Paying it back is another event (`orders.postings.payment_refunded`). ::

        Dr SALES_RETURNS   amount − tax
        Dr TAX_PAYABLE     tax
            Cr RECEIVABLE  amount
    """
    common = {
        "currency": currency, "node_id": node_id, "channel_id": channel_id, "customer_segment": customer_segment,
    }  # fmt: skip
    return JournalDraft(
        kind="returns.refund_credited",
        source_type="returns.Refund",
        source_id=refund_id,
        posting_date=posting_date,
        lines=[
            debit(R.SALES_RETURNS, amount - tax_amount, **common),
            debit(R.TAX_PAYABLE, tax_amount, **common),
            credit(R.RECEIVABLE, amount, **common),
        ],
        memo=f"Credit note {number}",
        rate=rate,
    )
