"""Which pages show the stock journal and what it adds up to?"""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from erp.core.documents import document_url
from erp.core.pages import Fact, ListPage, Panel, RecordPage
from erp.core.pages.format import quantity_text, when_html
from inventory.filters import BinStockFilter, StockEventFilter, StockLevelFilter
from inventory.models import BinStock, StockEvent, StockLevel, StockMove
from inventory.tables import BinStockTable, StockEventTable, StockLevelTable


class StockEventList(ListPage):
    permission, title, list_code = "inventory.view", "Stock journal", "inventory.stock_events"
    table_class, filterset_class = StockEventTable, StockEventFilter
    search_fields = ("action__istartswith", "reason", "idempotency_key__exact")
    default_order = ("-sequence",)
    help_text = "Append-only. Every unit that is anywhere is the sum of these events."
    empty_title, empty_text = (
        "Nothing has moved yet",
        "Receipts, orders and corrections appear here as they happen.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        moves = StockMove.objects.filter(event=OuterRef("pk")).order_by().values("event")
        units = Subquery(moves.annotate(total=Sum("quantity")).values("total"))
        return StockEvent.objects.select_related("actor").annotate(units=units)


class StockEventRecord(RecordPage):
    permission, title, has_timeline = "inventory.view", "Stock event", False
    list_page, list_url_name = StockEventList, "inventory:stock_event_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(StockEvent.objects.select_related("actor"), pk=kwargs["pk"])

    def get_title(self, obj: Any) -> str:
        return f"Stock event {obj.sequence:,}"

    def get_subtitle(self, obj: Any) -> str:
        return str(obj.reason)

    def get_facts(self, obj: Any) -> list[Fact]:
        source = f"{obj.source_type.rpartition('.')[2]} {obj.source_id}"
        return [
            Fact("Action", obj.action),
            Fact("Because of", source, url=document_url(obj.source_type, obj.source_id) or ""),
            Fact("By", obj.actor.username),
            Fact("Occurred", when_html(obj.occurred_at)),
            Fact("Recorded", when_html(obj.recorded_at)),
        ]

    def get_panels(self, obj: Any) -> list[Panel]:
        related = ("product", "from_node", "to_node", "from_location", "to_location", "lot")
        moves = list(StockMove.objects.filter(event=obj).select_related(*related).order_by("pk")[:500])
        return [
            Panel(
                f"Moves ({quantity_text(len(moves))})",
                "inventory/partials/_event_moves.html",
                {"moves": moves},
                flush=True,
            ),
            Panel("Key", "inventory/partials/_event_key.html", column="side"),
        ]


class StockLevelList(ListPage):
    permission, title, list_code = "inventory.view", "Stock levels", "inventory.stock_levels"
    table_class, filterset_class = StockLevelTable, StockLevelFilter
    search_fields = ("product__sku", "product__search_text")
    default_order = ("product__sku", "node__rank", "status")
    help_text = "Units per product, node and status. Empty levels are left out."
    empty_title, empty_text = "No stock", "Receive goods, or enter opening stock as an adjustment."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return StockLevel.objects.filter(quantity__gt=0).select_related("product", "node")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return super().search(rows, text.lower())


class BinStockList(ListPage):
    permission, title, list_code = "inventory.view", "Bins", "inventory.bins"
    table_class, filterset_class = BinStockTable, BinStockFilter
    search_fields = (
        "location__code__istartswith",
        "product__sku",
        "product__search_text",
        "lot__code__istartswith",
    )
    default_order = ("location__walk_order", "location__code", "product__sku")
    hidden_columns = ("lot", "expiry_date")
    help_text = "What lies in which bin, in walking order. “Taken up” is what pick tasks have chosen."
    empty_title, empty_text = "The bins are empty", "Goods receipts put stock into bins."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return BinStock.objects.filter(quantity__gt=0).select_related("location__node", "product", "lot")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return super().search(rows, text.lower())
