"""What does a settlement report look like? Made up after Amazon's column list; no sample file is published."""

from __future__ import annotations

from collections.abc import Mapping

from orders.channels.amazon.settlement import COLUMNS

HEAD = {
    "settlement-id": "11223344", "settlement-start-date": "2026-02-01 00:00:00 UTC",
    "settlement-end-date": "2026-02-15 00:00:00 UTC",
    "deposit-date": "2026-02-17 00:00:00 UTC", "total-amount": "24.75", "currency": "GBP",
}  # fmt: skip
_SOLD = {
    "settlement-id": "11223344", "transaction-type": "Order", "order-id": "026-1", "merchant-order-id": "026-1",
    "shipment-id": "D1", "marketplace-name": "Amazon.co.uk", "fulfillment-id": "MFN", "posted-date": "2026-02-03",
    "posted-date-time": "2026-02-03 10:11:12 UTC", "order-item-code": "42", "sku": "MUG", "quantity-purchased": "2",
}  # fmt: skip
ROWS: list[dict[str, str]] = [
    _SOLD | {"amount-type": "ItemPrice", "amount-description": "Principal", "amount": "25.00"},
    _SOLD | {"amount-type": "ItemPrice", "amount-description": "Tax", "amount": "5.00"},
    _SOLD | {"amount-type": "ItemFees", "amount-description": "Commission", "amount": "-3.75"},
    _SOLD | {"amount-type": "Promotion", "amount-description": "Principal", "amount": "-1.50", "promotion-id": "FREESHIP"},
    _SOLD | {"transaction-type": "Refund", "adjustment-id": "A1", "amount-type": "ItemPrice", "amount-description": "Principal",
             "amount": "-12.50", "quantity-purchased": ""},
    {"settlement-id": "11223344", "transaction-type": "other-transaction", "amount-type": "other-transaction",
     "amount-description": "Previous Reserve Amount Balance", "amount": "12.50", "posted-date": "2026-02-01"},
]  # fmt: skip


def written(head: Mapping[str, str], rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> str:
    """The file, tab by tab."""
    lines = ["\t".join(columns), *("\t".join(row.get(name, "") for name in columns) for row in (head, *rows))]
    return "\n".join(lines) + "\n"


SETTLEMENT = written(HEAD, ROWS)
