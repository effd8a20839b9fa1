"""How are purchasing's lists filtered?"""

from __future__ import annotations

import django_filters

from erp.core.filters import KeelFilterSet, date_filter
from inventory.models import Node
from procurement.models import GoodsReceipt, PurchaseOrder, ReplenishmentDecision, Supplier, SupplierInvoice
from procurement.states import PurchaseOrderState, SupplierInvoiceState


def _suppliers(request: object) -> object:
    return Supplier.objects.order_by("code")


def _nodes(request: object) -> object:
    return Node.objects.order_by("rank", "code")


class PurchaseOrderFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=PurchaseOrderState.choices, label="State")
    supplier = django_filters.ModelChoiceFilter(queryset=_suppliers, label="Supplier", empty_label="Any")
    node = django_filters.ModelChoiceFilter(queryset=_nodes, label="To", empty_label="Any")
    due = date_filter("expected_date", "lte", "Expected by")
    since = date_filter("created_at", "date__gte", "Created from")

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []


class SupplierFilter(KeelFilterSet):
    is_active = django_filters.BooleanFilter(label="Active")

    class Meta:
        model = Supplier
        fields: list[str] = []


class GoodsReceiptFilter(KeelFilterSet):
    supplier = django_filters.ModelChoiceFilter(
        field_name="purchase_order__supplier", queryset=_suppliers, label="Supplier", empty_label="Any"
    )
    node = django_filters.ModelChoiceFilter(queryset=_nodes, label="Node", empty_label="Any")
    since = date_filter("received_at", "date__gte", "Received from")
    until = date_filter("received_at", "date__lte", "Received to")

    class Meta:
        model = GoodsReceipt
        fields: list[str] = []


class SuggestionFilter(KeelFilterSet):
    supplier = django_filters.ModelChoiceFilter(queryset=_suppliers, label="Supplier", empty_label="Any")
    node = django_filters.ModelChoiceFilter(queryset=_nodes, label="To", empty_label="Any")

    class Meta:
        model = ReplenishmentDecision
        fields: list[str] = []


class SupplierInvoiceFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=SupplierInvoiceState.choices, label="State")
    supplier = django_filters.ModelChoiceFilter(queryset=_suppliers, label="Supplier", empty_label="Any")
    due = date_filter("due_date", "lte", "Due by")

    class Meta:
        model = SupplierInvoice
        fields: list[str] = []
