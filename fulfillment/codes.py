"""What did the scanner read: a bin, a product (which lot of it), or nothing we know?

Bins carry their code; goods carry a SKU, a GTIN, the GTIN of a pack, or a GS1 symbol with GTIN (01) and lot (10).
"""

from __future__ import annotations

from typing import NamedTuple

import biip

from erp.core.search import normalise
from inventory.models import Location
from inventory.selectors import product_by_code


class ReadCode(NamedTuple):
    """A code may name a bin and a product at once; the step decides which is meant. `lot_code` is GS1's."""

    location_id: int | None
    product_id: int | None
    lot_code: str

    @property
    def is_known(self) -> bool:
        return self.location_id is not None or self.product_id is not None


def read_code(raw: str) -> ReadCode:
    """This function will find what a typed or scanned code names."""
    code = normalise(raw)
    if not code:
        return ReadCode(None, None, "")
    location = Location.objects.filter(code__iexact=code).values_list("pk", flat=True).first()
    product = product_by_code(code)
    if product is not None:
        return ReadCode(location, product.product_id, "")
    gtin, lot_code = gs1_parts(code)
    product = product_by_code(gtin) if gtin else None
    return ReadCode(location, product.product_id if product else None, lot_code)


def gs1_parts(code: str) -> tuple[str, str]:
    """GTIN and lot of a GS1 element string, with or without a symbology prefix; blanks when it is none."""
    try:
        result = biip.parse(code)
    except biip.ParseError:
        return "", ""
    if result.gs1_message is None or result.gtin is None:
        return (result.gtin.value, "") if result.gtin else ("", "")
    lot = result.gs1_message.element_strings.get(ai="10")
    return result.gtin.value, lot.value if lot else ""
