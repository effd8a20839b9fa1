"""What must hold of every order, line, allocation, hold and payment at every commit?"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from erp.core.invariants import Invariant
from erp.core.money import EXPONENTS

_DIGITS = ", ".join(f"('{code}', {digits})" for code, digits in EXPONENTS.items())
_LINES = (
    "(SELECT order_id, sum(quantity_ordered) AS ordered, sum(quantity_shipped) AS shipped, "
    "sum(quantity_cancelled) AS cancelled, "
    "sum(quantity_ordered - quantity_shipped - quantity_cancelled) AS unfinished, "
    "sum(quantity_ordered - quantity_allocated - quantity_shipped - quantity_cancelled) AS wanting "
    "FROM orders_orderline GROUP BY order_id)"
)
# Per order that others were merged into, however many steps away: the most that all of those ever cost. A merge is written
# down on both orders, on the one that goes first.
_BROUGHT = (
    "WITH RECURSIVE step AS (SELECT c.order_id AS source_id, c.other_order_id AS order_id FROM orders_orderchange c "
    "JOIN orders_orderchange d ON d.order_id = c.other_order_id AND d.other_order_id = c.order_id AND d.kind = 'MERGE' "
    "AND d.id > c.id WHERE c.kind = 'MERGE'), "
    "merged AS (SELECT order_id, source_id FROM step "
    "UNION SELECT s.order_id, m.source_id FROM merged m JOIN step s ON s.source_id = m.order_id) "
    "SELECT m.order_id, sum((SELECT max(total_before) FROM orders_orderchange c WHERE c.order_id = m.source_id)) AS brought "
    "FROM merged m GROUP BY 1"
)

INVARIANTS = [
    Invariant(
        "i04",
        "Active allocations = units allocated and picked, per product and node",
        "SELECT product_id, node_id, coalesce(promised, 0) AS promised, coalesce(held, 0) AS held FROM "
        "(SELECT product_id, node_id, sum(quantity) AS promised FROM orders_allocation WHERE state = "
        "'ACTIVE' GROUP BY 1, 2) a FULL JOIN (SELECT product_id, node_id, sum(quantity) AS held FROM inventory_stocklevel "
        "WHERE status IN ('ALLOCATED', 'PICKED') GROUP BY 1, 2) l USING (product_id, node_id) "
        "WHERE coalesce(promised, 0) <> coalesce(held, 0)",
    ),
    Invariant(
        "i04",
        "Units reserved, per product and node = the lines of active reservations and of transfers raised for orders",
        "SELECT product_id, node_id, coalesce(kept, 0) AS kept, coalesce(held, 0) AS held FROM "
        "(SELECT product_id, node_id, sum(kept) AS kept FROM ("
        "SELECT v.product_id, v.node_id, v.quantity AS kept FROM orders_reservationline v "
        "JOIN orders_reservation r ON r.id = v.reservation_id WHERE r.state = 'ACTIVE' "
        "UNION ALL SELECT l.product_id, t.from_node_id, l.quantity FROM inventory_transferline l "
        "JOIN inventory_transfer t ON t.id = l.transfer_id WHERE t.is_reserved AND t.state = 'DRAFT') every GROUP BY 1, 2) a "
        "FULL JOIN (SELECT product_id, node_id, quantity AS held FROM inventory_stocklevel "
        "WHERE status = 'RESERVED' AND quantity <> 0) l USING (product_id, node_id) "
        "WHERE coalesce(kept, 0) <> coalesce(held, 0)",
    ),
    Invariant(
        "i05",
        "An order line's allocated units = its active allocations",
        "SELECT l.id AS order_line_id, l.order_id, l.quantity_allocated, coalesce(a.quantity, 0) AS allocations "
        "FROM orders_orderline l FULL JOIN (SELECT order_line_id, sum(quantity) AS quantity FROM orders_allocation "
        "WHERE state = 'ACTIVE' GROUP BY 1) a ON a.order_line_id = l.id "
        "WHERE l.quantity_allocated IS DISTINCT FROM coalesce(a.quantity, 0)",
    ),
    Invariant(
        "i05",
        "An allocation promises the product of its line",
        "SELECT a.id, a.product_id, l.product_id AS ordered FROM orders_allocation a JOIN orders_orderline l "
        "ON l.id = a.order_line_id WHERE a.product_id <> l.product_id",
    ),
    Invariant(
        "i05",
        "Units asked of suppliers stay within what their line is short of, and an ended drop-ship has nothing open",
        "SELECT l.id AS order_line_id, l.order_id, d.open, d.ended, "
        "l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled AS short FROM orders_orderline l "
        "JOIN (SELECT order_line_id, "
        "sum(quantity - quantity_shipped - quantity_cancelled) FILTER (WHERE state IN ('REQUESTED', 'ORDERED')) AS open, "
        "sum(quantity - quantity_shipped - quantity_cancelled) FILTER (WHERE state NOT IN ('REQUESTED', 'ORDERED')) AS ended, "
        "bool_or(state IN ('REQUESTED', 'ORDERED') AND quantity = quantity_shipped + quantity_cancelled) AS is_idle "
        "FROM orders_dropship GROUP BY 1) d ON d.order_line_id = l.id WHERE d.ended > 0 OR d.is_idle "
        "OR d.open > l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled",
    ),
    Invariant(
        "i05",
        "What lies at the drop-ship node is promised to a line that it was bought for",
        "SELECT v.product_id, v.status, v.quantity FROM inventory_stocklevel v JOIN inventory_node n ON n.id = v.node_id "
        "WHERE n.kind = 'DROPSHIP' AND v.status NOT IN ('ALLOCATED', 'PICKED') AND v.quantity <> 0 "
        "UNION ALL SELECT a.product_id, a.state, a.quantity FROM orders_allocation a JOIN inventory_node n ON n.id = a.node_id "
        "WHERE n.kind = 'DROPSHIP' AND NOT EXISTS (SELECT 1 FROM orders_dropship d WHERE d.order_line_id = a.order_line_id)",
    ),
    Invariant(
        "i06",
        "No finished order keeps stock promised",
        "SELECT o.number, o.state, a.id AS allocation_id, a.quantity FROM orders_allocation a JOIN orders_orderline l "
        "ON l.id = a.order_line_id JOIN orders_order o ON o.id = l.order_id "
        "WHERE a.state = 'ACTIVE' AND o.state IN ('CANCELLED', 'SHIPPED', 'COMPLETED')",
    ),
    Invariant(
        "i07",
        "A line's quantities stay within what was ordered",
        "SELECT id, order_id, quantity_ordered, quantity_allocated, quantity_picked, quantity_shipped, quantity_cancelled, "
        "quantity_returned FROM orders_orderline WHERE least(quantity_allocated, quantity_picked, quantity_shipped, "
        "quantity_cancelled, quantity_returned) < 0 OR quantity_ordered < 1 OR quantity_picked > quantity_allocated "
        "OR quantity_returned > quantity_shipped "
        "OR quantity_allocated + quantity_shipped + quantity_cancelled > quantity_ordered",
    ),
    Invariant(
        "i17",
        "A channel's order id means one order",
        "SELECT channel_id, external_id, count(*) FROM orders_order GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    Invariant(
        "i18",
        "An order's totals = its lines, charges and taxes",
        "SELECT o.number, o.total, o.goods_total, l.goods, o.charges_total, c.charges, o.tax_total, l.tax "
        "FROM orders_order o "
        "LEFT JOIN (SELECT order_id, sum(line_total) AS goods, sum(tax_amount) AS tax FROM orders_orderline GROUP BY 1) l "
        "ON l.order_id = o.id LEFT JOIN (SELECT order_id, sum(amount) AS charges FROM orders_ordercharge GROUP BY 1) c "
        "ON c.order_id = o.id WHERE o.goods_total <> coalesce(l.goods, 0) OR o.charges_total <> coalesce(c.charges, 0) "
        "OR o.tax_total <> coalesce(l.tax, 0) OR o.total <> o.goods_total + o.charges_total + o.tax_total",
    ),
    Invariant(
        "i18",
        "An order's changes are numbered without a gap, each starts where the last ended, and they end at its total",
        "SELECT c.order_id, c.number, c.total_before, c.total_after, o.total FROM (SELECT order_id, number, total_before, "
        "total_after, row_number() OVER w AS place, lag(total_after) OVER w AS before, lead(number) OVER w AS next "
        "FROM orders_orderchange WINDOW w AS (PARTITION BY order_id ORDER BY id)) c JOIN orders_order o ON o.id = c.order_id "
        "WHERE c.number <> c.place OR c.before <> c.total_before OR (c.next IS NULL AND c.total_after <> o.total)",
    ),
    Invariant(
        "i18",
        "A line's total = quantity × price, to half a minor unit",
        "SELECT l.id, l.order_id, l.quantity_ordered, l.unit_price, l.line_total FROM orders_orderline l "
        f"JOIN orders_order o ON o.id = l.order_id JOIN (VALUES {_DIGITS}) AS c(code, digits) ON c.code = o.currency "
        "WHERE l.kit_id IS NULL AND abs(l.quantity_ordered * l.unit_price - l.line_total) > 0.5 * 10::numeric ^ -c.digits",
    ),
    Invariant(
        "i18",
        "A kit's total and tax = its component lines'; its total = quantity × price, to half a minor unit",
        "SELECT k.id, k.order_id, k.line_total, l.goods, k.tax_amount, l.tax FROM orders_orderkit k "
        f"JOIN orders_order o ON o.id = k.order_id JOIN (VALUES {_DIGITS}) AS c(code, digits) ON c.code = o.currency "
        "LEFT JOIN (SELECT kit_id, sum(line_total) AS goods, sum(tax_amount) AS tax FROM orders_orderline "
        "WHERE kit_id IS NOT NULL GROUP BY 1) l ON l.kit_id = k.id "
        "WHERE k.line_total IS DISTINCT FROM l.goods OR k.tax_amount IS DISTINCT FROM l.tax "
        "OR abs(k.quantity * k.unit_price - k.line_total) > 0.5 * 10::numeric ^ -c.digits",
    ),
    Invariant(
        "i07",
        "A kit's lines are its bill of materials, times the kits ordered, from its position on",
        "SELECT coalesce(b.kit_id, l.kit_id) AS kit_id, b.product_id, b.per_kit, b.wanted, l.product_id AS of_line, "
        "l.quantity_per_kit, l.quantity_ordered, b.position, l.first FROM (SELECT k.id AS kit_id, k.order_id, k.position, "
        "(part ->> 0)::bigint AS product_id, (part ->> 2)::bigint AS per_kit, (part ->> 2)::bigint * k.quantity AS wanted "
        "FROM orders_orderkit k CROSS JOIN LATERAL jsonb_array_elements(k.bill_of_materials) AS part) b "
        "FULL JOIN (SELECT kit_id, product_id, quantity_ordered, order_id, quantity_per_kit, "
        "min(position) OVER (PARTITION BY kit_id) AS first FROM orders_orderline WHERE kit_id IS NOT NULL) l "
        "ON l.kit_id = b.kit_id AND l.product_id = b.product_id WHERE b.wanted IS DISTINCT FROM l.quantity_ordered "
        "OR b.per_kit IS DISTINCT FROM l.quantity_per_kit OR b.order_id IS DISTINCT FROM l.order_id "
        "OR b.position IS DISTINCT FROM l.first",
    ),
    Invariant(
        "i19",
        "Shipped ⇔ nothing left to ship; cancelled ⇔ every unit cancelled",
        "SELECT o.number, o.state, l.ordered, l.shipped, l.cancelled FROM orders_order o "
        f"JOIN {_LINES} l ON l.order_id = o.id WHERE CASE "
        "WHEN o.state IN ('SHIPPED', 'COMPLETED') THEN l.unfinished > 0 OR l.shipped = 0 "
        "WHEN o.state = 'CANCELLED' THEN l.cancelled <> l.ordered ELSE l.unfinished = 0 END",
    ),
    Invariant(
        "i19",
        "An order is on hold ⇔ one of its holds is open",
        "SELECT o.number, o.state, h.holds FROM orders_order o LEFT JOIN (SELECT order_id, count(*) AS "
        "holds FROM orders_hold WHERE state = 'OPEN' GROUP BY 1) h ON h.order_id = o.id "
        "WHERE (o.state = 'ON_HOLD') <> (coalesce(h.holds, 0) > 0)",
    ),
    Invariant(
        "i19",
        "An order says that it wants stock ⇔ it is open and units of it do",
        "SELECT o.number, o.state, o.needs_allocation, l.wanting FROM orders_order o "
        f"JOIN {_LINES} l ON l.order_id = o.id WHERE o.needs_allocation <> "
        "(o.state IN ('RECEIVED', 'ON_HOLD', 'CONFIRMED', 'ALLOCATED', 'RELEASED') AND l.wanting > 0)",
    ),
    Invariant(
        "i21",
        "An order's paid and refunded amounts = its payments",
        "SELECT o.number, o.amount_paid, p.paid, o.amount_refunded, p.refunded FROM orders_order o LEFT JOIN "
        "(SELECT order_id, coalesce(sum(amount) FILTER (WHERE NOT is_refund), 0) AS paid, "
        "coalesce(sum(amount) FILTER (WHERE is_refund), 0) AS refunded FROM orders_payment GROUP BY 1) p ON "
        "p.order_id = o.id "
        "WHERE o.amount_paid <> coalesce(p.paid, 0) OR o.amount_refunded <> coalesce(p.refunded, 0)",
    ),
    Invariant(
        "i21",
        "Refunds ≤ captures, and what was kept ≤ the most that the order ever cost; each above zero, in its currency",
        "SELECT o.number, o.total, o.amount_paid, o.amount_refunded FROM orders_order o "
        "LEFT JOIN (SELECT order_id, max(total_before) AS most FROM orders_orderchange GROUP BY 1) c ON c.order_id = o.id "
        "LEFT JOIN orders_channelorder h ON h.channel_id = o.channel_id AND h.external_id = o.external_id "
        f"LEFT JOIN ({_BROUGHT}) m ON m.order_id = o.id "
        "WHERE o.amount_refunded > o.amount_paid OR (o.amount_paid > 0 AND o.amount_paid - o.amount_refunded "
        "> greatest(o.total, c.most, h.dearest) + coalesce(m.brought, 0)) UNION ALL "
        "SELECT o.number, o.total, p.amount, NULL FROM orders_payment p JOIN orders_order o ON o.id = p.order_id "
        "WHERE p.amount <= 0 OR p.currency <> o.currency",
    ),
    Invariant(
        "i22",
        "A provider's reference means one payment",
        "SELECT provider, provider_ref, count(*) FROM orders_payment GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    Invariant(
        "promise",
        "No more units of a line wait for a promised day than are short, and their supply is of its product",
        "SELECT l.id AS order_line_id, l.order_id, p.promised, "
        "l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled AS short "
        "FROM orders_orderline l JOIN (SELECT order_line_id, sum(quantity) AS promised FROM orders_promise "
        "WHERE state = 'OPEN' AND NOT is_covered GROUP BY 1) p ON p.order_line_id = l.id "
        "WHERE p.promised > l.quantity_ordered - l.quantity_allocated - l.quantity_shipped - l.quantity_cancelled "
        "UNION ALL SELECT l.id, l.order_id, p.quantity, s.product_id FROM orders_promise p "
        "JOIN orders_orderline l ON l.id = p.order_line_id JOIN inventory_expectedsupply s ON s.id = p.supply_id "
        "WHERE s.product_id <> l.product_id",
    ),
]
