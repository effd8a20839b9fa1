"""Which columns do purchasing's lists have?"""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
from procurement.models import GoodsReceipt, PurchaseOrder, ReplenishmentDecision, Supplier, SupplierInvoice


class ReceivedColumn(tables.Column):
    """How much of what was ordered has arrived, as a bar with the words behind it."""

    def render(self, record: Any) -> SafeString:
        ordered, received = record.quantity_ordered or 0, record.quantity_received or 0
        percent = min(100, round(100 * received / ordered)) if ordered else 0
        return format_html(
            '<span class="k-nowrap"><progress class="s-bar" value="{}" max="100" aria-label="{} of {} received">'
            "</progress> {}%</span>",
            percent, f"{received:,}", f"{ordered:,}", percent,
        )  # fmt: skip

    def value(self, record: Any) -> int:
        return int(record.quantity_received or 0)


class PurchaseOrderTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    supplier = LinkColumn("procurement:supplier_detail", pk="supplier_id")
    node = tables.Column(verbose_name="To")
    quantity_ordered = QuantityColumn(verbose_name="Units")
    quantity_received = ReceivedColumn(verbose_name="Received")
    total = MoneyColumn(currency="currency")
    expected_date = WhenColumn(style="date", verbose_name="Expected")
    created_at = WhenColumn(style="ago", verbose_name="Created")

    class Meta(KeelTable.Meta):
        model = PurchaseOrder
        fields = (
            "number", "state", "supplier", "node", "quantity_ordered", "quantity_received", "total", "expected_date",
            "created_at",
        )  # fmt: skip


class SupplierTable(KeelTable):
    code = RecordColumn()
    name = tables.Column()
    currency = CodeColumn()
    lead_time_days = QuantityColumn(verbose_name="Lead time, days")
    payment_days = QuantityColumn(verbose_name="Pays in, days")
    product_count = QuantityColumn(verbose_name="Products")
    open_orders = QuantityColumn(verbose_name="Open orders")
    is_active = tables.BooleanColumn(verbose_name="Active", yesno="yes,no")

    class Meta(KeelTable.Meta):
        model = Supplier
        fields = (
            "code", "name", "currency", "lead_time_days", "payment_days", "product_count", "open_orders", "is_active",
        )  # fmt: skip


class GoodsReceiptTable(KeelTable):
    number = RecordColumn()
    purchase_order = LinkColumn("procurement:purchase_order_detail", pk="purchase_order_id")
    supplier = LinkColumn(
        "procurement:supplier_detail", accessor="purchase_order__supplier", pk="purchase_order__supplier_id"
    )
    node = tables.Column()
    units = QuantityColumn()
    value = MoneyColumn()
    received_at = WhenColumn(verbose_name="Received")
    received_by = tables.Column(verbose_name="By")

    class Meta(KeelTable.Meta):
        model = GoodsReceipt
        fields = (
            "number", "purchase_order", "supplier", "node", "units", "value", "received_at", "received_by",
        )  # fmt: skip


class SuggestionTable(KeelTable):
    product = RecordColumn(url_name="procurement:replenishment_decision_detail", verbose_name="SKU")
    name = tables.Column(accessor="product__name")
    supplier = LinkColumn("procurement:supplier_detail", pk="supplier_id")
    position = QuantityColumn()
    reorder_point = QuantityColumn()
    daily_velocity = tables.Column(
        verbose_name="A day", attrs={"td": {"class": "k-num"}, "th": {"class": "k-num"}}
    )
    lead_time_days = QuantityColumn(verbose_name="Lead time, days")
    quantity = QuantityColumn(verbose_name="Order")
    value = MoneyColumn(currency="supplier__currency")
    run_date = WhenColumn(style="date", verbose_name="Run")

    class Meta(KeelTable.Meta):
        model = ReplenishmentDecision
        fields = (
            "product", "name", "supplier", "position", "reorder_point", "daily_velocity", "lead_time_days", "quantity",
            "value", "run_date",
        )  # fmt: skip

    def render_daily_velocity(self, value: Any) -> str:
        return f"{value:,.2f}"


class SupplierInvoiceTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    supplier = LinkColumn("procurement:supplier_detail", pk="supplier_id")
    supplier_reference = CodeColumn(verbose_name="Their number")
    purchase_order = LinkColumn("procurement:purchase_order_detail", pk="purchase_order_id")
    total = MoneyColumn(currency="currency")
    invoice_date = WhenColumn(style="date")
    due_date = WhenColumn(style="date", verbose_name="Due")

    class Meta(KeelTable.Meta):
        model = SupplierInvoice
        fields = (
            "number", "state", "supplier", "supplier_reference", "purchase_order", "total", "invoice_date", "due_date",
        )  # fmt: skip
