"""Which open orders want a product? A part of the stock card, which belongs to the app below and finds it by URL name."""

from __future__ import annotations

from django.db.models import F, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from erp.core.permissions import page
from orders.models import OrderLine
from orders.states import OPEN

SHOWN = 10


@page("orders.view")
@require_GET
def product_orders_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines that still want units of the product, the most urgent first."""
    owed = F("quantity_ordered") - F("quantity_shipped") - F("quantity_cancelled")
    lines = (
        OrderLine.objects.filter(product_id=pk, order__state__in=OPEN).annotate(owed=owed).filter(owed__gt=0)
    )
    total = lines.aggregate(units=Sum("owed"), promised=Sum("quantity_allocated"))
    shown = lines.select_related("order__channel").order_by("-order__priority", "order__ship_by", "pk")[
        :SHOWN
    ]
    context = {"lines": shown, "count": lines.count(), "shown": SHOWN, **total}
    return render(request, "orders/partials/_product_orders.html", context)
