"""Who takes goods in: into bins, into the cost layers and into the books, in one transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from erp.core.errors import InvalidInput, KeelError
from erp.core.models import User
from erp.core.services.number import number_take
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, cents, query, reserve_ids, unnest
from inventory.models import Location
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.services.lot import LotDraft, lot_ensure_many
from inventory.states import StockStatus
from ledger.services import CostReceipt, cost_receive_many, journal_entry_post_many
from procurement import postings
from procurement.locks import lock_purchase_orders
from procurement.models import GoodsReceipt, PurchaseOrder
from procurement.selectors import putaway_bins
from procurement.services.expected import purchase_supply_set
from procurement.services.receipt_variance import variance_record
from procurement.states import PurchaseOrderState
from procurement.terms import most_receivable, value_between

ACTION = "procurement.goods_receive"
STATUSES = (StockStatus.AVAILABLE, StockStatus.QUARANTINE, StockStatus.DAMAGED)


class OverReceipt(KeelError):
    """More units than were ordered, beyond the tolerance. `detail["most"]` is how many more may be received."""

    code = "over_receipt"


@dataclass(frozen=True)
class ReceivedLine:
    """Units that arrived for an order's line. Without a bin one is chosen; a lot-tracked product needs `lot_code`."""

    purchase_order_line_id: int
    quantity: int
    location_id: int | None = None
    lot_code: str = ""
    expiry_date: date | None = None
    status: str = StockStatus.AVAILABLE


@dataclass(frozen=True)
class ReceiptDraft:
    """What arrived of an order. Only a supplier's ship notice (`is_drop_ship`) receives what went to a customer."""

    purchase_order_id: int
    lines: Sequence[ReceivedLine]
    is_drop_ship: bool = False


@dataclass
class OpenLine:
    """A purchase order line while it is being received; `received` counts up within the batch."""

    id: int
    purchase_order_id: int
    product_id: int
    ordered: int
    received: int
    unit_cost: Decimal
    sku: str
    is_lot_tracked: bool
    method: str


@dataclass
class _Arrival:
    """One receipt in the making. `rows`: (line, its value, bin, lot, po line)."""

    order: PurchaseOrder
    rows: list[tuple[ReceivedLine, Decimal, int | None, int | None, OpenLine]] = field(default_factory=list)

    @property
    def value(self) -> Decimal:
        return sum((row[1] for row in self.rows), Decimal(0))

    def values(self) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        for _, value, _, _, line in self.rows:
            found[line.product_id] = found.get(line.product_id, Decimal(0)) + value
        return found


