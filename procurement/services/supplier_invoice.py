"""Who records suppliers' invoices, matches them three ways (order, receipt, bill), and pays them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import User
from erp.core.money import quantize
from erp.core.services.number import number_take
from erp.core.services.state import change_state_many, record_creation
from erp.core.sql import Statements, array, cents, query, reserve_ids
from ledger.services import journal_entry_post_many
from procurement import postings
from procurement.locks import demand_state, lock_supplier_invoices
from procurement.models import PurchaseOrder, PurchaseOrderLine, SupplierInvoice
from procurement.services.supplier_invoice_match import supplier_invoice_match, supplier_invoice_match_many
from procurement.states import PurchaseOrderState
from procurement.states import SupplierInvoiceState as S

DOCUMENT = "procurement.SupplierInvoice"
_INVOICES = {
    "id": "bigint", "number": "text", "supplier_id": "bigint", "supplier_reference": "text",
    "purchase_order_id": "bigint", "state": "text", "currency": "text", "total": "numeric", "invoice_date": "date",
    "due_date": "date",
    "created_by_id": "bigint", "variance_reason": "text", "posted_base": "numeric",
}  # fmt: skip
_LINES = {
    "invoice_id": "bigint", "purchase_order_line_id": "bigint", "quantity": "bigint", "unit_cost": "numeric",
    "amount": "numeric",
}  # fmt: skip


@dataclass(frozen=True)
class BilledLine:
    """Units of a purchase order line at the billed price, in the order's currency."""

    purchase_order_line_id: int
    quantity: int
    unit_cost: Decimal


@dataclass(frozen=True)
class InvoiceDraft:
    """A supplier's bill for one purchase order; `supplier_reference` is the number on it."""

    purchase_order_id: int
    supplier_reference: str
    invoice_date: date
    lines: Sequence[BilledLine]


@transaction.atomic
def supplier_invoice_record_many(drafts: Sequence[InvoiceDraft], *, actor: User, at: datetime) -> list[int]:
    """This function will record bills as they arrived and return their ids; nothing is posted before they match.

    Conflict when the supplier's reference was recorded before; InvalidInput for wrong lines, quantities or prices.
    """
    if not drafts:
        return []
    orders = {
        order.pk: order
        for order in PurchaseOrder.objects.select_related("supplier").filter(
            pk__in={d.purchase_order_id for d in drafts}
        )
    }
    lines = dict(
        PurchaseOrderLine.objects.filter(purchase_order__in=orders).values_list("pk", "purchase_order_id")
    )
    totals = [_total(draft, orders.get(draft.purchase_order_id), lines) for draft in drafts]
    _refuse_known(drafts, orders)
    ids = reserve_ids({"procurement_supplierinvoice": len(drafts)})["procurement_supplierinvoice"]
    numbers = number_take("SI", len(drafts))
    batch = Statements()
    rows = []
    for invoice_id, number, draft, total in zip(ids, numbers, drafts, totals, strict=True):
        order = orders[draft.purchase_order_id]
        due = draft.invoice_date + timedelta(days=order.supplier.payment_days)
        rows.append(
            (invoice_id, number, order.supplier_id, draft.supplier_reference.strip(), order.pk, S.RECEIVED,
             order.currency, cents(total), draft.invoice_date, due, actor.pk, "", "0")
        )  # fmt: skip
    batch.insert("procurement_supplierinvoice", _INVOICES, rows)
    batch.insert(
        "procurement_supplierinvoiceline",
        _LINES,
        [
            (invoice_id, line.purchase_order_line_id, line.quantity, cents(line.unit_cost),
             cents(quantize(line.quantity * line.unit_cost, orders[draft.purchase_order_id].currency)))
            for invoice_id, draft in zip(ids, drafts, strict=True)
            for line in draft.lines
        ],
    )  # fmt: skip
    record_creation(
        SupplierInvoice,
        ids,
        actor=actor,
        at=at,
        action="procurement.supplier_invoice_record",
        statements=batch,
    )
    batch.run()
    return ids


def supplier_invoice_record(
    *,
    purchase_order_id: int,
    supplier_reference: str,
    invoice_date: date,
    lines: Sequence[BilledLine],
    actor: User,
    at: datetime,
) -> SupplierInvoice:
    """This function will record one bill (see `supplier_invoice_record_many`) and return it."""
    draft = InvoiceDraft(purchase_order_id, supplier_reference, invoice_date, lines)
    return SupplierInvoice.objects.get(pk=supplier_invoice_record_many([draft], actor=actor, at=at)[0])


