"""How much was where, as of a journal sequence or a moment?

The nearest snapshot before it plus the moves after that snapshot: the cost grows with the moves since the last period
close, never with the age of the company.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from erp.core.errors import InvalidInput
from erp.core.sql import array, query
from inventory.states import PHYSICAL

_PHYSICAL = array(sorted(PHYSICAL), "text")


class Level(NamedTuple):
    """Units of a product at a node in a physical status; never zero."""

    product_id: int
    node_id: int
    status: str
    quantity: int


# each move is one row and has two sides: LATERAL turns it around without reading it twice
_AS_OF = """
SELECT product_id, node_id, status, sum(quantity)::bigint
  FROM (SELECT s.product_id, s.node_id, s.status, s.quantity
          FROM inventory_stocksnapshot s WHERE s.sequence = %(base)s {snapshot}
         UNION ALL
        SELECT m.product_id, side.node_id, side.status, side.quantity
          FROM inventory_stockmove m
          CROSS JOIN LATERAL (VALUES (m.to_node_id, m.to_status, m.quantity),
                                     (m.from_node_id, m.from_status, -m.quantity)) AS side(node_id, status, quantity)
          {moves}
         AND m.event_id > %(base)s {of_products}
         AND side.status = ANY(%(physical)s::text[]) {of_nodes}) AS part
 GROUP BY 1, 2, 3 HAVING sum(quantity) <> 0 ORDER BY 1, 2, 3
"""
_BY_SEQUENCE = "WHERE m.event_id <= %(sequence)s"
_BY_TIME = """JOIN inventory_stockevent e ON e.sequence = m.event_id
         WHERE e.sequence > %(base)s AND e.occurred_at <= %(at)s"""


def stock_as_of(
    *,
    sequence: int | None = None,
    at: datetime | None = None,
    product_ids: Iterable[int] | None = None,
    node_ids: Iterable[int] | None = None,
) -> list[Level]:
    """This function will return every level that was not zero after event `sequence`, or after all that had occurred
    `at`.

    Give exactly one of the two (InvalidInput otherwise). By time, an event that was recorded late counts when it
    occurred. Ordered by product, node, status.
    """
    if (sequence is None) == (at is None):
        raise InvalidInput("give a sequence or a time", field="at", remedy="Give exactly one of the two.")
    base = _base(sequence, at)
    products = None if product_ids is None else array(sorted(set(product_ids)), "bigint")
    nodes = None if node_ids is None else array(sorted(set(node_ids)), "bigint")
    by_time = sequence is None
    of_products = "" if products is None else " AND {0}.product_id = ANY(%(products)s::bigint[])"
    of_nodes = "" if nodes is None else " AND {0}.node_id = ANY(%(nodes)s::bigint[])"
    sql = _AS_OF.format(
        snapshot=of_products.format("s") + of_nodes.format("s"),
        moves=_BY_TIME if by_time else _BY_SEQUENCE,
        of_products=of_products.format("m"),
        of_nodes=of_nodes.format("side"),
    )
    values = {
        "base": base,
        "sequence": sequence,
        "at": at,
        "products": products,
        "nodes": nodes,
        "physical": _PHYSICAL,
    }
    return [Level(*row) for row in query(sql, values)]


def _base(sequence: int | None, at: datetime | None) -> int:
    """The newest snapshot that holds nothing later than what was asked for; 0 when there is none."""
    if at is None:
        rows = query("SELECT max(sequence) FROM inventory_stocksnapshot WHERE sequence <= %s", [sequence])
    else:
        # snapshots are few and their times rise with their sequences, so walk back from the newest by index
        rows = query(
            "SELECT sequence FROM inventory_stocksnapshot WHERE at <= %s ORDER BY sequence DESC LIMIT 1", [at]
        )
    return (rows[0][0] or 0) if rows else 0
