"""Which page takes down that a supplier has sent goods to a customer, and what does his purchase order show of it?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.errors import InvalidInput
from erp.core.pages import Action, Fact, FormPage, Panel
from erp.core.permissions import actor_of
from orders.models import DropShip
from orders.selectors.drop_ship import drop_ships_of_purchase
from orders.states import DropShipState
from procurement.models import PurchaseOrder
from procurement.services.drop_ship_notice import SentLine, ShipNotice, drop_ship_notice
from procurement.states import PurchaseOrderState
from procurement.views.rows import whole

DOCUMENT = "procurement.PurchaseOrder"


class ShipNoticeForm(forms.Form):
    carrier = forms.CharField(max_length=40, help_text="Who carries it to the customer.")
    tracking_number = forms.CharField(max_length=60, required=False, help_text="The customer is told it.")


class DropShipNotice(FormPage):
    """What the supplier says that he sent, line by line; blank lines have not left."""

    permission, title, form_class = "procurement.receive", "Supplier has shipped", ShipNoticeForm
    submit_label, done = "Shipped", "Taken down: the customer is told, and the sale is posted."
    help_text = "Enter what has left the supplier for the customer. It is sold and invoiced with that."
    template_name = "procurement/drop_ship_notice.html"

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"{self._order(**kwargs)}: supplier has shipped"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = self._order(**kwargs)
        return [("Purchase orders", reverse("procurement:purchase_order_list")),
                (order.number, reverse("procurement:purchase_order_detail", args=[order.pk]))]  # fmt: skip

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        order, base = self._order(**kwargs), settings.KEEL_BASE_CURRENCY
        paid = order.customer_order.currency if order.customer_order else None
        return {
            "order": order,
            "rows": [self._row(request, row) for row in self._open(**kwargs)],
            "base": base,
            "currency": "" if paid in (None, base) else paid,
            "rate": request.POST.get("rate", ""),
        }

    def _row(self, request: HttpRequest, row: DropShip) -> dict[str, Any]:
        line = row.purchase_line_id
        return {
            "drop_ship": row, "product": row.order_line.product,
            "quantity": request.POST.get(f"quantity_{line}", str(row.quantity_open)),
            "lot": request.POST.get(f"lot_{line}", ""),
        }  # fmt: skip

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        lines = []
        for number, row in enumerate(self._open(**kwargs), start=1):
            line = row.purchase_line_id
            text = request.POST.get(f"quantity_{line}", "").strip()
            if line is not None and text not in ("", "0"):
                lot = request.POST.get(f"lot_{line}", "").strip()
                lines.append(SentLine(line, whole(text, number), lot))
        data, rate = form.cleaned_data, request.POST.get("rate", "").strip()
        drop_ship_notice(
            ShipNotice(kwargs["pk"], lines, data["carrier"], data["tracking_number"], _rate(rate) if rate else None),
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("procurement:purchase_order_detail", args=[kwargs["pk"]])

    def _open(self, **kwargs: Any) -> list[DropShip]:
        rows = drop_ships_of_purchase(DOCUMENT, [kwargs["pk"]])
        return [row for row in rows if row.state == DropShipState.ORDERED]

    def _order(self, **kwargs: Any) -> PurchaseOrder:
        order: PurchaseOrder = get_object_or_404(
            PurchaseOrder.objects.select_related("supplier", "customer_order"),
            pk=kwargs["pk"],
            customer_order__isnull=False,
        )
        return order


def _rate(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput(
            f"“{text[:20]}” is not a rate", field="rate", remedy="Enter it like 0.85."
        ) from None


def customer_fact(order: PurchaseOrder) -> list[Fact]:
    """This function will return the fact for whom a drop-ship is bought; none for other purchase orders."""
    if order.customer_order is None:
        return []
    return [
        Fact(
            "For",
            order.customer_order.number,
            url=reverse("orders:order_detail", args=[order.customer_order_id]),
        )
    ]


def customer_panel(order: PurchaseOrder) -> list[Panel]:
    """This function will return the panel that says where a drop-ship goes, and how far it is."""
    if order.customer_order is None:
        return []
    context = {"drop_ships": drop_ships_of_purchase(DOCUMENT, [order.pk])}
    return [
        Panel("Ships to the customer", "procurement/partials/_customer_order.html", context, column="side")
    ]


def arrival_action(order: PurchaseOrder) -> Action:
    """This function will return how goods of a sent order are taken down: at the dock, or as sent to the customer."""
    if order.customer_order is None:
        return Action("Receive goods", reverse("procurement:goods_receive", args=[order.pk]), "procurement.receive",
                      primary=True, method="get", icon="package-open")  # fmt: skip
    waits = order.state == PurchaseOrderState.SENT
    return Action("Supplier has shipped", reverse("procurement:drop_ship_notice", args=[order.pk]), "procurement.receive",
                  primary=True, method="get", icon="truck", disabled_reason="" if waits else "It was not sent yet.")  # fmt: skip
