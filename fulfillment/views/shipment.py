"""Which pages show what left, for how much and at what cost?"""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from erp.core.documents import document_url
from erp.core.pages import Action, Fact, ListPage, Panel, RecordPage
from erp.core.pages.format import money_text, when_html
from erp.core.permissions import actor_of, page
from fulfillment.filters import ShipmentFilter
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.selectors import journal_entry_of
from fulfillment.tables import ShipmentTable


def shipments() -> QuerySet[Shipment]:
    """This function will return shipments with their units."""
    units = (
        ShipmentLine.objects.filter(shipment=OuterRef("pk"))
        .order_by()
        .values("shipment")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    return Shipment.objects.select_related(
        "order__customer", "order__channel", "node", "fulfillment"
    ).annotate(units=Coalesce(Subquery(units), 0))


class ShipmentList(ListPage):
    permission, title, list_code = "fulfillment.view", "Shipments", "fulfillment.shipments"
    table_class, filterset_class = ShipmentTable, ShipmentFilter
    search_fields = (
        "number__istartswith", "tracking_number", "order__number__istartswith", "order__external_id",
        "order__customer__name",
    )  # fmt: skip
    default_order = ("-shipped_at", "-pk")
    hidden_columns = ("tax",)
    empty_title, empty_text = "Nothing has left yet", "Packed fulfilment orders become shipments."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        return shipments()


class ShipmentRecord(RecordPage):
    permission, title = "fulfillment.view", "Shipment"
    list_page, list_url_name = ShipmentList, "fulfillment:shipment_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Shipment:
        self.sees_margin = actor_of(request).may("reporting.margin")
        return get_object_or_404(shipments(), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.order.number} from {obj.node.name}"

    def get_facts(self, obj: Any) -> list[Fact]:
        currency = obj.order.currency
        entry = journal_entry_of(obj.pk)
        facts = [
            Fact("Order", obj.order.number, reverse("orders:order_detail", args=[obj.order_id])),
            Fact("Shipped", when_html(obj.shipped_at)),
            Fact("Carrier", obj.carrier, hint=obj.tracking_number),
            Fact("Units", obj.units),
            Fact("Invoiced", money_text(obj.revenue + obj.charges + obj.tax, currency)),
        ]
        if entry:
            facts.append(
                Fact("Journal entry", entry.number, document_url("ledger.JournalEntry", entry.pk) or "")
            )
        if self.sees_margin:
            facts += [
                Fact("Cost of goods", money_text(obj.cogs)),
                Fact("Gross margin", money_text(obj.revenue - obj.cogs)),
            ]
        return facts

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        return [
            Action("Packing slip", reverse("fulfillment:shipment_slip", args=[obj.pk]), "fulfillment.view",
                   primary=True, method="get", icon="printer"),
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = (
            obj.lines.select_related("product", "lot")
            .annotate(margin=F("revenue") - F("cogs"))
            .order_by("pk")
        )
        context = {"lines": lines, "currency": obj.order.currency, "sees_margin": self.sees_margin}
        return [
            Panel("Lines", "fulfillment/partials/_shipment_lines.html", context, flush=True),
            Panel("Ship to", "fulfillment/partials/_ship_to.html", {"order": obj.order}, column="side"),
            Panel("Packages", "fulfillment/partials/_packages.html",
                  {"packages": list(obj.fulfillment.packages.order_by("pk"))}, column="side"),
        ]  # fmt: skip


@page("fulfillment.view")
@require_GET
def shipment_slip(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper that goes into the parcel: no prices, no cost."""
    shipment = get_object_or_404(shipments(), pk=pk)
    lines = shipment.lines.select_related("product", "lot", "order_line").order_by("pk")
    context = {"title": f"Packing slip {shipment.number}", "shipment": shipment, "lines": lines}
    return render(request, "fulfillment/packing_slip.html", context)