@transaction.atomic
def goods_receive_many(drafts: Sequence[ReceiptDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will receive goods for sent purchase orders and return the receipts' ids in order.

    Stock enters AVAILABLE, QUARANTINE or DAMAGED, cost layers open at the order's price, GRNI is credited, complete
    orders become RECEIVED; short, over and late deliveries open exception cases. OverReceipt beyond 5 %;
    InvalidInput for a wrong line, bin, lot or quantity. All or nothing.
    """
    if not drafts:
        return []
    sequences = stock_begin(len(drafts))
    orders = lock_purchase_orders({draft.purchase_order_id for draft in drafts})
    _check_states(orders)
    _check_drop_ships(orders, drafts)
    lines = _open_lines(list(orders))
    arrivals = _arrivals(drafts, orders, lines)
    ids = reserve_ids(
        {
            "procurement_goodsreceipt": len(arrivals),
            "procurement_goodsreceiptline": sum(len(arrival.rows) for arrival in arrivals),
        }
    )
    receipts = ids["procurement_goodsreceipt"]
    stock_post_many(
        [_posting(receipt, arrival) for receipt, arrival in zip(receipts, arrivals, strict=True)],
        actor=actor, at=at, sequences=sequences,
    )  # fmt: skip
    line_ids = iter(ids["procurement_goodsreceiptline"])
    rows = [
        (next(line_ids), receipt, *row)
        for receipt, a in zip(receipts, arrivals, strict=True)
        for row in a.rows
    ]
    cost_receive_many([_cost(row[0], row[2], row[3], row[6]) for row in rows], at=at)
    numbers = number_take("GR", len(arrivals))
    heads = list(zip(receipts, numbers, sequences, arrivals, strict=True))
    batch = Statements()
    _add_receipts(batch, heads, rows, actor, at)
    _add_progress(batch, arrivals, lines, orders, actor, at)
    journal_entry_post_many(
        [
            postings.goods_received(
                receipt_id=receipt, number=number, node_id=a.order.node_id, supplier_id=a.order.supplier_id,
                values=a.values(), posting_date=at.date(), stock_sequence=sequence,
            )
            for receipt, number, sequence, a in heads
        ],
        actor=actor, statements=batch,
    )  # fmt: skip
    batch.run()
    variance_record(orders, lines.values(), actor=actor, at=at)
    purchase_supply_set(list(orders), at=at)
    return receipts


def goods_receive(
    *, purchase_order_id: int, lines: Sequence[ReceivedLine], actor: User, at: datetime
) -> GoodsReceipt:
    """This function will receive goods of one purchase order (see `goods_receive_many`) and return the receipt."""
    ids = goods_receive_many([ReceiptDraft(purchase_order_id, lines)], actor=actor, at=at)
    return GoodsReceipt.objects.get(pk=ids[0])


def _check_states(orders: dict[int, PurchaseOrder]) -> None:
    for order in orders.values():
        if order.state != PurchaseOrderState.SENT:
            raise InvalidInput(
                f"{order} is {order.state}; goods are received for sent orders",
                field="purchase_order",
                remedy="Send it to the supplier first."
                if order.state == PurchaseOrderState.APPROVED
                else "Choose another.",
            )


def _check_drop_ships(orders: dict[int, PurchaseOrder], drafts: Sequence[ReceiptDraft]) -> None:
    for draft in drafts:
        order = orders[draft.purchase_order_id]
        if (order.customer_order_id is not None) != draft.is_drop_ship:
            raise InvalidInput(
                f"the goods of {order} go to the customer, not to us", field="purchase_order",
                remedy="Say on the purchase order that the supplier has shipped.",
            )  # fmt: skip


def _open_lines(order_ids: list[int]) -> dict[int, OpenLine]:
    """Lock and read every line of the orders, with what receiving needs to know of its product."""
    rows = query(
        "SELECT l.id, l.purchase_order_id, l.product_id, l.quantity_ordered, l.quantity_received, l.unit_cost, p.sku, "
        "p.is_lot_tracked, c.valuation_method FROM procurement_purchaseorderline l "
        "JOIN inventory_product p ON p.id = l.product_id JOIN inventory_category c ON c.id = p.category_id "
        "WHERE l.purchase_order_id = ANY(%s::bigint[]) ORDER BY l.id FOR NO KEY UPDATE OF l",
        [array(order_ids, "bigint")],
    )
    return {row[0]: OpenLine(*row) for row in rows}


def _arrivals(
    drafts: Sequence[ReceiptDraft], orders: dict[int, PurchaseOrder], lines: dict[int, OpenLine]
) -> list[_Arrival]:
    arrived = [(draft, line, _checked(draft, line, lines)) for draft in drafts for line in draft.lines]
    lots = lot_ensure_many(
        [
            LotDraft(known.product_id, line.lot_code, line.expiry_date)
            for _, line, known in arrived
            if known.is_lot_tracked
        ]
    )
    bins = putaway_bins(
        (known.product_id, orders[draft.purchase_order_id].node_id)
        for draft, line, known in arrived
        if line.location_id is None
    )
    _check_locations(arrived, orders)
    arrivals = {id(draft): _Arrival(orders[draft.purchase_order_id]) for draft in drafts}
    for draft, line, known in arrived:
        order = orders[draft.purchase_order_id]
        if known.received + line.quantity > most_receivable(known.ordered):
            raise _over(known, line.quantity)
        value = value_between(known.received, known.received + line.quantity, known.unit_cost, order.rate)
        known.received += line.quantity
        location = line.location_id or bins.get((known.product_id, order.node_id))
        lot = lots.get((known.product_id, line.lot_code)) if known.is_lot_tracked else None
        arrivals[id(draft)].rows.append((line, value, location, lot, known))
    return [arrivals[id(draft)] for draft in drafts]


def _checked(draft: ReceiptDraft, line: ReceivedLine, lines: dict[int, OpenLine]) -> OpenLine:
    known = lines.get(line.purchase_order_line_id)
    if known is None or known.purchase_order_id != draft.purchase_order_id:
        raise InvalidInput(
            f"line #{line.purchase_order_line_id} is not of this purchase order",
            field="lines",
            remedy="Reload the page.",
        )
    if line.quantity < 1:
        raise InvalidInput(f"{known.sku}: {line.quantity} units", field="quantity", remedy="Enter 1 or more.")
    if line.status not in STATUSES:
        raise InvalidInput(
            f"{known.sku}: goods cannot arrive as {line.status}",
            field="status",
            remedy=f"One of {', '.join(STATUSES)}.",
        )
    if known.is_lot_tracked != bool(line.lot_code):
        raise InvalidInput(
            f"{known.sku} is {'' if known.is_lot_tracked else 'not '}tracked by lot",
            field="lot_code",
            remedy="Enter the lot on the label." if known.is_lot_tracked else "Leave the lot empty.",
        )
    return known


def _check_locations(
    arrived: Sequence[tuple[ReceiptDraft, ReceivedLine, OpenLine]], orders: dict[int, PurchaseOrder]
) -> None:
    wanted = {line.location_id for _, line, _ in arrived if line.location_id is not None}
    if not wanted:
        return
    nodes = dict(Location.objects.filter(pk__in=wanted, is_active=True).values_list("pk", "node_id"))
    for draft, line, known in arrived:
        if (
            line.location_id is not None
            and nodes.get(line.location_id) != orders[draft.purchase_order_id].node_id
        ):
            raise InvalidInput(
                f"{known.sku}: location #{line.location_id} is not an active bin of the order's node",
                field="location",
                remedy="Scan a bin of this warehouse, or leave it to the system.",
            )


def _over(line: OpenLine, quantity: int) -> OverReceipt:
    most = max(0, most_receivable(line.ordered) - line.received)
    return OverReceipt(
        f"{line.sku}: {quantity} more would exceed the {line.ordered} ordered by more than 5 %",
        field="quantity",
        remedy=f"Receive at most {most} and send the rest back." if most else "This line takes nothing more.",
        most=most, sku=line.sku,
    )  # fmt: skip


def _posting(receipt_id: int, arrival: _Arrival) -> Posting:
    node = arrival.order.node_id
    moves = [
        Move(
            known.product_id,
            line.quantity,
            node,
            StockStatus.SUPPLIER,
            node,
            line.status,
            None,
            location,
            lot,
        )
        for line, _, location, lot, known in arrival.rows
    ]
    return Posting(ACTION, "procurement.GoodsReceipt", receipt_id, f"{ACTION}:{receipt_id}", moves)


def _cost(line_id: int, line: ReceivedLine, value: Decimal, known: OpenLine) -> CostReceipt:
    return CostReceipt(
        known.product_id, known.method, line.quantity, value, "procurement.GoodsReceiptLine", line_id
    )


_RECEIPTS = {
    "id": "bigint", "number": "text", "purchase_order_id": "bigint", "node_id": "bigint", "received_by_id": "bigint",
    "received_at": "timestamptz", "stock_sequence": "bigint", "value": "numeric",
}  # fmt: skip
_RECEIPT_LINES = {
    "id": "bigint", "receipt_id": "bigint", "purchase_order_line_id": "bigint", "product_id": "bigint",
    "location_id": "bigint", "lot_id": "bigint", "status": "text", "quantity": "bigint", "value": "numeric",
}  # fmt: skip


def _add_receipts(
    batch: Statements, heads: list[tuple[int, str, int, _Arrival]], rows: list[Any], actor: User, at: datetime
) -> None:
    batch.insert(
        "procurement_goodsreceipt",
        _RECEIPTS,
        [
            (receipt, number, a.order.pk, a.order.node_id, actor.pk, at, sequence, cents(a.value))
            for receipt, number, sequence, a in heads
        ],
    )
    batch.insert(
        "procurement_goodsreceiptline",
        _RECEIPT_LINES,
        [
            (
                line_id,
                receipt,
                known.id,
                known.product_id,
                location,
                lot,
                line.status,
                line.quantity,
                cents(value),
            )
            for line_id, receipt, line, value, location, lot, known in rows
        ],
    )


def _add_progress(
    batch: Statements,
    arrivals: Sequence[_Arrival],
    lines: dict[int, OpenLine],
    orders: dict[int, PurchaseOrder],
    actor: User,
    at: datetime,
) -> None:
    touched = sorted({known.id for arrival in arrivals for *_, known in arrival.rows})
    source, parameters = unnest(
        {"id": "bigint", "received": "bigint"}, [(pk, lines[pk].received) for pk in touched]
    )
    batch.demand(
        f"UPDATE procurement_purchaseorderline l SET quantity_received = v.received FROM {source} "
        "WHERE l.id = v.id RETURNING 1",
        parameters,
        len(touched),
        "purchase order lines received",
    )
    incomplete = {line.purchase_order_id for line in lines.values() if line.received < line.ordered}
    change_state_many(
        PurchaseOrder, [pk for pk in orders if pk not in incomplete], source=PurchaseOrderState.SENT,
        to=PurchaseOrderState.RECEIVED, actor=actor, at=at, action=ACTION, statements=batch,
    )  # fmt: skip
