"""What does a kit consist of, and how many of it could be put together where?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from erp.core.sql import array, query
from inventory.selectors.atp import Atp, Expected, atp_query

_PARTS = """
SELECT c.kit_id, p.id, p.sku, p.name, c.quantity, p.list_price, p.is_active
  FROM inventory_kitcomponent c JOIN inventory_product p ON p.id = c.component_id
 WHERE c.kit_id = ANY(%s::bigint[]) ORDER BY c.kit_id, c.id
"""


class KitPart(NamedTuple):
    """A component as it is now: `quantity` base units of it make one kit; `list_price` per unit, base currency."""

    kit_id: int
    product_id: int
    sku: str
    name: str
    quantity: int
    list_price: Decimal
    is_active: bool


class KitAtp(NamedTuple):
    """Kits that one node could put together by itself; `limited_by` is the component that allows no more."""

    kit_id: int
    node_id: int
    quantity: int
    limited_by: int


def kit_parts(kit_ids: Iterable[int]) -> dict[int, list[KitPart]]:
    """This function will return the bill of materials of each kit, in one query; a product that is no kit is missing."""
    found: dict[int, list[KitPart]] = {}
    for row in query(_PARTS, [array(sorted(set(kit_ids)), "bigint")]):
        found.setdefault(row[0], []).append(KitPart(*row))
    return found


def kit_atp(
    kit_ids: Iterable[int],
    *,
    node_ids: Iterable[int] | None = None,
    channel_code: str | None = None,
    as_of_date: date | None = None,
    expected: Sequence[Expected] = (),
) -> list[KitAtp]:
    """This function will return how many kits may be promised per node: the fewest that any component allows.

    In two queries, whatever the number of kits; by kit, then node. Each kit is looked at by itself: two kits that
    share a component count its units both. A node that has none of some component is left out (see `atp_query`).
    """
    parts = kit_parts(kit_ids)
    found = atp_query(
        {part.product_id for members in parts.values() for part in members},
        node_ids=node_ids, channel_code=channel_code, as_of_date=as_of_date, expected=expected,
    )  # fmt: skip
    return kits_from(parts, found)


def kits_from(parts: dict[int, list[KitPart]], found: Iterable[Atp]) -> list[KitAtp]:
    """This function will return the kits that components' ATP makes: min over components of ⌊ATP ÷ units per kit⌋."""
    by_node: dict[int, dict[int, int]] = {}
    for row in found:
        by_node.setdefault(row.node_id, {})[row.product_id] = row.quantity
    rows = []
    for kit_id, members in sorted(parts.items()):
        for node_id, there in sorted(by_node.items()):
            kits, limit = min(
                (there.get(part.product_id, 0) // part.quantity, part.product_id) for part in members
            )
            if kits:
                rows.append(KitAtp(kit_id, node_id, kits, limit))
    return rows
