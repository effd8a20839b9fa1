"""What does a scan mean here: a bin, a product (which lot of it), or nothing we know, and why?

Bins carry their code; goods carry a SKU, a GTIN, the GTIN of a pack, or a GS1 symbol (`fulfillment.symbols`).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from fulfillment.symbols import Symbol, read_symbol
from inventory.models import Location
from inventory.selectors import product_by_code
from inventory.selectors.product import product_codes

UNKNOWN = "No bin and no product has this code."
SHORTEST = 3  # characters of a code that may be glued to another


class ReadCode(NamedTuple):
    """A code may name a bin and a product at once; the step decides which is meant. The rest is what the symbol said.

    `fault` says why nothing is known, in a picker's words.
    """

    location_id: int | None
    product_id: int | None
    lot_code: str = ""
    expires: date | None = None
    fault: str = ""

    @property
    def is_known(self) -> bool:
        return self.location_id is not None or self.product_id is not None


def read_code(raw: str) -> ReadCode:
    """This function will find what a typed or scanned code names. What we know as it stands is never called misread."""
    symbol = read_symbol(raw)
    if not symbol.text:
        return ReadCode(None, None, fault=symbol.fault or UNKNOWN)
    location = Location.objects.filter(code__iexact=symbol.text).values_list("pk", flat=True).first()
    product = product_by_code(symbol.text)
    if product is None and symbol.gtin:
        product = product_by_code(symbol.gtin)
    if product is None and location is None:
        return ReadCode(None, None, fault=_why_unknown(symbol))
    if product is None:
        return ReadCode(location, None)
    return ReadCode(location, product.product_id, symbol.lot, symbol.expires)


def _why_unknown(symbol: Symbol) -> str:
    if symbol.fault:
        return symbol.fault
    if symbol.gtin:
        return f"No product has the GTIN {symbol.gtin.lstrip('0')}."
    if symbol.sscc:
        return f"No delivery was announced with the unit {symbol.sscc}."
    return _glued(symbol.text) or UNKNOWN


def _glued(text: str) -> str:
    """The message for two known codes that a scanner sent as one; blank when it is not that."""
    cuts = range(SHORTEST, len(text) - SHORTEST + 1)
    parts = {part for cut in cuts for part in (text[:cut], text[cut:])}
    if not parts:
        return ""
    known = set(product_codes(parts))
    known |= set(Location.objects.filter(code__in=parts).values_list("code", flat=True))
    for cut in cuts:
        if text[:cut] in known and text[cut:] in known:
            return f"Two codes in one scan, {text[:cut]} and {text[cut:]}: scan them one by one."
    return ""
