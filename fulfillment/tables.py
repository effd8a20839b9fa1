"""Which columns do the lists of fulfilment have?"""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html

from erp.core.pages import format as formats
from erp.core.tables import (
    KeelTable,
    LinkColumn,
    MoneyColumn,
    QuantityColumn,
    RecordColumn,
    StateColumn,
    WhenColumn,
)
from fulfillment.models import FulfillmentOrder, PickList, Shipment


class DueColumn(tables.Column):
    """When it must leave; what is open past that is marked in words, not only by colour."""

    def render(self, value: Any, record: Any) -> Any:
        if record.is_late:
            return format_html(
                "{} {}", formats.badge_html("Late", "danger", "clock-alert"), formats.when_html(value)
            )
        return formats.when_html(value)

    def value(self, value: Any) -> str:
        return str(value.isoformat())


class FulfillmentTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    order = LinkColumn("orders:order_detail", pk="order_id")
    customer = tables.Column(accessor="order__customer__name", verbose_name="Customer", default="–")
    node = tables.Column()
    pick_list = LinkColumn(
        "fulfillment:pick_list_detail", pk="pick_list_id", verbose_name="Pick list", default="–"
    )
    units = QuantityColumn()
    ship_by = DueColumn(verbose_name="Ship by")
    created_at = WhenColumn(verbose_name="Released", style="ago")

    class Meta(KeelTable.Meta):
        model = FulfillmentOrder
        fields = (
            "number",
            "state",
            "order",
            "customer",
            "node",
            "pick_list",
            "units",
            "ship_by",
            "created_at",
        )


class PickListTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    node = tables.Column()
    picker = tables.Column(default="–")
    orders = QuantityColumn(verbose_name="Orders")
    tasks_done = QuantityColumn(verbose_name="Done")
    tasks_total = QuantityColumn(verbose_name="Tasks")
    created_at = WhenColumn(verbose_name="Released", style="ago")
    finished_at = WhenColumn(verbose_name="Finished", default="–")

    class Meta(KeelTable.Meta):
        model = PickList
        fields = (
            "number",
            "state",
            "node",
            "picker",
            "orders",
            "tasks_done",
            "tasks_total",
            "created_at",
            "finished_at",
        )


class ShipmentTable(KeelTable):
    number = RecordColumn()
    shipped_at = WhenColumn(verbose_name="Shipped")
    order = LinkColumn("orders:order_detail", pk="order_id")
    customer = tables.Column(accessor="order__customer__name", verbose_name="Customer", default="–")
    node = tables.Column()
    carrier = tables.Column()
    tracking_number = tables.Column(verbose_name="Tracking", default="–")
    units = QuantityColumn()
    revenue = MoneyColumn(currency="order__currency", verbose_name="Goods")
    charges = MoneyColumn(currency="order__currency")
    tax = MoneyColumn(currency="order__currency")

    class Meta(KeelTable.Meta):
        model = Shipment
        fields = (
            "number", "shipped_at", "order", "customer", "node", "carrier", "tracking_number", "units", "revenue",
            "charges", "tax",
        )  # fmt: skip
