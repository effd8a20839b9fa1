"""Who sends stock from one node to another?

Shipped units are IN_TRANSIT at the destination until they are received there, so nothing is ever nowhere. What does not
arrive stays in transit under an exception case until it is received after all, or written off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import ExceptionCase, User
from erp.core.services.exception_case import exception_open, exception_resolve
from erp.core.services.state import change_state, record_creation
from erp.core.sql import Statements, reserve_ids
from erp.core.states import ExceptionState
from inventory.locks import lock_bins, lock_transfer
from inventory.models import Adjustment, Node, Product, Transfer, TransferLine
from inventory.selectors import BinCandidate, bin_candidates, binned_node_ids, unit_costs
from inventory.services.adjustment import adjustment_submit
from inventory.services.adjustment_draft import AdjustmentLineDraft, adjustment_create
from inventory.services.kit import kit_refuse
from inventory.services.stock import InsufficientStock, Move, Posting, stock_post, stock_post_many
from inventory.services.supply import transfer_supply_set
from inventory.services.transit import transfer_close_done
from inventory.states import AdjustmentReason, StockStatus, TransferState


class TransferLineDraft(NamedTuple):
    """Units of a product to send; without a lot, the lots that expire first are taken."""

    product_id: int
    quantity: int
    lot_id: int | None = None


class TransferReceipt(NamedTuple):
    """Units of a line that arrived, and the bin they went to (None where the node keeps no bins)."""

    line_id: int
    quantity: int
    location_id: int | None = None


_LINES = {
    "transfer_id": "bigint", "product_id": "bigint", "lot_id": "bigint", "quantity": "bigint",
    "quantity_received": "bigint", "quantity_lost": "bigint",
}  # fmt: skip


@transaction.atomic
def transfer_create(
    *,
    from_node_id: int,
    to_node_id: int,
    lines: Sequence[TransferLineDraft],
    expected_date: date | None,
    actor: User,
    at: datetime,
) -> Transfer:
    """This function will keep a draft of a transfer; nothing moves before it is shipped.

    InvalidInput for the same node twice, an inactive node, no lines, or a quantity below one.
    """
    nodes = set(
        Node.objects.filter(pk__in=[from_node_id, to_node_id], is_active=True).values_list("pk", flat=True)
    )
    if from_node_id == to_node_id or len(nodes) < 2:
        raise InvalidInput(
            "choose two different active nodes", field="to_node", remedy="Change one of the nodes."
        )
    if not lines:
        raise InvalidInput("nothing is transferred", field="lines", remedy="Add at least one line.")
    for number, line in enumerate(lines, start=1):
        if not 1 <= line.quantity < 2**31:
            raise InvalidInput(
                f"line {number}: the quantity is out of range",
                field="quantity",
                remedy="Enter 1 or more.",
                line=number,
            )
    kit_refuse((line.product_id for line in lines), doing="transferred")
    (transfer_id,) = reserve_ids({"inventory_transfer": 1})["inventory_transfer"]
    transfer = Transfer.objects.create(
        pk=transfer_id, number=f"TR-{transfer_id:06d}", from_node_id=from_node_id, to_node_id=to_node_id,
        expected_date=expected_date, created_by=actor, created_at=at,
    )  # fmt: skip
    batch = Statements()
    rows = [(transfer_id, line.product_id, line.lot_id, line.quantity, 0, 0) for line in lines]
    batch.insert("inventory_transferline", _LINES, rows)
    record_creation(
        Transfer, [transfer_id], actor=actor, at=at, action="inventory.transfer_create", statements=batch
    )
    batch.run()
    return transfer


@transaction.atomic
def transfer_raise_many(
    routes: Mapping[tuple[int, int], Sequence[TransferLineDraft]],
    *,
    expected_date: date,
    actor: User,
    at: datetime,
) -> list[Transfer]:
    """This function will raise a transfer per (from node, to node) and set its units aside, so that nobody else gets them.

    The levels must be locked by the caller or free. InsufficientStock when somebody was quicker.
    """
    raised, postings = [], []
    for (from_node, to_node), lines in sorted(routes.items()):
        transfer = transfer_create(
            from_node_id=from_node,
            to_node_id=to_node,
            lines=lines,
            expected_date=expected_date,
            actor=actor,
            at=at,
        )
        Transfer.objects.filter(pk=transfer.pk).update(is_reserved=True)
        transfer.is_reserved = True
        moves = [
            Move(
                line.product_id,
                line.quantity,
                from_node,
                StockStatus.AVAILABLE,
                from_node,
                StockStatus.RESERVED,
            )
            for line in lines
        ]
        postings.append(
            Posting(
                "inventory.transfer_raise_many", "inventory.Transfer", transfer.pk,
                f"inventory.transfer_raise:{transfer.pk}", moves, f"set aside for {transfer.number}",
            )
        )  # fmt: skip
        raised.append(transfer)
    stock_post_many(postings, actor=actor, at=at)  # the levels of all routes in their order
    for transfer in raised:
        transfer_supply_set(transfer, at=at)
    return raised


@transaction.atomic
def transfer_ship(*, transfer_id: int, actor: User, at: datetime) -> int:
    """This function will send a draft on its way and return the journal sequence.

    Where the node keeps bins, the units come out of the bins that are to be emptied first (see `bin_candidates`) and
    a line is split by the lots that were taken. InsufficientStock names every short SKU, IllegalTransition a
    transfer that left.
    """
    transfer = lock_transfer(transfer_id)
    change_state(transfer, to=TransferState.IN_TRANSIT, actor=actor, at=at, action="inventory.transfer_ship")
    lines = list(TransferLine.objects.filter(transfer=transfer).order_by("pk"))
    is_binned = transfer.from_node_id in binned_node_ids()
    status = StockStatus.RESERVED if transfer.is_reserved else StockStatus.AVAILABLE
    taken = (
        _take_bins(transfer, lines, at.date())
        if is_binned
        else [(line, line.quantity, None, line.lot_id) for line in lines]
    )
    moves = [
        Move(line.product_id, quantity, transfer.from_node_id, status, transfer.to_node_id, StockStatus.IN_TRANSIT,
             from_location_id=location_id, lot_id=lot_id)
        for line, quantity, location_id, lot_id in taken
    ]  # fmt: skip
    _split_by_lot(transfer, [(line, quantity, lot_id) for line, quantity, _, lot_id in taken])
    sequence = stock_post(
        action="inventory.transfer_ship", source_type="inventory.Transfer", source_id=transfer.pk,
        idempotency_key=f"inventory.transfer_ship:{transfer.pk}", moves=moves, actor=actor, at=at,
        reason=f"{transfer.number} left",
    )  # fmt: skip
    transfer_supply_set(transfer, at=at)
    return sequence


@transaction.atomic
def transfer_receive(
    *, transfer_id: int, receipts: Sequence[TransferReceipt], actor: User, at: datetime
) -> int:
    """This function will take units that arrived into stock and return the journal sequence.

    What is missing stays in transit and opens a TRANSFER_SHORT case; the last unit ends the transfer. InvalidInput
    for more than is still on its way, and for a missing bin where the node keeps bins.
    """
    transfer = lock_transfer(transfer_id)
    lines = {line.pk: line for line in TransferLine.objects.filter(transfer=transfer).order_by("pk")}
    before = sum(line.quantity_received for line in lines.values())
    moves = _receipt_moves(transfer, lines, receipts)
    sequence = stock_post(
        action="inventory.transfer_receive", source_type="inventory.Transfer", source_id=transfer.pk,
        idempotency_key=f"inventory.transfer_receive:{transfer.pk}:{before}", moves=moves, actor=actor, at=at,
        reason=f"{transfer.number} arrived",
    )  # fmt: skip
    for receipt in receipts:
        lines[receipt.line_id].quantity_received += receipt.quantity
    TransferLine.objects.bulk_update(lines.values(), ["quantity_received"])
    if transfer_close_done(list(lines), actor=actor, at=at):
        _settle_short_case(transfer, actor, at)
    else:
        _open_short_case(transfer, lines, actor, at)
    transfer_supply_set(transfer, at=at)
    return sequence


def _settle_short_case(transfer: Transfer, actor: User, at: datetime) -> None:
    waiting = ExceptionCase.objects.filter(
        kind="TRANSFER_SHORT", subject_type="inventory.Transfer", subject_id=str(transfer.pk)
    ).exclude(state=ExceptionState.RESOLVED)
    for case_id in waiting.values_list("pk", flat=True):
        exception_resolve(
            case_id=case_id,
            resolution="inventory.transfer_receive",
            reason="The rest has arrived.",
            actor=actor,
            at=at,
        )


@transaction.atomic
def transfer_write_off(*, transfer_id: int, reason: str, actor: User, at: datetime) -> Adjustment:
    """This function will submit an adjustment (LOST) over everything that is still on its way; posting it ends the
    transfer.

    At or above the approval threshold it waits for a second person, and the transfer with it.
    """
    transfer = lock_transfer(transfer_id)
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what became of the goods.")
    waiting = Adjustment.objects.filter(
        lines__transfer_line__transfer=transfer, state="PENDING_APPROVAL"
    ).first()
    if waiting is not None:
        raise InvalidInput(
            f"{waiting} is about the same goods", field="transfer", remedy="Wait for its approval."
        )
    open_lines = [
        line for line in TransferLine.objects.filter(transfer=transfer).order_by("pk") if _on_its_way(line)
    ]
    if transfer.state != TransferState.IN_TRANSIT or not open_lines:
        raise InvalidInput(
            "nothing is on its way", field="transfer", remedy="Only what has left can be lost."
        )
    adjustment = adjustment_create(
        node_id=transfer.to_node_id, reason=AdjustmentReason.LOST, note=f"{transfer.number}: {reason.strip()}"[:200],
        lines=[
            AdjustmentLineDraft(
                line.product_id, -_on_its_way(line), StockStatus.IN_TRANSIT, None, line.lot_id, None, line.pk
            )
            for line in open_lines
        ],
        actor=actor, at=at,
    )  # fmt: skip
    return adjustment_submit(adjustment_id=adjustment.pk, actor=actor, at=at)


@transaction.atomic
def transfer_cancel(*, transfer_id: int, reason: str, actor: User, at: datetime) -> Transfer:
    """This function will cancel a draft, with a reason; what has left can only be received or written off."""
    transfer = lock_transfer(transfer_id)
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say why nothing is sent.")
    change_state(
        transfer,
        to=TransferState.CANCELLED,
        actor=actor,
        at=at,
        action="inventory.transfer_cancel",
        reason=reason,
    )
    if transfer.is_reserved:
        _give_back(transfer, reason, actor, at)
    transfer_supply_set(transfer, at=at)
    return transfer


def _give_back(transfer: Transfer, reason: str, actor: User, at: datetime) -> None:
    """What was set aside for a transfer that never leaves can be sold again."""
    node = transfer.from_node_id
    moves = [
        Move(line.product_id, line.quantity, node, StockStatus.RESERVED, node, StockStatus.AVAILABLE)
        for line in transfer.lines.order_by("pk")
    ]
    stock_post(
        action="inventory.transfer_cancel", source_type="inventory.Transfer", source_id=transfer.pk,
        idempotency_key=f"inventory.transfer_cancel:{transfer.pk}", moves=moves, actor=actor, at=at, reason=reason[:200],
    )  # fmt: skip


def _on_its_way(line: TransferLine) -> int:
    return line.quantity - line.quantity_received - line.quantity_lost


Taken = tuple[TransferLine, int, int | None, int | None]


def _take_bins(transfer: Transfer, lines: Sequence[TransferLine], day: date) -> list[Taken]:
    """Choose bins for every line, best first; each bin's free units are given away once."""
    pairs = {(line.product_id, transfer.from_node_id) for line in lines}
    lock_bins(pairs)
    candidates = bin_candidates(pairs, usable_on=day)
    free = {candidate.bin_stock_id: candidate.free for own in candidates.values() for candidate in own}
    taken: list[Taken] = []
    short: list[dict[str, object]] = []
    # lines that insist on a lot choose before those that take any
    for line in sorted(lines, key=lambda line: (line.lot_id is None, line.pk)):
        wanted = line.quantity
        for candidate in candidates[line.product_id, transfer.from_node_id]:
            quantity = min(wanted, free[candidate.bin_stock_id]) if _fits(line, candidate) else 0
            if quantity:
                taken.append((line, quantity, candidate.location_id, candidate.lot_id))
                free[candidate.bin_stock_id] -= quantity
                wanted -= quantity
        if wanted:
            short.append(
                {"product_id": line.product_id, "wanted": line.quantity, "there": line.quantity - wanted}
            )
    if short:
        raise _short_bins(transfer, short)
    return taken


