"""Who looks at returned goods, and who puts them where they belong?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, query, unnest
from inventory.models import Location
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from ledger.services import CostIssue, cost_issue_many, journal_entry_post_many
from procurement.selectors import putaway_bins
from returns import postings
from returns.locks import LineFacts, demand_line_state, lock_rma_lines
from returns.models import RmaLine
from returns.services.receipt import goods_figures
from returns.services.rma import rma_close_settled
from returns.states import Disposition, RmaLineState

D = Disposition
ACTION = "returns.rma_dispose"
GOES_TO: dict[str, StockStatus] = {
    D.RESTOCK: StockStatus.AVAILABLE,
    D.REFURBISH: StockStatus.QUARANTINE,
    D.QUARANTINE: StockStatus.QUARANTINE,
    D.LIQUIDATE: StockStatus.DAMAGED,
    D.SCRAP: StockStatus.SHRINKAGE,
    D.RETURN_TO_VENDOR: StockStatus.SUPPLIER,
}
LEAVES = {D.SCRAP: "returns.goods_written_off", D.RETURN_TO_VENDOR: "returns.goods_returned_to_vendor"}


class Inspection(NamedTuple):
    """What the inspector saw, and what is to become of the units."""

    rma_line_id: int
    condition: str
    disposition: str


@transaction.atomic
def rma_inspect_many(inspections: Sequence[Inspection], *, actor: User, at: datetime) -> None:
    """This function will record condition and disposition of received lines; nothing moves yet.

    IllegalTransition for a line that is not RECEIVED; InvalidInput for an unknown disposition or an empty condition.
    """
    if not inspections:
        return
    for inspection in inspections:
        if inspection.disposition not in Disposition.values:
            raise InvalidInput(
                f"“{inspection.disposition}” is no disposition",
                field="disposition", remedy=f"One of {', '.join(Disposition.values)}.",
            )  # fmt: skip
        if not inspection.condition.strip():
            raise InvalidInput("the condition is missing", field="condition", remedy="Say what you see.")
    lines = lock_rma_lines([inspection.rma_line_id for inspection in inspections])
    demand_line_state(
        lines.values(), RmaLineState.RECEIVED, "Goods are inspected once, after they were received."
    )
    if len(lines) < len(inspections):
        raise InvalidInput("a line is named twice", field="lines", remedy="Name each line once.")
    batch = Statements()
    source, parameters = unnest(
        {"id": "bigint", "condition": "text", "disposition": "text"},
        [(i.rma_line_id, i.condition.strip()[:120], i.disposition) for i in inspections],
    )
    batch.demand(
        "UPDATE returns_rmaline l SET condition = v.condition, disposition = v.disposition "
        f"FROM {source} WHERE l.id = v.id RETURNING 1",
        parameters,
        len(lines),
        "returns.RmaLine inspected",
    )
    change_state_many(
        RmaLine, list(lines), source=RmaLineState.RECEIVED, to=RmaLineState.INSPECTED, actor=actor, at=at,
        action="returns.rma_inspect", statements=batch,
    )  # fmt: skip
    batch.run()


def rma_inspect(*, rma_line_id: int, condition: str, disposition: str, actor: User, at: datetime) -> RmaLine:
    """This function will record the inspection of one line (see `rma_inspect_many`) and return it."""
    rma_inspect_many([Inspection(rma_line_id, condition, disposition)], actor=actor, at=at)
    return RmaLine.objects.get(pk=rma_line_id)


@transaction.atomic
def rma_dispose_many(
    rma_line_ids: Sequence[int], *, locations: Mapping[int, int] | None = None, actor: User, at: datetime
) -> None:
    """This function will move inspected units where their disposition says: stock that stays, or out of the books.

    RESTOCK → AVAILABLE, REFURBISH and QUARANTINE → QUARANTINE, LIQUIDATE → DAMAGED, each into a bin
    (`locations` by line, else chosen). SCRAP → SHRINKAGE and RETURN_TO_VENDOR → SUPPLIER take the cost of
    that very return out again, to WRITE_OFF. IllegalTransition for a line that is not INSPECTED.
    """
    if not rma_line_ids:
        return
    rma_ids = sorted(set(RmaLine.objects.filter(pk__in=rma_line_ids).values_list("rma_id", flat=True)))
    sequences = stock_begin(len(rma_ids) or 1)
    lines = lock_rma_lines(rma_line_ids)
    demand_line_state(
        lines.values(), RmaLineState.INSPECTED, "Inspect the goods first; they are disposed of once."
    )
    places = _places(lines, locations or {})
    by_rma = {rma_id: [line for line in lines.values() if line.rma_id == rma_id] for rma_id in rma_ids}
    stock_post_many(
        [_posting(rma_id, of_rma, places) for rma_id, of_rma in by_rma.items()],
        actor=actor, at=at, sequences=sequences,
    )  # fmt: skip
    leaving = [line for line in lines.values() if line.disposition in LEAVES]
    values = _issue(leaving, at)
    batch = Statements()
    change_state_many(
        RmaLine, list(lines), source=RmaLineState.INSPECTED, to=RmaLineState.DISPOSED, actor=actor, at=at,
        action=ACTION, statements=batch,
    )  # fmt: skip
    drafts = []
    of_event = dict(zip(rma_ids, sequences, strict=True))
    for disposition, kind in LEAVES.items():
        gone = _grouped(line for line in leaving if line.disposition == disposition)
        rule = postings.goods_written_off if disposition == D.SCRAP else postings.goods_returned_to_vendor
        drafts += [rule(figures) for figures in goods_figures(gone, values, of_event, kind, at)]
    if drafts:
        journal_entry_post_many(drafts, actor=actor, statements=batch)
    batch.run()
    rma_close_settled(rma_ids, action=ACTION, actor=actor, at=at)


def rma_dispose(*, rma_line_id: int, location_id: int | None = None, actor: User, at: datetime) -> RmaLine:
    """This function will dispose of one inspected line (see `rma_dispose_many`) and return it."""
    places = {rma_line_id: location_id} if location_id else {}
    rma_dispose_many([rma_line_id], locations=places, actor=actor, at=at)
    return RmaLine.objects.get(pk=rma_line_id)


@transaction.atomic
def rma_put_away(
    *,
    rma_line_id: int,
    condition: str,
    disposition: str,
    location_id: int | None = None,
    actor: User,
    at: datetime,
) -> RmaLine:
    """This function will inspect a received line and dispose of it at once; one that was inspected before is only moved.

    Errors as in `rma_inspect_many` and `rma_dispose_many`.
    """
    line = lock_rma_lines([rma_line_id])[rma_line_id]
    if line.state != RmaLineState.INSPECTED:
        rma_inspect(rma_line_id=rma_line_id, condition=condition, disposition=disposition, actor=actor, at=at)
    return rma_dispose(rma_line_id=rma_line_id, location_id=location_id, actor=actor, at=at)


def _grouped(lines: Iterable[LineFacts]) -> dict[int, list[LineFacts]]:
    found: dict[int, list[LineFacts]] = {}
    for line in lines:
        found.setdefault(line.rma_id, []).append(line)
    return found


def _places(lines: dict[int, LineFacts], given: Mapping[int, int]) -> dict[int, int | None]:
    """Where each line's units go to: the given bin, else one chosen, none where the node keeps no bins."""
    nodes = dict(Location.objects.filter(pk__in=given.values(), is_active=True).values_list("pk", "node_id"))
    for pk, location in given.items():
        if pk not in lines or nodes.get(location) != lines[pk].node_id:
            raise InvalidInput(
                f"location #{location} is not an active bin of this node",
                field="location", remedy="Scan a bin of this warehouse, or leave it to the system.",
            )  # fmt: skip
    staying = [line for line in lines.values() if line.disposition not in LEAVES and line.id not in given]
    chosen = putaway_bins((line.product_id, line.node_id) for line in staying)
    return {**{line.id: chosen.get((line.product_id, line.node_id)) for line in staying}, **given}


