"""What may administrators edit on the order side? Master data; documents are a window."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from orders.models import AllocationPolicy, Channel, Customer, Listing, Order, Reservation


@admin.register(Channel)
class ChannelAdmin(SimpleHistoryAdmin):
    list_display = ("code", "name", "kind", "currency", "is_active")


@admin.register(Listing)
class ListingAdmin(SimpleHistoryAdmin):
    list_display = ("channel", "channel_sku", "product", "is_active")
    list_select_related = ("channel", "product")
    search_fields = ("channel_sku", "product__sku")
    raw_id_fields = ("product",)


@admin.register(Customer)
class CustomerAdmin(SimpleHistoryAdmin):
    list_display = ("number", "name", "segment", "country", "is_blocked")
    search_fields = ("number", "name")


@admin.register(AllocationPolicy)
class AllocationPolicyAdmin(admin.ModelAdmin):
    list_display = ("code", "version", "name", "strategy", "is_active")


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders change through services only."""

    list_display = ("number", "channel", "external_id", "state", "total", "ordered_at")
    list_select_related = ("channel",)
    search_fields = ("number", "external_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False


@admin.register(Reservation)
class ReservationAdmin(admin.ModelAdmin):
    """Reservations change through services only."""

    list_display = ("key", "channel", "state", "created_at", "expires_at", "order")
    list_select_related = ("channel", "order")
    list_filter = ("state",)
    search_fields = ("key", "order__number")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Reservation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Reservation | None = None) -> bool:
        return False
