"""Who authorises a return against what was shipped, calls it off, or closes it?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput, KeelError
from erp.core.models import User
from erp.core.services.state import change_state, change_state_many, record_creation
from erp.core.sql import Statements, array, cents, query, reserve_ids
from returns.locks import lock_rmas
from returns.models import Rma, RmaLine
from returns.states import ReturnReason, RmaLineState, RmaState
from returns.terms import share


class OverReturn(KeelError):
    """More units than were shipped and not yet authorised to come back. `detail["most"]` says how many may."""

    code = "over_return"


class ReturnLine(NamedTuple):
    shipment_line_id: int
    quantity: int


@dataclass(frozen=True)
class RmaDraft:
    """Which shipped units of an order may come back; to the node they left from unless another is given."""

    order_id: int
    lines: Sequence[ReturnLine]
    reason: str = ReturnReason.UNWANTED
    note: str = ""
    external_id: str = ""
    node_id: int | None = None


@dataclass
class _Shipped:
    """A shipped line while returns are authorised against it; the authorised figures count up within the batch."""

    id: int
    order_id: int
    node_id: int
    order_line_id: int
    product_id: int
    lot_id: int | None
    sku: str
    quantity: int
    revenue: Decimal
    tax: Decimal
    currency: str
    authorized: int
    authorized_amount: Decimal
    authorized_tax: Decimal

    def take(self, quantity: int) -> tuple[Decimal, Decimal]:
        """Authorise `quantity` more units; returns their (amount with tax, tax)."""
        self.authorized += quantity
        tax = share(self.tax, self.authorized, self.quantity, self.currency) - self.authorized_tax
        amount = (
            share(self.revenue + self.tax, self.authorized, self.quantity, self.currency)
            - self.authorized_amount
        )
        # two roundings can differ by a cent: the tax is never more than what it is a part of
        tax = min(max(tax, Decimal(0)), max(amount, Decimal(0)))
        amount = max(amount, Decimal(0))
        self.authorized_amount += amount
        self.authorized_tax += tax
        return amount, tax


# What a supplier sent for us comes back to a place of ours: the preferred warehouse.
_SHIPPED = """
SELECT l.id, s.order_id, CASE WHEN n.kind <> 'DROPSHIP' THEN s.node_id ELSE (SELECT h.id FROM inventory_node h
       WHERE h.is_active AND h.kind <> 'DROPSHIP' ORDER BY h.kind <> 'WAREHOUSE', h.rank, h.id LIMIT 1) END,
       l.order_line_id, l.product_id, l.lot_id, p.sku, l.quantity, l.revenue, l.tax,
o.currency   FROM fulfillment_shipmentline l JOIN fulfillment_shipment s ON s.id = l.shipment_id
  JOIN orders_order o ON o.id = s.order_id JOIN inventory_product p ON p.id = l.product_id
  JOIN inventory_node n ON n.id = s.node_id
 WHERE l.id = ANY(%s::bigint[]) ORDER BY l.id FOR NO KEY UPDATE OF l
