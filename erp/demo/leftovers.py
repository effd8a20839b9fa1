"""What does the demo company leave open on its last day, so that every role finds something to do?"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from erp.core.models import User
from erp.core.services.exception_desk import exception_assign
from erp.core.services.note import note_add
from erp.core.sql import query
from erp.demo.engine import Replay
from erp.demo.kits import kits_ordered
from erp.demo.shortage import sell_short
from erp.demo.standing import subscribe, write_to_customers
from fulfillment.models import PickTask
from fulfillment.services import (
    fulfillment_pack_many,
    fulfillment_pick_many,
    fulfillment_release_many,
    pick_confirm_many,
    pick_short,
)
from inventory.models import Transfer, TransferLine
from inventory.services import (
    AdjustmentDraft,
    AdjustmentLineDraft,
    TransferLineDraft,
    TransferReceipt,
    adjustment_create,
    adjustment_record_many,
    transfer_create,
    transfer_receive,
    transfer_ship,
)
from inventory.states import AdjustmentReason
from orders.models import Order
from orders.services import hold_open, order_flag_late
from orders.services.feed import order_import
from orders.states import HoldKind, OrderState
from procurement.models import Supplier
from procurement.services import (
    PurchaseDraft,
    PurchaseLine,
    purchase_order_create_many,
    purchase_order_submit_many,
)
from returns.models import RmaLine
from returns.services import (
    ArrivedLine,
    Inspection,
    RefundDraft,
    ReturnLine,
    RmaDraft,
    refund_request_many,
    rma_authorize_many,
    rma_inspect_many,
    rma_receive_many,
)


def leave_open(replay: Replay, *, at: datetime) -> None:
    """This function will leave work in every state, by the services people use, as of the evening of the last day."""
    write_to_customers(replay.company, at=at)
    subscribe(replay.company, at=at)
    _holds(replay, at)
    _picks(replay, at)
    _transfers(replay, at)
    _adjustments(replay, at)
    _purchases(replay, at)
    _returns(replay, at)
    _messages(replay, at)
    kits_ordered(replay.company, at=at)
    sell_short(replay, at=at)
    order_flag_late(actor=replay.company.people["system"], at=at)
    _desk(replay, at)


def _orders(state: str, count: int) -> list[int]:
    return list(
        Order.objects.filter(state=state).order_by("ship_by", "pk").values_list("pk", flat=True)[:count]
    )


def _holds(replay: Replay, at: datetime) -> None:
    cora, chosen = replay.company.people["cora"], _orders(OrderState.ALLOCATED, 4)
    kinds = (HoldKind.ADDRESS, HoldKind.FRAUD, HoldKind.PAYMENT, HoldKind.MANUAL)
    said = (
        "The carrier returned the last parcel: no such house number.",
        "Three cards from one address within an hour.",
        "The bank reversed the card payment.",
        "The customer asked to wait for a second order.",
    )
    for order_id, kind, reason in zip(chosen, kinds, said, strict=False):
        hold_open(order_id=order_id, kind=kind, reason=reason, actor=cora, at=at - timedelta(hours=3))
        note_add(document_type="orders.Order", document_id=order_id, body="Called the customer, waiting for an answer.",
                 actor=cora, at=at - timedelta(hours=2))  # fmt: skip


def _picks(replay: Replay, at: datetime) -> None:
    """Pick lists untouched, half picked, picked, packed, and one bin that held less than it should."""
    pia = replay.company.people["pia"]
    released = fulfillment_release_many(
        order_ids=_orders(OrderState.ALLOCATED, 24),
        actor=replay.company.people["olga"],
        at=at,
        max_orders_per_list=4,
    )
    ids = released.fulfillment_ids
    binned = [
        row[0]
        for row in query(
            "SELECT DISTINCT l.fulfillment_id FROM fulfillment_picktask t JOIN fulfillment_fulfillmentline l ON l.id = t.line_id "
            "WHERE l.fulfillment_id = ANY(%s) ORDER BY 1",
            [ids],
        )
    ]
    done, half = binned[:6], binned[6:9]
    if done:
        fulfillment_pick_many(fulfillment_ids=done, actor=pia, at=at + timedelta(minutes=20))
        fulfillment_pack_many(fulfillment_ids=done[:3], actor=pia, at=at + timedelta(minutes=35))
    tasks = list(
        PickTask.objects.open()
        .filter(line__fulfillment__in=half)
        .order_by("position")
        .values_list("pk", flat=True)
    )
    if len(tasks) > 2:
        pick_confirm_many(task_ids=tasks[: len(tasks) // 2], actor=pia, at=at + timedelta(minutes=40))
        pick_short(
            task_id=tasks[len(tasks) // 2],
            quantity_found=0,
            reason="Bin empty",
            actor=pia,
            at=at + timedelta(minutes=42),
        )


def _transfers(replay: Replay, at: datetime) -> None:
    company, paul = replay.company, replay.company.people["paul"]
    there = query(
        "SELECT product_id, quantity FROM inventory_stocklevel WHERE node_id = %s AND status = 'AVAILABLE' AND quantity > 60 "
        "ORDER BY quantity DESC, product_id LIMIT 12",
        [company.nodes["NORTH"].pk],
    )
    for number, node in enumerate(("SOUTH", "TPL-NL", "STORE")):
        lines = [TransferLineDraft(product, 12) for product, _ in there[number * 4 : number * 4 + 4]]
        if not lines:
            return
        transfer = transfer_create(
            from_node_id=company.nodes["NORTH"].pk, to_node_id=company.nodes[node].pk, lines=lines,
            expected_date=(at + timedelta(days=2)).date(), actor=paul, at=at,
        )  # fmt: skip
        if number:
            transfer_ship(transfer_id=transfer.pk, actor=paul, at=at)
        if number == 2:
            _receive_part(transfer, paul, at + timedelta(hours=1))


def _receive_part(transfer: Transfer, actor: User, at: datetime) -> None:
    lines = list(TransferLine.objects.filter(transfer=transfer).order_by("pk"))
    receipts = [
        TransferReceipt(line.pk, line.quantity if line != lines[-1] else line.quantity - 2) for line in lines
    ]
    transfer_receive(transfer_id=transfer.pk, receipts=receipts, actor=actor, at=at)


def _adjustments(replay: Replay, at: datetime) -> None:
    company = replay.company
    rows = query(
        "SELECT b.product_id, b.location_id, b.quantity FROM inventory_binstock b "
        "JOIN inventory_location l ON l.id = b.location_id "
        "WHERE l.node_id = %s AND b.quantity - b.quantity_allocated > 200 AND b.status = 'AVAILABLE' "
        "ORDER BY b.quantity DESC, b.id LIMIT 2",
        [company.nodes["NORTH"].pk],
    )
    north = company.nodes["NORTH"].pk
    if len(rows) < 2:
        return
    (dear, dear_bin, units), (other, other_bin, _) = rows
    cost = company.costs[dear] or Decimal("0.01")
    wanted = min(int(Decimal(600) / cost) + 1, units // 2)
    drafts = [
        AdjustmentDraft(
            north,
            AdjustmentReason.DAMAGED,
            [AdjustmentLineDraft(dear, -wanted, location_id=dear_bin)],
            "Roof leak, aisle flooded",
        )
    ]
    adjustment_record_many(drafts=drafts, actor=company.people["paul"], at=at)
    adjustment_create(
        node_id=north, reason=AdjustmentReason.COUNT, lines=[AdjustmentLineDraft(other, -3, location_id=other_bin)],
        note="Counted twice", actor=company.people["pia"], at=at,
    )  # fmt: skip


def _purchases(replay: Replay, at: datetime) -> None:
    """A draft, and one that is large enough to wait for finance."""
    company, ben = replay.company, replay.company.people["ben"]
    supplier = Supplier.objects.order_by("code")[0]
    rows = query(
        "SELECT product_id, unit_cost FROM procurement_supplierproduct WHERE supplier_id = %s "
        "ORDER BY unit_cost DESC, product_id LIMIT 20",
        [supplier.pk],
    )
    north = company.nodes["NORTH"].pk
    draft = PurchaseDraft(supplier.pk, north, [PurchaseLine(product, 24) for product, _ in rows[:5]])
    large = PurchaseDraft(supplier.pk, north, [PurchaseLine(product, 480) for product, _ in rows])
    ids = purchase_order_create_many([draft, large], actor=ben, at=at)
    purchase_order_submit_many(ids[1:], actor=ben, at=at)


def _returns(replay: Replay, at: datetime) -> None:
    """Returns on their way, at the dock, inspected, and a refund that waits for approval."""
    cora, pia = replay.company.people["cora"], replay.company.people["pia"]
    rows = query(
        "SELECT s.order_id, l.id, l.quantity FROM fulfillment_shipment s JOIN LATERAL (SELECT id, quantity FROM "
        "fulfillment_shipmentline WHERE shipment_id = s.id AND quantity_returned = 0 AND revenue > 5 "
        "ORDER BY id LIMIT 1) l ON true ORDER BY s.id DESC LIMIT 8"
    )
    made = rma_authorize_many(
        [RmaDraft(order, [ReturnLine(line, max(units // 2, 1))], "DAMAGED") for order, line, units in rows],
        actor=cora, at=at - timedelta(days=1),
    )  # fmt: skip
    lines = list(RmaLine.objects.filter(rma__in=made[2:]).order_by("pk"))
    rma_receive_many([ArrivedLine(line.pk, line.quantity) for line in lines], actor=pia, at=at)
    rma_inspect_many(
        [Inspection(line.pk, "Box dented, goods fine", "RESTOCK") for line in lines[3:]],
        actor=pia,
        at=at + timedelta(minutes=15),
    )
    big = query(
        "SELECT s.order_id, array_agg(l.id), array_agg(l.quantity) FROM fulfillment_shipment s JOIN fulfillment_shipmentline l "
        "ON l.shipment_id = s.id WHERE l.quantity_returned = 0 AND s.revenue > 1200 AND s.order_id <> ALL(%s) "
        "GROUP BY s.id, s.order_id ORDER BY s.id DESC LIMIT 1",
        [[row[0] for row in rows]],
    )
    for order, shipment_lines, units in big:
        (rma,) = rma_authorize_many(
            [
                RmaDraft(
                    order,
                    [ReturnLine(*pair) for pair in zip(shipment_lines, units, strict=True)],
                    "WRONG_ITEM",
                )
            ],
            actor=cora,
            at=at,
        )
        arrived = list(RmaLine.objects.filter(rma=rma).order_by("pk"))
        rma_receive_many([ArrivedLine(line.pk, line.quantity) for line in arrived], actor=pia, at=at)
        refund_request_many([RefundDraft(rma)], actor=cora, at=at)


def _messages(replay: Replay, at: datetime) -> None:
    """A file from a partner with two orders that can not be taken."""
    stamp = at.isoformat()
    rows = [
        "external_id,ordered_at,currency,ship_to_name,ship_to_line1,ship_to_city,ship_to_postcode,ship_to_country,sku,quantity,unit_price",
        f"P-7001,{stamp},GBP,Harbour Gifts,2 Quay Street,Bristol,BS1 4RB,GB,NO-SUCH-SKU,4,3.50",
        f"P-7002,{stamp},GBP,Harbour Gifts,2 Quay Street,Bristol,BS1 4RB,GB,85123A,-6,2.95",
        f"P-7003,{stamp},GBP,Harbour Gifts,2 Quay Street,Bristol,BS1 4RB,GB,85123A,6,2.95",
    ]
    order_import(
        content="\n".join(rows).encode(), channel="trade-uk", file_name="harbour-gifts.csv",
        actor=replay.company.people["channel"], at=at,
    )  # fmt: skip


def _desk(replay: Replay, at: datetime) -> None:
    """Somebody has taken two of the cases already."""
    found = query(
        "SELECT id FROM core_exceptioncase WHERE state = 'OPEN' ORDER BY money_at_risk DESC, id LIMIT 2"
    )
    for (case_id,), name in zip(found, ("cora", "olga"), strict=False):
        person = replay.company.people[name]
        exception_assign(case_id=case_id, assignee_id=person.pk, actor=person, at=at)
