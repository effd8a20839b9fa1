"""How much of an order line's price goes on the shipment that takes some of its units?

Pure. Cumulative rounding: after n of N units the customer has been invoiced round(total × n ÷ N) in all, so each
shipment takes the difference to what came before, the last unit takes the rest, and the shipments of a line always
add up to the line. Tax alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from erp.core.money import quantize


class Leaving(NamedTuple):
    """Units of a fulfilment line (and lot) that leave, with the order line they serve as it was before."""

    fulfillment_id: int
    line_id: int
    order_line_id: int
    allocation_id: int
    product_id: int
    lot_id: int | None
    quantity: int
    quantity_ordered: int
    quantity_shipped: int
    line_total: Decimal
    tax_amount: Decimal
    method: str


class InvoiceLine(NamedTuple):
    """The same units with what they are invoiced for."""

    fulfillment_id: int
    order_line_id: int
    allocation_id: int
    product_id: int
    lot_id: int | None
    quantity: int
    method: str
    revenue: Decimal
    tax: Decimal


def invoiced_after(total: Decimal, units: int, ordered: int, currency: str) -> Decimal:
    """This function will return how much of `total` is invoiced once `units` of `ordered` units have left."""
    if units == ordered or not total:
        return total
    return quantize(total * units / ordered, currency)


def invoice_lines(leaving: Sequence[Leaving], currencies: Mapping[int, str]) -> list[InvoiceLine]:
    """This function will put revenue and tax on the units, in their order; `currencies`: by fulfilment order."""
    shipped: dict[int, int] = {}
    found = []
    for row in leaving:
        before = shipped.get(row.order_line_id, row.quantity_shipped)
        after = shipped[row.order_line_id] = before + row.quantity
        ordered, total, tax = row.quantity_ordered, row.line_total, row.tax_amount
        if before or after != ordered:
            currency = currencies[row.fulfillment_id]
            total = invoiced_after(total, after, ordered, currency) - invoiced_after(
                total, before, ordered, currency
            )
            tax = invoiced_after(tax, after, ordered, currency) - invoiced_after(
                tax, before, ordered, currency
            )
        found.append(
            InvoiceLine(row.fulfillment_id, row.order_line_id, row.allocation_id, row.product_id, row.lot_id,
                        row.quantity, row.method, total, tax)
        )  # fmt: skip
    return found
