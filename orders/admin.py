"""What may administrators edit on the order side? Master data; documents are a window."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from orders.models import (
    AllocationPolicy,
    Channel,
    CheckPolicy,
    Customer,
    HoldRule,
    Listing,
    Order,
    RiskListEntry,
    RiskRule,
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
