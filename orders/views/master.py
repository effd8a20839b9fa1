"""Which pages show channels, listings and allocation policies?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from erp.core.pages import Fact, ListPage, Panel, RecordPage
from orders import filters, tables
from orders.models import AllocationPolicy, Channel, Listing, Order


class ChannelList(ListPage):
    permission, title, list_code = "orders.view", "Channels", "orders.channels"
    table_class, filterset_class = tables.ChannelTable, filters.ChannelFilter
    search_fields = ("code", "name")
    default_order = ("code",)
    empty_title, empty_text = "No channels", "An administrator adds the places orders come from."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return Channel.objects.select_related("policy")


class ChannelRecord(RecordPage):
    permission, title = "orders.view", "Channel"
    list_page, list_url_name = ChannelList, "orders:channel_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Channel:
        return get_object_or_404(Channel.objects.select_related("policy"), pk=kw["pk"])

    def get_facts(self, obj: Channel) -> list[Fact]:
        return [
            Fact("Name", obj.name), Fact("Kind", obj.get_kind_display()), Fact("Currency", obj.currency),
            Fact("Payment", "prepaid" if obj.is_prepaid else "on invoice"), Fact("Ships within", f"{obj.ship_within_hours} h"),
            Fact("Policy", str(obj.policy or "default")), Fact("Listings", f"{obj.listings.count():,}"),
        ]  # fmt: skip

    def get_panels(self, obj: Channel) -> list[Panel]:
        orders = Order.objects.filter(channel=obj).select_related("channel").order_by("-ordered_at")[:20]
        return [
            Panel("Latest orders", "orders/partials/_customer_orders.html", {"orders": orders}, flush=True)
        ]


class ListingList(ListPage):
    permission, title, list_code = "orders.view", "Listings", "orders.listings"
    table_class, filterset_class = tables.ListingTable, filters.ListingFilter
    search_fields = ("channel_sku__istartswith", "product__sku__istartswith", "product__name")
    default_order = ("channel", "channel_sku")
    empty_title, empty_text = "No listings", "Without one, a channel's SKU is looked up among our own."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        return Listing.objects.select_related("channel", "product")


class AllocationPolicyList(ListPage):
    permission, title, list_code = "orders.view", "Allocation policies", "orders.policies"
    table_class, filterset_class = tables.AllocationPolicyTable, filters.AllocationPolicyFilter
    search_fields = ("code", "name")
    default_order = ("code", "-version")
    empty_title, empty_text = "No policies", "The company needs one before anything can be allocated."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AllocationPolicy]:
        return AllocationPolicy.objects.all()


class AllocationPolicyRecord(RecordPage):
    permission, title = "orders.view", "Allocation policy"
    list_page, list_url_name = AllocationPolicyList, "orders:allocation_policy_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> AllocationPolicy:
        return get_object_or_404(AllocationPolicy, pk=kw["pk"])

    def get_facts(self, obj: AllocationPolicy) -> list[Fact]:
        return [
            Fact("Strategy", obj.get_strategy_display()), Fact("Splits", "allowed" if obj.allow_split else "never"),
            Fact("Backorders", "allowed" if obj.allow_backorder else "never"), Fact("In force", "yes" if obj.is_active else "no"),
            Fact("Channels", ", ".join(channel.code for channel in obj.channels.order_by("code")) or "none"),
        ]  # fmt: skip

    def get_panels(self, obj: AllocationPolicy) -> list[Panel]:
        return []
