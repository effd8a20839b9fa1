"""Which pages record suppliers' bills, show the three-way match, and pay?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.pages import (
    Action,
    ActionField,
    Fact,
    FormPage,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from procurement.filters import SupplierInvoiceFilter
from procurement.forms import SupplierInvoiceForm
from procurement.models import PurchaseOrder, SupplierInvoice
from procurement.services import (
    BilledLine,
    supplier_invoice_approve_variance,
    supplier_invoice_match,
    supplier_invoice_pay,
    supplier_invoice_record,
)
from procurement.services.supplier_invoice_match import match_lines
from procurement.states import SUPPLIER_INVOICE
from procurement.states import SupplierInvoiceState as S
from procurement.tables import SupplierInvoiceTable
from procurement.views.rows import amount, whole


class SupplierInvoiceList(ListPage):
    permission, title, list_code = "procurement.view", "Supplier invoices", "procurement.supplier_invoices"
    table_class, filterset_class = SupplierInvoiceTable, SupplierInvoiceFilter
    search_fields = (
        "number__istartswith",
        "supplier_reference",
        "supplier__name",
        "purchase_order__number__istartswith",
    )
    default_order = ("-invoice_date", "-pk")
    secondary_actions = (
        PrimaryAction("Received, not invoiced", "procurement:grni_ageing", icon="hourglass"),
    )
    empty_title, empty_text = "No bills yet", "Record a bill from the purchase order it is for."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return SupplierInvoice.objects.select_related("supplier", "purchase_order")


class SupplierInvoiceRecord(RecordPage):
    permission, title, machine = "procurement.view", "Supplier invoice", SUPPLIER_INVOICE
    list_page, list_url_name = SupplierInvoiceList, "procurement:supplier_invoice_list"
    template_name = "procurement/record.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        rows = (
            SupplierInvoiceList().get_queryset(request).select_related("created_by", "variance_approved_by")
        )
        return get_object_or_404(rows, pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.supplier.name}, their number {obj.supplier_reference}"

    def get_facts(self, obj: Any) -> list[Fact]:
        order = reverse("procurement:purchase_order_detail", args=[obj.purchase_order_id])
        return [
            Fact("Total", money_text(obj.total, obj.currency)),
            Fact("Purchase order", obj.purchase_order, url=order),
            Fact("Due", when_html(obj.due_date)),
            Fact("Recorded by", obj.created_by),
            Fact("Difference approved", obj.variance_approved_by or "–", hint=obj.variance_reason),
        ]

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        late = obj.state != S.PAID and obj.due_date < timezone.localdate()
        return [("Overdue", "danger", "clock-alert")] if late else []

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        def url(verb: str) -> str:
            return reverse(f"procurement:supplier_invoice_{verb}", args=[obj.pk])

        own = (
            "You recorded it: somebody else approves the difference." if obj.created_by_id == user.pk else ""
        )
        match = Action("Match", url("match"), "procurement.invoice", primary=True, icon="scale")
        approve = Action("Approve difference", url("approve_variance"), "core.approval_decide", disabled_reason=own,
                         fields=[ActionField("reason", "Why it is right", kind="textarea")])  # fmt: skip
        by_state: dict[str, list[Action]] = {
            S.RECEIVED: [match],
            S.DISPUTED: [match, approve],
            S.MATCHED: [
                Action("Pay", url("pay"), "procurement.invoice", primary=True, icon="banknote",
                       confirm=f"{money_text(obj.total, obj.currency)} leave the bank account.")
            ],
        }  # fmt: skip
        return by_state.get(obj.state, [])

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = match_lines([obj.pk])[obj.pk]
        context = {"lines": lines, "currency": obj.currency}
        return [Panel("Order, receipt, bill", "procurement/partials/_match.html", context, flush=True)]


class SupplierInvoiceCreate(FormPage):
    """A bill for one purchase order; each line starts with what was received and not billed."""

    permission, title, form_class = "procurement.invoice", "Record bill", SupplierInvoiceForm
    submit_label, done = "Record", "Recorded. Match it next."
    template_name = "procurement/supplier_invoice_form.html"

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Record a bill for {self._order(**kwargs)}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = self._order(**kwargs)
        return [("Purchase orders", reverse("procurement:purchase_order_list")),
                (order.number, reverse("procurement:purchase_order_detail", args=[order.pk]))]  # fmt: skip

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        order = self._order(**kwargs)
        rows = []
        for line in order.lines.select_related("product").order_by("position"):
            billable = line.quantity_received - line.quantity_invoiced
            rows.append(
                {
                    "line": line,
                    "billable": billable,
                    "quantity": request.POST.get(f"quantity_{line.pk}", billable or ""),
                    "unit_cost": request.POST.get(f"unit_cost_{line.pk}", f"{line.unit_cost.normalize():f}"),
                }
            )
        return {"order": order, "rows": rows}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        lines = []
        keys = self._order(**kwargs).lines.order_by("position").values_list("pk", flat=True)
        for number, pk in enumerate(keys, start=1):
            quantity = request.POST.get(f"quantity_{pk}", "").strip()
            if quantity not in ("", "0"):
                cost = amount(request.POST.get(f"unit_cost_{pk}", "").strip(), number)
                lines.append(BilledLine(pk, whole(quantity, number), cost))
        invoice = supplier_invoice_record(
            purchase_order_id=kwargs["pk"], supplier_reference=form.cleaned_data["supplier_reference"],
            invoice_date=form.cleaned_data["invoice_date"], lines=lines, actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("procurement:supplier_invoice_detail", args=[invoice.pk])

    def _order(self, **kwargs: Any) -> PurchaseOrder:
        order: PurchaseOrder = get_object_or_404(
            PurchaseOrder.objects.select_related("supplier"), pk=kwargs["pk"]
        )
        return order


@page("procurement.invoice")
@require_POST
def supplier_invoice_match_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a bill beside its order and receipts."""
    return run_action(
        request,
        lambda: supplier_invoice_match(invoice_id=pk, actor=actor_of(request), at=timezone.now()),
        done=lambda invoice: f"{invoice} is {invoice.get_state_display().lower()}.",
        url=reverse("procurement:supplier_invoice_detail", args=[pk]),
    )


@page("core.approval_decide")
@require_POST
def supplier_invoice_approve_variance_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept a price difference."""
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: supplier_invoice_approve_variance(
            invoice_id=pk, reason=reason, actor=actor_of(request), at=timezone.now()
        ),
        done=lambda invoice: f"{invoice} is {invoice.get_state_display().lower()}.",
        url=reverse("procurement:supplier_invoice_detail", args=[pk]),
    )


@page("procurement.invoice")
@require_POST
def supplier_invoice_pay_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay a matched bill."""
    return run_action(
        request,
        lambda: supplier_invoice_pay(invoice_id=pk, actor=actor_of(request), at=timezone.now()),
        done="Paid.",
        url=reverse("procurement:supplier_invoice_detail", args=[pk]),
    )
