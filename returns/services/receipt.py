"""Who takes returned goods in, at the cost they left with?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state_many, record_creation
from erp.core.sql import Statements, array, cents, query, reserve_ids, unnest
from fulfillment.services.returned import shipment_record_return_many
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from ledger.services import CostReceipt, cost_receive_many, journal_entry_post_many
from orders.services.progress import order_record_return_many
from procurement.selectors import holding_locations
from returns import postings
from returns.locks import LineFacts, demand_line_state, lock_rma_lines
from returns.models import Rma, RmaLine
from returns.states import RmaLineState, RmaState
from returns.terms import share_between

ACTION = "returns.rma_receive"


class ArrivedLine(NamedTuple):
    """Units of an authorised line that came back."""

    rma_line_id: int
    quantity: int


@transaction.atomic
def rma_receive_many(arrived: Sequence[ArrivedLine], *, actor: User, at: datetime) -> None:
    """This function will take returned units in: RETURN_PENDING, at their original cost, COGS taken back.

    When fewer came than were authorised, the rest becomes a line of its own that is still expected.
    IllegalTransition for a line that is not AUTHORIZED; InvalidInput for a quantity outside 1…authorised. All or
    nothing.
    """
    if not arrived:
        return
    units = dict(arrived)
    rma_ids = sorted(set(RmaLine.objects.filter(pk__in=units).values_list("rma_id", flat=True)))
    sequences = stock_begin(len(rma_ids) or 1)
    lines = lock_rma_lines(list(units))
    _check(arrived, lines)
    places = holding_locations({line.node_id for line in lines.values()})
    values = _original_costs(lines, units)
    by_rma = {rma_id: [line for line in lines.values() if line.rma_id == rma_id] for rma_id in rma_ids}
    stock_post_many(
        [_posting(rma_id, of_rma, units, places) for rma_id, of_rma in by_rma.items()],
        actor=actor, at=at, sequences=sequences,
    )  # fmt: skip
    receipts = [
        CostReceipt(line.product_id, line.method, units[pk], values[pk], "returns.RmaLine", pk)
        for pk, line in lines.items()
    ]
    layers = dict(zip(lines, cost_receive_many(receipts, at=at), strict=True))
    batch = Statements()
    _split(batch, lines, units, actor, at)
    _add_lines(
        batch,
        [
            (pk, units[pk], cents(values[pk]), layers[pk], places.get(line.node_id))
            for pk, line in lines.items()
        ],
    )
    _add_states(batch, lines, rma_ids, actor, at)
    _add_upward(batch, lines, units)
    figures = goods_figures(
        by_rma, values, dict(zip(rma_ids, sequences, strict=True)), "returns.goods_returned", at
    )
    journal_entry_post_many([postings.goods_returned(f) for f in figures], actor=actor, statements=batch)
    batch.run()


def rma_receive(*, rma_id: int, lines: Sequence[ArrivedLine], actor: User, at: datetime) -> Rma:
    """This function will take in returned units of one RMA (see `rma_receive_many`) and return it."""
    known = set(RmaLine.objects.filter(rma_id=rma_id).values_list("pk", flat=True))
    if not lines or any(line.rma_line_id not in known for line in lines):
        raise InvalidInput("these lines are not of this return", field="lines", remedy="Reload the page.")
    rma_receive_many(lines, actor=actor, at=at)
    return Rma.objects.get(pk=rma_id)


def _check(arrived: Sequence[ArrivedLine], lines: dict[int, LineFacts]) -> None:
    if len(lines) < len(arrived):
        raise InvalidInput("a line is named twice", field="lines", remedy="Name each line once.")
    demand_line_state(lines.values(), RmaLineState.AUTHORIZED, "Each line is received once.")
    for line_id, quantity in arrived:
        line = lines[line_id]
        if not 1 <= quantity <= line.quantity:
            raise InvalidInput(
                f"{line.sku}: {quantity} cannot be received, {line.quantity} are authorised",
                field="quantity", remedy=f"Enter 1 to {line.quantity}; authorise the rest first.",
            )  # fmt: skip


def _original_costs(lines: dict[int, LineFacts], units: dict[int, int]) -> dict[int, Decimal]:
    """The part of the shipped line's cost that these units carry, counting up over lines of the same shipped line."""
    returned: dict[int, int] = {}
    found = {}
    for pk, line in lines.items():
        first = returned.get(line.shipment_line_id, line.returned)
        last = first + units[pk]
        returned[line.shipment_line_id] = last
        found[pk] = share_between(line.cogs, first, last, line.shipped, settings.KEEL_BASE_CURRENCY)
    return found


def _posting(rma_id: int, lines: list[LineFacts], units: dict[int, int], places: dict[int, int]) -> Posting:
    moves = [
        Move(
            line.product_id, units[line.id], line.node_id, StockStatus.CUSTOMER, line.node_id,
            StockStatus.RETURN_PENDING,
            None, places.get(line.node_id), line.lot_id, line.order_line_id,
        )
        for line in lines
    ]  # fmt: skip
    return Posting(ACTION, "returns.Rma", rma_id, f"{ACTION}:{rma_id}:{lines[0].id}", moves)