"""
_AUTHORIZED = (
    "SELECT shipment_line_id, sum(quantity)::bigint, sum(refund_amount), sum(refund_tax) FROM returns_rmaline "
    "WHERE shipment_line_id = ANY(%s::bigint[]) AND state <> 'CANCELLED' GROUP BY 1"
)
_RMAS = {
    "id": "bigint", "number": "text", "order_id": "bigint", "node_id": "bigint", "external_id": "text", "state": "text",
    "reason": "text", "note": "text", "created_by_id": "bigint", "created_at": "timestamptz",
}  # fmt: skip
_LINES = {
    "id": "bigint", "rma_id": "bigint", "shipment_line_id": "bigint", "order_line_id": "bigint", "product_id": "bigint",
    "lot_id": "bigint", "state": "text", "quantity": "bigint", "quantity_received": "bigint", "condition": "text",
    "disposition": "text", "refund_amount": "numeric", "refund_tax": "numeric", "original_cost": "numeric",
}  # fmt: skip


def _lock_shipped(ids: Collection[int]) -> dict[int, _Shipped]:
    wanted = array(sorted(ids), "bigint")
    rows = query(_SHIPPED, [wanted])
    known = {row[0]: row[1:] for row in query(_AUTHORIZED, [wanted])}
    return {row[0]: _Shipped(*row, *known.get(row[0], (0, Decimal(0), Decimal(0)))) for row in rows}


@transaction.atomic
def rma_authorize_many(drafts: Sequence[RmaDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will authorise returns and return the RMAs' ids in order, or none.

    OverReturn when more would be authorised than was shipped; InvalidInput for a line of another order, a quantity
    below 1 or an unknown reason.
    """
    if not drafts:
        return []
    shipped = _lock_shipped({line.shipment_line_id for draft in drafts for line in draft.lines})
    for draft in drafts:
        _check(draft, shipped)
    ids = reserve_ids({"returns_rma": len(drafts), "returns_rmaline": sum(len(d.lines) for d in drafts)})
    line_ids = iter(ids["returns_rmaline"])
    heads, rows = [], []
    for rma_id, draft in zip(ids["returns_rma"], drafts, strict=True):
        node_id = draft.node_id or shipped[draft.lines[0].shipment_line_id].node_id
        heads.append(
            (rma_id, f"RMA-{rma_id:06d}", draft.order_id, node_id, draft.external_id[:80], RmaState.AUTHORIZED,
            draft.reason,
             draft.note.strip()[:300], actor.pk, at)
        )  # fmt: skip
        for line in draft.lines:
            source = shipped[line.shipment_line_id]
            if source.authorized + line.quantity > source.quantity:
                raise _over(source, line.quantity)
            amount, tax = source.take(line.quantity)
            rows.append(
                (next(line_ids), rma_id, source.id, source.order_line_id, source.product_id, source.lot_id,
                 RmaLineState.AUTHORIZED, line.quantity, 0, "", "", cents(amount), cents(tax), "0")
            )  # fmt: skip
    batch = Statements()
    batch.insert("returns_rma", _RMAS, heads)
    batch.insert("returns_rmaline", _LINES, rows)
    action = "returns.rma_authorize"
    record_creation(Rma, ids["returns_rma"], actor=actor, at=at, action=action, statements=batch)
    record_creation(RmaLine, ids["returns_rmaline"], actor=actor, at=at, action=action, statements=batch)
    batch.run()
    return ids["returns_rma"]


def rma_authorize(
    *,
    order_id: int,
    lines: Sequence[ReturnLine],
    reason: str,
    note: str = "",
    node_id: int | None = None,
    actor: User,
    at: datetime,
) -> Rma:
    """This function will authorise the return of shipped units of one order (see `rma_authorize_many`)."""
    draft = RmaDraft(order_id, lines, reason, note, "", node_id)
    return Rma.objects.get(pk=rma_authorize_many([draft], actor=actor, at=at)[0])


def _check(draft: RmaDraft, shipped: dict[int, _Shipped]) -> None:
    if not draft.lines:
        raise InvalidInput("a return needs lines", field="lines", remedy="Say which units come back.")
    if draft.reason not in ReturnReason.values:
        raise InvalidInput(
            f"“{draft.reason}” is no reason",
            field="reason",
            remedy=f"One of {', '.join(ReturnReason.values)}.",
        )
    for line in draft.lines:
        source = shipped.get(line.shipment_line_id)
        if source is None or source.order_id != draft.order_id:
            raise InvalidInput(
                f"shipped line #{line.shipment_line_id} is not of this order",
                field="lines", remedy="Choose from what was shipped.",
            )  # fmt: skip
        if line.quantity < 1:
            raise InvalidInput(
                f"{source.sku}: {line.quantity} units", field="quantity", remedy="Enter 1 or more."
            )


