"""Which pages take goods in, show what was taken in, and what nobody has billed yet?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from erp.core.pages import Fact, FormPage, ListPage, Panel, RecordPage
from erp.core.pages.format import money_text, quantity_text, when_html
from erp.core.permissions import actor_of
from inventory.selectors import locations_in
from procurement.filters import GoodsReceiptFilter
from procurement.forms import EmptyForm
from procurement.models import GoodsReceipt, PurchaseOrder
from procurement.selectors import GrniLine, grni_ageing, putaway_bins
from procurement.services import ReceivedLine, goods_receive
from procurement.services.receipt import STATUSES
from procurement.tables import GoodsReceiptTable
from procurement.terms import most_receivable
from procurement.views.rows import bins_by_code, day, whole


class GoodsReceiptList(ListPage):
    permission, title, list_code = "procurement.view", "Goods receipts", "procurement.goods_receipts"
    table_class, filterset_class = GoodsReceiptTable, GoodsReceiptFilter
    search_fields = (
        "number__istartswith",
        "purchase_order__number__istartswith",
        "purchase_order__supplier__name",
    )
    default_order = ("-received_at", "-pk")
    empty_title, empty_text = "Nothing received yet", "Open a sent purchase order and receive its goods."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return GoodsReceipt.objects.select_related(
            "purchase_order__supplier", "node", "received_by"
        ).annotate(units=Sum("lines__quantity"))


class GoodsReceiptRecord(RecordPage):
    permission, title = "procurement.view", "Receipt"
    list_page, list_url_name = GoodsReceiptList, "procurement:goods_receipt_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(GoodsReceiptList().get_queryset(request), pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return f"{obj.purchase_order.supplier.name} → {obj.node.name}"

    def get_facts(self, obj: Any) -> list[Fact]:
        order = reverse("procurement:purchase_order_detail", args=[obj.purchase_order_id])
        journal = reverse("inventory:stock_event_detail", args=[obj.stock_sequence])
        return [
            Fact("Purchase order", obj.purchase_order, url=order),
            Fact("Units", quantity_text(obj.units)),
            Fact("Value", money_text(obj.value)),
            Fact("Received", when_html(obj.received_at), hint=f"by {obj.received_by}"),
            Fact("Stock journal", f"sequence {obj.stock_sequence}", url=journal),
        ]

    def get_panels(self, obj: Any) -> list[Panel]:
        lines = obj.lines.select_related("product", "location", "lot").order_by("pk")
        return [Panel("Lines", "procurement/partials/_receipt_lines.html", {"lines": lines}, flush=True)]


class GoodsReceive(FormPage):
    """What arrived, line by line, at a desk or on a handheld; blank lines have not arrived."""

    permission, title, form_class = "procurement.receive", "Receive goods", EmptyForm
    submit_label, done = "Receive", "Received."
    help_text = "Enter what arrived. Leave a bin blank and one is chosen; leave a quantity blank for what is still missing."
    template_name = "procurement/goods_receive.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {}

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return f"Receive {self._order(**kwargs)}"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        order = self._order(**kwargs)
        return [("Purchase orders", reverse("procurement:purchase_order_list")),
                (order.number, reverse("procurement:purchase_order_detail", args=[order.pk]))]  # fmt: skip

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        order = self._order(**kwargs)
        places = list(locations_in(order.node_id)[:500])
        codes = {place.pk: place.code for place in places}
        lines = [
            line
            for line in order.lines.select_related("product").order_by("position")
            if line.quantity_received < most_receivable(line.quantity_ordered)
        ]
        chosen = putaway_bins((line.product_id, order.node_id) for line in lines)
        return {
            "order": order,
            "places": places,
            "statuses": [(status.value, status.label) for status in STATUSES],
            "rows": [
                self._row(request, line, codes.get(chosen.get((line.product_id, order.node_id)) or 0, ""))
                for line in lines
            ],
        }

    def _row(self, request: HttpRequest, line: Any, home: str) -> dict[str, Any]:
        left = max(0, line.quantity_ordered - line.quantity_received)
        typed = {
            name: request.POST.get(f"{name}_{line.pk}", "") for name in ("bin", "lot", "expiry", "status")
        }
        return {"line": line, "left": left, "home": home, **typed,
                "quantity": request.POST.get(f"quantity_{line.pk}", "")}  # fmt: skip

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        rows: list[tuple[int, int, dict[str, str]]] = []
        lines = self._order(**kwargs).lines.order_by("position").values_list("pk", flat=True)
        for number, pk in enumerate(lines, start=1):
            text = {
                name: request.POST.get(f"{name}_{pk}", "").strip()
                for name in ("quantity", "bin", "lot", "expiry", "status")
            }
            if text["quantity"] not in ("", "0"):
                rows.append((pk, number, text))
        bins = bins_by_code([text["bin"] for _, _, text in rows])
        goods_receive(
            purchase_order_id=kwargs["pk"],
            lines=[
                ReceivedLine(
                    pk, whole(text["quantity"], number), bins.get(text["bin"].upper()), text["lot"],
                    day(text["expiry"], number), text["status"] or "AVAILABLE",
                )
                for pk, number, text in rows
            ],
            actor=actor_of(request),
            at=timezone.now(),
        )  # fmt: skip
        return reverse("procurement:purchase_order_detail", args=[kwargs["pk"]])

    def _order(self, **kwargs: Any) -> PurchaseOrder:
        order: PurchaseOrder = get_object_or_404(
            PurchaseOrder.objects.select_related("supplier", "node"), pk=kwargs["pk"]
        )
        return order


BUCKETS = ((0, 30, "0–30 days"), (31, 60, "31–60 days"), (61, 90, "61–90 days"), (91, 10**6, "over 90 days"))


class GrniAgeing(View):
    """Goods received and not invoiced, receipt by receipt, oldest first."""

    permission: ClassVar[str] = "procurement.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        """This function will show what is owed for goods that nobody has billed, by age."""
        lines = grni_ageing(on=timezone.localdate())
        context = {
            "title": "Received, not invoiced",
            "lines": lines[:500],
            "count": len(lines),
            "total": sum((line.value for line in lines), Decimal(0)),
            "buckets": [(label, *_bucket(lines, first, last)) for first, last, label in BUCKETS],
        }
        return TemplateResponse(request, "procurement/grni_ageing.html", context)


def _bucket(lines: list[GrniLine], first: int, last: int) -> tuple[Decimal, int]:
    found = [line for line in lines if first <= line.days <= last]
    return sum((line.value for line in found), Decimal(0)), len(found)
