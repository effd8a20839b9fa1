"""Answers: what do warehouses and buyers do to the same products while orders are taken?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from inventory.models import Transfer, TransferLine
from inventory.services import (
    AdjustmentDraft,
    AdjustmentLineDraft,
    TransferLineDraft,
    TransferReceipt,
    adjustment_record_many,
    stock_snapshot_take,
    transfer_cancel,
    transfer_create,
    transfer_raise_many,
    transfer_receive,
    transfer_ship,
)
from procurement.models import PurchaseOrder, PurchaseOrderLine
from procurement.services import (
    PurchaseDraft,
    PurchaseLine,
    ReceiptDraft,
    ReceivedLine,
    goods_receive_many,
    purchase_order_cancel,
    purchase_order_create_many,
    purchase_order_redate,
    purchase_order_send_many,
    purchase_order_submit_many,
)
from tests.mixed.world import Turn


def adjust(turn: Turn) -> None:
    """Somebody finds units or misses some."""
    dice, world = turn.dice, turn.world
    node = dice.choice(world.nodes)
    up = dice.random() < 0.5
    lines = [
        AdjustmentLineDraft(product, dice.randint(1, 6) * (1 if up else -1), "AVAILABLE", world.bin_of(node, dice), None,
                            Decimal(4) if up else None)
        for product in dice.sample(world.products, dice.randint(1, 4))
    ]  # fmt: skip
    draft = AdjustmentDraft(node, "FOUND" if up else "LOST", lines)
    adjustment_record_many(drafts=[draft], actor=world.company.pia, at=turn.at)


def transfer(turn: Turn) -> None:
    """A node asks another one for goods."""
    dice, world = turn.dice, turn.world
    source, goal = dice.sample(world.nodes, 2)
    lines = [
        TransferLineDraft(p, dice.randint(1, 8)) for p in dice.sample(world.products, dice.randint(1, 4))
    ]
    day = (turn.at + timedelta(days=dice.randint(0, 5))).date()
    actor = world.company.olga
    if dice.random() < 0.5:
        made = transfer_create(
            from_node_id=source, to_node_id=goal, lines=lines, expected_date=day, actor=actor, at=turn.at
        )
    else:
        (made,) = transfer_raise_many({(source, goal): lines}, expected_date=day, actor=actor, at=turn.at)
    world.transfers.append(made.pk)


def carry(turn: Turn) -> None:
    """A transfer leaves, arrives in parts, or is called off."""
    dice, world = turn.dice, turn.world
    found = list(
        Transfer.objects.filter(state__in=("DRAFT", "IN_TRANSIT"))
        .order_by("-pk")
        .values_list("pk", flat=True)[:20]
    )
    if not found:
        return transfer(turn)
    pk = dice.choice(found)
    transfer_ = Transfer.objects.get(pk=pk)
    actor = world.company.pia
    if transfer_.state == "DRAFT":
        if dice.random() < 0.3:
            transfer_cancel(transfer_id=pk, reason="not needed", actor=actor, at=turn.at)
        else:
            transfer_ship(transfer_id=pk, actor=actor, at=turn.at)
        return None
    goal = transfer_.to_node_id
    receipts = [
        TransferReceipt(line.pk, dice.randint(1, left), world.bin_of(goal, dice))
        for line in TransferLine.objects.filter(transfer=pk).order_by("-pk")
        if (left := line.quantity - line.quantity_received - line.quantity_lost) > 0
    ]
    transfer_receive(transfer_id=pk, receipts=receipts, actor=actor, at=turn.at)
    return None


def buy(turn: Turn) -> None:
    """Goods are ordered of the supplier."""
    dice, world = turn.dice, turn.world
    lines = [
        PurchaseLine(p, dice.randint(4, 30), Decimal(4))
        for p in dice.sample(world.products, dice.randint(1, 5))
    ]
    day = (turn.at + timedelta(days=dice.randint(1, 9))).date()
    draft = PurchaseDraft(world.company.acme.pk, dice.choice(world.nodes), lines, day)
    ids = purchase_order_create_many([draft], actor=world.company.ben, at=turn.at)
    world.purchases.extend(ids)
    purchase_order_submit_many(ids, actor=world.company.ben, at=turn.at)
    purchase_order_send_many(ids, actor=world.company.ben, at=turn.at)


def bought(turn: Turn) -> None:
    """What was ordered arrives in parts, comes on another day, or is called off."""
    dice, world = turn.dice, turn.world
    sent = list(PurchaseOrder.objects.filter(state="SENT").order_by("-pk").values_list("pk", flat=True)[:15])
    if not sent:
        return buy(turn)
    chance, pk = dice.random(), dice.choice(sent)
    if chance < 0.25:
        day = (turn.at + timedelta(days=dice.randint(0, 12))).date()
        purchase_order_redate(
            purchase_order_id=pk, expected_date=day, reason="they say so", actor=world.company.ben, at=turn.at
        )
    elif chance < 0.3:
        purchase_order_cancel(purchase_order_id=pk, reason="not needed", actor=world.company.ben, at=turn.at)
    else:
        _arrive(turn, dice.sample(sent, min(len(sent), dice.randint(1, 2))))
    return None


def _arrive(turn: Turn, orders: list[int]) -> None:
    dice = turn.dice
    drafts = []
    for pk in orders:
        node = PurchaseOrder.objects.get(pk=pk).node_id
        lines = [
            ReceivedLine(line.pk, dice.randint(1, left), turn.world.bin_of(node, dice))
            for line in PurchaseOrderLine.objects.filter(purchase_order=pk).order_by("-pk")
            if (left := line.quantity_ordered - line.quantity_received) > 0
        ]
        if lines:
            drafts.append(ReceiptDraft(pk, lines))
    goods_receive_many(drafts, actor=turn.world.company.pia, at=turn.at)


def snapshot(turn: Turn) -> None:
    """The nightly snapshot holds off every posting for a moment."""
    stock_snapshot_take(at=turn.at)


OPERATIONS = {adjust: 6, transfer: 5, carry: 7, buy: 3, bought: 6, snapshot: 1}