_SPLIT = {
    "id": "bigint", "rma_id": "bigint", "shipment_line_id": "bigint", "order_line_id": "bigint", "product_id": "bigint",
    "lot_id": "bigint", "state": "text", "quantity": "bigint", "quantity_received": "bigint", "condition": "text",
    "disposition": "text", "refund_amount": "numeric", "refund_tax": "numeric", "original_cost": "numeric",
}  # fmt: skip


def _split(
    batch: Statements, lines: dict[int, LineFacts], units: dict[int, int], actor: User, at: datetime
) -> None:
    """Make the units that did not come a line of their own, with their part of the refund."""
    partial = [line for pk, line in lines.items() if units[pk] < line.quantity]
    if not partial:
        return
    ids = reserve_ids({"returns_rmaline": len(partial)})["returns_rmaline"]
    rows: list[tuple[Any, ...]] = []
    kept: list[tuple[Any, ...]] = []
    for new_id, line in zip(ids, partial, strict=True):
        came = units[line.id]
        amount = share_between(line.refund_amount, came, line.quantity, line.quantity, line.currency)
        tax = min(amount, share_between(line.refund_tax, came, line.quantity, line.quantity, line.currency))
        rows.append(
            (new_id, line.rma_id, line.shipment_line_id, line.order_line_id, line.product_id, line.lot_id,
             RmaLineState.AUTHORIZED, line.quantity - came, 0, "", "", cents(amount), cents(tax), "0")
        )  # fmt: skip
        rest = line.refund_amount - amount
        kept.append((line.id, came, cents(rest), cents(min(rest, line.refund_tax - tax))))
    batch.insert("returns_rmaline", _SPLIT, rows)
    record_creation(
        RmaLine,
        ids,
        actor=actor,
        at=at,
        action=ACTION,
        reason="not arrived with the others",
        statements=batch,
    )
    source, parameters = unnest(
        {"id": "bigint", "units": "bigint", "amount": "numeric", "tax": "numeric"}, kept
    )
    batch.demand(
        "UPDATE returns_rmaline l SET quantity = v.units, refund_amount = v.amount, refund_tax = v.tax "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(kept),
        "returns.RmaLine split",
    )


def _add_lines(batch: Statements, rows: list[tuple[Any, ...]]) -> None:
    columns = {"id": "bigint", "units": "bigint", "cost": "numeric", "layer": "bigint", "place": "bigint"}
    source, parameters = unnest(columns, rows)
    batch.demand(
        "UPDATE returns_rmaline l SET quantity_received = v.units, original_cost = v.cost, cost_layer_id = v.layer, "
        f"location_id = v.place FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(rows),
        "returns.RmaLine received",
    )


def _add_states(
    batch: Statements, lines: dict[int, LineFacts], rma_ids: list[int], actor: User, at: datetime
) -> None:
    change_state_many(
        RmaLine, list(lines), source=RmaLineState.AUTHORIZED, to=RmaLineState.RECEIVED, actor=actor, at=at,
        action=ACTION, statements=batch,
    )  # fmt: skip
    fresh = (
        Rma.objects.filter(pk__in=rma_ids, state=RmaState.AUTHORIZED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    change_state_many(
        Rma, list(fresh), source=RmaState.AUTHORIZED, to=RmaState.RECEIVED, actor=actor, at=at, action=ACTION,
        statements=batch,
    )  # fmt: skip


def _add_upward(batch: Statements, lines: dict[int, LineFacts], units: dict[int, int]) -> None:
    of_orders: dict[int, int] = {}
    of_shipments: dict[int, int] = {}
    for pk, line in lines.items():
        of_orders[line.order_line_id] = of_orders.get(line.order_line_id, 0) + units[pk]
        of_shipments[line.shipment_line_id] = of_shipments.get(line.shipment_line_id, 0) + units[pk]
    order_record_return_many(of_orders, statements=batch)
    shipment_record_return_many(of_shipments, statements=batch)


def goods_figures(
    by_rma: dict[int, list[LineFacts]],
    values: dict[int, Decimal],
    sequences: dict[int, int],
    kind: str,
    at: datetime,
) -> list[postings.ReturnFigures]:
    """This function will put together what `kind` posts per RMA: values by product, and the entry's sequence."""
    posted = _posted(by_rma, kind)
    figures = []
    for rma_id, lines in by_rma.items():
        per_product: dict[int, Decimal] = {}
        for line in lines:
            per_product[line.product_id] = per_product.get(line.product_id, Decimal(0)) + values[line.id]
        first = lines[0]
        figures.append(
            postings.ReturnFigures(
                rma_id=rma_id, number=first.rma_number, posting_date=at.date(), stock_sequence=sequences[rma_id],
                sequence=posted.get(rma_id, 0), node_id=first.node_id, channel_id=first.channel_id,
                customer_segment=first.segment, values=per_product,
            )
        )  # fmt: skip
    return figures


def _posted(rma_ids: Iterable[int], kind: str) -> dict[int, int]:
    rows = query(
        "SELECT source_id, count(*) FROM ledger_journalentry WHERE source_type = 'returns.Rma' AND kind = %s "
        "AND source_id = ANY(%s::bigint[]) GROUP BY 1",
        [kind, array(sorted(rma_ids), "bigint")],
    )
    return dict(tuple(row) for row in rows)
