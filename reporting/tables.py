"""Which columns do the rows behind a figure have?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from erp.core.documents import document_url
from erp.core.models import VerifyRun
from erp.core.pages.format import badge_html, quantity_text, when_html
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
from fulfillment.models import PickList, Shipment
from inventory.models import Product, StockLevel
from ledger.models import AccountRole, CostLayer, JournalLine, Period
from orders.models import Order, OrderLine
from procurement.models import GoodsReceipt
from reporting.models import DailySales, DailyService
from reporting.services.recipes import SALES_ROLES

_RIGHT = {"td": {"class": "k-num"}, "th": {"class": "k-num"}}


class PercentColumn(tables.Column):
    """A share that the row already carries as a percentage."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", _RIGHT)
        super().__init__(*args, **kwargs)

    def render(self, value: Decimal) -> str:
        return f"{value:.1f} %"

    def value(self, value: Decimal) -> str:
        return f"{value:.4f}"


class OrderRowsTable(KeelTable):
    number = RecordColumn(verbose_name="Order")
    channel = tables.Column()
    state = StateColumn()
    ordered_at = WhenColumn(verbose_name="Ordered")
    ship_by = WhenColumn(verbose_name="Ship by")
    shipped_at = WhenColumn(verbose_name="Shipped")
    on_time = tables.Column(verbose_name="On time", empty_values=(), orderable=False)
    units = QuantityColumn(verbose_name="Units", orderable=False)
    filled_first = QuantityColumn(verbose_name="Filled at first", orderable=False)
    holds_count = QuantityColumn(verbose_name="Holds", orderable=False)
    total = MoneyColumn(currency="currency")

    class Meta(KeelTable.Meta):
        model = Order
        fields = ("number", "channel", "state", "ordered_at", "ship_by", "shipped_at", "on_time", "units",
                  "filled_first", "holds_count", "total")  # fmt: skip

    def render_on_time(self, record: Order) -> SafeString | str:
        if record.shipped_at is None:
            return "–"
        if record.shipped_at <= record.ship_by:
            return badge_html("On time", "success", "circle-check")
        return badge_html("Late", "danger", "clock-alert")

    def value_on_time(self, record: Order) -> str:
        return "" if record.shipped_at is None else str(record.shipped_at <= record.ship_by).lower()


class BackorderRowsTable(KeelTable):
    order = LinkColumn("orders:order_detail", pk="order_id", verbose_name="Order")
    product = LinkColumn("inventory:product_detail", pk="product_id", verbose_name="SKU")
    name = tables.Column(accessor="product__name", verbose_name="Product")
    channel = tables.Column(accessor="order__channel", verbose_name="Channel")
    ordered_at = WhenColumn(accessor="order__ordered_at", verbose_name="Ordered")
    ship_by = WhenColumn(accessor="order__ship_by", verbose_name="Ship by")
    quantity_ordered = QuantityColumn(verbose_name="Ordered units")
    wanted = QuantityColumn(verbose_name="Waiting")
    wanted_value = MoneyColumn(verbose_name="Value", currency="order__currency")

    class Meta(KeelTable.Meta):
        model = OrderLine
        fields = ("order", "product", "name", "channel", "ordered_at", "ship_by", "quantity_ordered", "wanted",
                  "wanted_value")  # fmt: skip


class JournalRowsTable(KeelTable):
    entry = LinkColumn("ledger:journal_entry_detail", pk="entry_id", verbose_name="Entry")
    posting_date = tables.Column(accessor="entry__posting_date", verbose_name="Posted")
    account = tables.Column()
    kind = CodeColumn(accessor="entry__kind", verbose_name="Rule")
    source = tables.Column(accessor="entry__source_type", verbose_name="For")
    channel_code = tables.Column(verbose_name="Channel", orderable=False)
    base_debit = MoneyColumn(verbose_name="Debit")
    base_credit = MoneyColumn(verbose_name="Credit")

    class Meta(KeelTable.Meta):
        model = JournalLine
        fields = (
            "entry",
            "posting_date",
            "account",
            "kind",
            "source",
            "channel_code",
            "base_debit",
            "base_credit",
        )

    def render_source(self, record: JournalLine) -> SafeString | str:
        entry = record.entry
        url = document_url(entry.source_type, entry.source_id)
        text = f"{entry.source_type.rpartition('.')[2]} {entry.source_id}"
        return format_html('<a href="{}">{}</a>', url, text) if url else text

    def value_source(self, record: JournalLine) -> str:
        return f"{record.entry.source_type}:{record.entry.source_id}"


