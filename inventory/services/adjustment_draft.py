"""Who writes a correction down, and what must be true of it before anything moves?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.state import record_creation
from erp.core.sql import Statements, array, cents, query, reserve_ids
from erp.core.text import storable
from inventory.models import Adjustment
from inventory.selectors import binned_node_ids
from inventory.services.kit import kit_refuse
from inventory.states import AdjustmentReason, AdjustmentState, StockStatus

_STATUSES = (StockStatus.AVAILABLE, StockStatus.QUARANTINE, StockStatus.DAMAGED, StockStatus.IN_TRANSIT)


class AdjustmentLineDraft(NamedTuple):
    """Signed units of one bucket. `unit_cost` (base currency) is for found stock; None takes the latest known cost."""

    product_id: int
    quantity_delta: int
    status: str = StockStatus.AVAILABLE
    location_id: int | None = None
    lot_id: int | None = None
    unit_cost: Decimal | None = None
    transfer_line_id: int | None = None


@dataclass(frozen=True)
class AdjustmentDraft:
    """A correction of one node's stock for one reason."""

    node_id: int
    reason: str
    lines: Sequence[AdjustmentLineDraft]
    note: str = ""


def adjustment_create(
    *,
    node_id: int,
    reason: str,
    lines: Sequence[AdjustmentLineDraft],
    note: str = "",
    actor: User,
    at: datetime,
) -> Adjustment:
    """This function will keep a draft of a correction; nothing moves before it is submitted.

    InvalidInput names the row at fault: no lines, no bin where the node keeps bins, a lot where one is or is not
    tracked.
    """
    (adjustment_id,) = adjustment_draft_many(
        [AdjustmentDraft(node_id, reason, lines, note)], actor=actor, at=at
    )
    return Adjustment.objects.get(pk=adjustment_id)


_HEADS = {
    "id": "bigint", "number": "text", "node_id": "bigint", "reason": "text", "note": "text", "state": "text",
    "value": "numeric", "created_by_id": "bigint", "created_at": "timestamptz",
}  # fmt: skip
_LINES = {
    "adjustment_id": "bigint", "product_id": "bigint", "quantity_delta": "bigint", "status": "text",
    "location_id": "bigint", "lot_id": "bigint", "unit_cost": "numeric",
    "transfer_line_id": "bigint", "value": "numeric",
}  # fmt: skip


@transaction.atomic
def adjustment_draft_many(drafts: Sequence[AdjustmentDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will keep drafts of corrections and return their ids in order (see `adjustment_create`)."""
    _check_drafts(drafts)
    ids = reserve_ids({"inventory_adjustment": len(drafts)})["inventory_adjustment"]
    heads = [
        (
            pk,
            f"ADJ-{pk:06d}",
            draft.node_id,
            draft.reason,
            storable(draft.note)[:200],
            AdjustmentState.DRAFT,
            0,
            actor.pk,
            at,
        )
        for pk, draft in zip(ids, drafts, strict=True)
    ]
    lines = [
        (pk, line.product_id, line.quantity_delta, line.status, line.location_id, line.lot_id,
         None if line.unit_cost is None else cents(line.unit_cost), line.transfer_line_id, 0)
        for pk, draft in zip(ids, drafts, strict=True) for line in draft.lines
    ]  # fmt: skip
    batch = Statements()
    batch.insert("inventory_adjustment", _HEADS, heads)
    batch.insert("inventory_adjustmentline", _LINES, lines)
    record_creation(
        Adjustment, ids, actor=actor, at=at, action="inventory.adjustment_create", statements=batch
    )
    batch.run()
    return ids


def _check_drafts(drafts: Sequence[AdjustmentDraft]) -> None:
    binned = binned_node_ids()
    products = {line.product_id for draft in drafts for line in draft.lines}
    kit_refuse(products, doing="adjusted or counted", field="product")
    tracked = _known(
        "SELECT id, is_lot_tracked FROM inventory_product WHERE id = ANY(%s::bigint[])", products
    )
    places = {line.location_id for draft in drafts for line in draft.lines if line.location_id is not None}
    node_of = _known(
        "SELECT id, node_id FROM inventory_location WHERE id = ANY(%s::bigint[]) AND is_active", places
    )
    for draft in drafts:
        if draft.reason not in AdjustmentReason.values:
            raise InvalidInput("no such reason", field="reason", remedy="Choose one from the list.")
        if not draft.lines:
            raise InvalidInput("nothing is adjusted", field="lines", remedy="Add at least one line.")
        for number, line in enumerate(draft.lines, start=1):
            problem = _problem(draft, line, tracked, node_of, draft.node_id in binned)
            if problem:
                name, message, remedy = problem
                raise InvalidInput(f"line {number}: {message}", field=name, remedy=remedy, line=number)


def _known(sql: str, ids: set[int]) -> dict[int, Any]:
    return {row[0]: row[1] for row in query(sql, [array(sorted(ids), "bigint")])}


def _problem(
    draft: AdjustmentDraft,
    line: AdjustmentLineDraft,
    tracked: Mapping[int, bool],
    node_of: Mapping[int, int],
    is_binned: bool,
) -> tuple[str, str, str] | None:
    """Field, message and remedy of the first thing that is wrong with a line."""
    if line.product_id not in tracked:
        return "product", "there is no such product", "Scan it again, or search for it."
    if line.quantity_delta == 0 or abs(line.quantity_delta) >= 2**31:
        return (
            "quantity_delta",
            "the quantity is out of range",
            "Enter how many more (or, with a minus, fewer).",
        )
    if draft.reason == AdjustmentReason.OPENING and line.quantity_delta < 0:
        return "quantity_delta", "opening stock can not be negative", "Use another reason for a loss."
    if line.status not in _STATUSES or (line.status == StockStatus.IN_TRANSIT) != (
        line.transfer_line_id is not None
    ):
        return (
            "status",
            "stock in this status can not be adjusted",
            "Choose available, quarantine or damaged.",
        )
    if line.location_id is not None and node_of.get(line.location_id) != draft.node_id:
        return "location", "there is no such bin in this node", "Choose a bin of the node."
    if is_binned and line.location_id is None and line.status != StockStatus.IN_TRANSIT:
        return "location", "this node keeps its stock in bins", "Say which bin."
    if tracked[line.product_id] != (line.lot_id is not None):
        return (
            "lot",
            "the lot is missing" if tracked[line.product_id] else "the product has no lots",
            "Correct the lot.",
        )
    if line.unit_cost is not None and not (line.unit_cost.is_finite() and 0 <= line.unit_cost < 10**12):
        return "unit_cost", "the cost is out of range", "Enter the cost of one unit, 0 or more."
    return None
