"""Which pages show purchase orders, enter them and take them to the supplier?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.models import ApprovalRequest
from erp.core.pages import (
    Action,
    ActionField,
    BulkAction,
    Fact,
    FormPage,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import money_text, quantity_text, when_html
from erp.core.permissions import actor_of, page
from procurement.filters import PurchaseOrderFilter
from procurement.forms import PurchaseOrderEditForm, PurchaseOrderForm
from procurement.models import PurchaseOrder
from procurement.selectors import purchase_orders, receipt_progress
from procurement.services import (
    purchase_order_approve,
    purchase_order_cancel,
    purchase_order_close,
    purchase_order_create,
    purchase_order_edit,
    purchase_order_reject,
    purchase_order_send,
    purchase_order_submit,
)
from procurement.services.replenishment import explain
from procurement.states import PURCHASE_ORDER
from procurement.states import PurchaseOrderState as S
from procurement.tables import PurchaseOrderTable
from procurement.views.drop_ship import arrival_action, customer_fact, customer_panel
from procurement.views.rows import filled_rows, purchase_lines, shown_rows

Outcome = tuple[str, bool, str]


def _preview_submit(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    drafts = [row for row in rows if row.state == S.DRAFT]
    others = len(rows) - len(drafts)
    found = [f"{len(drafts)} drafts are submitted; those below the threshold are approved at once."]
    return found + ([f"{others} are no drafts and stay as they are."] if others else [])


def _run_submit(ids: list[int], request: HttpRequest) -> list[Outcome]:
    return [_tried(pk, purchase_order_submit, request) for pk in ids]


def _preview_send(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    ready = [row for row in rows if row.state == S.APPROVED]
    return [f"{len(ready)} approved orders go to their suppliers; {len(rows) - len(ready)} are not approved."]


def _run_send(ids: list[int], request: HttpRequest) -> list[Outcome]:
    return [_tried(pk, purchase_order_send, request) for pk in ids]


def _tried(pk: int, service: Any, request: HttpRequest) -> Outcome:
    name = str(PurchaseOrder.objects.get(pk=pk))
    try:
        order = service(purchase_order_id=pk, actor=actor_of(request), at=timezone.now())
    except KeelError as refusal:
        return name, False, f"{refusal.message}. {refusal.remedy}"
    return name, True, str(order.get_state_display())


class PurchaseOrderList(ListPage):
    permission, title, list_code = "procurement.view", "Purchase orders", "procurement.purchase_orders"
    table_class, filterset_class = PurchaseOrderTable, PurchaseOrderFilter
    template_name = "procurement/list.html"
    search_fields = ("number__istartswith", "supplier__name", "supplier__code__istartswith")
    default_order = ("-created_at", "-pk")
    hidden_columns = ("created_at",)
    bulk_actions = [
        BulkAction("submit", "Submit", "procurement.edit", preview=_preview_submit, run=_run_submit),
        BulkAction(
            "send", "Send to supplier", "procurement.edit", preview=_preview_send, run=_run_send, icon="send"
        ),
    ]
    primary_action = PrimaryAction("New purchase order", "procurement:purchase_order_create")
    secondary_actions = (
        PrimaryAction("Replenishment", "procurement:replenishment_list", icon="lightbulb"),
        PrimaryAction("Received, not invoiced", "procurement:grni_ageing", icon="hourglass"),
    )
    empty_title, empty_text = "No purchase orders yet", "Run the replenishment, or enter one by hand."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return purchase_orders()


class PurchaseOrderRecord(RecordPage):
    permission, title, machine = "procurement.view", "Purchase order", PURCHASE_ORDER
    list_page, list_url_name = PurchaseOrderList, "procurement:purchase_order_list"
    template_name = "procurement/record.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(
            purchase_orders().select_related("created_by", "approved_by", "customer_order"), pk=kwargs["pk"]
        )

    def get_subtitle(self, obj: Any) -> str:
        whom = obj.ship_to.partition("\n")[0] if obj.customer_order_id else obj.node.name
        return f"{obj.supplier.name} → {whom}"

    def get_facts(self, obj: Any) -> list[Fact]:
        supplier = reverse("procurement:supplier_detail", args=[obj.supplier_id])
        return [
            Fact("Supplier", obj.supplier.code, url=supplier),
            *customer_fact(obj),
            Fact("Total", money_text(obj.total, obj.currency)),
            Fact(
                "Received",
                f"{quantity_text(obj.quantity_received)} of {quantity_text(obj.quantity_ordered)} units",
            ),
            Fact("Expected", when_html(obj.expected_date)),
            Fact("Created by", obj.created_by),
        ]

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        kind = [("Drop-ship", "info", "truck")] if obj.customer_order_id else []
        if obj.state != S.SENT:
            return kind
        late = [("Late", "danger", "clock-alert")] if obj.expected_date < timezone.localdate() else []
        return kind + late + ([("Partly received", "info", "package-open")] if obj.quantity_received else [])

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        def url(verb: str) -> str:
            return reverse(f"procurement:purchase_order_{verb}", args=[obj.pk])

        own = "You created it: somebody else approves it." if obj.created_by_id == user.pk else ""
        why = [ActionField("reason", "Why", kind="textarea")]
        cancel = Action("Cancel", url("cancel"), "procurement.edit", danger=True, fields=why)
        close = Action("Close", url("close"), "procurement.edit", confirm="What is missing is no longer expected.",
                       fields=[ActionField("reason", "Why", kind="textarea", required=False)])  # fmt: skip
        receive = arrival_action(obj)
        bill = Action("Record bill", reverse("procurement:supplier_invoice_create", args=[obj.pk]), "procurement.invoice",
                      primary=obj.state == S.RECEIVED, method="get", icon="receipt")  # fmt: skip
        by_state: dict[str, list[Action]] = {
            S.DRAFT: [
                Action("Submit", url("submit"), "procurement.edit", primary=True, icon="send"),
                Action(
                    "Edit",
                    url("edit"),
                    "procurement.edit",
                    method="get",
                    icon="pencil",
                    disabled_reason="It was written for a customer's order." if obj.customer_order_id else "",
                ),
                cancel,
            ],
            S.PENDING_APPROVAL: [
                Action(
                    "Approve",
                    url("approve"),
                    "core.approval_decide",
                    primary=True,
                    disabled_reason=own,
                    icon="check",
                ),
                Action("Reject", url("reject"), "core.approval_decide", disabled_reason=own, fields=why),
                cancel,
            ],
            S.APPROVED: [
                Action("Send to supplier", url("send"), "procurement.edit", primary=True, icon="send"),
                cancel,
            ],
            S.SENT: [receive, bill, close if obj.quantity_received else cancel],
            S.RECEIVED: [bill, close],
        }
        return by_state.get(obj.state, [])

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = receipt_progress(obj)
        decided = [(row["line"], explain(row["line"].decision)) for row in lines[:20] if row["line"].decision]
        approvals = ApprovalRequest.objects.filter(
            document_type="procurement.PurchaseOrder", document_id=obj.pk
        ).select_related("requested_by", "decided_by")
        receipts = obj.receipts.select_related("received_by").order_by("pk")
        panels = [
            Panel(
                "Lines", "procurement/partials/_order_lines.html", {"lines": lines, "order": obj}, flush=True
            ),
            Panel("Receipts", "procurement/partials/_receipts.html", {"receipts": receipts}, flush=True),
            Panel(
                "Bills",
                "procurement/partials/_bills.html",
                {"bills": obj.invoices.order_by("pk")},
                flush=True,
            ),
        ]
        panels += customer_panel(obj)
        if decided:
            panels.insert(1, Panel("Why this much?", "procurement/partials/_why.html", {"decided": decided}))
        if approvals:
            context = {"approvals": approvals.order_by("-pk")}
            panels.append(Panel("Approval", "procurement/partials/_approvals.html", context, column="side"))
        return panels


class PurchaseOrderCreate(FormPage):
    permission, title, form_class = "procurement.edit", "New purchase order", PurchaseOrderForm
    submit_label, done = "Create draft", "Draft created."
    template_name = "procurement/purchase_order_form.html"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Purchase orders", reverse("procurement:purchase_order_list"))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        return {"rows": shown_rows(request)}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        order = purchase_order_create(
            supplier_id=data["supplier"].pk, node_id=data["node"].pk, lines=purchase_lines(filled_rows(request)),
            expected_date=data["expected_date"], actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("procurement:purchase_order_detail", args=[order.pk])


class PurchaseOrderEdit(FormPage):
    permission, title, form_class = "procurement.edit", "Edit purchase order", PurchaseOrderEditForm
    done = "Lines saved."
    template_name = "procurement/purchase_order_form.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"expected_date": get_object_or_404(PurchaseOrder, pk=kwargs["pk"]).expected_date}

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = get_object_or_404(PurchaseOrder, pk=kwargs["pk"])
        return [("Purchase orders", reverse("procurement:purchase_order_list")),
                (order.number, reverse("procurement:purchase_order_detail", args=[order.pk]))]  # fmt: skip

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        order = get_object_or_404(PurchaseOrder, pk=kwargs["pk"])
        known = [
            {
                "sku": line.product.sku,
                "quantity": str(line.quantity_ordered),
                "unit_cost": f"{line.unit_cost.normalize():f}",
            }
            for line in order.lines.select_related("product").order_by("position")
        ]
        return {"rows": shown_rows(request, known)}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        purchase_order_edit(
            purchase_order_id=kwargs["pk"], lines=purchase_lines(filled_rows(request)),
            expected_date=form.cleaned_data["expected_date"], actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("procurement:purchase_order_detail", args=[kwargs["pk"]])


def _act(request: HttpRequest, pk: int, service: Any, done: str, **values: Any) -> HttpResponse:
    return run_action(
        request,
        lambda: service(purchase_order_id=pk, actor=actor_of(request), at=timezone.now(), **values),
        done=done,
        url=reverse("procurement:purchase_order_detail", args=[pk]),
    )


def _reason(request: HttpRequest) -> str:
    return str(request.POST.get("reason", ""))


@page("procurement.edit")
@require_POST
def purchase_order_submit_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit a draft."""
    return run_action(
        request,
        lambda: purchase_order_submit(purchase_order_id=pk, actor=actor_of(request), at=timezone.now()),
        done=lambda order: f"{order} is {order.get_state_display().lower()}.",
        url=reverse("procurement:purchase_order_detail", args=[pk]),
    )


@page("core.approval_decide")
@require_POST
def purchase_order_approve_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve a waiting order."""
    return _act(request, pk, purchase_order_approve, "Approved.")


@page("core.approval_decide")
@require_POST
def purchase_order_reject_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a waiting order back to its maker."""
    return _act(request, pk, purchase_order_reject, "Sent back as a draft.", reason=_reason(request))


@page("procurement.edit")
@require_POST
def purchase_order_send_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an approved order to its supplier."""
    return _act(request, pk, purchase_order_send, "Sent.")


@page("procurement.edit")
@require_POST
def purchase_order_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Call an order off."""
    return _act(request, pk, purchase_order_cancel, "Cancelled.", reason=_reason(request))


@page("procurement.edit")
@require_POST
def purchase_order_close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Expect nothing more of an order."""
    return _act(request, pk, purchase_order_close, "Closed.", reason=_reason(request))
