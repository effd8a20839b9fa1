"""Answers: after everything that was done, is any unit promised to nobody, kept for nothing, or below zero?

The invariants (`prove`) say what holds of every row; here is counted what a crossing of two services would leave behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from erp.core.services.proof import prove
from erp.core.sql import query

_SHORT = "(l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled)"
_ACTIVE = (
    "FROM orders_allocation a JOIN orders_orderline l ON l.id = a.order_line_id JOIN orders_order o ON o.id = l.order_id "
    "WHERE a.state = 'ACTIVE'"
)
_PROMISED = "SELECT order_line_id, sum(quantity) AS units FROM orders_promise WHERE {which} GROUP BY 1"
_BY_LINE = "SELECT count(*) FROM orders_orderline l JOIN ({units}) p ON p.order_line_id = l.id WHERE p.units > {most}"
LEFTOVERS = {
    "levels below zero": "SELECT count(*) FROM inventory_stocklevel WHERE quantity < 0",
    "bins below zero": "SELECT count(*) FROM inventory_binstock WHERE quantity < quantity_allocated OR quantity_allocated < 0",
    "allocations of finished lines": f"SELECT count(*) {_ACTIVE} AND (o.state IN ('CANCELLED', 'SHIPPED', 'COMPLETED') "
    "OR l.quantity_cancelled + l.quantity_shipped >= l.quantity_ordered)",
    "allocations of held orders": f"SELECT count(*) {_ACTIVE} AND o.state = 'ON_HOLD'",
    "planned allocations without a fulfilment": f"SELECT count(*) {_ACTIVE} AND a.is_planned AND NOT EXISTS "
    "(SELECT 1 FROM fulfillment_fulfillmentline f JOIN fulfillment_fulfillmentorder p ON p.id = f.fulfillment_id "
    "WHERE f.allocation_id = a.id AND p.state NOT IN ('SHIPPED', 'CANCELLED'))",
    "units allocated ≠ active allocations": "SELECT count(*) FROM (SELECT l.id FROM orders_orderline l "
    "LEFT JOIN orders_allocation a ON a.order_line_id = l.id AND a.state = 'ACTIVE' GROUP BY l.id "
    "HAVING l.quantity_allocated <> coalesce(sum(a.quantity), 0)) x",
    "open promises beyond what is short": _BY_LINE.format(
        units=_PROMISED.format(which="state = 'OPEN' AND NOT is_covered"), most=_SHORT
    ),
    "promises of cancelled units": _BY_LINE.format(
        units=_PROMISED.format(which="state IN ('OPEN', 'KEPT', 'LATE')"),
        most="l.quantity_ordered - l.quantity_cancelled",
    ),
    "units reserved ≠ carts and transfers": "SELECT count(*) FROM (SELECT product_id, node_id FROM ("
    "SELECT v.product_id, v.node_id, v.quantity FROM orders_reservationline v JOIN orders_reservation r "
    "ON r.id = v.reservation_id WHERE r.state = 'ACTIVE' UNION ALL "
    "SELECT l.product_id, t.from_node_id, l.quantity FROM inventory_transferline l JOIN inventory_transfer t "
    "ON t.id = l.transfer_id WHERE t.is_reserved AND t.state = 'DRAFT' UNION ALL "
    "SELECT product_id, node_id, -quantity FROM inventory_stocklevel WHERE status = 'RESERVED') u "
    "GROUP BY 1, 2 HAVING sum(quantity) <> 0) x",
    "orders on hold without a hold": "SELECT count(*) FROM orders_order o WHERE o.state = 'ON_HOLD' AND NOT EXISTS "
    "(SELECT 1 FROM orders_hold h WHERE h.order_id = o.id AND h.state = 'OPEN')",
    "consumed carts without an order": "SELECT count(*) FROM orders_reservation "
    "WHERE (state = 'CONSUMED') <> (order_id IS NOT NULL)",
}


@dataclass
class Audit:
    """What was left behind, by name, and which invariants do not hold."""

    leftovers: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Every leftover above zero and every broken invariant."""
        return [f"{name}: {count}" for name, count in self.leftovers.items() if count] + self.broken


def audit() -> Audit:
    """Count the leftovers and prove every invariant."""
    leftovers = {name: int(query(sql)[0][0]) for name, sql in LEFTOVERS.items()}
    return Audit(
        leftovers, [f"{f.code} {f.title}: {f.violations}, e.g. {f.rows[:3]}" for f in prove().failed]
    )


def deadlocks() -> int:
    """Return how many deadlocks PostgreSQL has broken up in this database since it began."""
    sql = (
        "SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    return int(query(sql)[0][1])
