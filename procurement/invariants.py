"""What must hold for orders to suppliers, receipts and bills, and which rows would prove that it does not?"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from erp.core.invariants import Invariant
from procurement.terms import OVER_RECEIPT_TOLERANCE, PRICE_TOLERANCE, base_exponent


def _grni() -> str:
    digits = base_exponent()
    return (
        "SELECT 'GRNI' AS account, documents.value AS documents, books.value AS books FROM "
        f"(SELECT coalesce(sum(round(l.quantity_received * l.unit_cost * o.rate, {digits}) "
        f"- round(l.quantity_invoiced * l.unit_cost * o.rate, {digits})), 0) AS value "
        "FROM procurement_purchaseorderline l JOIN procurement_purchaseorder o ON o.id = l.purchase_order_id) documents, "
        f"({_books('GRNI')}) books WHERE documents.value <> books.value"
    )


def _books(role: str) -> str:
    return (
        "SELECT coalesce(sum(l.base_credit - l.base_debit), 0) AS value FROM ledger_journalline l "
        f"JOIN ledger_account a ON a.id = l.account_id WHERE a.role = '{role}'"
    )


def _numbers() -> str:
    """A gapless series has given out exactly as many numbers as there are documents of it."""
    parts = [
        f"SELECT s.code, s.next_number - 1 AS given, count(d.id) AS documents FROM core_numberseries s "
        f"LEFT JOIN {table} d ON true WHERE s.code = '{code}' GROUP BY s.code, s.next_number "
        "HAVING s.next_number - 1 <> count(d.id)"
        for code, table in (
            ("PO", "procurement_purchaseorder"),
            ("GR", "procurement_goodsreceipt"),
            ("SI", "procurement_supplierinvoice"),
        )
    ]
    return " UNION ALL ".join(parts)


def _unposted(noun: str, table: str, kind: str, where: str) -> str:
    return (
        f"SELECT d.number, count(e.id) AS entries FROM {table} d LEFT JOIN ledger_journalentry e "
        f"ON e.source_type = 'procurement.{noun}' AND e.source_id = d.id AND e.kind = 'procurement.{kind}' "
        f"WHERE {where} GROUP BY d.id, d.number HAVING count(e.id) <> 1"
    )


INVARIANTS = [
    Invariant(
        "i23",
        "An order line's received quantity is the sum of its receipts",
        "SELECT l.id, l.purchase_order_id, l.quantity_received, coalesce(sum(r.quantity), 0) AS receipts "
        "FROM procurement_purchaseorderline l LEFT JOIN procurement_goodsreceiptline r ON "
        "r.purchase_order_line_id = l.id "
        "GROUP BY l.id HAVING l.quantity_received <> coalesce(sum(r.quantity), 0)",
    ),
    Invariant(
        "i23",
        "No order line has received more than the tolerance allows",
        "SELECT id, purchase_order_id, quantity_ordered, quantity_received FROM procurement_purchaseorderline "
        f"WHERE quantity_received > floor(quantity_ordered * {1 + OVER_RECEIPT_TOLERANCE})",
    ),
    Invariant(
        "i23",
        "An order of which everything has arrived is no longer waiting for goods",
        "SELECT o.id, o.number FROM procurement_purchaseorder o WHERE o.state = 'SENT' AND NOT EXISTS "
        "(SELECT 1 FROM procurement_purchaseorderline l WHERE l.purchase_order_id = o.id "
        "AND l.quantity_received < l.quantity_ordered)",
    ),
    Invariant(
        "i23",
        "A receipt is worth the sum of its lines, and its stock event moved their units",
        "SELECT r.id, r.number, r.value, lines.value AS lines, lines.units, moves.units AS moved "
        "FROM procurement_goodsreceipt r "
        "LEFT JOIN (SELECT receipt_id, sum(value) AS value, sum(quantity) AS units FROM procurement_goodsreceiptline "
        "GROUP BY 1) lines ON lines.receipt_id = r.id "
        "LEFT JOIN (SELECT event_id, sum(quantity) AS units FROM inventory_stockmove WHERE from_status = 'SUPPLIER' "
        "GROUP BY 1) moves ON moves.event_id = r.stock_sequence "
        "WHERE r.value IS DISTINCT FROM lines.value OR lines.units IS DISTINCT FROM moves.units",
    ),
    Invariant(
        "i24",
        "An order line's billed quantity is the sum of its matched bills, and no more than arrived",
        "SELECT l.id, l.purchase_order_id, l.quantity_invoiced, l.quantity_received, coalesce(bills.units, 0) AS bills "
        "FROM procurement_purchaseorderline l LEFT JOIN (SELECT b.purchase_order_line_id, sum(b.quantity) AS units "
        "FROM procurement_supplierinvoiceline b JOIN procurement_supplierinvoice i ON i.id = b.invoice_id "
        "WHERE i.state IN ('MATCHED', 'PAID') GROUP BY 1) bills ON bills.purchase_order_line_id = l.id "
        "WHERE l.quantity_invoiced <> coalesce(bills.units, 0) OR l.quantity_invoiced > l.quantity_received",
    ),
    Invariant(
        "i24",
        "A posted bill is within the price tolerance, or somebody else approved the difference",
        "SELECT i.id, i.number, b.unit_cost, l.unit_cost AS agreed FROM procurement_supplierinvoiceline b "
        "JOIN procurement_supplierinvoice i ON i.id = b.invoice_id "
        "JOIN procurement_purchaseorderline l ON l.id = b.purchase_order_line_id WHERE i.state IN ('MATCHED', 'PAID') "
        f"AND abs(b.unit_cost - l.unit_cost) > l.unit_cost * {PRICE_TOLERANCE} AND i.variance_approved_by_id IS NULL",
    ),
    Invariant(
        "i24",
        "A bill's total is the sum of its lines",
        "SELECT i.id, i.number, i.total, sum(b.amount) AS lines FROM procurement_supplierinvoice i "
        "JOIN procurement_supplierinvoiceline b ON b.invoice_id = i.id GROUP BY i.id HAVING i.total <> sum(b.amount)",
    ),
    Invariant(
        "i25",
        "An order above the threshold was approved by somebody other than its maker",
        "SELECT id, number, created_by_id, approved_by_id FROM procurement_purchaseorder WHERE needs_approval "
        "AND state NOT IN ('DRAFT', 'PENDING_APPROVAL', 'CANCELLED') "
        "AND (approved_by_id IS NULL OR approved_by_id = created_by_id)",
    ),
    Invariant("i33", "GRNI is what was received and not billed, at the orders' prices", _grni),
    Invariant(
        "i33",
        "Trade payables are the posted bills that are not paid",
        "SELECT 'PAYABLE' AS account, documents.value AS documents, books.value AS books FROM "
        "(SELECT coalesce(sum(posted_base), 0) AS value FROM procurement_supplierinvoice WHERE state = "
        "'MATCHED') documents, "
        f"({_books('PAYABLE')}) books WHERE documents.value <> books.value",
    ),
    Invariant("i35", "Numbers of orders, receipts and bills have no gaps", _numbers),
    Invariant(
        "i36",
        "Each receipt of any value has exactly one journal entry",
        _unposted("GoodsReceipt", "procurement_goodsreceipt", "goods_received", "d.value > 0"),
    ),
    Invariant(
        "i36",
        "Each matched bill has exactly one journal entry, and each paid one another",
        _unposted(
            "SupplierInvoice",
            "procurement_supplierinvoice",
            "supplier_invoice_matched",
            "d.state IN ('MATCHED', 'PAID')",
        )
        + " UNION ALL "
        + _unposted(
            "SupplierInvoice", "procurement_supplierinvoice", "supplier_invoice_paid", "d.state = 'PAID'"
        ),
    ),
    Invariant(
        "i46",
        "Nobody approved the price difference of a bill they recorded",
        "SELECT id, number, created_by_id FROM procurement_supplierinvoice WHERE variance_approved_by_id = "
        "created_by_id",
    ),
    Invariant(
        "supply",
        "What is expected of a purchase order is what it still brings, on its day",
        "SELECT o.number, l.id AS line, s.quantity_open, s.expected_date FROM procurement_purchaseorderline l "
        "JOIN procurement_purchaseorder o ON o.id = l.purchase_order_id FULL JOIN (SELECT * FROM inventory_expectedsupply "
        "WHERE source_type = 'procurement.PurchaseOrderLine') s ON s.source_id = l.id "
        "WHERE coalesce(s.quantity_open, 0) <> CASE WHEN o.state IN ('APPROVED', 'SENT') "
        "THEN greatest(l.quantity_ordered - l.quantity_received, 0) ELSE 0 END OR s.quantity_open > 0 AND "
        "(s.product_id, s.node_id, s.document_id, s.expected_date) "
        "IS DISTINCT FROM (l.product_id, o.node_id, o.id, o.expected_date) OR s.id IS NOT NULL AND l.id IS NULL",
    ),
]
