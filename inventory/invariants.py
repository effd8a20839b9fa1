"""What must hold of the stock journal and its projections at every commit?

Each statement returns the rows that break it. Codes are those of docs/invariants.md; a comparison of a projection with
the journal always looks in both directions, because a missing row is as wrong as a wrong one.
"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from erp.core.invariants import Invariant
from inventory.states import BIN_STATUS, PHYSICAL, StockStatus


def _list(statuses: object) -> str:
    return ", ".join(f"'{status}'" for status in sorted(statuses))  # type: ignore[call-overload]


_PHYSICAL = _list(PHYSICAL)
_BIN_CLASS = "CASE WHEN {0} IN ('RESERVED', 'ALLOCATED') THEN 'AVAILABLE' ELSE {0} END"
_PROMISED = _list(status for status, condition in BIN_STATUS.items() if condition == StockStatus.AVAILABLE)

# one pass over the journal: every move counts once for the bucket it enters and once against the one it leaves
_SIDES = (
    "SELECT m.event_id, m.product_id, side.node_id, side.status, side.quantity FROM inventory_stockmove m "
    "CROSS JOIN LATERAL (VALUES (m.to_node_id, m.to_status, m.quantity), (m.from_node_id, m.from_status, -m.quantity)) "
    f"AS side(node_id, status, quantity) WHERE side.status IN ({_PHYSICAL})"
)
_JOURNAL = f"SELECT product_id, node_id, status, sum(quantity) AS quantity FROM ({_SIDES}) s GROUP BY 1, 2, 3"
LEVEL_DRIFT = (
    "SELECT p.sku, n.code AS node, d.status, d.journal, d.level FROM (SELECT product_id, node_id, status, "
    "coalesce(j.quantity, 0) AS journal, coalesce(l.quantity, 0) AS level "
    f"FROM ({_JOURNAL}) j FULL JOIN inventory_stocklevel l USING (product_id, node_id, status) "
    "WHERE coalesce(j.quantity, 0) <> coalesce(l.quantity, 0)) d "
    "LEFT JOIN inventory_product p ON p.id = d.product_id LEFT JOIN inventory_node n ON n.id = d.node_id"
)
_BIN_SIDES = (
    "SELECT m.product_id, side.location_id, coalesce(m.lot_id, 0) AS lot_id, side.status, side.quantity "
    "FROM inventory_stockmove m CROSS JOIN LATERAL (VALUES "
    f"(m.to_location_id, {_BIN_CLASS.format('m.to_status')}, m.quantity), "
    f"(m.from_location_id, {_BIN_CLASS.format('m.from_status')}, -m.quantity)) AS side(location_id, status, quantity) "
    "WHERE side.location_id IS NOT NULL"
)
BIN_DRIFT = (
    "SELECT p.sku, l.code AS bin, d.lot_id, d.status, d.journal, d.bin_quantity FROM (SELECT product_id, "
    "location_id, lot_id, status, coalesce(j.quantity, 0) AS journal, coalesce(b.quantity, 0) AS bin_quantity "
    "FROM (SELECT product_id, location_id, lot_id, status, sum(quantity) AS quantity "
    f"FROM ({_BIN_SIDES}) s GROUP BY 1, 2, 3, 4) j "
    "FULL JOIN (SELECT product_id, location_id, coalesce(lot_id, 0) AS lot_id, status, quantity FROM inventory_binstock) b "
    "USING (product_id, location_id, lot_id, status) WHERE coalesce(j.quantity, 0) <> coalesce(b.quantity, 0)) d "
    "LEFT JOIN inventory_product p ON p.id = d.product_id LEFT JOIN inventory_location l ON l.id = d.location_id"
)
BINS_VERSUS_LEVELS = (
    "SELECT p.sku, n.code AS node, d.in_bins, d.in_levels FROM (SELECT product_id, node_id, "
    "coalesce(b.quantity, 0) AS in_bins, coalesce(v.quantity, 0) AS in_levels "
    "FROM (SELECT b.product_id, l.node_id, sum(b.quantity) AS quantity FROM inventory_binstock b "
    "JOIN inventory_location l ON l.id = b.location_id WHERE b.status = 'AVAILABLE' GROUP BY 1, 2) b "
    "FULL JOIN (SELECT product_id, node_id, sum(quantity) AS quantity FROM inventory_stocklevel "
    f"WHERE status IN ({_PROMISED}) AND node_id IN (SELECT node_id FROM inventory_location "
    "WHERE kind = 'BIN' AND is_pickable AND is_active) GROUP BY 1, 2) v USING (product_id, node_id) "
    "WHERE coalesce(b.quantity, 0) <> coalesce(v.quantity, 0)) d "
    "LEFT JOIN inventory_product p ON p.id = d.product_id LEFT JOIN inventory_node n ON n.id = d.node_id"
)
LAYERS_VERSUS_UNITS = (
    "SELECT p.sku, d.in_layers, d.in_stock FROM (SELECT product_id, coalesce(c.quantity, 0) AS in_layers, "
    "coalesce(v.quantity, 0) AS in_stock "
    "FROM (SELECT product_id, sum(quantity_left) AS quantity FROM ledger_costlayer GROUP BY 1) c "
    "FULL JOIN (SELECT product_id, sum(quantity) AS quantity FROM inventory_stocklevel "
    f"WHERE status IN ({_PHYSICAL}) GROUP BY 1) v USING (product_id) "
    "WHERE coalesce(c.quantity, 0) <> coalesce(v.quantity, 0)) d LEFT JOIN inventory_product p ON p.id = d.product_id"
)
_TRANSIT = (
    "SELECT p.sku, n.code AS node, d.in_transfers, d.in_levels FROM (SELECT product_id, node_id, "
    "coalesce(t.quantity, 0) AS in_transfers, coalesce(v.quantity, 0) AS in_levels "
    "FROM (SELECT l.product_id, t.to_node_id AS node_id, sum(l.quantity - l.quantity_received - l.quantity_lost) AS "
    "quantity FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id WHERE t.state = 'IN_TRANSIT' "
    "GROUP BY 1, 2) t "
    "FULL JOIN (SELECT product_id, node_id, quantity FROM inventory_stocklevel WHERE status = 'IN_TRANSIT') v "
    "USING (product_id, node_id) WHERE coalesce(t.quantity, 0) <> coalesce(v.quantity, 0)) d "
    "LEFT JOIN inventory_product p ON p.id = d.product_id LEFT JOIN inventory_node n ON n.id = d.node_id"
)
_LATEST = "(SELECT max(sequence) FROM inventory_stocksnapshot)"
_SNAPSHOT = (
    "SELECT product_id, node_id, status, coalesce(j.quantity, 0) AS journal, coalesce(s.quantity, 0) AS snapshot "
    "FROM (SELECT product_id, node_id, status, sum(quantity) AS quantity FROM "
    f"({_SIDES} AND m.event_id <= {_LATEST}) s GROUP BY 1, 2, 3) j "
    f"FULL JOIN (SELECT * FROM inventory_stocksnapshot WHERE sequence = {_LATEST}) s USING (product_id, node_id, status) "
    "WHERE coalesce(j.quantity, 0) <> coalesce(s.quantity, 0)"
)
_ADJUSTMENT_VALUE = (
    "SELECT a.number, a.value, coalesce(j.value, 0) AS in_books FROM inventory_adjustment a "
    "LEFT JOIN (SELECT e.source_id, sum(l.base_debit - l.base_credit) AS value FROM ledger_journalentry e "
    "JOIN ledger_journalline l ON l.entry_id = e.id JOIN ledger_account c ON c.id = l.account_id AND c.role = 'INVENTORY' "
    "WHERE e.kind = 'inventory.adjustment_posted' GROUP BY 1) j ON j.source_id = a.id "
    "WHERE a.value <> coalesce(j.value, 0)"
)
INVARIANTS = [
    Invariant(
        "i01",
        "Every move takes a positive quantity out of one bucket and puts it into another",
        "SELECT id, event_id, quantity FROM inventory_stockmove WHERE quantity <= 0 OR (from_node_id = to_node_id AND "
        "from_status = to_status AND from_location_id IS NOT DISTINCT FROM to_location_id)",
    ),
    Invariant(
        "i01",
        "A kit has no stock: only its components are ever there",
        "SELECT p.sku, l.node_id, l.status, l.quantity FROM inventory_product p "
        "JOIN inventory_stocklevel l ON l.product_id = p.id WHERE p.is_kit",
    ),
    Invariant(
        "i01",
        "A product is a kit exactly when it has components, and none of them is a kit",
        "SELECT p.sku, p.is_kit, count(c.id) AS components, count(*) FILTER (WHERE q.is_kit) AS kits_in_it "
        "FROM inventory_product p LEFT JOIN inventory_kitcomponent c ON c.kit_id = p.id "
        "LEFT JOIN inventory_product q ON q.id = c.component_id WHERE p.is_kit OR c.id IS NOT NULL "
        "GROUP BY p.id HAVING p.is_kit <> (count(c.id) > 0) OR count(*) FILTER (WHERE q.is_kit) > 0",
    ),
    Invariant(
        "i01",
        "Every stock event moves something",
        "SELECT e.sequence, e.action FROM inventory_stockevent e "
        "WHERE NOT EXISTS (SELECT 1 FROM inventory_stockmove m WHERE m.event_id = e.sequence)",
    ),
    Invariant(
        "i01",
        "The bins that a move names lie in the nodes that it names",
        "SELECT m.id, m.event_id, l.code FROM inventory_stockmove m JOIN inventory_location l "
        "ON l.id = m.from_location_id AND l.node_id <> m.from_node_id OR l.id = m.to_location_id AND l.node_id <> "
        "m.to_node_id",
    ),
    Invariant(
        "i01",
        "A move names nodes and bins that exist",
        "SELECT m.id, m.event_id, m.from_node_id, m.to_node_id, m.from_location_id, m.to_location_id FROM inventory_stockmove m "
        "WHERE NOT EXISTS (SELECT 1 FROM inventory_node n WHERE n.id = m.from_node_id) "
        "OR NOT EXISTS (SELECT 1 FROM inventory_node n WHERE n.id = m.to_node_id) "
        "OR m.from_location_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inventory_location l WHERE l.id = m.from_location_id) "
        "OR m.to_location_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inventory_location l WHERE l.id = m.to_location_id)",
    ),
    Invariant("i02", "Stock levels are the sum of the journal", LEVEL_DRIFT),
    Invariant("i02", "Bin contents are the sum of the journal", BIN_DRIFT),
    Invariant(
        "i02",
        "What bins hold as sellable is what the node's levels hold or have promised",
        BINS_VERSUS_LEVELS,
    ),
    Invariant(
        "i03",
        "No level and no bin is negative, and no bin is taken up beyond what it holds",
        "SELECT 'level' AS what, id, quantity, 0 AS taken_up FROM inventory_stocklevel WHERE quantity < 0 UNION ALL "
        "SELECT 'bin', id, quantity, quantity_allocated FROM inventory_binstock "
        "WHERE quantity_allocated < 0 OR quantity_allocated > quantity",
    ),
    Invariant(
        "i10",
        "A stock event's key was used once",
        "SELECT idempotency_key, count(*) FROM inventory_stockevent GROUP BY 1 HAVING count(*) > 1",
    ),
    Invariant(
        "i13",
        "A move in or out of a bin names a lot exactly when the product is tracked by lot",
        "SELECT m.id, m.event_id, p.sku, m.lot_id FROM inventory_stockmove m JOIN inventory_product p ON p.id = "
        "m.product_id "
        "WHERE (m.from_location_id IS NOT NULL OR m.to_location_id IS NOT NULL) AND p.is_lot_tracked = (m.lot_id IS "
        "NULL)",
    ),
    Invariant(
        "i13",
        "A lot belongs to the product that moves or lies under it",
        "SELECT m.id, m.product_id, l.code FROM inventory_stockmove m JOIN inventory_lot l "
        "ON l.id = m.lot_id AND l.product_id <> m.product_id",
    ),
    Invariant(
        "i14", "Cost layers hold as many units as there are on hand and on their way", LAYERS_VERSUS_UNITS
    ),
    Invariant("transfer", "What transfers sent and nobody received or lost is in transit", _TRANSIT),
    Invariant("as_of", "The latest snapshot is the sum of the journal up to its sequence", _SNAPSHOT),
    Invariant("i36", "A posted adjustment's value is what it posted to inventory", _ADJUSTMENT_VALUE),
    Invariant(
        "i36",
        "An adjustment has moved stock exactly when it is posted",
        "SELECT a.number, a.state FROM inventory_adjustment a WHERE (a.state = 'POSTED') <> EXISTS (SELECT 1 FROM "
        "inventory_stockevent e WHERE e.source_type = 'inventory.Adjustment' AND e.source_id = a.id)",
    ),
    Invariant(
        "supply",
        "What is expected of a transfer is what has left (or is set aside) and has not arrived",
        "SELECT t.number, l.id AS line, s.quantity_open, s.expected_date FROM inventory_transferline l "
        "JOIN inventory_transfer t ON t.id = l.transfer_id AND t.expected_date IS NOT NULL "
        "FULL JOIN (SELECT * FROM inventory_expectedsupply WHERE source_type = 'inventory.TransferLine') s ON s.source_id = l.id "
        "WHERE coalesce(s.quantity_open, 0) <> CASE WHEN t.state = 'IN_TRANSIT' OR t.state = 'DRAFT' AND t.is_reserved "
        "THEN l.quantity - l.quantity_received - l.quantity_lost ELSE 0 END "
        "OR s.id IS NOT NULL AND (s.product_id, s.node_id, s.document_id, s.expected_date) "
        "IS DISTINCT FROM (l.product_id, t.to_node_id, t.id, t.expected_date)",
    ),
]
