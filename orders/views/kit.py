"""Which pages show ordered kits, and how are some of them cancelled?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from erp.core.pages import FormPage
from erp.core.permissions import actor_of, page
from orders.models import OrderKit
from orders.selectors import ordered_items
from orders.services import order_cancel
from orders.states import OPEN

SHOWN = 10


class KitCancelForm(forms.Form):
    quantity = forms.IntegerField(min_value=1, max_value=1_000_000, label="Kits")
    reason = forms.CharField(max_length=300, label="Why", widget=forms.Textarea(attrs={"rows": 3}))


class KitCancel(FormPage):
    """Whole kits: a component alone is not cancelled."""

    permission, title, form_class = "orders.edit", "Cancel kits", KitCancelForm
    submit_label, done = "Cancel kits", "The kits are cancelled."
    help_text = "All components of a kit are cancelled together; what was promised becomes sellable again."

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        kit = _kit(kwargs["pk"])
        (item,) = (item for item in ordered_items(kit.order_id) if item.kit and item.kit.pk == kit.pk)
        return {"quantity": item.kits_left}

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        kit = _kit(kwargs["pk"])
        return f"Cancel kits {kit.product.sku}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = _kit(kwargs["pk"]).order
        return [("Orders", reverse("orders:order_list")), (order.number, _go(order.pk))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        kit = _kit(kwargs["pk"])
        order_cancel(
            order_id=kit.order_id, kits={kit.pk: form.cleaned_data["quantity"]}, reason=form.cleaned_data["reason"],
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return _go(kit.order_id)


def _kit(pk: int) -> OrderKit:
    return get_object_or_404(OrderKit.objects.select_related("order", "product"), pk=pk)


def _go(pk: int) -> str:
    return reverse("orders:order_detail", args=[pk])


@page("orders.view")
@require_GET
def product_kit_orders_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The open orders for a kit, the most urgent first: a part of its product page, found there by URL name."""
    kits = OrderKit.objects.filter(product_id=pk, order__state__in=OPEN)
    shown = kits.select_related("order__channel").order_by("-order__priority", "order__ship_by", "pk")[:SHOWN]
    context = {
        "kits": shown,
        "count": kits.count(),
        "units": kits.aggregate(units=Sum("quantity"))["units"] or 0,
    }
    return render(request, "orders/partials/_product_kit_orders.html", context)
