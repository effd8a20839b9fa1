"""What may administrators edit on the order side? Master data; documents are a window."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from orders.models import (
    AllocationPolicy,
    CancelReason,
    Channel,
    CheckPolicy,
    Customer,
    HoldRule,
    Listing,
    MessageTemplate,
    Order,
    OrderChange,
    Reservation,
    RiskListEntry,
    RiskRule,
    Subscription,
    TaxExpectation,
)


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
    readonly_fields = ("credit_limit", "payment_days")  # changed with a reason on the credit page
    list_display = ("number", "name", "segment", "country", "is_blocked")
    search_fields = ("number", "name")


@admin.register(CheckPolicy)
class CheckPolicyAdmin(SimpleHistoryAdmin):
    list_display = (
        "channel",
        "agreed_tolerance",
        "override_share",
        "discount_share",
        "duplicate_hours",
        "risk_hold_at",
    )
    list_select_related = ("channel",)


@admin.register(TaxExpectation)
class TaxExpectationAdmin(SimpleHistoryAdmin):
    list_display = ("country", "channel", "rate", "tolerance", "allows_less", "valid_from", "valid_to")
    list_select_related = ("channel",)
    search_fields = ("country",)


@admin.register(RiskRule)
class RiskRuleAdmin(SimpleHistoryAdmin):
    list_display = ("code", "kind", "channel", "subject", "points", "is_active")
    list_select_related = ("channel",)


@admin.register(RiskListEntry)
class RiskListEntryAdmin(SimpleHistoryAdmin):
    list_display = ("verdict", "subject", "value", "reason", "valid_to")
    list_filter = ("verdict", "subject")
    search_fields = ("value",)


@admin.register(HoldRule)
class HoldRuleAdmin(SimpleHistoryAdmin):
    list_display = (
        "kind",
        "owner_role",
        "clock_hours",
        "release_by",
        "escalate_role",
        "escalate_after_hours",
    )


@admin.register(AllocationPolicy)
class AllocationPolicyAdmin(admin.ModelAdmin):
    list_display = ("code", "version", "name", "state")


@admin.register(CancelReason)
class CancelReasonAdmin(SimpleHistoryAdmin):
    list_display = ("code", "label", "is_active")


class _Window(admin.ModelAdmin):
    """To be looked at; services change it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(_Window):
    list_display = ("number", "channel", "external_id", "state", "total", "ordered_at")
    list_select_related = ("channel",)
    search_fields = ("number", "external_id")


@admin.register(OrderChange)
class OrderChangeAdmin(_Window):
    list_display = ("order", "number", "kind", "reason_code", "total_before", "total_after", "actor", "at")
    list_select_related = ("order", "actor")
    list_filter = ("kind", "reason_code")
    search_fields = ("order__number",)


@admin.register(Reservation)
class ReservationAdmin(_Window):
    list_display = ("key", "channel", "state", "created_at", "expires_at", "order")
    list_select_related = ("channel", "order")
    list_filter = ("state",)
    search_fields = ("key", "order__number")


@admin.register(Subscription)
class SubscriptionAdmin(_Window):
    list_display = ("number", "customer", "channel", "state", "next_date")
    list_select_related = ("customer", "channel")
    search_fields = ("customer__number", "customer__name")


@admin.register(MessageTemplate)
class MessageTemplateAdmin(_Window):
    list_display = ("kind", "language", "channel", "version", "is_active", "created_at")
    list_select_related = ("channel",)
    search_fields = ("kind", "subject")