class LayerRowsTable(KeelTable):
    sku = LinkColumn("inventory:product_detail", pk="product_id", verbose_name="SKU", orderable=False)
    name = tables.Column(verbose_name="Product", orderable=False)
    method = tables.Column()
    received_at = WhenColumn(verbose_name="Received")
    quantity_in = QuantityColumn(verbose_name="Units in")
    quantity_left = QuantityColumn(verbose_name="Units left")
    value_left = MoneyColumn(verbose_name="Value left")

    class Meta(KeelTable.Meta):
        model = CostLayer
        fields = ("sku", "name", "method", "received_at", "quantity_in", "quantity_left", "value_left")


class NodeStockTable(KeelTable):
    product = LinkColumn("inventory:product_detail", pk="product_id", verbose_name="SKU")
    name = tables.Column(accessor="product__name", verbose_name="Product")
    node = tables.Column()
    status = tables.Column()
    quantity = QuantityColumn(verbose_name="Units")
    share = MoneyColumn(verbose_name="Share of cost", orderable=False)

    class Meta(KeelTable.Meta):
        model = StockLevel
        fields = ("product", "name", "node", "status", "quantity", "share")


class ReceiptRowsTable(KeelTable):
    number = RecordColumn(verbose_name="Receipt")
    purchase_order = LinkColumn("procurement:purchase_order_detail", pk="purchase_order_id")
    node = tables.Column()
    received_by = tables.Column()
    received_at = WhenColumn(verbose_name="Received")
    value = MoneyColumn()

    class Meta(KeelTable.Meta):
        model = GoodsReceipt
        fields = ("number", "purchase_order", "node", "received_by", "received_at", "value")


class PickListRowsTable(KeelTable):
    number = RecordColumn(verbose_name="Pick list")
    node = tables.Column()
    state = StateColumn()
    picker = tables.Column()
    finished_at = WhenColumn(verbose_name="Finished")

    class Meta(KeelTable.Meta):
        model = PickList
        fields = ("number", "node", "state", "picker", "finished_at")


class ShipmentRowsTable(KeelTable):
    number = RecordColumn(verbose_name="Shipment")
    order = LinkColumn("orders:order_detail", pk="order_id")
    channel = tables.Column(accessor="order__channel", verbose_name="Channel")
    node = tables.Column()
    carrier = tables.Column()
    shipped_at = WhenColumn(verbose_name="Shipped")
    revenue = MoneyColumn(currency="order__currency")
    cogs = MoneyColumn(verbose_name="Cost")

    class Meta(KeelTable.Meta):
        model = Shipment
        fields = ("number", "order", "channel", "node", "carrier", "shipped_at", "revenue", "cogs")


def _sales_rows(record: DailySales) -> str:
    """The journal lines behind a day of a channel."""
    roles = urlencode([("role", role.value) for role in SALES_ROLES])
    query = f"posted_from={record.date}&posted_to={record.date}&channel={record.channel_id}&{roles}"
    return f"{reverse('reporting:journal_rows')}?{query}"


def _service_rows(record: DailyService) -> str:
    """The orders behind a day of a channel."""
    query = f"ordered_from={record.date}&ordered_to={record.date}&channel={record.channel_id}"
    return f"{reverse('reporting:order_rows')}?{query}"


class DailySalesTable(KeelTable):
    date = tables.Column(verbose_name="Day", linkify=_sales_rows)
    channel = tables.Column()
    revenue = MoneyColumn()
    returns = MoneyColumn()
    net = MoneyColumn(verbose_name="Net revenue")
    cogs = MoneyColumn(verbose_name="Cost of goods")
    margin = MoneyColumn(verbose_name="Gross margin")
    rate = PercentColumn(verbose_name="Margin rate")
    entries = QuantityColumn(verbose_name="Entries")

    class Meta(KeelTable.Meta):
        model = DailySales
        fields = ("date", "channel", "revenue", "returns", "net", "cogs", "margin", "rate", "entries")