def _total(draft: InvoiceDraft, order: PurchaseOrder | None, lines: dict[int, int]) -> Decimal:
    if order is None or order.state not in (
        PurchaseOrderState.SENT,
        PurchaseOrderState.RECEIVED,
        PurchaseOrderState.CLOSED,
    ):
        raise InvalidInput(
            f"purchase order #{draft.purchase_order_id} was never sent",
            field="purchase_order", remedy="Choose the order on the bill.",
        )  # fmt: skip
    if not draft.supplier_reference.strip() or len(draft.supplier_reference) > 60:
        raise InvalidInput(
            "the bill has no usable number", field="supplier_reference", remedy="Enter the number on it."
        )
    if not draft.lines:
        raise InvalidInput("a bill needs lines", field="lines", remedy="Enter what was billed.")
    seen: set[int] = set()
    total = Decimal(0)
    for line in draft.lines:
        if lines.get(line.purchase_order_line_id) != order.pk or line.purchase_order_line_id in seen:
            raise InvalidInput(
                f"line #{line.purchase_order_line_id} is not of {order}, or is billed twice",
                field="lines", remedy="Bill each line of the order once.",
            )  # fmt: skip
        seen.add(line.purchase_order_line_id)
        if not 1 <= line.quantity < 10**9:
            raise InvalidInput(
                f"{line.quantity} is no billed quantity", field="lines", remedy="Enter 1 or more."
            )
        cost = line.unit_cost
        if not cost.is_finite() or not 0 <= cost < Decimal("1e9") or cost != round(cost, 4):
            raise InvalidInput("the billed price is out of range", field="lines", remedy="Enter 0 or more.")
        total += quantize(line.quantity * cost, order.currency)
    if total <= 0:
        raise InvalidInput("the bill is for nothing", field="lines", remedy="Enter the billed prices.")
    return total


def _refuse_known(drafts: Sequence[InvoiceDraft], orders: dict[int, PurchaseOrder]) -> None:
    pairs = [(orders[d.purchase_order_id].supplier_id, d.supplier_reference.strip()) for d in drafts]
    known = query(
        "SELECT i.number, i.supplier_reference FROM procurement_supplierinvoice i "
        "JOIN unnest(%s::bigint[], %s::text[]) AS v(supplier, reference) ON v.supplier = i.supplier_id "
        "AND v.reference = i.supplier_reference LIMIT 1",
        [array([pair[0] for pair in pairs], "bigint"), array([pair[1] for pair in pairs], "text")],
    )
    if known or len(set(pairs)) < len(pairs):
        name = f"{known[0][1]} is recorded as {known[0][0]}" if known else "the same bill is there twice"
        raise Conflict(
            name, field="supplier_reference", remedy="Open the recorded one; a bill is entered once."
        )


@transaction.atomic
def supplier_invoice_approve_variance(
    *, invoice_id: int, reason: str, actor: User, at: datetime
) -> SupplierInvoice:
    """This function will accept a disputed bill's prices and match it; a bill for more than arrived stays disputed.

    PermissionRefused for whoever recorded the bill; InvalidInput without a reason.
    """
    invoice = lock_supplier_invoices([invoice_id])[invoice_id]
    if invoice.state != S.DISPUTED:
        raise IllegalTransition(
            f"{invoice} is {invoice.state}",
            field="state",
            remedy="Only a disputed bill has a variance to approve.",
        )
    if invoice.created_by_id == actor.pk:
        raise PermissionRefused("nobody approves their own work", field="actor", remedy="Ask a colleague.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say why the difference is right.")
    invoice.variance_approved_by, invoice.variance_reason = actor, reason.strip()[:300]
    invoice.save(update_fields=["variance_approved_by", "variance_reason"])
    return supplier_invoice_match(invoice_id=invoice_id, actor=actor, at=at)


@transaction.atomic
def supplier_invoice_pay_many(ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will pay matched bills in full: Dr PAYABLE, Cr CASH. IllegalTransition unless all are matched."""
    invoices = lock_supplier_invoices(ids)
    demand_state(invoices.values(), [S.MATCHED], "Only a matched bill is paid, and only once.")
    batch = Statements()
    change_state_many(
        SupplierInvoice, list(invoices), source=S.MATCHED, to=S.PAID, actor=actor, at=at,
        action="procurement.supplier_invoice_pay", fields={"paid_at": at}, statements=batch,
    )  # fmt: skip
    journal_entry_post_many(
        [
            postings.supplier_invoice_paid(
                invoice_id=invoice.pk, number=invoice.number, supplier_id=invoice.supplier_id,
                amount=invoice.posted_base, posting_date=at.date(),
            )
            for invoice in invoices.values()
        ],
        actor=actor, statements=batch,
    )  # fmt: skip
    batch.run()


@transaction.atomic
def supplier_invoice_pay(*, invoice_id: int, actor: User, at: datetime) -> SupplierInvoice:
    """This function will pay one matched bill in full (see `supplier_invoice_pay_many`) and return it."""
    supplier_invoice_pay_many([invoice_id], actor=actor, at=at)
    return SupplierInvoice.objects.get(pk=invoice_id)


__all__ = [
    "BilledLine",
    "InvoiceDraft",
    "supplier_invoice_approve_variance",
    "supplier_invoice_match",
    "supplier_invoice_match_many",
    "supplier_invoice_pay",
    "supplier_invoice_pay_many",
    "supplier_invoice_record",
    "supplier_invoice_record_many",
]
