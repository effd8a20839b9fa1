"""Which bin should be picked from first, and where are bins at all?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet

from erp.core.sql import query, unnest
from inventory.models import Location


class BinCandidate(NamedTuple):
    """`free` units of a bin that no pick task has taken up."""

    bin_stock_id: int
    product_id: int
    node_id: int
    location_id: int
    location_code: str
    walk_order: int
    lot_id: int | None
    lot_code: str
    expiry_date: date | None
    first_received_at: datetime
    free: int


_CANDIDATES = """
SELECT b.id, b.product_id, v.node_id, b.location_id, l.code, l.walk_order, b.lot_id, coalesce(t.code, ''),
       t.expiry_date, b.first_received_at, b.quantity - b.quantity_allocated
  FROM {source}
  JOIN inventory_binstock b ON b.product_id = v.product_id AND b.status = 'AVAILABLE'
                           AND b.quantity > b.quantity_allocated
  JOIN inventory_location l ON l.id = b.location_id AND l.node_id = v.node_id AND l.is_pickable AND l.is_active
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE t.expiry_date IS NULL OR t.expiry_date >= %s::date
 ORDER BY b.product_id, v.node_id, t.expiry_date NULLS LAST, b.first_received_at, l.walk_order, b.id
"""


def bin_candidates(
    pairs: Iterable[tuple[int, int]], *, usable_on: date | None = None
) -> dict[tuple[int, int], list[BinCandidate]]:
    """This function will return, per (product, node), the pickable bins with free units, best first, in one query.

    First expired first out, then first received first out, then the picker's walk. A lot that has expired before
    `usable_on` is left out. The rows are not locked: `bin_allocate_many` refuses what somebody else took meanwhile, and
    `inventory.locks.lock_bins` holds them for who must not be refused.
    """
    found: dict[tuple[int, int], list[BinCandidate]] = {pair: [] for pair in pairs}
    if not found:
        return found
    source, parameters = unnest({"product_id": "bigint", "node_id": "bigint"}, sorted(found))
    for row in query(_CANDIDATES.format(source=source), [*parameters, usable_on or date.min]):
        candidate = BinCandidate(*row)
        found[candidate.product_id, candidate.node_id].append(candidate)
    return found


def binned_node_ids() -> frozenset[int]:
    """This function will return the nodes that keep bins: those with an active pickable bin."""
    rows = query(
        "SELECT n.id FROM inventory_node n WHERE EXISTS (SELECT 1 FROM inventory_location l WHERE l.node_id = n.id "
        "AND l.kind = 'BIN' AND l.is_pickable AND l.is_active)"
    )
    return frozenset(row[0] for row in rows)


def locations_in(node_id: int) -> QuerySet[Location]:
    """This function will return the active places of a node where stock may lie, in walking order."""
    return Location.objects.filter(node_id=node_id, is_active=True).exclude(kind__in=["ZONE", "AISLE"]).order_by(
        "walk_order", "code"
    )  # fmt: skip
