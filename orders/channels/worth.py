"""Do a document's own parts add up to its own total, and how is a line's amount said as a price per unit?

What a line costs is divided by its units to four decimals; Keel multiplies again and rounds to the minor unit, which gives
the line's amount back for every line of fewer than a hundred units. What is lost beyond that is a charge of its own, with
its name: no cent is dropped and none is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from erp.core.errors import InvalidInput
from erp.core.money import EXPONENTS, ZERO, quantize, split
from orders.channels.document import Charge

PRICE_STEP = Decimal("0.0001")


def unit_price_of(amount: Decimal, units: int) -> Decimal:
    """This function will return what one of `units` costs when all of them cost `amount`."""
    price = (amount / units).quantize(PRICE_STEP)
    return price.quantize(Decimal("0.01")) if price == price.quantize(Decimal("0.01")) else price


def lost_to_prices(lines: Sequence[tuple[Decimal, int]], currency: str) -> Decimal:
    """This function will return what amounts exceed their price × units by, for lines of (amount, units)."""
    return sum(
        (amount - quantize(unit_price_of(amount, units) * units, currency) for amount, units in lines), ZERO
    )


def spread(amount: Decimal, over: Sequence[Decimal], currency: str) -> list[Decimal]:
    """This function will split an amount by weights, all of it to the first when none weighs anything."""
    weights = [max(weight, ZERO) for weight in over]
    if not amount or not sum(weights):
        return [amount, *[ZERO] * (len(weights) - 1)]
    return split(amount, weights, currency)


def rounding_of(total: Decimal, parts: Decimal, count: int, currency: str, *, field: str) -> list[Charge]:
    """This function will return the charge that makes `parts` the `total`, or nothing when they are equal.

    A shop that rounds each of `count` amounts by itself may be off by half a minor unit for each. More than that means that
    something was misread or left out: InvalidInput.
    """
    off = total - parts
    if not off:
        return []
    if abs(off) > Decimal(count).scaleb(-EXPONENTS[currency]) / 2:
        raise InvalidInput(
            f"{field} is {total}, its parts add up to {parts}", field=field,
            remedy="Look at the document: an amount is missing or counted twice.",
        )  # fmt: skip
    kind = "OTHER_INCOME" if off > 0 else "DISCOUNT"
    return [Charge(kind, off, "Rounding at the channel")]