class DailyServiceTable(KeelTable):
    date = tables.Column(verbose_name="Day", linkify=_service_rows)
    channel = tables.Column()
    orders = QuantityColumn(verbose_name="Orders")
    orders_held = QuantityColumn(verbose_name="Held")
    units_ordered = QuantityColumn(verbose_name="Units decided")
    units_filled_first = QuantityColumn(verbose_name="Filled at first")
    fill_rate = PercentColumn(verbose_name="Fill rate")
    orders_shipped = QuantityColumn(verbose_name="Shipped")
    orders_on_time = QuantityColumn(verbose_name="On time")
    on_time_rate = PercentColumn(verbose_name="On-time rate")

    class Meta(KeelTable.Meta):
        model = DailyService
        fields = ("date", "channel", "orders", "orders_held", "units_ordered", "units_filled_first", "fill_rate",
                  "orders_shipped", "orders_on_time", "on_time_rate")  # fmt: skip


class ProductSalesTable(KeelTable):
    sku = RecordColumn(verbose_name="SKU", url_name="inventory:product_detail")
    name = tables.Column(verbose_name="Product")
    category = tables.Column()
    units_sold = QuantityColumn(verbose_name="Units shipped")
    revenue = MoneyColumn()
    cost = MoneyColumn(verbose_name="Cost of goods")
    margin = MoneyColumn(verbose_name="Gross margin")
    rate = PercentColumn(verbose_name="Margin rate")

    class Meta(KeelTable.Meta):
        model = Product
        fields = ("sku", "name", "category", "units_sold", "revenue", "cost", "margin", "rate")


class StockValueTable(KeelTable):
    sku = RecordColumn(verbose_name="SKU", url_name="inventory:product_detail")
    name = tables.Column(verbose_name="Product")
    category = tables.Column()
    units_left = QuantityColumn(verbose_name="Units")
    value = MoneyColumn()

    class Meta(KeelTable.Meta):
        model = Product
        fields = ("sku", "name", "category", "units_left", "value")


def _period_rows(record: Period) -> str:
    """The journal lines that make up the inventory account at the period's end."""
    return (
        f"{reverse('reporting:journal_rows')}?role={AccountRole.INVENTORY.value}&posted_to={record.end_date}"
    )


class PeriodStockTable(KeelTable):
    code = tables.Column(verbose_name="Period")
    state = StateColumn()
    end_date = WhenColumn(verbose_name="Ends")
    units = QuantityColumn(verbose_name="Units at the close")
    value = MoneyColumn(linkify=_period_rows)

    class Meta(KeelTable.Meta):
        model = Period
        fields = ("code", "state", "end_date", "units", "value")


class VerifyRunTable(KeelTable):
    at = RecordColumn(verbose_name="Proven")
    violations = QuantityColumn(verbose_name="Verdict")
    stock_sequence = QuantityColumn(verbose_name="Up to stock event")
    journal_entry_id = QuantityColumn(verbose_name="Up to journal entry")
    seconds = tables.Column(attrs=_RIGHT)

    class Meta(KeelTable.Meta):
        model = VerifyRun
        fields = ("at", "violations", "stock_sequence", "journal_entry_id", "seconds")

    def render_violations(self, value: int) -> SafeString:
        if value:
            return badge_html(f"{quantity_text(value)} violations", "danger", "circle-alert")
        return badge_html("Everything holds", "success", "shield-check")

    def value_violations(self, value: int) -> int:
        return value

    def render_at(self, value: datetime, record: VerifyRun) -> SafeString:
        url = reverse("reporting:verify_run_detail", args=[record.pk])
        return format_html('<a class="k-row-link" href="{}">{}</a>', url, when_html(value))

    def render_seconds(self, value: Decimal) -> str:
        return f"{value:.1f} s"
