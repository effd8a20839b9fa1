"""Which pages send stock between nodes, and take in what arrives?"""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, Sum
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
from erp.core.pages.format import quantity_text, when_html
from erp.core.permissions import page
from inventory.filters import TransferFilter
from inventory.forms import TransferForm
from inventory.models import Transfer, TransferLine
from inventory.selectors import locations_in
from inventory.services import (
    TransferLineDraft,
    TransferReceipt,
    transfer_cancel,
    transfer_create,
    transfer_receive,
    transfer_ship,
    transfer_write_off,
)
from inventory.states import TRANSFER, TransferState
from inventory.tables import TransferTable
from inventory.views.rows import bins_of, lots_of, products_of, shown_rows, whole

ROW = ("sku", "quantity", "lot")


class TransferList(ListPage):
    permission, title, list_code = "inventory.view", "Transfers", "inventory.transfers"
    table_class, filterset_class = TransferTable, TransferFilter
    search_fields = ("number__istartswith", "lines__product__sku__iexact")
    default_order = ("-created_at", "-pk")
    primary_action = PrimaryAction("New transfer", "inventory:transfer_create")
    empty_title, empty_text = "No transfers yet", "Move stock to where it is wanted."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lost = F("lines__quantity") - F("lines__quantity_received") - F("lines__quantity_lost")
        return Transfer.objects.select_related("from_node", "to_node").annotate(
            units=Sum("lines__quantity"), units_open=Sum(lost)
        )