def _posting(rma_id: int, lines: list[LineFacts], places: Mapping[int, int | None]) -> Posting:
    moves = [
        Move(
            line.product_id, line.quantity_received, line.node_id, StockStatus.RETURN_PENDING, line.node_id,
            GOES_TO[line.disposition], line.location_id, places.get(line.id), line.lot_id, line.order_line_id,
        )
        for line in lines
    ]  # fmt: skip
    return Posting(ACTION, "returns.Rma", rma_id, f"{ACTION}:{rma_id}:{lines[0].id}", moves)


def _issue(lines: Sequence[LineFacts], at: datetime) -> dict[int, Decimal]:
    """Take the cost out of each return's own layer.

    Sales may have used that layer up meanwhile: the oldest open one then takes its place.
    """
    if not lines:
        return {}
    left = dict(
        tuple(row)
        for row in query(
            "SELECT id, quantity_left FROM ledger_costlayer WHERE id = ANY(%s::bigint[]) ORDER BY product_id, "
            "id FOR NO KEY UPDATE",
            [array(sorted({line.cost_layer_id for line in lines if line.cost_layer_id}), "bigint")],
        )
    )
    issues = []
    for line in lines:
        own = line.cost_layer_id
        is_there = own is not None and left.get(own, 0) >= line.quantity_received
        if is_there and own is not None:
            left[own] -= line.quantity_received
        issues.append(
            CostIssue(
                line.product_id,
                line.method,
                line.quantity_received,
                "returns.RmaLine",
                line.id,
                own if is_there else None,
            )
        )
    return {line.id: value for line, value in zip(lines, cost_issue_many(issues, at=at), strict=True)}
