"""How are the source's credits matched: to units not yet shipped (cancelled), to units shipped (returned), or to nothing?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.sql import array, query
from erp.demo.catalogue import draw
from erp.demo.source import Document, SourceRow
from erp.demo.tally import Fate
from orders.services import order_cancel
from returns.models import Refund
from returns.services import ReturnLine, RmaDraft, refund_pay_many, return_process_many
from returns.states import Disposition, RefundState, ReturnReason

if TYPE_CHECKING:
    from erp.demo.engine import Replay


class _Open(NamedTuple):
    """Units of one line that a credit may take: `line_id` is an order line (not shipped) or a shipment line (shipped)."""

    line_id: int
    order_id: int
    units: int


@dataclass
class _Ledger:
    """What is left to match per (customer, product), newest first."""

    unshipped: dict[tuple[str, int], list[_Open]] = field(default_factory=dict)
    shipped: dict[tuple[str, int], list[_Open]] = field(default_factory=dict)


# (order, disposition) → shipment line → units
_Taken = dict[tuple[int, str], dict[int, int]]
_UNSHIPPED = """
SELECT c.number, l.product_id, l.id, o.id,
       l.quantity_ordered - l.quantity_shipped - l.quantity_cancelled - l.quantity_picked
  FROM orders_customer c JOIN orders_order o ON o.customer_id = c.id JOIN orders_orderline l ON l.order_id = o.id
 WHERE c.number = ANY(%s::text[]) AND l.product_id = ANY(%s::bigint[])
   AND o.state IN ('ON_HOLD', 'CONFIRMED', 'ALLOCATED')
   AND l.quantity_ordered > l.quantity_shipped + l.quantity_cancelled
 ORDER BY l.id DESC
"""
_SHIPPED = """
SELECT c.number, s.product_id, s.id, o.id, s.quantity - s.quantity_returned
  FROM orders_customer c JOIN orders_order o ON o.customer_id = c.id JOIN orders_orderline l ON l.order_id = o.id
  JOIN fulfillment_shipmentline s ON s.order_line_id = l.id
 WHERE c.number = ANY(%s::text[]) AND l.product_id = ANY(%s::bigint[]) AND s.quantity > s.quantity_returned
 ORDER BY s.id DESC
"""


def credit(replay: Replay, documents: Sequence[Document], at: datetime) -> None:
    """This function will settle the credits of a day; what matches nothing opens one exception case per document."""
    chosen = [document for document in documents if document.credits]
    if not chosen:
        return
    messages = replay.store(chosen, "returns.return_process_many", at)
    ledger = _open_units(replay, chosen)
    cancels: dict[int, dict[int, int]] = {}
    returned: dict[str, list[RmaDraft]] = {}
    cases: list[CaseDraft] = []
    for document, message in zip(chosen, messages, strict=True):
        lines: _Taken = {}
        unmatched: list[SourceRow] = []
        for row in document.credits:
            fate = _match(replay, document, row, ledger, cancels, lines)
            replay.tally.count([row], fate)
            if fate == Fate.EXCEPTION:
                unmatched.append(row)
        for (order_id, disposition), units in sorted(lines.items()):
            rma = RmaDraft(
                order_id,
                [ReturnLine(line_id, quantity) for line_id, quantity in units.items()],
                _reason(document),
                external_id=document.invoice,
            )
            returned.setdefault(disposition, []).append(rma)
        if unmatched:
            cases.append(_case(document, message.id, unmatched))
    cora = replay.company.people["cora"]
    for order_id, quantities in sorted(cancels.items()):
        order_cancel(order_id=order_id, quantities=quantities, reason="Customer cancelled", actor=cora, at=at)
    for disposition, drafts in sorted(returned.items()):
        return_process_many(drafts, disposition=disposition, actor=replay.actor, at=at)
    _refund_large(replay, at)
    exception_open_many(cases, actor=replay.actor, at=at)


def _refund_large(replay: Replay, at: datetime) -> None:
    """Refunds above the threshold wait for finance, who look at them the same day."""
    waiting = list(
        Refund.objects.filter(state=RefundState.PENDING_APPROVAL).order_by("pk").values_list("pk", flat=True)
    )
    if waiting:
        replay.approve("returns.refund_approve", at)
        refund_pay_many(waiting, actor=replay.company.people["fay"], at=at)


def _open_units(replay: Replay, documents: Sequence[Document]) -> _Ledger:
    numbers = sorted({document.customer for document in documents if document.customer})
    products = sorted({replay.company.products[row.sku.upper()] for d in documents for row in d.credits})
    ledger = _Ledger()
    for sql, side in ((_UNSHIPPED, ledger.unshipped), (_SHIPPED, ledger.shipped)):
        for number, product, line_id, order_id, units in query(
            sql, [array(numbers, "text"), array(products, "bigint")]
        ):
            side.setdefault((number, product), []).append(_Open(line_id, order_id, units))
    return ledger


def _match(
    replay: Replay,
    document: Document,
    row: SourceRow,
    ledger: _Ledger,
    cancels: dict[int, dict[int, int]],
    lines: _Taken,
) -> Fate:
    """Take the row's units from the newest matching sale; all or nothing, so that a row has one fate."""
    key = (document.customer, replay.company.products[row.sku.upper()])
    for side, fate in ((ledger.unshipped, Fate.CANCELLATION), (ledger.shipped, Fate.RETURN)):
        found = side.get(key, []) if document.customer else []
        if sum(open_.units for open_ in found) < -row.quantity:
            continue
        left = -row.quantity
        while left:
            newest = found.pop(0)
            units = min(newest.units, left)
            left -= units
            if newest.units > units:
                found.insert(0, newest._replace(units=newest.units - units))
            if fate == Fate.CANCELLATION:
                quantities = cancels.setdefault(newest.order_id, {})
                quantities[newest.line_id] = quantities.get(newest.line_id, 0) + units
            else:
                taken = lines.setdefault((newest.order_id, _disposition(row)), {})
                taken[newest.line_id] = taken.get(newest.line_id, 0) + units
        return fate
    return Fate.EXCEPTION


def _disposition(row: SourceRow) -> Disposition:
    """Eight in ten go back on the shelf; the source does not say what became of them."""
    chance = draw(f"disposition:{row.number}", 20)
    if chance < 16:
        return Disposition.RESTOCK
    return (Disposition.QUARANTINE, Disposition.SCRAP, Disposition.LIQUIDATE, Disposition.SCRAP)[chance - 16]


def _reason(document: Document) -> ReturnReason:
    return list(ReturnReason)[draw(f"reason:{document.invoice}", len(ReturnReason))]


def _case(document: Document, message_id: int, rows: Sequence[SourceRow]) -> CaseDraft:
    amount = -sum((row.amount for row in rows), start=rows[0].amount * 0)
    said = "1 credited line matches" if len(rows) == 1 else f"{len(rows)} credited lines match"
    return CaseDraft(
        "CREDIT_WITHOUT_SALE", "core.InboxMessage", str(message_id),
        f"{document.invoice}: {said} no sale of customer {document.customer or '(guest)'}",
        {"rows": [row.number for row in rows], "skus": [row.sku for row in rows]}, amount,
    )  # fmt: skip