def _fits(line: TransferLine, candidate: BinCandidate) -> bool:
    return line.lot_id is None or line.lot_id == candidate.lot_id


def _short_bins(transfer: Transfer, short: Sequence[Mapping[str, object]]) -> InsufficientStock:
    skus = dict(Product.objects.filter(pk__in=[row["product_id"] for row in short]).values_list("pk", "sku"))
    node = Node.objects.get(pk=transfer.from_node_id).code
    shortages = [
        {
            "sku": skus[int(str(row["product_id"]))],
            "node": node,
            "status": "AVAILABLE",
            "wanted": row["wanted"],
            "there": row["there"],
        }
        for row in short
    ]
    named = ", ".join(
        f"{s['sku']} ({s['wanted']} wanted, {s['there']} free in usable bins)" for s in shortages[:10]
    )
    return InsufficientStock(
        f"not enough stock at {node}: {named}", field="quantity", remedy="Lower the quantity, or bring stock in first.",
        shortages=shortages,
    )  # fmt: skip


def _split_by_lot(transfer: Transfer, taken: Sequence[tuple[TransferLine, int, int | None]]) -> None:
    """A line that was filled from several lots becomes one line per lot, so that what arrives can be named."""
    by_line: dict[int, dict[int | None, int]] = {}
    lines = {line.pk: line for line, _, _ in taken}
    for line, quantity, lot_id in taken:
        lots = by_line.setdefault(line.pk, {})
        lots[lot_id] = lots.get(lot_id, 0) + quantity
    extra = []
    for pk, lots in by_line.items():
        (first_lot, first_quantity), *others = lots.items()
        lines[pk].lot_id, lines[pk].quantity = first_lot, first_quantity
        extra += [
            TransferLine(transfer=transfer, product_id=lines[pk].product_id, lot_id=lot_id, quantity=quantity)
            for lot_id, quantity in others
        ]
    TransferLine.objects.bulk_update(lines.values(), ["lot", "quantity"])
    TransferLine.objects.bulk_create(extra)


