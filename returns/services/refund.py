"""Who asks for a refund, who approves it, and who pays it back?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from erp.core.errors import InvalidInput, KeelError, NotFound
from erp.core.models import ApprovalRequest, User
from erp.core.money import quantize
from erp.core.services.approval import approval_decide, approval_needed, approval_request, register_approval
from erp.core.services.number import number_take
from erp.core.services.state import change_state, record_creation
from erp.core.sql import Statements, array, cents, query, reserve_ids, unnest
from erp.core.states import ApprovalState
from returns.locks import lock_refunds, lock_rmas
from returns.models import Refund
from returns.services.credit import credit_post
from returns.services.rma import rma_close_settled
from returns.states import RefundState as S

APPROVAL_KIND = "returns.refund_approve"
DOCUMENT = "returns.Refund"


class OverRefund(KeelError):
    """More than the order was invoiced for, less what was credited before. `detail["most"]` is what is left."""

    code = "over_refund"


@dataclass(frozen=True)
class RefundDraft:
    """A refund of an RMA's lines (None: all that came back and are not refunded), less what is kept back."""

    rma_id: int
    rma_line_ids: Sequence[int] | None = None
    deduction: Decimal = Decimal(0)


@dataclass
class _Asked:
    """A refund in the making, with what its order allows."""

    draft: RefundDraft
    order_id: int
    order_number: str
    currency: str
    rate: Decimal
    left: Decimal
    lines: list[tuple[int, Decimal, Decimal]]
    amount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    waits: bool = False

    @property
    def base(self) -> Decimal:
        return quantize(self.amount * self.rate, settings.KEEL_BASE_CURRENCY)


_LINES = """
SELECT l.rma_id, l.id, l.refund_amount, l.refund_tax FROM returns_rmaline l
 WHERE l.rma_id = ANY(%s::bigint[]) AND l.state IN ('RECEIVED', 'INSPECTED', 'DISPOSED') AND l.refund_id IS NULL
   AND l.refund_amount > 0 ORDER BY l.id FOR NO KEY UPDATE
"""
# The rate is the sale's own: what its shipments were booked at, not today's.
_ORDERS = """
SELECT r.id, o.id, o.number, o.currency,
       coalesce((SELECT sum(jl.base_debit) / sum(jl.debit) FROM fulfillment_shipment s
                   JOIN ledger_journalentry e ON e.source_type = 'fulfillment.Shipment' AND e.source_id = s.id
                   JOIN ledger_journalline jl ON jl.entry_id = e.id AND jl.currency = o.currency AND jl.debit > 0
                   JOIN ledger_account a ON a.id = jl.account_id AND a.role = 'RECEIVABLE'
                  WHERE s.order_id = o.id AND o.currency <> %s), 1),
       o.amount_invoiced - o.amount_credited - coalesce((SELECT sum(f.amount) FROM returns_refund f
                   WHERE f.order_id = o.id AND f.state = 'PENDING_APPROVAL'), 0)
  FROM returns_rma r JOIN orders_order o ON o.id = r.order_id
 WHERE r.id = ANY(%s::bigint[]) ORDER BY o.id FOR NO KEY UPDATE OF o
"""
_REFUNDS = {
    "id": "bigint", "number": "text", "rma_id": "bigint", "order_id": "bigint", "state": "text", "amount": "numeric",
    "tax_amount": "numeric", "deduction": "numeric", "amount_paid": "numeric", "needs_approval": "boolean",
    "created_by_id": "bigint", "created_at": "timestamptz",
}  # fmt: skip