class TransferRecord(RecordPage):
    permission, title, machine = "inventory.view", "Transfer", TRANSFER
    list_page, list_url_name = TransferList, "inventory:transfer_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(TransferList().get_queryset(request), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.from_node.name} → {obj.to_node.name}"

    def get_facts(self, obj: Any) -> list[Fact]:
        on_its_way = obj.units_open if obj.state == TransferState.IN_TRANSIT else 0
        return [
            Fact("From", obj.from_node.code, url=reverse("inventory:node_detail", args=[obj.from_node_id])),
            Fact("To", obj.to_node.code, url=reverse("inventory:node_detail", args=[obj.to_node_id])),
            Fact("Units", quantity_text(obj.units)),
            Fact("On its way", quantity_text(on_its_way)),
            Fact("Expected", when_html(obj.expected_date) if obj.expected_date else "no date"),
        ]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        ship, receive, lost, cancel = (
            reverse(f"inventory:transfer_{verb}", args=[obj.pk])
            for verb in ("ship", "receive", "write_off", "cancel")
        )
        not_draft = "" if obj.state == TransferState.DRAFT else "It is past that."
        not_moving = "" if obj.state == TransferState.IN_TRANSIT else "Nothing is on its way."
        why = [ActionField("reason", "Why")]
        return [
            Action("Ship", ship, "inventory.transfer", primary=True, disabled_reason=not_draft, icon="truck"),
            Action("Receive", receive, "inventory.transfer", primary=True, disabled_reason=not_moving, method="get"),
            Action("Write off the rest", lost, "inventory.adjust", danger=True, disabled_reason=not_moving, fields=why,
                   confirm="What has not arrived is lost and becomes an adjustment."),
            Action("Cancel", cancel, "inventory.transfer", danger=True, disabled_reason=not_draft, fields=why),
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = TransferLine.objects.filter(transfer=obj).select_related("product", "lot").order_by("pk")
        shown = [(line, line.quantity - line.quantity_received - line.quantity_lost) for line in lines]
        return [Panel("Lines", "inventory/partials/_transfer_lines.html", {"lines": shown}, flush=True)]


class TransferCreate(FormPage):
    permission, title, form_class = "inventory.transfer", "New transfer", TransferForm
    submit_label, done = "Create transfer", "Transfer created."
    template_name = "inventory/transfer_form.html"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Transfers", reverse("inventory:transfer_list"))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        return {"rows": shown_rows(request, ROW)}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data, rows = form.cleaned_data, [row for row in shown_rows(request, ROW) if row["sku"]]
        products = products_of(rows)
        lots = lots_of(rows, products)
        lines = [
            TransferLineDraft(match.product_id, whole(row, number) * match.factor, lot_id)
            for number, (row, match, lot_id) in enumerate(zip(rows, products, lots, strict=True), start=1)
        ]
        actor: Any = request.user
        transfer = transfer_create(
            from_node_id=data["from_node"].pk, to_node_id=data["to_node"].pk, lines=lines,
            expected_date=data["expected_date"], actor=actor, at=timezone.now(),
        )  # fmt: skip
        return reverse("inventory:transfer_detail", args=[transfer.pk])


class TransferReceive(FormPage):
    """What arrived, line by line; blank lines have not arrived."""

    permission, title = "inventory.transfer", "Receive transfer"
    submit_label, done = "Take in", "Taken in."
    help_text = "Enter what arrived. The rest stays on its way under an exception case."
    template_name = "inventory/transfer_receive.html"

    def get_form(self, request: HttpRequest, data: Any = None, files: Any = None, **kwargs: Any) -> Any:
        from django import forms

        return forms.Form(data=data)

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {}

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Receive {get_object_or_404(Transfer, pk=kwargs['pk'])}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        transfer = get_object_or_404(Transfer, pk=kwargs["pk"])
        return [("Transfers", reverse("inventory:transfer_list")),
                (transfer.number, reverse("inventory:transfer_detail", args=[transfer.pk]))]  # fmt: skip

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        transfer = get_object_or_404(Transfer, pk=kwargs["pk"])
        lines = TransferLine.objects.filter(transfer=transfer).select_related("product", "lot").order_by("pk")
        shown = []
        for line in lines:
            line.on_its_way = line.quantity - line.quantity_received - line.quantity_lost  # type: ignore[attr-defined]
            line.typed = request.POST.get(f"quantity_{line.pk}", line.on_its_way)  # type: ignore[attr-defined]
            line.typed_bin = request.POST.get(f"bin_{line.pk}", "")  # type: ignore[attr-defined]
            shown.append(line)
        return {"lines": shown, "bins": locations_in(transfer.to_node_id)[:500]}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        lines = TransferLine.objects.filter(transfer_id=kwargs["pk"]).select_related("product").order_by("pk")
        rows = [
            {"sku": line.product.sku, "quantity": request.POST.get(f"quantity_{line.pk}", "").strip() or "0",
             "bin": request.POST.get(f"bin_{line.pk}", "").strip()}
            for line in lines
        ]  # fmt: skip
        receipts = [
            TransferReceipt(line.pk, units, place)
            for number, (line, row, place) in enumerate(zip(lines, rows, bins_of(rows), strict=True), start=1)
            if (units := whole(row, number))
        ]
        actor: Any = request.user
        transfer_receive(transfer_id=kwargs["pk"], receipts=receipts, actor=actor, at=timezone.now())
        return reverse("inventory:transfer_detail", args=[kwargs["pk"]])


@page("inventory.transfer")
@require_POST
def transfer_ship_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a draft on its way."""
    actor: Any = request.user
    return run_action(
        request,
        lambda: transfer_ship(transfer_id=pk, actor=actor, at=timezone.now()),
        done="On its way.",
        url=reverse("inventory:transfer_detail", args=[pk]),
    )


@page("inventory.transfer")
@require_POST
def transfer_cancel_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a draft."""
    actor: Any = request.user
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: transfer_cancel(transfer_id=pk, reason=reason, actor=actor, at=timezone.now()),
        done="Cancelled.",
        url=reverse("inventory:transfer_detail", args=[pk]),
    )


@page("inventory.adjust")
@require_POST
def transfer_write_off_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Write off what never arrived."""
    actor: Any = request.user
    reason = request.POST.get("reason", "")
    return run_action(
        request,
        lambda: transfer_write_off(transfer_id=pk, reason=reason, actor=actor, at=timezone.now()),
        done=lambda adjustment: f"{adjustment} is {adjustment.get_state_display().lower()}.",
        url=reverse("inventory:transfer_detail", args=[pk]),
    )