def _over(source: _Shipped, quantity: int) -> OverReturn:
    most = source.quantity - source.authorized
    return OverReturn(
        f"{source.sku}: {quantity} cannot come back, {most} of {source.quantity} shipped are left",
        field="quantity",
        remedy=f"Authorise at most {most}." if most else "All of them are authorised to come back already.",
        most=most, sku=source.sku,
    )  # fmt: skip


@transaction.atomic
def rma_cancel(*, rma_id: int, reason: str, actor: User, at: datetime) -> Rma:
    """This function will call off a return of which nothing has arrived; the units may be authorised again."""
    rma = lock_rmas([rma_id])[rma_id]
    _demand_reason(reason)
    change_state(rma, to=RmaState.CANCELLED, actor=actor, at=at, action="returns.rma_cancel", reason=reason)
    _cancel_lines(rma_id, "returns.rma_cancel", reason, actor, at)
    return rma


@transaction.atomic
def rma_close(*, rma_id: int, reason: str, actor: User, at: datetime) -> Rma:
    """This function will close a return by hand: what has not arrived is no longer expected.

    IllegalTransition while goods wait for inspection or disposition, or a refund for approval or payment.
    """
    rma = lock_rmas([rma_id])[rma_id]
    _demand_reason(reason)
    waiting = rma.lines.filter(state__in=[RmaLineState.RECEIVED, RmaLineState.INSPECTED]).count()
    if waiting:
        raise IllegalTransition(
            f"{waiting} lines of {rma} wait for inspection or disposition",
            field="state", remedy="Inspect and dispose of them first.",
        )  # fmt: skip
    if rma.refunds.filter(state__in=["PENDING_APPROVAL", "APPROVED"]).exists():
        raise IllegalTransition(f"a refund of {rma} is open", field="state", remedy="Pay or reject it first.")
    _cancel_lines(rma_id, "returns.rma_close", reason, actor, at)
    change_state(rma, to=RmaState.CLOSED, actor=actor, at=at, action="returns.rma_close", reason=reason)
    return rma


def _cancel_lines(rma_id: int, action: str, reason: str, actor: User, at: datetime) -> None:
    lines = RmaLine.objects.select_for_update(no_key=True).filter(
        rma_id=rma_id, state=RmaLineState.AUTHORIZED
    )
    change_state_many(
        RmaLine, [line.pk for line in lines.order_by("pk")], source=RmaLineState.AUTHORIZED,
        to=RmaLineState.CANCELLED, actor=actor, at=at, action=action, reason=reason,
    )  # fmt: skip


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")


_SETTLED = """
SELECT r.id FROM returns_rma r
 WHERE r.id = ANY(%s::bigint[]) AND r.state = 'RECEIVED'
   AND NOT EXISTS (SELECT 1 FROM returns_rmaline l WHERE l.rma_id = r.id
                   AND (l.state IN ('AUTHORIZED', 'RECEIVED', 'INSPECTED')
                        OR l.state = 'DISPOSED' AND l.refund_id IS NULL AND l.refund_amount > 0))
   AND NOT EXISTS (SELECT 1 FROM returns_refund f WHERE f.rma_id = r.id AND f.state IN ('PENDING_APPROVAL', 'APPROVED'))
 ORDER BY r.id FOR NO KEY UPDATE OF r
"""


def rma_close_settled(ids: Collection[int], *, action: str, actor: User, at: datetime) -> None:
    """This function will close those RMAs in which every unit is disposed of and every refund paid or rejected."""
    settled = [row[0] for row in query(_SETTLED, [array(sorted(ids), "bigint")])]
    change_state_many(
        Rma,
        settled,
        source=RmaState.RECEIVED,
        to=RmaState.CLOSED,
        actor=actor,
        at=at,
        action=action,
        reason="settled",
    )
