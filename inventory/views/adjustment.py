"""Which pages correct stock?"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
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
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import money_text, quantity_text, when_html
from erp.core.permissions import page
from inventory.filters import AdjustmentFilter
from inventory.forms import CONDITION_CHOICES, AdjustmentForm
from inventory.models import Adjustment, AdjustmentLine, StockEvent
from inventory.services import (
    AdjustmentLineDraft,
    adjustment_create,
    adjustment_reject,
    adjustment_submit,
)
from inventory.states import ADJUSTMENT, AdjustmentState
from inventory.tables import AdjustmentTable
from inventory.views.rows import amount, bins_of, lots_of, products_of, shown_rows, whole
from ledger.models import JournalEntry

ROW = ("sku", "bin", "lot", "status", "quantity", "unit_cost")


def _submit_preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    drafts = rows.filter(state=AdjustmentState.DRAFT).count()
    return [f"{drafts} drafts are posted, or wait for a second person when they are large.",
            f"{rows.count() - drafts} are past that and stay as they are."]  # fmt: skip


def _submit_run(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    outcomes: list[tuple[str, bool, str]] = []
    actor: Any = request.user
    for adjustment in Adjustment.objects.filter(pk__in=ids).order_by("pk"):
        try:
            found = adjustment_submit(adjustment_id=adjustment.pk, actor=actor, at=timezone.now())
            outcomes.append((adjustment.number, True, found.get_state_display()))
        except KeelError as refusal:
            outcomes.append((adjustment.number, False, refusal_text(refusal)))
    return outcomes


class AdjustmentList(ListPage):
    permission, title, list_code = "inventory.view", "Adjustments", "inventory.adjustments"
    table_class, filterset_class = AdjustmentTable, AdjustmentFilter
    search_fields = ("number__istartswith", "note", "lines__product__sku__iexact")
    default_order = ("-created_at", "-pk")
    hidden_columns = ("note",)
    primary_action = PrimaryAction("Adjust stock", "inventory:adjustment_create")
    bulk_actions = [
        BulkAction("submit", "Submit", "inventory.adjust", preview=_submit_preview, run=_submit_run)
    ]
    empty_title, empty_text = (
        "No corrections yet",
        "Counts, finds, losses and opening stock are entered here.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Adjustment.objects.select_related("node", "created_by").annotate(
            units=Sum("lines__quantity_delta")
        )


class AdjustmentRecord(RecordPage):
    permission, title, machine = "inventory.view", "Adjustment", ADJUSTMENT
    list_page, list_url_name = AdjustmentList, "inventory:adjustment_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(AdjustmentList().get_queryset(request), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.get_reason_display()} · {obj.node.name}" + (f" · {obj.note}" if obj.note else "")

    def get_facts(self, obj: Any) -> list[Fact]:
        event = StockEvent.objects.filter(source_type="inventory.Adjustment", source_id=obj.pk).first()
        entry = JournalEntry.objects.filter(kind="inventory.adjustment_posted", source_id=obj.pk).first()
        facts = [
            Fact("Units, net", quantity_text(obj.units)),
            Fact("Value", money_text(obj.value), hint="at cost" if event else "known once posted"),
            Fact("Entered by", obj.created_by.username, hint=when_html(obj.created_at)),
        ]
        if event:
            facts.append(
                Fact(
                    "Stock event",
                    f"{event.pk:,}",
                    url=reverse("inventory:stock_event_detail", args=[event.pk]),
                )
            )
        if entry:
            facts.append(Fact("Journal entry", entry.number))
        return facts

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        submit, reject = (
            reverse(f"inventory:adjustment_{verb}", args=[obj.pk]) for verb in ("submit", "reject")
        )
        not_draft = "" if obj.state == AdjustmentState.DRAFT else "It is past that."
        actions = [
            Action("Submit", submit, "inventory.adjust", primary=True, disabled_reason=not_draft,
                   confirm="Small corrections are posted at once, large ones wait for a second person."),
            Action("Throw away", reject, "inventory.adjust", danger=True, disabled_reason=not_draft,
                   fields=[ActionField("reason", "Why")]),
        ]  # fmt: skip
        asked = ApprovalRequest.objects.filter(document_type="inventory.Adjustment", document_id=obj.pk)
        if obj.state == AdjustmentState.PENDING_APPROVAL and (request := asked.order_by("-pk").first()):
            url = reverse("approval_request_detail", args=[request.pk])
            actions.insert(0, Action("Open approval", url, "core.approval_view", method="get", primary=True))
        return actions

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = (
            AdjustmentLine.objects.filter(adjustment=obj)
            .select_related("product", "location", "lot")
            .order_by("pk")
        )
        approvals = ApprovalRequest.objects.filter(document_type="inventory.Adjustment", document_id=obj.pk)
        panels = [Panel("Lines", "inventory/partials/_adjustment_lines.html", {"lines": lines}, flush=True)]
        found = list(approvals.select_related("requested_by", "decided_by").order_by("pk"))
        if found:
            panels.append(
                Panel("Approval", "inventory/partials/_approvals.html", {"approvals": found}, column="side")
            )
        return panels


class AdjustmentCreate(FormPage):
    permission, title, form_class = "inventory.adjust", "Adjust stock", AdjustmentForm
    submit_label, done = "Submit", "Correction submitted."
    help_text = (
        "Enter by how much stock differs: 3 found, -3 missing. Large corrections wait for a second person."
    )
    template_name = "inventory/adjustment_form.html"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Adjustments", reverse("inventory:adjustment_list"))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        rows = shown_rows(request, ROW)
        if request.method == "GET" and request.GET.get("bin"):
            rows[0] = {**rows[0], "bin": request.GET["bin"]}
        return {"rows": rows, "conditions": CONDITION_CHOICES}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data, rows = form.cleaned_data, [row for row in shown_rows(request, ROW) if row["sku"]]
        products = products_of(rows)
        found = zip(rows, products, bins_of(rows), lots_of(rows, products), strict=True)
        lines = [
            AdjustmentLineDraft(
                match.product_id,
                whole(row, number) * match.factor,
                row["status"] or "AVAILABLE",
                place,
                lot_id,
                amount(row, number, "unit_cost"),
            )
            for number, (row, match, place, lot_id) in enumerate(found, start=1)
        ]
        actor: Any = request.user
        at = timezone.now()
        with transaction.atomic():
            adjustment = adjustment_create(
                node_id=data["node"].pk, reason=data["reason"], note=data["note"], lines=lines,
                actor=actor, at=at,
            )  # fmt: skip
            if not data["is_draft"]:
                adjustment_submit(adjustment_id=adjustment.pk, actor=actor, at=at)
        return reverse("inventory:adjustment_detail", args=[adjustment.pk])


@page("inventory.adjust")
@require_POST
def adjustment_submit_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a draft, or make it wait for a second person."""
    actor: Any = request.user
    return run_action(
        request,
        lambda: adjustment_submit(adjustment_id=pk, actor=actor, at=timezone.now()),
        done=lambda adjustment: f"{adjustment} is {adjustment.get_state_display().lower()}.",
        url=reverse("inventory:adjustment_detail", args=[pk]),
    )


@page("inventory.adjust")
@require_POST
def adjustment_reject_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    actor: Any = request.user
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: adjustment_reject(adjustment_id=pk, reason=reason, actor=actor, at=timezone.now()),
        done="Thrown away.",
        url=reverse("inventory:adjustment_detail", args=[pk]),
    )
