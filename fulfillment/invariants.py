"""What must hold of every fulfilment order, pick task and shipment at every commit?"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from erp.core.invariants import Invariant

# Units of live lines that were picked and have not left, by (product, node).
_ON_THE_BENCH = (
    "(SELECT l.product_id, f.node_id, sum(l.quantity_picked - l.quantity_shipped) AS units "
    "FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_id "
    "WHERE NOT l.is_cancelled GROUP BY 1, 2)"
)
_TASKS = (
    "(SELECT line_id, sum(quantity) AS asked, sum(quantity_picked) AS picked, "
    "coalesce(sum(quantity - quantity_picked) FILTER (WHERE short_reason <> ''), 0) AS short "
    "FROM fulfillment_picktask GROUP BY 1)"
)

INVARIANTS = [
    Invariant(
        "i08",
        "Units shipped of an order line = units on its shipments",
        "SELECT coalesce(o.id, s.order_line_id) AS order_line_id, o.quantity_shipped, s.units FROM orders_orderline o "
        "FULL JOIN (SELECT order_line_id, sum(quantity) AS units FROM fulfillment_shipmentline GROUP BY 1) s "
        "ON s.order_line_id = o.id WHERE coalesce(o.quantity_shipped, 0) <> coalesce(s.units, 0)",
    ),
    Invariant(
        "i09",
        "Every shipped line has its own move out, of equal quantity, and no such move lacks its line",
        "SELECT coalesce(s.sequence, m.sequence) AS sequence, coalesce(s.order_line_id, m.order_line_id) AS order_line_id, "
        "s.units AS shipped, m.units AS moved, s.rows AS lines, m.rows AS moves FROM "
        "(SELECT h.stock_sequence AS sequence, l.order_line_id, l.product_id, l.lot_id, h.node_id, "
        "sum(l.quantity) AS units, "
        "count(*) AS rows FROM fulfillment_shipmentline l JOIN fulfillment_shipment h ON h.id = l.shipment_id "
        "GROUP BY 1, 2, 3, 4, 5) s FULL JOIN "
        "(SELECT e.sequence, v.order_line_id, v.product_id, v.lot_id, v.from_node_id AS node_id, sum(v.quantity) AS units, "
        "count(*) AS rows FROM inventory_stockmove v JOIN inventory_stockevent e ON e.sequence = v.event_id "
        "WHERE e.action = 'fulfillment.shipment_confirm_many' AND v.from_status = 'PICKED' AND v.to_status = 'CUSTOMER' "
        "GROUP BY 1, 2, 3, 4, 5) m ON m.sequence = s.sequence AND m.order_line_id = s.order_line_id "
        "AND m.product_id = s.product_id AND m.node_id = s.node_id AND coalesce(m.lot_id, 0) = coalesce(s.lot_id, 0) "
        "WHERE s.units IS DISTINCT FROM m.units OR s.rows IS DISTINCT FROM m.rows",
    ),
    Invariant(
        "i36",
        "Every shipment that is worth anything has exactly one journal entry, and no entry lacks its shipment",
        "SELECT coalesce(s.id, e.source_id) AS shipment_id, s.number, e.entries FROM fulfillment_shipment s FULL JOIN "
        "(SELECT source_id, count(*) AS entries FROM ledger_journalentry WHERE kind = "
        "'fulfillment.shipment_confirmed' "
        "AND reversal_of_id IS NULL GROUP BY 1) e ON e.source_id = s.id "
        "WHERE s.id IS NULL OR e.entries > 1 OR (e.entries IS NULL AND "
        "(s.revenue <> 0 OR s.charges <> 0 OR s.tax <> 0 OR s.cogs <> 0))",
    ),
    Invariant(
        "i36",
        "A shipment's entry claims what it invoiced and carries its cost",
        "SELECT s.id, s.number, s.revenue + s.charges + s.tax AS invoiced, p.claimed, s.cogs, p.cost "
        "FROM fulfillment_shipment s JOIN (SELECT e.source_id, "
        "coalesce(sum(l.debit - l.credit) FILTER (WHERE a.role = 'RECEIVABLE'), 0) AS claimed, "
        "coalesce(sum(l.base_debit - l.base_credit) FILTER (WHERE a.role = 'COGS'), 0) AS cost FROM ledger_journalentry e "
        "JOIN ledger_journalline l ON l.entry_id = e.id JOIN ledger_account a ON a.id = l.account_id "
        "WHERE e.kind = 'fulfillment.shipment_confirmed' AND e.reversal_of_id IS NULL GROUP BY 1) p ON p.source_id = s.id "
        "WHERE p.claimed <> s.revenue + s.charges + s.tax OR p.cost <> s.cogs",
    ),
    Invariant(
        "i36",
        "A shipment's revenue, tax and cost = its lines",
        "SELECT s.id, s.number, s.revenue, l.revenue, s.tax, l.tax, s.cogs, l.cogs FROM fulfillment_shipment s "
        "LEFT JOIN (SELECT shipment_id, sum(revenue) AS revenue, sum(tax) AS tax, sum(cogs) AS cogs "
        "FROM fulfillment_shipmentline GROUP BY 1) l ON l.shipment_id = s.id "
        "WHERE l.shipment_id IS NULL OR s.revenue <> l.revenue OR s.tax <> l.tax OR s.cogs <> l.cogs",
    ),
    Invariant(
        "i36",
        "A shipped line's cost = what left the cost layers for it",
        "SELECT l.id, l.quantity, l.cogs, m.units, m.value FROM fulfillment_shipmentline l FULL JOIN "
        "(SELECT source_id, -sum(quantity) AS units, -sum(value) AS value FROM ledger_costmovement "
        "WHERE source_type = 'fulfillment.ShipmentLine' AND quantity <= 0 GROUP BY 1) m ON m.source_id = l.id "
        "WHERE l.quantity IS DISTINCT FROM m.units OR l.cogs IS DISTINCT FROM m.value",
    ),
    Invariant(
        "i18",
        "An order line is invoiced by its shipments, in full once it has left in full",
        "SELECT o.id AS order_line_id, o.line_total, o.amount_invoiced, s.revenue, o.tax_amount, s.tax "
        "FROM orders_orderline o LEFT JOIN (SELECT order_line_id, sum(revenue) AS revenue, sum(tax) AS tax "
        "FROM fulfillment_shipmentline GROUP BY 1) s ON s.order_line_id = o.id "
        "WHERE o.amount_invoiced <> coalesce(s.revenue, 0) "
        "OR (o.quantity_shipped = o.quantity_ordered AND (s.revenue <> o.line_total OR s.tax <> o.tax_amount))",
    ),
    Invariant(
        "i18",
        "An order's invoiced amount = its shipments",
        "SELECT o.number, o.amount_invoiced, s.total FROM orders_order o LEFT JOIN (SELECT order_id, "
        "sum(revenue + charges + tax) AS total FROM fulfillment_shipment GROUP BY 1) s ON s.order_id = o.id "
        "WHERE o.amount_invoiced <> coalesce(s.total, 0)",
    ),
    Invariant(
        "i35",
        "Shipment numbers have no gap",
        "SELECT n.code, n.next_number, s.shipments FROM core_numberseries n, (SELECT count(*) AS shipments "
        "FROM fulfillment_shipment) s WHERE n.code = 'SHP' AND n.next_number - 1 <> s.shipments",
    ),
    Invariant(
        "i04",
        "Units a bin keeps back = open pick tasks on it, lot by lot",
        "SELECT coalesce(b.product_id, t.product_id) AS product_id, coalesce(b.location_id, t.location_id) AS location_id, "
        "b.kept, t.asked FROM (SELECT product_id, location_id, coalesce(lot_id, 0) AS lot, quantity_allocated AS kept "
        "FROM inventory_binstock WHERE quantity_allocated <> 0) b FULL JOIN "
        "(SELECT product_id, location_id, coalesce(lot_id, 0) AS lot, sum(quantity) AS asked FROM fulfillment_picktask "
        "WHERE closed_at IS NULL GROUP BY 1, 2, 3) t USING (product_id, location_id, lot) WHERE b.kept IS "
        "DISTINCT FROM t.asked",
    ),
    Invariant(
        "i04",
        "Units in PICKED = units picked and not yet shipped, per product and node",
        "SELECT coalesce(p.product_id, l.product_id) AS product_id, coalesce(p.node_id, l.node_id) AS node_id, "
        f"p.units AS picked, l.quantity FROM {_ON_THE_BENCH} p FULL JOIN (SELECT product_id, node_id, quantity "
        "FROM inventory_stocklevel WHERE status = 'PICKED') l USING (product_id, node_id) "
        "WHERE coalesce(p.units, 0) <> coalesce(l.quantity, 0)",
    ),
    Invariant(
        "i05",
        "Units picked of an order line = those of its live fulfilment lines that have not left",
        "SELECT coalesce(o.id, f.order_line_id) AS order_line_id, o.quantity_picked, f.units FROM orders_orderline o "
        "FULL JOIN (SELECT order_line_id, sum(quantity_picked - quantity_shipped) AS units "
        "FROM fulfillment_fulfillmentline WHERE NOT is_cancelled GROUP BY 1) f ON f.order_line_id = o.id "
        "WHERE coalesce(o.quantity_picked, 0) <> coalesce(f.units, 0)",
    ),
    Invariant(
        "i05",
        "An active allocation is planned ⇔ a live fulfilment line serves it, with all its units",
        "SELECT a.id, a.is_planned, a.quantity, l.id AS line_id, l.quantity - l.quantity_short AS served "
        "FROM orders_allocation a LEFT JOIN fulfillment_fulfillmentline l ON l.allocation_id = a.id AND NOT l.is_cancelled "
        "WHERE a.state = 'ACTIVE' AND (a.is_planned <> (l.id IS NOT NULL) "
        "OR a.quantity <> l.quantity - l.quantity_short)",
    ),
    Invariant(
        "i05",
        "A consumed allocation left with its fulfilment line",
        "SELECT a.id, a.quantity, l.quantity_shipped FROM orders_allocation a "
        "LEFT JOIN fulfillment_fulfillmentline l ON l.allocation_id = a.id AND NOT l.is_cancelled "
        "WHERE a.state = 'CONSUMED' AND l.quantity_shipped IS DISTINCT FROM a.quantity",
    ),
    Invariant(
        "i07",
        "A fulfilment line's quantities = its pick tasks",
        "SELECT l.id, l.quantity, t.asked, l.quantity_picked, t.picked, l.quantity_short, t.short "
        f"FROM fulfillment_fulfillmentline l JOIN {_TASKS} t ON t.line_id = l.id "
        "WHERE NOT l.is_cancelled AND (l.quantity <> t.asked OR l.quantity_picked <> t.picked OR "
        "l.quantity_short <> t.short)",
    ),
    Invariant(
        "i20",
        "A fulfilment order is where its tasks and its shipment say",
        "SELECT f.number, f.state, coalesce(t.open, 0) AS open_tasks, coalesce(t.picked, 0) AS picked, s.id AS shipment_id "
        "FROM fulfillment_fulfillmentorder f LEFT JOIN (SELECT l.fulfillment_id, count(k.id) FILTER "
        "(WHERE k.closed_at IS NULL) AS open, sum(k.quantity_picked) AS picked FROM fulfillment_fulfillmentline l "
        "JOIN fulfillment_picktask k ON k.line_id = l.id GROUP BY 1) t ON t.fulfillment_id = f.id "
        "LEFT JOIN fulfillment_shipment s ON s.fulfillment_id = f.id "
        "WHERE (f.state IN ('SHIPPED', 'DELIVERED')) <> (s.id IS NOT NULL) "
        "OR (coalesce(t.open, 0) > 0 AND f.state NOT IN ('RELEASED', 'PICKING')) "
        "OR (f.pick_list_id IS NOT NULL AND f.state IN ('RELEASED', 'PICKING') AND coalesce(t.open, 0) = 0)",
    ),
    Invariant(
        "i20",
        "A pick list is finished ⇔ none of its tasks is open",
        "SELECT p.number, p.state, count(t.id) FILTER (WHERE t.closed_at IS NULL) AS open_tasks "
        "FROM fulfillment_picklist p LEFT JOIN fulfillment_picktask t ON t.pick_list_id = p.id GROUP BY p.id "
        "HAVING (p.state IN ('DONE', 'CANCELLED')) <> (count(t.id) FILTER (WHERE t.closed_at IS NULL) = 0)",
    ),
    Invariant(
        "i05",
        "A fulfilment line repeats what its allocation says: order, node, order line, product",
        "SELECT l.id, l.allocation_id FROM fulfillment_fulfillmentline l "
        "JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_id JOIN orders_allocation a ON a.id = l.allocation_id "
        "JOIN orders_orderline o ON o.id = a.order_line_id WHERE l.order_line_id <> a.order_line_id "
        "OR l.product_id <> a.product_id OR f.node_id <> a.node_id OR f.order_id <> o.order_id",
    ),
    Invariant(
        "i13",
        "A pick task names its line's product, a bin of its list's node and a lot of that product",
        "SELECT t.id, t.product_id, t.location_id, t.lot_id FROM fulfillment_picktask t "
        "JOIN fulfillment_fulfillmentline l ON l.id = t.line_id JOIN fulfillment_picklist p ON p.id = t.pick_list_id "
        "LEFT JOIN inventory_location b ON b.id = t.location_id LEFT JOIN inventory_lot k ON k.id = t.lot_id "
        "WHERE t.product_id <> l.product_id OR b.node_id IS DISTINCT FROM p.node_id "
        "OR (t.lot_id IS NOT NULL AND k.product_id IS DISTINCT FROM t.product_id)",
    ),
    Invariant(
        "i13",
        "A shipment line repeats its order line's product and order, and a lot of that product",
        "SELECT l.id, l.order_line_id, l.product_id, l.lot_id FROM fulfillment_shipmentline l "
        "JOIN fulfillment_shipment s ON s.id = l.shipment_id JOIN orders_orderline o ON o.id = l.order_line_id "
        "LEFT JOIN inventory_lot k ON k.id = l.lot_id WHERE l.product_id <> o.product_id OR s.order_id <> o.order_id "
        "OR (l.lot_id IS NOT NULL AND k.product_id IS DISTINCT FROM l.product_id)",
    ),
]
