"""What is on order of a product? A part of the stock card, which belongs to the app below and finds it by URL name."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from erp.core.permissions import page
from procurement.models import PurchaseOrderLine
from procurement.states import INBOUND

SHOWN = 10


@page("procurement.view")
@require_GET
def product_supply_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The purchase order lines that have not arrived in full, the next one first."""
    owed = F("quantity_ordered") - F("quantity_received")
    lines = PurchaseOrderLine.objects.filter(product_id=pk, purchase_order__state__in=INBOUND).annotate(
        owed=owed
    )
    shown = lines.filter(owed__gt=0).select_related("purchase_order__supplier", "purchase_order__node")
    ordered = shown.order_by("purchase_order__expected_date", "pk")[:SHOWN]
    return render(request, "procurement/partials/_product_supply.html", {"lines": ordered})
