"""Which part of a shipped line's money do some of its units carry?

Cumulative: the share of the first n units, rounded once, less the share of those before. However a line comes back,
piece by piece, the parts add up to the whole to the cent.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from erp.core.money import exponent


def share(total: Decimal, units: int, of: int, currency: str) -> Decimal:
    """This function will return what the first `units` of `of` units carry of `total`, to the currency's minor unit."""
    quantum = Decimal(1).scaleb(-exponent(currency))
    return (total * units / of).quantize(quantum, rounding=ROUND_HALF_UP)


def share_between(total: Decimal, first: int, last: int, of: int, currency: str) -> Decimal:
    """This function will return what the units after the `first` up to the `last` carry of `total`."""
    return share(total, last, of, currency) - share(total, first, of, currency)
