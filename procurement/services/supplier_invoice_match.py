"""Does a bill agree with what was ordered and with what arrived, and what is posted when it does?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.models import ExceptionCase, User
from erp.core.services.exception_case import CaseDraft, exception_open_many, exception_resolve
from erp.core.services.state import change_state
from erp.core.sql import array, execute, query, unnest
from erp.core.states import ExceptionState
from ledger.services import journal_entry_post_many
from procurement import postings
from procurement.locks import demand_state, lock_supplier_invoices
from procurement.models import SupplierInvoice
from procurement.states import SupplierInvoiceState as S
from procurement.terms import base_value, price_within, value_between

ACTION = "procurement.supplier_invoice_match"
DOCUMENT = "procurement.SupplierInvoice"


@dataclass(frozen=True)
class MatchLine:
    """One line of the three-way match: what was ordered, what arrived, what is billed, and what is wrong with it."""

    invoice_id: int
    purchase_order_line_id: int
    sku: str
    quantity: int
    unit_cost: Decimal
    amount: Decimal
    ordered: int
    received: int
    invoiced: int
    agreed_cost: Decimal
    rate: Decimal
    node_id: int
    is_posted: bool

    @property
    def quantity_problem(self) -> str:
        """What is wrong with the quantity; empty when nothing is. A posted line is part of `invoiced` already."""
        billable = self.received - self.invoiced + (self.quantity if self.is_posted else 0)
        return (
            f"{self.quantity} billed, {billable} received and not billed yet"
            if self.quantity > billable
            else ""
        )

    @property
    def price_problem(self) -> str:
        """What is wrong with the price; empty when nothing is."""
        if price_within(self.unit_cost, self.agreed_cost):
            return ""
        return f"{self.unit_cost.normalize():f} billed, {self.agreed_cost.normalize():f} agreed"


@dataclass
class _Verdict:
    problems: list[str] = field(default_factory=list)
    lines: list[tuple[MatchLine, int]] = field(default_factory=list)  # with the units billed before


def match_lines(invoice_ids: Sequence[int], *, lock: bool = False) -> dict[int, list[MatchLine]]:
    """This function will return the lines of bills beside their orders and receipts, per bill in position order."""
    found: dict[int, list[MatchLine]] = {invoice_id: [] for invoice_id in invoice_ids}
    sql = (
        "SELECT i.id, l.id, p.sku, il.quantity, il.unit_cost, il.amount, l.quantity_ordered, l.quantity_received, "
        "l.quantity_invoiced, l.unit_cost, o.rate, o.node_id, i.state IN ('MATCHED', 'PAID') "
        "FROM procurement_supplierinvoiceline il JOIN procurement_supplierinvoice i ON i.id = il.invoice_id "
        "JOIN procurement_purchaseorderline l ON l.id = il.purchase_order_line_id "
        "JOIN procurement_purchaseorder o ON o.id = l.purchase_order_id "
        "JOIN inventory_product p ON p.id = l.product_id WHERE i.id = ANY(%s::bigint[]) "
    ) + ("ORDER BY l.id, i.id FOR NO KEY UPDATE OF l" if lock else "ORDER BY i.id, l.position")
    for row in query(sql, [array(invoice_ids, "bigint")]):
        found[row[0]].append(MatchLine(*row))
    return found


@transaction.atomic
def supplier_invoice_match_many(ids: Sequence[int], *, actor: User, at: datetime) -> list[int]:
    """This function will match recorded or disputed bills and return the ids of those that matched.

    A bill that agrees within 2 % of every agreed price and bills no more than arrived is posted: GRNI is cleared at the
    order's price, the difference goes to PPV. Any other is DISPUTED, with an exception case. Earlier ids come first
    when two bills want the same units.
    """
    invoices = lock_supplier_invoices(ids)
    demand_state(invoices.values(), [S.RECEIVED, S.DISPUTED], "Only an open bill can be matched.")
    by_invoice = match_lines(sorted(invoices), lock=True)
    invoiced = {line.purchase_order_line_id: line.invoiced for lines in by_invoice.values() for line in lines}
    matched: dict[int, _Verdict] = {}
    disputed: dict[int, _Verdict] = {}
    for invoice_id in sorted(invoices):
        verdict = _judge(by_invoice[invoice_id], invoiced, invoices[invoice_id])
        (disputed if verdict.problems else matched)[invoice_id] = verdict
    _post(invoices, matched, invoiced, actor, at)
    _dispute(invoices, disputed, actor, at)
    return list(matched)


def supplier_invoice_match(*, invoice_id: int, actor: User, at: datetime) -> SupplierInvoice:
    """This function will match one bill (see `supplier_invoice_match_many`) and return it, MATCHED or DISPUTED."""
    supplier_invoice_match_many([invoice_id], actor=actor, at=at)
    return SupplierInvoice.objects.get(pk=invoice_id)


def _judge(lines: list[MatchLine], invoiced: dict[int, int], invoice: SupplierInvoice) -> _Verdict:
    verdict = _Verdict()
    for line in lines:
        billable = line.received - invoiced[line.purchase_order_line_id]
        if line.quantity > billable:
            verdict.problems.append(
                f"{line.sku}: {line.quantity} billed, {billable} received and not billed yet"
            )
        if line.price_problem and invoice.variance_approved_by_id is None:
            verdict.problems.append(f"{line.sku}: {line.price_problem}")
    if not verdict.problems:
        for line in lines:
            verdict.lines.append((line, invoiced[line.purchase_order_line_id]))
            invoiced[line.purchase_order_line_id] += line.quantity
    return verdict


def _post(
    invoices: dict[int, SupplierInvoice],
    matched: dict[int, _Verdict],
    invoiced: dict[int, int],
    actor: User,
    at: datetime,
) -> None:
    if not matched:
        return
    drafts = []
    for invoice_id, verdict in matched.items():
        invoice, lines = invoices[invoice_id], verdict.lines
        rate, node_id = lines[0][0].rate, lines[0][0].node_id
        received = sum(
            (value_between(before, before + line.quantity, line.agreed_cost, rate) for line, before in lines),
            Decimal(0),
        )
        billed = base_value(1, invoice.total, rate)
        change_state(
            invoice, to=S.MATCHED, actor=actor, at=at, action=ACTION, reason=invoice.variance_reason,
            fields={"posted_base": billed, "matched_at": at},
        )  # fmt: skip
        drafts.append(
            postings.supplier_invoice_matched(
                invoice_id=invoice_id, number=invoice.number, supplier_id=invoice.supplier_id, node_id=node_id,
                received_value=received, billed_value=billed, posting_date=at.date(),
            )
        )  # fmt: skip
    touched = sorted({line.purchase_order_line_id for v in matched.values() for line, _ in v.lines})
    source, parameters = unnest(
        {"id": "bigint", "invoiced": "bigint"}, [(pk, invoiced[pk]) for pk in touched]
    )
    execute(
        f"UPDATE procurement_purchaseorderline l SET quantity_invoiced = v.invoiced FROM {source} WHERE l.id = v.id",
        parameters,
    )
    journal_entry_post_many(drafts, actor=actor)
    cases = ExceptionCase.objects.exclude(state=ExceptionState.RESOLVED).filter(
        kind="INVOICE_MISMATCH", subject_type=DOCUMENT, subject_id__in=[str(pk) for pk in matched]
    )
    for case_id in cases.order_by("pk").values_list("pk", flat=True):
        exception_resolve(
            case_id=case_id, resolution=ACTION, reason="the bill matches now", actor=actor, at=at
        )


def _dispute(
    invoices: dict[int, SupplierInvoice], disputed: dict[int, _Verdict], actor: User, at: datetime
) -> None:
    drafts = []
    for invoice_id, verdict in disputed.items():
        invoice = invoices[invoice_id]
        if invoice.state == S.RECEIVED:
            change_state(
                invoice, to=S.DISPUTED, actor=actor, at=at, action=ACTION, reason="; ".join(verdict.problems)
            )
        drafts.append(
            CaseDraft(
                "INVOICE_MISMATCH", DOCUMENT, str(invoice_id),
                f"{invoice.number} ({invoice.supplier_reference}): {verdict.problems[0]}",
                {"problems": verdict.problems, "purchase_order": invoice.purchase_order_id}, invoice.total,
            )
        )  # fmt: skip
    exception_open_many(drafts, actor=actor, at=at)
