"""How does the demo company buy: what the rule suggests is approved, sent, received, billed and paid?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from erp.core.sql import query
from erp.demo.catalogue import draw
from orders.services import order_allocate_many
from procurement.models import PurchaseOrderLine
from procurement.services import (
    BilledLine,
    InvoiceDraft,
    ReceiptDraft,
    ReceivedLine,
    goods_receive_many,
    purchase_order_send_many,
    purchase_order_submit_many,
    replenishment_run,
    supplier_invoice_match_many,
    supplier_invoice_pay_many,
    supplier_invoice_record_many,
)

if TYPE_CHECKING:
    from erp.demo.engine import Replay


def morning(replay: Replay, at: datetime) -> None:
    """This function will receive what is due, serve who waited for it, and record and pay the suppliers' bills."""
    received = _receive(replay, at)
    if received:
        order_allocate_many(product_ids=received, limit=5_000, actor=replay.actor, at=at)
    _bill(replay, at)
    _pay(replay, at)


def evening(replay: Replay, at: datetime) -> None:
    """This function will let the replenishment rule buy for North, and the buyer and finance let it through."""
    if at.weekday() == 5:
        return
    ben = replay.company.people["ben"]
    run = replenishment_run(
        node_id=replay.company.nodes["NORTH"].pk, run_date=at.date(), draft_orders=True, actor=ben, at=at
    )
    if run.purchase_order_ids:
        purchase_order_submit_many(run.purchase_order_ids, actor=ben, at=at)
        replay.approve("procurement.purchase_order_approve", at)
        purchase_order_send_many(run.purchase_order_ids, actor=ben, at=at)


def _receive(replay: Replay, at: datetime) -> list[int]:
    """Everything expected by today; one line in fifty arrives a unit short and the rest a few days later."""
    rows = query(
        "SELECT p.id, l.id, l.product_id, l.quantity_ordered - l.quantity_received, l.quantity_received = 0 "
        "FROM procurement_purchaseorder p JOIN procurement_purchaseorderline l ON l.purchase_order_id = p.id "
        "WHERE p.state = 'SENT' AND p.expected_date <= %s AND l.quantity_ordered > l.quantity_received ORDER BY p.id, l.position",
        [at.date()],
    )
    drafts: dict[int, list[ReceivedLine]] = {}
    for order_id, line_id, product_id, left, is_first in rows:
        short = is_first and left > 4 and not draw(f"short:{line_id}", 50)
        units = left - 1 if short else left
        drafts.setdefault(order_id, []).append(
            ReceivedLine(line_id, units, location_id=replay.company.home_bins[product_id])
        )
    goods_receive_many(
        [ReceiptDraft(order_id, lines) for order_id, lines in drafts.items()],
        actor=replay.company.people["paul"],
        at=at,
    )
    return sorted({row[2] for row in rows})


def _bill(replay: Replay, at: datetime) -> None:
    """Two days after a receipt the bill comes; one in sixty asks three percent too much and is disputed."""
    rows = query(
        "SELECT r.purchase_order_id, r.id, rl.purchase_order_line_id, sum(rl.quantity)::bigint FROM procurement_goodsreceipt r "
        "JOIN procurement_goodsreceiptline rl ON rl.receipt_id = r.id WHERE r.received_at >= %s AND r.received_at < %s "
        "GROUP BY 1, 2, 3 ORDER BY 2, 3",
        [at - timedelta(days=2), at - timedelta(days=1)],
    )
    costs = dict(
        PurchaseOrderLine.objects.filter(pk__in=[row[2] for row in rows]).values_list("pk", "unit_cost")
    )
    bills: dict[tuple[int, int], list[BilledLine]] = {}
    for order_id, receipt_id, line_id, units in rows:
        cost = costs[line_id]
        if not draw(f"dear:{receipt_id}", 60):
            cost = (cost * 103 / 100).quantize(cost)
        bills.setdefault((order_id, receipt_id), []).append(BilledLine(line_id, units, cost))
    fay = replay.company.people["fay"]
    ids = supplier_invoice_record_many(
        [InvoiceDraft(order, f"R{receipt}", at.date(), lines) for (order, receipt), lines in bills.items()],
        actor=fay, at=at,
    )  # fmt: skip
    if ids:
        supplier_invoice_match_many(ids, actor=fay, at=at)


def _pay(replay: Replay, at: datetime) -> None:
    due = query(
        "SELECT id FROM procurement_supplierinvoice WHERE state = 'MATCHED' AND due_date <= %s ORDER BY id",
        [at.date()],
    )
    if due:
        supplier_invoice_pay_many([row[0] for row in due], actor=replay.company.people["fay"], at=at)