def _receipt_moves(
    transfer: Transfer, lines: Mapping[int, TransferLine], receipts: Sequence[TransferReceipt]
) -> list[Move]:
    if transfer.state != TransferState.IN_TRANSIT:
        raise InvalidInput(
            f"{transfer} is {transfer.state}", field="transfer", remedy="Only what has left can arrive."
        )
    if not receipts:
        raise InvalidInput("nothing arrived", field="lines", remedy="Enter what arrived.")
    is_binned = transfer.to_node_id in binned_node_ids()
    arrived: dict[int, int] = {}
    moves = []
    for receipt in receipts:
        line = lines.get(receipt.line_id)
        if line is None:
            raise InvalidInput(
                "the line is not part of this transfer", field="lines", remedy="Reload the transfer."
            )
        arrived[line.pk] = arrived.get(line.pk, 0) + receipt.quantity
        if receipt.quantity < 1 or arrived[line.pk] > _on_its_way(line):
            raise InvalidInput(
                f"only {_on_its_way(line)} of line {line.pk} are on their way", field="quantity",
                remedy="Enter what arrived; book a surplus as an adjustment.",
            )  # fmt: skip
        if is_binned and receipt.location_id is None:
            raise InvalidInput("this node keeps its stock in bins", field="location", remedy="Say which bin.")
        moves.append(
            Move(line.product_id, receipt.quantity, transfer.to_node_id, StockStatus.IN_TRANSIT, transfer.to_node_id,
                 StockStatus.AVAILABLE, to_location_id=receipt.location_id, lot_id=line.lot_id)
        )  # fmt: skip
    return moves


def _open_short_case(
    transfer: Transfer, lines: Mapping[int, TransferLine], actor: User, at: datetime
) -> None:
    missing = {line.product_id: _on_its_way(line) for line in lines.values() if _on_its_way(line)}
    costs = unit_costs(missing)
    exception_open(
        kind="TRANSFER_SHORT",
        subject_type="inventory.Transfer",
        subject_id=transfer.pk,
        title=f"{transfer.number}: {sum(missing.values())} units did not arrive",
        detail={"missing": missing, "node": transfer.to_node.code},
        money_at_risk=sum((costs.get(pk, Decimal(0)) * units for pk, units in missing.items()), Decimal(0)),
        actor=actor,
        at=at,
    )
