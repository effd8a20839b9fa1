"""What may administrators see and edit of purchasing? The replenishment rule; everything else is a window."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from procurement.models import GoodsReceipt, PurchaseOrder, ReplenishmentRule, Supplier, SupplierInvoice


class Window:
    """Read only: rows change through services, which post what goes with them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ReplenishmentRule)
class ReplenishmentRuleAdmin(SimpleHistoryAdmin):
    list_display = (
        "code",
        "version",
        "service_level",
        "window_days",
        "review_days",
        "is_automatic",
        "is_active",
    )


@admin.register(Supplier)
class SupplierAdmin(Window, SimpleHistoryAdmin):
    list_display = ("code", "name", "currency", "lead_time_days", "is_active")
    search_fields = ("code", "name")


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(Window, admin.ModelAdmin):
    list_display = ("number", "supplier", "state", "total", "currency", "expected_date")
    list_select_related = ("supplier",)
    search_fields = ("number",)


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(Window, admin.ModelAdmin):
    list_display = ("number", "purchase_order", "value", "received_at")
    list_select_related = ("purchase_order",)
    search_fields = ("number",)


@admin.register(SupplierInvoice)
class SupplierInvoiceAdmin(Window, admin.ModelAdmin):
    list_display = ("number", "supplier", "supplier_reference", "state", "total")
    list_select_related = ("supplier",)
    search_fields = ("number", "supplier_reference")
