"""What must hold for returned goods and the money for them, and which rows would prove that it does not?"""

from __future__ import annotations

from erp.core.invariants import Invariant

_RETURNED = "('RECEIVED', 'INSPECTED', 'DISPOSED')"
INVARIANTS = [
    Invariant(
        "i26",
        "No more units are authorised to come back than were shipped, for no more money",
        "SELECT s.id, s.quantity, sum(l.quantity) AS authorised, s.revenue + s.tax AS paid, sum(l.refund_amount) AS refund "
        "FROM fulfillment_shipmentline s JOIN returns_rmaline l ON l.shipment_line_id = s.id WHERE l.state <> 'CANCELLED' "
        "GROUP BY s.id HAVING sum(l.quantity) > s.quantity OR sum(l.refund_amount) > s.revenue + s.tax",
    ),
    Invariant(
        "i26",
        "A shipped line's returned quantity is the sum of what came back of it",
        "SELECT s.id, s.quantity_returned, coalesce(sum(l.quantity_received), 0) AS received "
        "FROM fulfillment_shipmentline s LEFT JOIN returns_rmaline l ON l.shipment_line_id = s.id "
        "GROUP BY s.id HAVING s.quantity_returned <> coalesce(sum(l.quantity_received), 0)",
    ),
    Invariant(
        "i26",
        "An order line's returned quantity is the sum of what came back of it",
        "SELECT o.id, o.order_id, o.quantity_returned, coalesce(sum(l.quantity_received), 0) AS received "
        "FROM orders_orderline o LEFT JOIN returns_rmaline l ON l.order_line_id = o.id "
        "GROUP BY o.id HAVING o.quantity_returned <> coalesce(sum(l.quantity_received), 0)",
    ),
    Invariant(
        "i26",
        "A line that came back was received in full, and no other has units",
        f"SELECT id, rma_id, state, quantity, quantity_received FROM returns_rmaline WHERE (state IN {_RETURNED}) "  # noqa: S608
        "<> (quantity_received > 0) OR (quantity_received > 0 AND quantity_received <> quantity)",
    ),
    Invariant(
        "i26",
        "What waits for inspection or disposition is what lies in RETURN_PENDING",
        "SELECT coalesce(lines.product_id, levels.product_id) AS product, coalesce(lines.node_id, levels.node_id) AS node, "
        "lines.units, levels.quantity FROM (SELECT l.product_id, r.node_id, sum(l.quantity_received) AS units "
        "FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id WHERE l.state IN ('RECEIVED', 'INSPECTED') "
        "GROUP BY 1, 2) lines FULL JOIN (SELECT product_id, node_id, quantity FROM inventory_stocklevel "
        "WHERE status = 'RETURN_PENDING') levels USING (product_id, node_id) "
        "WHERE coalesce(lines.units, 0) <> coalesce(levels.quantity, 0)",
    ),
    Invariant(
        "i26",
        "A disposed line was inspected and moved out of RETURN_PENDING",
        "SELECT r.id, r.number, lines.units, coalesce(moves.units, 0) AS moved FROM returns_rma r "
        "JOIN (SELECT rma_id, sum(quantity_received) AS units FROM returns_rmaline WHERE state = 'DISPOSED' GROUP BY 1) "
        "lines ON lines.rma_id = r.id LEFT JOIN (SELECT e.source_id, sum(m.quantity) AS units FROM inventory_stockevent e "
        "JOIN inventory_stockmove m ON m.event_id = e.sequence WHERE e.source_type = 'returns.Rma' "
        "AND m.from_status = 'RETURN_PENDING' GROUP BY 1) moves ON moves.source_id = r.id "
        "WHERE lines.units <> coalesce(moves.units, 0)",
    ),
    Invariant(
        "i26",
        "Returned goods carry no more than the cost they left with",
        "SELECT s.id, s.cogs, sum(l.original_cost) AS taken_back FROM fulfillment_shipmentline s "
        "JOIN returns_rmaline l ON l.shipment_line_id = s.id GROUP BY s.id "
        "HAVING sum(l.original_cost) > s.cogs OR (s.quantity_returned = s.quantity AND sum(l.original_cost) <> s.cogs)",
    ),
    Invariant(
        "i21",
        "A refund is what its lines are worth, less what was kept back",
        "SELECT f.id, f.number, f.amount, f.deduction, sum(l.refund_amount) AS lines FROM returns_refund f "
        "LEFT JOIN returns_rmaline l ON l.refund_id = f.id WHERE f.state <> 'REJECTED' GROUP BY f.id "
        "HAVING f.amount + f.deduction <> coalesce(sum(l.refund_amount), 0)",
    ),
    Invariant(
        "i21",
        "An order's credited amount is the sum of its credit notes",
        "SELECT o.id, o.number, o.amount_credited, coalesce(sum(f.amount), 0) AS credit_notes FROM orders_order o "
        "LEFT JOIN returns_refund f ON f.order_id = o.id AND f.state IN ('APPROVED', 'PAID') "
        "GROUP BY o.id HAVING o.amount_credited <> coalesce(sum(f.amount), 0)",
    ),
    Invariant(
        "i21",
        "No more was paid back by refunds than the order's payments say",
        "SELECT o.id, o.number, o.amount_refunded, sum(f.amount_paid) AS refunds FROM orders_order o "
        "JOIN returns_refund f ON f.order_id = o.id GROUP BY o.id HAVING sum(f.amount_paid) > o.amount_refunded",
    ),
    Invariant(
        "i35",
        "Numbers of credit notes have no gaps",
        "SELECT s.code, s.next_number - 1 AS given, count(f.id) AS documents FROM core_numberseries s "
        "LEFT JOIN returns_refund f ON true WHERE s.code = 'CN' GROUP BY s.code, s.next_number "
        "HAVING s.next_number - 1 <> count(f.id)",
    ),
    Invariant(
        "i36",
        "Each approved refund has exactly one credit note in the books, and no other has one",
        "SELECT f.id, f.number, f.state, count(e.id) AS entries FROM returns_refund f LEFT JOIN ledger_journalentry e "
        "ON e.source_type = 'returns.Refund' AND e.source_id = f.id AND e.kind = 'returns.refund_credited' "
        "GROUP BY f.id HAVING count(e.id) <> CASE WHEN f.state IN ('APPROVED', 'PAID') THEN 1 ELSE 0 END",
    ),
    Invariant(
        "i46",
        "A refund above the threshold was approved by somebody other than its maker",
        "SELECT id, number, created_by_id, approved_by_id FROM returns_refund WHERE needs_approval "
        "AND state IN ('APPROVED', 'PAID') AND (approved_by_id IS NULL OR approved_by_id = created_by_id)",
    ),
]
