"""Which columns do the order side's lists have?"""

from __future__ import annotations

import django_tables2 as tables

from erp.core.tables import (
    KeelTable,
    LinkColumn,
    MoneyColumn,
    QuantityColumn,
    RecordColumn,
    StateColumn,
    WhenColumn,
)
from orders.models import (
    AllocationPolicy,
    Channel,
    ContractPrice,
    Customer,
    FreightRate,
    Hold,
    Listing,
    ListingStock,
    Order,
    OrderLine,
    PriceList,
    PriceListEntry,
    Promise,
    RefusedDelivery,
    Rehearsal,
    RehearsalOrder,
    Reservation,
)


class OrderTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    channel = LinkColumn("orders:channel_detail", pk="channel_id")
    customer = LinkColumn(
        "orders:customer_detail", pk="customer_id", accessor="customer__name", verbose_name="Customer"
    )
    total = MoneyColumn(currency="currency")
    ordered_at = WhenColumn(style="ago")
    ship_by = WhenColumn(style="ago")

    class Meta(KeelTable.Meta):
        model = Order
        fields = (
            "number", "state", "channel", "external_id", "customer", "ship_to_country", "total", "ordered_at",
            "ship_by", "priority",
        )  # fmt: skip


class OrderLineTable(KeelTable):
    """Lines that want stock."""

    order = LinkColumn("orders:order_detail", pk="order_id")
    product = LinkColumn("inventory:product_detail", pk="product_id")
    description = tables.Column()
    channel = tables.Column(accessor="order__channel")
    units_open = QuantityColumn(verbose_name="Units short")
    value_open = MoneyColumn(verbose_name="Value")
    ordered_at = WhenColumn(accessor="order__ordered_at", style="ago")
    ship_by = WhenColumn(accessor="order__ship_by", style="ago")

    class Meta(KeelTable.Meta):
        model = OrderLine
        fields = (
            "order",
            "product",
            "description",
            "channel",
            "units_open",
            "value_open",
            "ordered_at",
            "ship_by",
        )


class HoldTable(KeelTable):
    kind = RecordColumn()
    order = LinkColumn("orders:order_detail", pk="order_id")
    state = StateColumn()
    reason = tables.Column(attrs={"td": {"class": "k-wide"}})
    owner_role = tables.Column(verbose_name="Owner")
    total = MoneyColumn(accessor="order__total", currency="order__currency", verbose_name="Order value")
    opened_at = WhenColumn(style="ago")
    due_at = WhenColumn(style="ago")

    class Meta(KeelTable.Meta):
        model = Hold
        fields = ("kind", "order", "state", "reason", "owner_role", "total", "opened_at", "due_at")


class PriceListTable(KeelTable):
    code = RecordColumn()
    prices = QuantityColumn()
    parties = QuantityColumn(verbose_name="Assigned to")
    valid_from = WhenColumn(style="date")
    valid_to = WhenColumn(style="date", verbose_name="Valid until")

    class Meta(KeelTable.Meta):
        model = PriceList
        fields = ("code", "name", "currency", "valid_from", "valid_to", "prices", "parties", "is_active")


class PriceEntryTable(KeelTable):
    product = LinkColumn("inventory:product_detail", pk="product_id")
    name = tables.Column(accessor="product__name")
    price_list = LinkColumn("orders:price_list_detail", pk="price_list_id")
    minimum_quantity = QuantityColumn(verbose_name="From units")
    price = MoneyColumn(currency="price_list__currency")
    valid_from = WhenColumn(style="date")
    valid_to = WhenColumn(style="date", verbose_name="Valid until")

    class Meta(KeelTable.Meta):
        model = PriceListEntry
        fields = ("product", "name", "price_list", "minimum_quantity", "price", "valid_from", "valid_to")


class ContractPriceTable(KeelTable):
    customer = LinkColumn("orders:customer_detail", pk="customer_id", accessor="customer__name")
    product = LinkColumn("inventory:product_detail", pk="product_id")
    minimum_quantity = QuantityColumn(verbose_name="From units")
    price = MoneyColumn(currency="currency")
    valid_from = WhenColumn(style="date")
    valid_to = WhenColumn(style="date", verbose_name="Valid until")

    class Meta(KeelTable.Meta):
        model = ContractPrice
        fields = ("customer", "product", "minimum_quantity", "price", "valid_from", "valid_to")


class CustomerTable(KeelTable):
    number = RecordColumn()
    name = tables.Column()
    segment = tables.Column()
    city = tables.Column()
    country = tables.Column()
    credit_limit = MoneyColumn()
    created_at = WhenColumn(style="ago")

    class Meta(KeelTable.Meta):
        model = Customer
        fields = ("number", "name", "segment", "email", "city", "country", "credit_limit", "created_at")


class ChannelTable(KeelTable):
    code = RecordColumn()
    name = tables.Column()
    kind = tables.Column()

    class Meta(KeelTable.Meta):
        model = Channel
        fields = (
            "code",
            "name",
            "kind",
            "currency",
            "is_prepaid",
            "ship_within_hours",
            "policy",
            "is_active",
        )


