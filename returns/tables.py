"""Which columns do the lists of returns have?"""

from __future__ import annotations

import django_tables2 as tables

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
from returns.models import Refund, Rma, RmaLine


class RmaTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    order = LinkColumn("orders:order_detail", pk="order_id")
    customer = tables.Column(accessor="order__customer__name")
    reason = tables.Column()
    units = QuantityColumn()
    units_received = QuantityColumn(verbose_name="Arrived")
    worth = MoneyColumn(currency="currency")
    node = tables.Column(verbose_name="To")
    external_id = CodeColumn(verbose_name="Channel's number")
    created_at = WhenColumn(style="ago", verbose_name="Authorised")

    class Meta(KeelTable.Meta):
        model = Rma
        fields = (
            "number", "state", "order", "customer", "reason", "units", "units_received", "worth", "node", "external_id",
            "created_at",
        )  # fmt: skip


class RefundTable(KeelTable):
    number = RecordColumn()
    state = StateColumn()
    rma = LinkColumn("returns:rma_detail", pk="rma_id", verbose_name="Return")
    order = LinkColumn("orders:order_detail", pk="order_id")
    customer = tables.Column(accessor="order__customer__name")
    amount = MoneyColumn(currency="currency")
    amount_paid = MoneyColumn(currency="currency", verbose_name="Paid back")
    created_by = tables.Column(verbose_name="Asked by")
    created_at = WhenColumn(style="ago", verbose_name="Asked")

    class Meta(KeelTable.Meta):
        model = Refund
        fields = (
            "number", "state", "rma", "order", "customer", "amount", "amount_paid", "created_by", "created_at",
        )  # fmt: skip


class InspectionTable(KeelTable):
    product = RecordColumn(url_name="returns:rma_inspect")
    name = tables.Column(accessor="product__name")
    state = StateColumn()
    rma = LinkColumn("returns:rma_detail", pk="rma_id", verbose_name="Return")
    reason = tables.Column(accessor="rma__get_reason_display", orderable=False)
    quantity_received = QuantityColumn(verbose_name="Units")
    disposition = tables.Column(verbose_name="Decided")
    location = CodeColumn(verbose_name="Waits in")
    node = tables.Column(accessor="rma__node")

    class Meta(KeelTable.Meta):
        model = RmaLine
        fields = (
            "product", "name", "state", "rma", "reason", "quantity_received", "disposition", "location", "node",
        )  # fmt: skip
