"""What may administrators see and edit on the stock side? Master data; journals and documents are a window.

Products, categories and nodes are edited on their own pages, where the services' rules apply; the admin site shows
their history.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from inventory.models import (
    Adjustment,
    Category,
    KitComponent,
    Location,
    Node,
    Product,
    StockBuffer,
    StockEvent,
    StockLevel,
    StockMove,
    Transfer,
    UnitOfMeasure,
)


class Window:
    """Read only: rows change through services, which post what goes with them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UnitOfMeasure)
class UnitOfMeasureAdmin(admin.ModelAdmin):
    list_display = ("code", "name")


@admin.register(Product)
class ProductAdmin(Window, SimpleHistoryAdmin):
    list_display = ("sku", "name", "category", "is_active")
    list_select_related = ("category",)
    search_fields = ("sku", "name", "gtin")


@admin.register(KitComponent)
class KitComponentAdmin(Window, SimpleHistoryAdmin):
    list_display = ("kit", "component", "quantity")
    list_select_related = ("kit", "component")
    search_fields = ("kit__sku", "component__sku")


@admin.register(Category)
class CategoryAdmin(Window, SimpleHistoryAdmin):
    list_display = ("code", "name", "parent", "valuation_method")
    list_select_related = ("parent",)


@admin.register(Node)
class NodeAdmin(Window, SimpleHistoryAdmin):
    list_display = ("code", "name", "kind", "country", "rank", "is_active")


@admin.register(Location)
class LocationAdmin(Window, SimpleHistoryAdmin):
    list_display = ("code", "node", "kind", "walk_order", "is_pickable", "is_active")
    list_select_related = ("node",)
    list_filter = ("node", "kind")
    search_fields = ("code",)


@admin.register(StockBuffer)
class StockBufferAdmin(Window, SimpleHistoryAdmin):
    list_display = ("node", "product", "channel_code", "quantity")
    list_select_related = ("node", "product")


@admin.register(StockEvent)
class StockEventAdmin(Window, admin.ModelAdmin):
    list_display = ("sequence", "action", "source_type", "source_id", "occurred_at")
    search_fields = ("idempotency_key",)
    show_full_result_count = False


@admin.register(StockMove)
class StockMoveAdmin(Window, admin.ModelAdmin):
    list_display = ("id", "event_id", "product", "quantity", "from_status", "to_status")
    list_select_related = ("product",)
    show_full_result_count = False


@admin.register(StockLevel)
class StockLevelAdmin(Window, admin.ModelAdmin):
    list_display = ("product", "node", "status", "quantity")
    list_select_related = ("product", "node")
    list_filter = ("node", "status")


@admin.register(Transfer)
class TransferAdmin(Window, admin.ModelAdmin):
    list_display = ("number", "from_node", "to_node", "state", "created_at")
    list_select_related = ("from_node", "to_node")
    search_fields = ("number",)


@admin.register(Adjustment)
class AdjustmentAdmin(Window, admin.ModelAdmin):
    list_display = ("number", "node", "reason", "state", "value", "created_at")
    list_select_related = ("node",)
    search_fields = ("number",)
