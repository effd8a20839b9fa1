"""What must hold across the apps, and of the roll-ups?

Roll-ups lag by design, so a day is compared once everything written about it has been rolled up.
"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from erp.core.invariants import Invariant
from erp.core.money import EXPONENTS

_DIGITS = ", ".join(f"('{code}', {digits})" for code, digits in EXPONENTS.items())
# A row that became visible after one with a higher id is not rolled up yet: then nothing is claimed.
_ROLLED_UP = (
    "(SELECT count(*) = max(m.seen_count) FROM {table} x JOIN reporting_rollupmark m ON m.source = '{source}' "
    "WHERE x.id > m.settled_id AND x.id <= m.seen_id)"
)
_NEWER = "(SELECT coalesce(max(seen_id), 0) FROM reporting_rollupmark WHERE source = '{source}')"
_JOURNAL = {"table": "ledger_journalentry", "source": "journal"}
_SHIPMENTS = {"table": "fulfillment_shipment", "source": "shipments"}
_NO_NEWER_ENTRY = (
    "NOT EXISTS (SELECT 1 FROM ledger_journalentry n WHERE n.posting_date = date "
    f"AND n.id > {_NEWER.format(**_JOURNAL)})"
)


def _dangling(column: str, table: str) -> str:
    return (
        f"SELECT '{column}' AS dimension, l.id, l.entry_id, l.{column} AS names FROM ledger_journalline l "
        f"WHERE l.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = l.{column})"
    )


INVARIANTS = [
    Invariant(
        "i33",
        "A journal line names products, nodes, channels and suppliers that exist",
        " UNION ALL ".join(
            _dangling(column, table)
            for column, table in (
                ("product_id", "inventory_product"),
                ("node_id", "inventory_node"),
                ("channel_id", "orders_channel"),
                ("supplier_id", "procurement_supplier"),
            )
        ),
    ),
    Invariant(
        "i33",
        "A shipment's entry names the shipment's node and its order's channel",
        "SELECT s.number, l.id AS line_id, l.node_id, s.node_id AS shipped_from, l.channel_id, o.channel_id "
        "AS sold_through FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id "
        "JOIN fulfillment_shipment s ON s.id = e.source_id JOIN orders_order o ON o.id = s.order_id "
        "WHERE e.source_type = 'fulfillment.Shipment' "
        "AND (l.node_id IS DISTINCT FROM s.node_id OR l.channel_id IS DISTINCT FROM o.channel_id)",
    ),
    Invariant(
        "i36",
        "A shipment's and a receipt's entry names the stock event that moved the goods",
        "SELECT e.number, e.source_type, e.source_id, e.stock_sequence, d.stock_sequence AS moved_by "
        "FROM ledger_journalentry e JOIN (SELECT 'fulfillment.Shipment' AS type, id, stock_sequence FROM "
        "fulfillment_shipment "
        "UNION ALL SELECT 'procurement.GoodsReceipt', id, stock_sequence FROM procurement_goodsreceipt) d "
        "ON d.type = e.source_type AND d.id = e.source_id WHERE e.kind NOT LIKE 'ledger.%' "
        "AND e.stock_sequence IS DISTINCT FROM d.stock_sequence",
    ),
    Invariant(
        "i36",
        "An entry's stock event exists",
        "SELECT e.number, e.source_type, e.source_id, e.stock_sequence FROM ledger_journalentry e "
        "LEFT JOIN inventory_stockevent s ON s.sequence = e.stock_sequence "
        "WHERE e.stock_sequence IS NOT NULL AND s.sequence IS NULL",
    ),
    Invariant(
        "i24",
        "A purchase order's total = its lines, each to half a minor unit",
        "SELECT p.number, p.total, l.total AS lines FROM procurement_purchaseorder p "
        f"JOIN (VALUES {_DIGITS}) AS c(code, digits) ON c.code = p.currency "
        "JOIN (SELECT purchase_order_id, count(*) AS count, sum(quantity_ordered * unit_cost) AS total "
        "FROM procurement_purchaseorderline GROUP BY 1) l ON l.purchase_order_id = p.id "
        "WHERE abs(p.total - l.total) > l.count * 0.5 * 10::numeric ^ -c.digits",
    ),
    Invariant(
        "i36",
        "A posted adjustment's value = its lines, and its units = what its event moved",
        "SELECT a.number, a.value, l.value AS lines, l.units, m.units AS moved FROM inventory_adjustment a "
        "JOIN (SELECT adjustment_id, sum(value) AS value, sum(quantity_delta) AS units FROM inventory_adjustmentline "
        "GROUP BY 1) l ON l.adjustment_id = a.id LEFT JOIN (SELECT e.source_id, "
        "sum(CASE WHEN m.from_status = 'SHRINKAGE' THEN m.quantity WHEN m.to_status = 'SHRINKAGE' THEN -m.quantity END) "
        "AS units FROM inventory_stockevent e JOIN inventory_stockmove m ON m.event_id = e.sequence "
        "WHERE e.source_type = 'inventory.Adjustment' GROUP BY 1) m ON m.source_id = a.id "
        "WHERE a.state = 'POSTED' AND (a.value <> l.value OR l.units IS DISTINCT FROM m.units)",
    ),
    Invariant(
        "rollup",
        "Daily sales = the journal's lines that name a channel",
        "SELECT date, channel_id, k.net, m.net AS journal FROM (SELECT date, channel_id, revenue - returns - cogs AS net "
        "FROM reporting_dailysales) k FULL JOIN (SELECT e.posting_date AS date, l.channel_id, "
        "sum(l.base_credit - l.base_debit) AS net FROM ledger_journalentry e JOIN ledger_journalline l ON "
        "l.entry_id = e.id JOIN ledger_account a ON a.id = l.account_id WHERE l.channel_id IS NOT NULL AND a.role IN "
        "('REVENUE', 'SHIPPING_REVENUE', 'DISCOUNT', 'SALES_RETURNS', 'COGS') GROUP BY 1, 2) m USING (date, channel_id) "
        f"WHERE k.net IS DISTINCT FROM m.net AND {_NO_NEWER_ENTRY} AND {_ROLLED_UP.format(**_JOURNAL)}",
    ),
    Invariant(
        "rollup",
        "Daily balances = the journal's lines",
        "SELECT date, account_id, k.debit, m.debit AS journal_debit, k.credit, m.credit AS journal_credit "
        "FROM reporting_dailybalance k FULL JOIN (SELECT e.posting_date AS date, l.account_id, sum(l.base_debit) AS debit, "
        "sum(l.base_credit) AS credit FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id "
        "GROUP BY 1, 2) m USING (date, account_id) WHERE (k.debit, k.credit) IS DISTINCT FROM (m.debit, m.credit) "
        f"AND {_NO_NEWER_ENTRY} AND {_ROLLED_UP.format(**_JOURNAL)}",
    ),
    Invariant(
        "rollup",
        "Daily product sales = the shipments' lines",
        "SELECT product_id, k.units, m.units AS shipped, k.revenue, m.revenue AS invoiced, k.cogs, m.cogs AS cost FROM "
        "(SELECT product_id, sum(units) AS units, sum(revenue) AS revenue, sum(cogs) AS cogs FROM reporting_dailyproduct "
        "GROUP BY 1) k FULL JOIN (SELECT l.product_id, sum(l.quantity) AS units, sum(l.revenue) AS revenue, "
        "sum(l.cogs) AS cogs FROM fulfillment_shipmentline l "
        f"WHERE l.shipment_id <= {_NEWER.format(**_SHIPMENTS)} GROUP BY 1) m USING (product_id) "
        "WHERE (k.units, k.revenue, k.cogs) IS DISTINCT FROM (m.units, m.revenue, m.cogs) "
        f"AND {_ROLLED_UP.format(**_SHIPMENTS)}",
    ),
]
