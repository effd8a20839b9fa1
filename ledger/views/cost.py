"""Which pages show what the stock cost, layer by layer?"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, DecimalField, F, QuerySet, Sum, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from erp.core.documents import document_url
from erp.core.money import ZERO
from erp.core.pages import Fact, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import money_text, quantity_text, when_html
from erp.core.permissions import page
from erp.core.templatetags.keel import document_name
from ledger.dimensions import dimension_names
from ledger.filters import CostLayerFilter
from ledger.models import CostLayer, CostMovement
from ledger.tables import CostLayerTable

_UNIT_COST = Case(
    When(quantity_left__gt=0, then=F("value_left") / F("quantity_left")),
    default=F("value_in") / F("quantity_in"),
    output_field=DecimalField(max_digits=19, decimal_places=4),
)
NEWEST = 200


class CostLayerList(ListPage):
    """Valuation: what is on hand at what cost. The sum above is Inventory in the books."""

    permission, title, list_code = "ledger.view", "Cost layers", "ledger.cost_layers"
    table_class, filterset_class = CostLayerTable, CostLayerFilter
    default_order = ("-pk",)
    hidden_columns = ("layer",)
    summary_template = "ledger/partials/_layer_totals.html"
    help_text = (
        "What each receipt has left, in units and in money. "
        "FIFO keeps a layer per receipt, moving average one per product."
    )
    secondary_actions = (PrimaryAction("Trial balance", "ledger:trial_balance", icon="scale"),)
    empty_title, empty_text = "No cost layers", "The first goods receipt makes one."

    def get_queryset(self, request: HttpRequest) -> QuerySet[CostLayer]:
        return CostLayer.objects.annotate(unit_cost=_UNIT_COST)

    def get_summary(self, request: HttpRequest, rows: QuerySet[CostLayer]) -> dict[str, Any]:
        sums = rows.order_by().aggregate(units=Sum("quantity_left"), value=Sum("value_left"))
        return {"units": sums["units"] or 0, "value": sums["value"] or ZERO}


class CostLayerRecord(RecordPage):
    permission, title, has_timeline = "ledger.view", "Cost layer", False
    list_page, list_url_name = CostLayerList, "ledger:cost_layer_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> CostLayer:
        return get_object_or_404(CostLayer.objects.annotate(unit_cost=_UNIT_COST), pk=kwargs["pk"])

    def get_title(self, obj: CostLayer) -> str:
        return f"Cost layer #{obj.pk}"

    def get_crumb(self, obj: CostLayer) -> str:
        return f"#{obj.pk}"

    def get_facts(self, obj: Any) -> list[Fact]:
        product = dimension_names("product", [obj.product_id]).get(
            obj.product_id, f"product {obj.product_id}"
        )
        return [
            Fact("Product", product, document_url("inventory.Product", obj.product_id) or ""),
            Fact("Method", obj.get_method_display()),
            Fact("Left", f"{quantity_text(obj.quantity_left)} of {quantity_text(obj.quantity_in)}"),
            Fact("Value left", money_text(obj.value_left), hint=f"of {money_text(obj.value_in)} received"),
            Fact("Unit cost", f"{obj.unit_cost:,.4f}"),
            Fact("Received", when_html(obj.received_at)),
        ]

    def get_panels(self, obj: CostLayer) -> list[Panel]:
        movements = CostMovement.objects.filter(layer=obj).order_by("-pk")
        rows = [_movement(row) for row in movements[:NEWEST]]
        context = {"rows": rows, "more": max(movements.count() - NEWEST, 0)}
        return [Panel("Movements, newest first", "ledger/partials/_movements.html", context, flush=True)]


def _movement(row: CostMovement) -> dict[str, Any]:
    return {
        "at": row.at,
        "quantity": row.quantity,
        "value": row.value,
        "source": f"{document_name(row.source_type)} {row.source_id}",
        "url": document_url(row.source_type, row.source_id),
    }


@page("ledger.view")
def product_cost_panel(request: HttpRequest, product_id: int) -> HttpResponse:
    """This function will show a product's open layers, for the product's own page."""
    layers = list(
        CostLayer.objects.filter(product_id=product_id, is_open=True)
        .annotate(unit_cost=_UNIT_COST)
        .order_by("pk")
    )
    context = {
        "layers": layers,
        "units": sum(layer.quantity_left for layer in layers),
        "value": sum((layer.value_left for layer in layers), ZERO),
        "list_url": reverse("ledger:cost_layer_list") + f"?product={product_id}",
    }
    return TemplateResponse(request, "ledger/partials/_product_cost.html", context)
