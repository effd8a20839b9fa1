"""Who corrects stock? A correction has a reason, a value and, above a threshold, a second person.

Create → submit → (approval) → post. Posting moves the units, the cost and the books in one transaction; any number of
adjustments cost the same few statements, which is what lets a year of small corrections be replayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ApprovalRequest, User
from erp.core.money import quantize
from erp.core.services.approval import approval_needed, approval_request, register_approval
from erp.core.services.state import change_state, change_state_many
from erp.core.sql import Statements, array, cents, query, unnest
from inventory.locks import lock_adjustments
from inventory.models import Adjustment
from inventory.postings import ValuedLine, adjustment_posted
from inventory.selectors import unit_costs
from inventory.services.adjustment_draft import AdjustmentDraft, adjustment_draft_many
from inventory.services.stock import Move, Posting, stock_post_many
from inventory.services.transit import transfer_settle_many
from inventory.states import AdjustmentReason, AdjustmentState, StockStatus
from ledger.services import (
    CostIssue,
    CostReceipt,
    JournalDraft,
    cost_issue_many,
    cost_receive_many,
    journal_entry_post_many,
)

KIND = "inventory.adjustment_post"


class _Line(NamedTuple):
    """An adjustment line as posting needs it."""

    id: int
    adjustment_id: int
    product_id: int
    delta: int
    status: str
    location_id: int | None
    lot_id: int | None
    unit_cost: Decimal | None
    transfer_line_id: int | None
    method: str


@dataclass
class _Valued:
    """Signed value per line, filled by receipts first: found units may leave again in the same batch."""

    by_line: dict[int, Decimal] = field(default_factory=dict)

    def of(self, lines: Sequence[_Line]) -> list[ValuedLine]:
        return [ValuedLine(line.product_id, self.by_line[line.id]) for line in lines]


@transaction.atomic
def adjustment_submit(*, adjustment_id: int, actor: User, at: datetime) -> Adjustment:
    """This function will post a draft, or make it wait for a second person when its value is at or above the threshold.

    The value that counts is what the lines move in either direction: a find does not hide a loss.
    """
    (adjustment,) = lock_adjustments([adjustment_id])
    amount = _above_threshold([adjustment_id]).get(adjustment_id)
    if amount is None:
        _post_many([adjustment], source=AdjustmentState.DRAFT, actor=actor, at=at)
    else:
        _wait(adjustment, amount, actor, at)
    adjustment.refresh_from_db()
    return adjustment


@transaction.atomic
def adjustment_post_many(*, adjustment_ids: Sequence[int], actor: User, at: datetime) -> list[int]:
    """This function will post drafts that need no second person, all or none, and return their journal sequences.

    PermissionRefused when one of them is at or above the threshold; InsufficientStock names every short SKU.
    """
    adjustments = lock_adjustments(adjustment_ids)
    for adjustment_id in _above_threshold(adjustment_ids):
        raise PermissionRefused(
            f"adjustment #{adjustment_id} needs an approval", field="value", remedy="Submit it for approval."
        )
    return _post_many(adjustments, source=AdjustmentState.DRAFT, actor=actor, at=at)


def adjustment_post(*, adjustment_id: int, actor: User, at: datetime) -> int:
    """This function will post one draft that needs no second person (see `adjustment_post_many`)."""
    return adjustment_post_many(adjustment_ids=[adjustment_id], actor=actor, at=at)[0]


@transaction.atomic
def adjustment_record_many(*, drafts: Sequence[AdjustmentDraft], actor: User, at: datetime) -> list[int]:
    """This function will create adjustments and post those that need no second person; the others wait for one.

    Returns their ids in order. All or none: InsufficientStock and InvalidInput undo the whole batch.
    """
    ids = adjustment_draft_many(drafts, actor=actor, at=at)
    adjustments = {adjustment.pk: adjustment for adjustment in lock_adjustments(ids)}
    waiting = _above_threshold(ids)
    for adjustment_id, amount in waiting.items():
        _wait(adjustments[adjustment_id], amount, actor, at)
    free = [adjustment for pk, adjustment in adjustments.items() if pk not in waiting]
    _post_many(free, source=AdjustmentState.DRAFT, actor=actor, at=at)
    return ids


@transaction.atomic
def adjustment_reject(*, adjustment_id: int, reason: str, actor: User, at: datetime) -> Adjustment:
    """This function will throw a draft away, with a reason; one that waits for approval is rejected by the approver."""
    (adjustment,) = lock_adjustments([adjustment_id])
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say why nothing is corrected.")
    if adjustment.state == AdjustmentState.PENDING_APPROVAL:
        raise IllegalTransition(
            f"{adjustment} waits for approval", field="state", remedy="Reject the approval request instead."
        )
    change_state(
        adjustment,
        to=AdjustmentState.REJECTED,
        actor=actor,
        at=at,
        action="inventory.adjustment_reject",
        reason=reason,
    )
    return adjustment


def _wait(adjustment: Adjustment, amount: Decimal, actor: User, at: datetime) -> None:
    change_state(
        adjustment,
        to=AdjustmentState.PENDING_APPROVAL,
        actor=actor,
        at=at,
        action="inventory.adjustment_submit",
    )
    approval_request(
        kind=KIND,
        document_type="inventory.Adjustment",
        document_id=adjustment.pk,
        title=f"{adjustment.number}: {AdjustmentReason(adjustment.reason).label}",
        amount=amount,
        actor=actor,
        at=at,
    )


def _on_approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    _post_many(
        lock_adjustments([request.document_id]), source=AdjustmentState.PENDING_APPROVAL, actor=actor, at=at
    )


def _on_rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    (adjustment,) = lock_adjustments([request.document_id])
    change_state(
        adjustment, to=AdjustmentState.REJECTED, actor=actor, at=at, action="inventory.adjustment_reject",
        reason=request.reason,
    )  # fmt: skip


register_approval(KIND, on_approved=_on_approved, on_rejected=_on_rejected)


def _read_lines(ids: Sequence[int]) -> dict[int, list[_Line]]:
    rows = query(
        "SELECT l.id, l.adjustment_id, l.product_id, l.quantity_delta, l.status, l.location_id, l.lot_id, l.unit_cost, "
        "l.transfer_line_id, c.valuation_method FROM inventory_adjustmentline l "
        "JOIN inventory_product p ON p.id = l.product_id JOIN inventory_category c ON c.id = p.category_id "
        "WHERE l.adjustment_id = ANY(%s::bigint[]) ORDER BY l.id",
        [array(ids, "bigint")],
    )
    lines: dict[int, list[_Line]] = {pk: [] for pk in ids}
    for row in rows:
        lines[row[1]].append(_Line(*row))
    return lines


def _above_threshold(ids: Sequence[int]) -> dict[int, Decimal]:
    """The adjustments that need a second person, with what they move in either direction at the latest known cost."""
    policy = approval_needed(kind=KIND, amount=Decimal("Infinity"))
    if policy is None:
        return {}
    lines = _read_lines(ids)
    costs = unit_costs(line.product_id for own in lines.values() for line in own)
    gross = {pk: sum((_gross(line, costs) for line in own), Decimal(0)) for pk, own in lines.items()}
    return {pk: amount for pk, amount in gross.items() if amount >= policy.threshold}


def _gross(line: _Line, costs: Mapping[int, Decimal]) -> Decimal:
    given = line.unit_cost if line.delta > 0 else None
    return abs(line.delta) * (costs.get(line.product_id, Decimal(0)) if given is None else given)


def _post_many(
    adjustments: Sequence[Adjustment], *, source: AdjustmentState, actor: User, at: datetime
) -> list[int]:
    """Units, cost, books and documents of locked adjustments, in lock order; all or none."""
    if not adjustments:
        return []
    ids = [adjustment.pk for adjustment in adjustments]
    lines = _read_lines(ids)
    for adjustment in adjustments:
        if adjustment.state != source:
            raise IllegalTransition(
                f"{adjustment} is {adjustment.state}", field="state", remedy="Reload it: somebody was faster."
            )
    sequences = stock_post_many([_posting(a, lines[a.pk]) for a in adjustments], actor=actor, at=at)
    valued = _move_cost([line for pk in ids for line in lines[pk]], at)
    entries: list[JournalDraft | None] = [
        adjustment_posted(
            adjustment_id=a.pk, number=a.number, reason=a.reason, node_id=a.node_id, posting_date=at.date(),
            lines=valued.of(lines[a.pk]), stock_sequence=sequence,
        )
        for a, sequence in zip(adjustments, sequences, strict=True)
    ]  # fmt: skip
    _write_values(ids, lines, valued)
    transfer_settle_many(_lost(lines), actor=actor, at=at)
    change_state_many(
        Adjustment,
        ids,
        source=source,
        to=AdjustmentState.POSTED,
        actor=actor,
        at=at,
        action="inventory.adjustment_post",
    )
    journal_entry_post_many([entry for entry in entries if entry is not None], actor=actor)
    return sequences


def _move(node: int, line: _Line) -> Move:
    units, gone = abs(line.delta), StockStatus.SHRINKAGE
    if line.delta > 0:
        return Move(
            line.product_id, units, node, gone, node, line.status, None, line.location_id, line.lot_id
        )
    return Move(line.product_id, units, node, line.status, node, gone, line.location_id, None, line.lot_id)


def _posting(adjustment: Adjustment, lines: Sequence[_Line]) -> Posting:
    moves = [_move(adjustment.node_id, line) for line in lines]
    key = f"{KIND}:{adjustment.pk}"
    words = (str(AdjustmentReason(adjustment.reason).label), adjustment.note)
    why = ": ".join(word for word in words if word)
    return Posting(KIND, "inventory.Adjustment", adjustment.pk, key, moves, why)


def _move_cost(lines: Sequence[_Line], at: datetime) -> _Valued:
    """Found units come in at their given or latest known cost, lost ones go out at what their layers say."""
    valued = _Valued()
    found, lost = [line for line in lines if line.delta > 0], [line for line in lines if line.delta < 0]
    costs = unit_costs(line.product_id for line in found if line.unit_cost is None)
    receipts = []
    for line in found:
        unit_cost = line.unit_cost if line.unit_cost is not None else costs.get(line.product_id)
        if unit_cost is None:
            raise InvalidInput(
                f"nobody knows what product {line.product_id} costs",
                field="unit_cost",
                remedy="Enter the cost of one unit.",
            )
        value = quantize(unit_cost * line.delta, settings.KEEL_BASE_CURRENCY)
        valued.by_line[line.id] = value
        receipts.append(
            CostReceipt(line.product_id, line.method, line.delta, value, "inventory.AdjustmentLine", line.id)
        )
    cost_receive_many(receipts, at=at)
    issues = [
        CostIssue(line.product_id, line.method, -line.delta, "inventory.AdjustmentLine", line.id)
        for line in lost
    ]
    for line, value in zip(lost, cost_issue_many(issues, at=at), strict=True):
        valued.by_line[line.id] = -value
    return valued


def _write_values(ids: Sequence[int], lines: Mapping[int, Sequence[_Line]], valued: _Valued) -> None:
    batch = Statements()
    source, parameters = unnest(
        {"id": "bigint", "value": "numeric"},
        [(line_id, cents(value)) for line_id, value in sorted(valued.by_line.items())],
    )
    batch.add(
        f"UPDATE inventory_adjustmentline l SET value = v.value FROM {source} WHERE l.id = v.id", parameters
    )
    totals = [(pk, cents(sum((valued.by_line[line.id] for line in lines[pk]), Decimal(0)))) for pk in ids]
    source, parameters = unnest({"id": "bigint", "value": "numeric"}, totals)
    batch.add(
        f"UPDATE inventory_adjustment a SET value = v.value FROM {source} WHERE a.id = v.id", parameters
    )
    batch.run()


def _lost(lines: Mapping[int, Sequence[_Line]]) -> list[tuple[int, int]]:
    """(transfer line, units) that were written off on their way."""
    return [
        (line.transfer_line_id, -line.delta)
        for own in lines.values()
        for line in own
        if line.transfer_line_id is not None
    ]
