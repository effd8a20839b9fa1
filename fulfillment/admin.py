"""What can administrators see of fulfilment? Documents are a read-only window: services change them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from fulfillment.models import FulfillmentOrder, PickList, Shipment


class ReadOnlyAdmin(admin.ModelAdmin):
    """A window without handles."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(FulfillmentOrder)
class FulfillmentOrderAdmin(ReadOnlyAdmin):
    list_display = ("number", "order", "node", "state", "ship_by", "created_at")
    list_select_related = ("order", "node")
    search_fields = ("number", "order__number")


@admin.register(PickList)
class PickListAdmin(ReadOnlyAdmin):
    list_display = ("number", "node", "state", "picker", "created_at", "finished_at")
    list_select_related = ("node", "picker")
    search_fields = ("number",)


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ("number", "order", "node", "carrier", "tracking_number", "shipped_at")
    list_select_related = ("order", "node")
    search_fields = ("number", "tracking_number", "order__number")
