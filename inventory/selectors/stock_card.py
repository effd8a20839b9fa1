"""What is there of one product: per node and status, per bin, and at which cost?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from erp.core.sql import query
from inventory.models import Node
from inventory.selectors.as_of import Level, stock_as_of
from inventory.states import ON_HAND, StockStatus

STATUSES = (
    StockStatus.AVAILABLE,
    StockStatus.RESERVED,
    StockStatus.ALLOCATED,
    StockStatus.PICKED,
    StockStatus.QUARANTINE,
    StockStatus.DAMAGED,
    StockStatus.RETURN_PENDING,
    StockStatus.IN_TRANSIT,
)


class NodeLevels(NamedTuple):
    """One row of the matrix: units per status in the order of `STATUSES`; `on_hand` leaves out what is on its way."""

    node_id: int
    code: str
    name: str
    quantities: tuple[int, ...]
    on_hand: int


class BinRow(NamedTuple):
    node: str
    location_id: int
    location: str
    lot: str
    expiry_date: date | None
    status: str
    quantity: int
    quantity_allocated: int
    first_received_at: datetime


class LayerRow(NamedTuple):
    """An open cost layer; `unit_cost` in base currency."""

    id: int
    method: str
    received_at: datetime
    quantity_left: int
    value_left: Decimal
    unit_cost: Decimal
    source_type: str
    source_id: int


@dataclass(frozen=True)
class StockCard:
    """Everything the stock card shows of the present."""

    levels: list[NodeLevels]
    totals: NodeLevels
    bins: list[BinRow]
    layers: list[LayerRow]

    @property
    def value(self) -> Decimal:
        """What all units, on hand and on their way, have cost; base currency."""
        return sum((layer.value_left for layer in self.layers), Decimal(0))


_BINS = """
SELECT n.code, l.id, l.code, coalesce(t.code, ''), t.expiry_date, b.status, b.quantity, b.quantity_allocated,
       b.first_received_at
  FROM inventory_binstock b JOIN inventory_location l ON l.id = b.location_id JOIN inventory_node n ON n.id = l.node_id
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.product_id = %s AND b.quantity > 0 ORDER BY n.rank, n.code, l.walk_order, l.code, t.expiry_date, b.status
"""
_LAYERS = """
SELECT id, method, received_at, quantity_left, value_left, value_left / quantity_left, source_type, source_id
  FROM ledger_costlayer WHERE product_id = %s AND is_open ORDER BY id
"""
_VELOCITY = """
SELECT (e.occurred_at AT TIME ZONE 'UTC')::date, sum(m.quantity)::bigint
  FROM inventory_stockmove m JOIN inventory_stockevent e ON e.sequence = m.event_id
 WHERE m.product_id = %s AND m.to_status = 'CUSTOMER' AND e.occurred_at >= %s GROUP BY 1 ORDER BY 1
"""


def stock_card(product_id: int) -> StockCard:
    """This function will return the levels, bins and open cost layers of a product as they are now."""
    rows = query(
        "SELECT product_id, node_id, status, quantity FROM inventory_stocklevel "
        "WHERE product_id = %s AND quantity <> 0",
        [product_id],
    )
    levels, totals = levels_matrix(Level(*row) for row in rows)
    return StockCard(
        levels,
        totals,
        [BinRow(*row) for row in query(_BINS, [product_id])],
        [LayerRow(*row) for row in query(_LAYERS, [product_id])],
    )


def stock_card_as_of(
    product_id: int, *, sequence: int | None = None, at: datetime | None = None
) -> tuple[list[NodeLevels], NodeLevels]:
    """This function will return the same matrix as of a journal sequence or a moment, with its totals."""
    return levels_matrix(stock_as_of(sequence=sequence, at=at, product_ids=[product_id]))


def levels_matrix(levels: Iterable[Level]) -> tuple[list[NodeLevels], NodeLevels]:
    """This function will lay one product's levels out: a row per node that is active or not empty, and the totals."""
    found = {(level.node_id, level.status): level.quantity for level in levels}
    held = {node for node, _ in found}
    matrix = [
        _row(node.pk, node.code, node.name, [found.get((node.pk, status), 0) for status in STATUSES])
        for node in Node.objects.order_by("rank", "code")
        if node.is_active or node.pk in held
    ]
    return matrix, _row(
        0, "Total", "", [sum(row.quantities[i] for row in matrix) for i in range(len(STATUSES))]
    )


def _row(node_id: int, code: str, name: str, quantities: Sequence[int]) -> NodeLevels:
    on_hand = sum(
        quantity for status, quantity in zip(STATUSES, quantities, strict=True) if status in ON_HAND
    )
    return NodeLevels(node_id, code, name, tuple(quantities), on_hand)


def units_shipped_by_day(product_id: int, *, since: datetime) -> dict[date, int]:
    """This function will return the units that left for customers per day (UTC); quiet days are missing."""
    return {row[0]: row[1] for row in query(_VELOCITY, [product_id, since])}
