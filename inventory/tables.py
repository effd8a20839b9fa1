"""Which columns do the stock side's lists have?"""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html

from erp.core.documents import document_url
from erp.core.pages.format import state_badge_html
from erp.core.tables import (
    CodeColumn,
    KeelTable,
    LinkColumn,
    MoneyColumn,
    QuantityColumn,
    RecordColumn,
    StateColumn,
    WhenColumn,
)
from inventory.models import (
    Adjustment,
    BinStock,
    Category,
    KitComponent,
    Lot,
    Node,
    Product,
    StockBuffer,
    StockEvent,
    StockLevel,
    StockPool,
    Transfer,
)


class SourceColumn(tables.Column):
    """The document that caused a row, by `source_type` and `source_id`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(accessor="source_type", orderable=False, **kwargs)

    def render(self, value: str, record: Any) -> str:
        words = f"{value.rpartition('.')[2]} {record.source_id}"
        url = document_url(value, record.source_id)
        return format_html('<a href="{}">{}</a>', url, words) if url else words

    def value(self, value: str, record: Any) -> str:
        return f"{value}:{record.source_id}"


class StatusColumn(tables.Column):
    """A stock status as its badge; the column's own value would be the choice's words, which have no look."""

    def render(self, record: Any) -> str:
        return state_badge_html(record.status, record.get_status_display())

    def value(self, record: Any) -> str:
        return str(record.status)


class ProductTable(KeelTable):
    sku = RecordColumn(verbose_name="SKU")
    is_kit = tables.BooleanColumn(verbose_name="Kit", yesno="kit,")
    category = tables.Column(accessor="category__name", verbose_name="Category")
    gtin = CodeColumn(verbose_name="GTIN")
    on_hand = QuantityColumn(verbose_name="On hand")
    available = QuantityColumn()
    allocated = QuantityColumn(verbose_name="Promised")
    in_transit = QuantityColumn(verbose_name="On its way")
    stock_value = MoneyColumn(verbose_name="Stock value")
    list_price = MoneyColumn(verbose_name="List price")
    is_active = tables.BooleanColumn(verbose_name="Active", yesno="yes,no")

    class Meta(KeelTable.Meta):
        model = Product
        fields = ("sku", "name", "is_kit", "category", "gtin", "on_hand", "available", "allocated", "in_transit", "stock_value",
                  "list_price", "is_active")  # fmt: skip


class KitComponentTable(KeelTable):
    kit = LinkColumn("inventory:product_detail", pk="kit_id")
    kit_name = tables.Column(accessor="kit__name", verbose_name="Kit name")
    component = LinkColumn("inventory:product_detail", pk="component_id")
    component_name = tables.Column(accessor="component__name", verbose_name="Component name")
    quantity = QuantityColumn(verbose_name="Units per kit")
    list_price = MoneyColumn(accessor="component__list_price", verbose_name="List price each")

    class Meta(KeelTable.Meta):
        model = KitComponent
        fields = ("kit", "kit_name", "component", "component_name", "quantity", "list_price")


class StockLevelTable(KeelTable):
    product = LinkColumn("inventory:product_detail", pk="product_id", verbose_name="SKU")
    name = tables.Column(accessor="product__name", verbose_name="Product")
    node = LinkColumn("inventory:node_detail", pk="node_id")
    status = StatusColumn()
    quantity = QuantityColumn()

    class Meta(KeelTable.Meta):
        model = StockLevel
        fields = ("product", "name", "node", "status", "quantity")


class BinStockTable(KeelTable):
    location = LinkColumn("inventory:location_detail", pk="location_id", verbose_name="Bin")
    node = tables.Column(accessor="location__node", verbose_name="Node")
    product = LinkColumn("inventory:product_detail", pk="product_id", verbose_name="SKU")
    name = tables.Column(accessor="product__name", verbose_name="Product")
    lot = tables.Column(accessor="lot__code", verbose_name="Lot")
    expiry_date = tables.Column(accessor="lot__expiry_date", verbose_name="Expires")
    status = StatusColumn()
    quantity = QuantityColumn()
    quantity_allocated = QuantityColumn(verbose_name="Taken up")
    first_received_at = WhenColumn(style="ago", verbose_name="In the bin since")

    class Meta(KeelTable.Meta):
        model = BinStock
        fields = ("location", "node", "product", "name", "lot", "expiry_date", "status", "quantity",
                  "quantity_allocated", "first_received_at")  # fmt: skip


class StockEventTable(KeelTable):
    sequence = RecordColumn()
    action = CodeColumn()
    source = SourceColumn(verbose_name="Because of")
    units = QuantityColumn(orderable=False)
    actor = tables.Column(accessor="actor__username", verbose_name="By")
    occurred_at = WhenColumn(verbose_name="Occurred")
    reason = tables.Column()

    class Meta(KeelTable.Meta):
        model = StockEvent
        fields = ("sequence", "occurred_at", "action", "source", "units", "actor", "reason")


class TransferTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    from_node = LinkColumn("inventory:node_detail", pk="from_node_id", verbose_name="From")
    to_node = LinkColumn("inventory:node_detail", pk="to_node_id", verbose_name="To")
    units = QuantityColumn()
    units_open = QuantityColumn(verbose_name="On its way")
    expected_date = tables.DateColumn(verbose_name="Expected")
    created_at = WhenColumn(style="ago", verbose_name="Created")

    class Meta(KeelTable.Meta):
        model = Transfer
        fields = (
            "number",
            "state",
            "from_node",
            "to_node",
            "units",
            "units_open",
            "expected_date",
            "created_at",
        )


class AdjustmentTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    node = LinkColumn("inventory:node_detail", pk="node_id")
    reason = tables.Column()
    units = QuantityColumn(verbose_name="Units (net)")
    value = MoneyColumn()
    created_by = tables.Column(accessor="created_by__username", verbose_name="By")
    created_at = WhenColumn(style="ago", verbose_name="Created")

    class Meta(KeelTable.Meta):
        model = Adjustment
        fields = ("number", "state", "node", "reason", "note", "units", "value", "created_by", "created_at")


class CategoryTable(KeelTable):
    code = RecordColumn()
    parent = tables.Column(accessor="parent__name", verbose_name="Within")
    valuation_method = tables.Column(verbose_name="Valued by")
    product_count = QuantityColumn(verbose_name="Products")

    class Meta(KeelTable.Meta):
        model = Category
        fields = ("code", "name", "parent", "valuation_method", "product_count")


class NodeTable(KeelTable):
    code = RecordColumn()
    bins = QuantityColumn()
    units = QuantityColumn(verbose_name="On hand")
    can_ship = tables.BooleanColumn(verbose_name="Ships", yesno="yes,no")
    is_active = tables.BooleanColumn(verbose_name="Active", yesno="yes,no")

    class Meta(KeelTable.Meta):
        model = Node
        fields = ("code", "name", "kind", "country", "rank", "can_ship", "bins", "units", "is_active")


class LotTable(KeelTable):
    code = RecordColumn(verbose_name="Lot", url_name="inventory:lot_detail")
    product = LinkColumn("inventory:product_detail", pk="product_id", verbose_name="SKU")
    expiry_date = tables.DateColumn(verbose_name="Expires")
    units = QuantityColumn(verbose_name="In bins")

    class Meta(KeelTable.Meta):
        model = Lot
        fields = ("code", "product", "expiry_date", "units")


class BufferTable(KeelTable):
    node = LinkColumn("inventory:node_detail", pk="node_id")
    product = LinkColumn(
        "inventory:product_detail", pk="product_id", verbose_name="SKU", default="every product"
    )
    channel_code = tables.Column(verbose_name="Channel", default="every channel")
    quantity = QuantityColumn(verbose_name="Kept back")

    class Meta(KeelTable.Meta):
        model = StockBuffer
        fields = ("node", "product", "channel_code", "quantity")


class PoolTable(KeelTable):
    code = LinkColumn("inventory:pool_edit", pk="pk")
    node = LinkColumn("inventory:node_detail", pk="node_id", default="every node")
    product = LinkColumn(
        "inventory:product_detail", pk="product_id", verbose_name="SKU", default="every product"
    )
    quantity = QuantityColumn(verbose_name="Kept")
    channel_code = tables.Column(verbose_name="Channel", default="any")
    country = tables.Column(default="any")
    tier = tables.Column(default="any")

    class Meta(KeelTable.Meta):
        model = StockPool
        fields = (
            "code",
            "name",
            "node",
            "product",
            "quantity",
            "channel_code",
            "country",
            "tier",
            "is_active",
        )
