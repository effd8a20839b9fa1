"""What is a quantity of a purchase line worth, and how far may a delivery or a bill stray from the order?

Values are cumulative: what the first `n` units are worth, rounded once, less what was booked before. So however many
receipts and invoices a line is cut into, they add up to the cent, and what is left in GRNI is exactly
value(received) − value(invoiced).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from django.conf import settings

from erp.core.money import exponent

# A supplier may deliver this much more than was ordered (invariant i23).
OVER_RECEIPT_TOLERANCE = Decimal("0.05")
# A supplier's price may differ by this much from the order's (invariant i24).
PRICE_TOLERANCE = Decimal("0.02")


@cache
def base_exponent() -> int:
    """This function will return the decimals of the base currency."""
    return exponent(settings.KEEL_BASE_CURRENCY)


def base_value(quantity: int, unit_cost: Decimal, rate: Decimal) -> Decimal:
    """This function will return what `quantity` units at `unit_cost` are worth in base currency.

    Half away from zero, as PostgreSQL's round() does: the tie-out of GRNI computes the same figure in SQL.
    """
    quantum = Decimal(1).scaleb(-base_exponent())
    return (quantity * unit_cost * rate).quantize(quantum, rounding=ROUND_HALF_UP)


def value_between(first: int, last: int, unit_cost: Decimal, rate: Decimal) -> Decimal:
    """This function will return the value of a line's units after the `first` up to the `last`, base currency."""
    return base_value(last, unit_cost, rate) - base_value(first, unit_cost, rate)


def most_receivable(quantity_ordered: int) -> int:
    """This function will return the most units that may be received on a line of `quantity_ordered`."""
    return int(quantity_ordered * (1 + OVER_RECEIPT_TOLERANCE))


def price_within(unit_cost: Decimal, agreed: Decimal) -> bool:
    """This function will tell whether a billed price is within tolerance of the agreed one."""
    return abs(unit_cost - agreed) <= agreed * PRICE_TOLERANCE