class ListingTable(KeelTable):
    channel_sku = RecordColumn(verbose_name="Channel SKU")
    channel = LinkColumn("orders:channel_detail", pk="channel_id")
    product = LinkColumn("inventory:product_detail", pk="product_id")
    name = tables.Column(accessor="product__name", verbose_name="Product name")

    class Meta(KeelTable.Meta):
        model = Listing
        fields = ("channel_sku", "channel", "product", "name", "is_active")


class AllocationPolicyTable(KeelTable):
    code = RecordColumn()
    name = tables.Column()
    state = StateColumn()
    rule_count = tables.Column(verbose_name="Rules")
    activated_at = WhenColumn(verbose_name="In force since")

    class Meta(KeelTable.Meta):
        model = AllocationPolicy
        fields = ("code", "version", "name", "sequence", "state", "rule_count", "activated_at")


class ReservationTable(KeelTable):
    key = RecordColumn(verbose_name="Cart")
    state = StateColumn()
    channel = LinkColumn("orders:channel_detail", pk="channel_id")
    units = QuantityColumn()
    order = LinkColumn("orders:order_detail", pk="order_id", default="–")
    created_at = WhenColumn(style="ago", verbose_name="Made")
    expires_at = WhenColumn(style="ago", verbose_name="Ends")

    class Meta(KeelTable.Meta):
        model = Reservation
        fields = ("key", "state", "channel", "units", "order", "created_at", "expires_at")


class RehearsalTable(KeelTable):
    id = RecordColumn(verbose_name="Rehearsal")
    state = StateColumn()
    created_at = WhenColumn(verbose_name="Started")

    class Meta(KeelTable.Meta):
        model = Rehearsal
        fields = ("id", "state", "days", "orders", "created_by", "created_at")


class RehearsalOrderTable(KeelTable):
    order = LinkColumn("orders:order_detail", pk="order_id")
    freight_before = MoneyColumn()
    freight = MoneyColumn()
    margin_change = MoneyColumn()

    class Meta(KeelTable.Meta):
        model = RehearsalOrder
        fields = (
            "order", "policy", "nodes_before", "nodes", "parcels_before", "parcels", "freight_before", "freight",
            "late_before", "late", "short_before", "short", "margin_change",
        )  # fmt: skip


class FreightRateTable(KeelTable):
    node = LinkColumn("orders:freight_rate_edit", pk="pk")
    country = tables.Column(default="every other")
    base = MoneyColumn(verbose_name="Per parcel")
    per_kg = MoneyColumn(verbose_name="Per kg")
    days = QuantityColumn()

    class Meta(KeelTable.Meta):
        model = FreightRate
        fields = ("node", "country", "base", "per_kg", "days")


class PromiseTable(KeelTable):
    order = LinkColumn("orders:order_detail", pk="order_line__order_id", accessor="order_line__order")
    product = LinkColumn(
        "inventory:product_detail",
        pk="order_line__product_id",
        accessor="order_line__product",
        verbose_name="SKU",
    )
    quantity = QuantityColumn(verbose_name="Units")
    promised_date = WhenColumn(style="date", verbose_name="Promised for")
    supply = tables.Column(accessor="supply__reference", default="–")
    state = StateColumn()

    class Meta(KeelTable.Meta):
        model = Promise
        fields = ("order", "product", "quantity", "promised_date", "supply", "is_covered", "state", "made_at")


class ListingStockTable(KeelTable):
    listing = RecordColumn(accessor="listing__channel_sku", verbose_name="Channel SKU")
    channel = LinkColumn("orders:channel_detail", pk="channel_id")
    product = LinkColumn(
        "inventory:product_detail", pk="listing__product_id", accessor="listing__product__sku"
    )
    quantity_atp = QuantityColumn(verbose_name="Available")
    quantity_leased = QuantityColumn(verbose_name="Kept back")
    quantity_wanted = QuantityColumn(verbose_name="To show")
    quantity_confirmed = QuantityColumn(verbose_name="Confirmed")
    quantity_shown = QuantityColumn(verbose_name="Last seen")
    confirmed_at = WhenColumn(style="ago", verbose_name="Confirmed at")
    due_since = WhenColumn(style="ago", verbose_name="Waits since")
    drift_at = WhenColumn(style="ago", verbose_name="Drift since")
    error = tables.Column(verbose_name="Refused with")

    class Meta(KeelTable.Meta):
        model = ListingStock
        fields = (
            "listing", "channel", "product", "quantity_atp", "quantity_leased", "quantity_wanted", "quantity_confirmed",
            "quantity_shown", "confirmed_at", "due_since", "drift_at", "error",
        )  # fmt: skip


class RefusedDeliveryTable(KeelTable):
    at = WhenColumn()
    reason = RecordColumn()

    class Meta(KeelTable.Meta):
        model = RefusedDelivery
        fields = ("at", "channel_code", "reason", "message", "status", "remote")