@transaction.atomic
def refund_request_many(drafts: Sequence[RefundDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will ask for refunds of goods that came back and return the refunds' ids in order.

    Below the policy's threshold a refund is approved and its credit note posted at once; from it on it waits for
    somebody else. OverRefund above what the order was invoiced for; InvalidInput when there is nothing to refund.
    """
    if not drafts:
        return []
    if len({draft.rma_id for draft in drafts}) < len(drafts):
        raise InvalidInput(
            "a return is named twice", field="rma", remedy="Ask for one refund per return at a time."
        )
    asked = _asked(drafts)
    largest = max(item.base for item in asked)
    policy = approval_needed(kind=APPROVAL_KIND, amount=largest)
    for item in asked:
        item.waits = policy is not None and item.base >= policy.threshold
    ids = reserve_ids({"returns_refund": len(asked)})["returns_refund"]
    numbers = number_take("CN", len(asked))
    batch = Statements()
    _insert(batch, ids, numbers, asked, actor, at)
    batch.run()
    credit_post([pk for pk, item in zip(ids, asked, strict=True) if not item.waits], actor=actor, at=at)
    for pk, number, item in zip(ids, numbers, asked, strict=True):
        if item.waits:
            approval_request(
                kind=APPROVAL_KIND, document_type=DOCUMENT, document_id=pk, amount=item.base, actor=actor, at=at,
                title=f"Refund {number} of {item.amount:,.2f} {item.currency} for order {item.order_number}",
            )  # fmt: skip
    return ids


def refund_request(
    *,
    rma_id: int,
    rma_line_ids: Sequence[int] | None = None,
    deduction: Decimal = Decimal(0),
    actor: User,
    at: datetime,
) -> Refund:
    """This function will ask for one refund (see `refund_request_many`) and return it, APPROVED or PENDING_APPROVAL."""
    ids = refund_request_many([RefundDraft(rma_id, rma_line_ids, deduction)], actor=actor, at=at)
    return Refund.objects.get(pk=ids[0])


def _asked(drafts: Sequence[RefundDraft]) -> list[_Asked]:
    rma_ids = [draft.rma_id for draft in drafts]
    rmas = lock_rmas(rma_ids)
    wanted = array(sorted(rma_ids), "bigint")
    lines: dict[int, list[tuple[int, Decimal, Decimal]]] = {}
    for rma_id, line_id, amount, tax in query(_LINES, [wanted]):
        lines.setdefault(rma_id, []).append((line_id, amount, tax))
    orders = {row[0]: row[1:] for row in query(_ORDERS, [settings.KEEL_BASE_CURRENCY, wanted])}
    left = {row[0]: row[4] for row in orders.values()}
    found = []
    for draft in drafts:
        chosen = lines.get(draft.rma_id, [])
        if draft.rma_line_ids is not None:
            chosen = [line for line in chosen if line[0] in draft.rma_line_ids]
        if not chosen or (draft.rma_line_ids is not None and len(chosen) < len(set(draft.rma_line_ids))):
            raise InvalidInput(
                f"{rmas[draft.rma_id]}: not all of that can be refunded",
                field="lines", remedy="Choose lines that have arrived and are not refunded yet.",
            )  # fmt: skip
        order_id, number, currency, rate, _ = orders[draft.rma_id]
        item = _Asked(draft, order_id, number, currency, Decimal(rate), left[order_id], chosen)
        _set_amounts(item)
        left[order_id] -= item.amount
        found.append(item)
    return found


def _set_amounts(item: _Asked) -> None:
    full = sum((amount for _, amount, _ in item.lines), Decimal(0))
    full_tax = sum((tax for _, _, tax in item.lines), Decimal(0))
    deduction = item.draft.deduction
    if (
        not deduction.is_finite()
        or not 0 <= deduction < full
        or deduction != quantize(deduction, item.currency)
    ):
        raise InvalidInput(
            f"{deduction} cannot be kept back of {full:.2f}",
            field="deduction",
            remedy="Enter 0 or more, less than all.",
        )
    item.amount = full - deduction
    item.tax = quantize(full_tax * item.amount / full, item.currency)
    if item.amount > item.left:
        raise OverRefund(
            f"{item.amount:.2f} is more than the {item.left:.2f} {item.currency} left of order {item.order_number}",
            field="amount", remedy=f"Refund at most {item.left:.2f}.", most=str(item.left),
        )  # fmt: skip


def _insert(
    batch: Statements, ids: list[int], numbers: list[str], asked: list[_Asked], actor: User, at: datetime
) -> None:
    rows: list[tuple[Any, ...]] = [
        (
            pk, number, item.draft.rma_id, item.order_id, S.PENDING_APPROVAL if item.waits else S.APPROVED,
            cents(item.amount),
            cents(item.tax), cents(item.draft.deduction), "0", item.waits, actor.pk, at,
        )
        for pk, number, item in zip(ids, numbers, asked, strict=True)
    ]  # fmt: skip
    batch.insert("returns_refund", _REFUNDS, rows)
    action = "returns.refund_request"
    waiting = [pk for pk, item in zip(ids, asked, strict=True) if item.waits]
    record_creation(Refund, waiting, actor=actor, at=at, action=action, statements=batch)
    straight = [pk for pk, item in zip(ids, asked, strict=True) if not item.waits]
    record_creation(
        Refund, straight, actor=actor, at=at, action=action, then=[(S.APPROVED, action)], statements=batch
    )
    links = [(line_id, pk) for pk, item in zip(ids, asked, strict=True) for line_id, _, _ in item.lines]
    source, parameters = unnest({"id": "bigint", "refund": "bigint"}, links)
    batch.demand(
        f"UPDATE returns_rmaline l SET refund_id = v.refund FROM {source} "
        "WHERE l.id = v.id AND l.refund_id IS NULL RETURNING 1",
        parameters,
        len(links),
        "returns.RmaLine refunded",
    )


def pending_approval(refund_id: int) -> ApprovalRequest:
    """This function will return the request that a refund waits for; NotFound when it waits for none."""
    request = ApprovalRequest.objects.filter(
        kind=APPROVAL_KIND, document_type=DOCUMENT, document_id=refund_id, state=ApprovalState.PENDING
    ).first()
    if request is None:
        raise NotFound(f"refund #{refund_id} waits for no approval", field="state", remedy="Reload the page.")
    return request


@transaction.atomic
def refund_approve(*, refund_id: int, reason: str = "", actor: User, at: datetime) -> Refund:
    """This function will approve a waiting refund and post its credit note; PermissionRefused for its maker."""
    approval_decide(
        request_id=pending_approval(refund_id).pk, approve=True, reason=reason, actor=actor, at=at
    )
    return Refund.objects.get(pk=refund_id)


@transaction.atomic
def refund_reject(*, refund_id: int, reason: str, actor: User, at: datetime) -> Refund:
    """This function will refuse a waiting refund; its lines may be refunded anew. A reason is needed."""
    approval_decide(
        request_id=pending_approval(refund_id).pk, approve=False, reason=reason, actor=actor, at=at
    )
    return Refund.objects.get(pk=refund_id)


def _approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    refund = lock_refunds([request.document_id])[request.document_id]
    change_state(
        refund, to=S.APPROVED, actor=actor, at=at, action="returns.refund_approve", reason=request.reason,
        fields={"approved_by_id": actor.pk},
    )  # fmt: skip
    credit_post([refund.pk], actor=actor, at=at)


def _rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    refund = lock_refunds([request.document_id])[request.document_id]
    change_state(
        refund, to=S.REJECTED, actor=actor, at=at, action="returns.refund_reject", reason=request.reason
    )
    refund.lines.update(refund=None)
    rma_close_settled([refund.rma_id], action="returns.refund_reject", actor=actor, at=at)


register_approval(APPROVAL_KIND, on_approved=_approved, on_rejected=_rejected)
