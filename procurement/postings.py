"""What do purchases post to the books? Pure functions from a document's figures to a `JournalDraft`.

All lines are in base currency at the purchase order's own rate, so a foreign supplier leaves no residue in GRNI or
PAYABLE.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ledger.models import AccountRole
from ledger.services import JournalDraft, credit, debit

R = AccountRole


def goods_received(
    *,
    receipt_id: int,
    number: str,
    node_id: int,
    supplier_id: int,
    values: Mapping[int, Decimal],
    posting_date: date,
    stock_sequence: int,
) -> JournalDraft:
    """This function will draft the entry of a goods receipt; `values` maps product to value, base currency.

    ::

        Dr INVENTORY  value of the goods at the order's price, per product
            Cr GRNI   the same, per supplier: owed, but not billed yet
    """
    total = sum(values.values(), Decimal(0))
    lines = [
        debit(R.INVENTORY, value, product_id=product, node_id=node_id, supplier_id=supplier_id)
        for product, value in sorted(values.items())
    ]
    return JournalDraft(
        kind="procurement.goods_received",
        source_type="procurement.GoodsReceipt",
        source_id=receipt_id,
        posting_date=posting_date,
        lines=[*lines, credit(R.GRNI, total, node_id=node_id, supplier_id=supplier_id)],
        memo=f"Receipt {number}",
        stock_sequence=stock_sequence,
    )


def supplier_invoice_matched(
    *,
    invoice_id: int,
    number: str,
    supplier_id: int,
    node_id: int,
    received_value: Decimal,
    billed_value: Decimal,
    posting_date: date,
) -> JournalDraft:
    """This function will draft the entry of a matched supplier invoice, base currency.

    ::

        Dr GRNI         what the billed units were received at
        Dr PPV          billed − received value (credit when the bill is lower)
            Cr PAYABLE  what we now owe
    """
    return JournalDraft(
        kind="procurement.supplier_invoice_matched",
        source_type="procurement.SupplierInvoice",
        source_id=invoice_id,
        posting_date=posting_date,
        lines=[
            debit(R.GRNI, received_value, node_id=node_id, supplier_id=supplier_id),
            debit(R.PPV, billed_value - received_value, node_id=node_id, supplier_id=supplier_id),
            credit(R.PAYABLE, billed_value, supplier_id=supplier_id),
        ],
        memo=f"Invoice {number}",
    )


def supplier_invoice_paid(
    *, invoice_id: int, number: str, supplier_id: int, amount: Decimal, posting_date: date
) -> JournalDraft:
    """This function will draft the entry of a paid supplier invoice, base currency.

    ::

        Dr PAYABLE   what was owed
            Cr CASH  what left the bank
    """
    return JournalDraft(
        kind="procurement.supplier_invoice_paid",
        source_type="procurement.SupplierInvoice",
        source_id=invoice_id,
        posting_date=posting_date,
        lines=[
            debit(R.PAYABLE, amount, supplier_id=supplier_id),
            credit(R.CASH, amount, supplier_id=supplier_id),
        ],
        memo=f"Payment of {number}",
    )
