"""What may administrators edit on the order side? Master data; documents are a window."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from orders.models import AllocationPolicy, Channel, Customer, Listing, MessageTemplate, Order, Subscription


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


class Window(admin.ModelAdmin):
    """What changes through services only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(Window):
    list_display = ("number", "channel", "external_id", "state", "total", "ordered_at")
    list_select_related = ("channel",)
    search_fields = ("number", "external_id")


@admin.register(Subscription)
class SubscriptionAdmin(Window):
    list_display = ("number", "customer", "channel", "state", "next_date")
    list_select_related = ("customer", "channel")
    search_fields = ("customer__number", "customer__name")


@admin.register(MessageTemplate)
class MessageTemplateAdmin(Window):
    list_display = ("kind", "language", "channel", "version", "is_active", "created_at")
    list_select_related = ("channel",)
    search_fields = ("kind", "subject")
