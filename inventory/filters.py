"""By what can the stock side's lists be narrowed?"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, QuerySet
from mptt.forms import TreeNodeChoiceField

from erp.core.filters import KeelFilterSet, date_filter
from inventory.models import (
    Adjustment,
    BinStock,
    Category,
    KitComponent,
    Lot,
    Node,
    Product,
    StockEvent,
    StockLevel,
    Transfer,
)
from inventory.selectors.stock_card import STATUSES
from inventory.states import AdjustmentReason, AdjustmentState, TransferState

_STATUS_CHOICES = [(status.value, status.label) for status in STATUSES]
STOCK_STATES = [
    ("available", "Can be promised"),
    ("none", "Nothing on hand"),
    ("promised_out", "On hand, all promised"),
    ("in_transit", "On its way"),
]


class TreeFilter(django_filters.ModelChoiceFilter):
    """A choice from the category tree; it matches the whole branch."""

    field_class = TreeNodeChoiceField

    def filter(self, rows: QuerySet[Any], value: Category | None) -> QuerySet[Any]:
        if value is None:
            return rows
        found: QuerySet[Any] = rows.filter(category__in=value.get_descendants(include_self=True))
        return found


def _nodes(request: Any) -> QuerySet[Node]:
    return Node.objects.order_by("rank", "code")


def _categories(request: Any) -> QuerySet[Category]:
    return Category.objects.order_by("tree_id", "lft")


class ProductFilter(KeelFilterSet):
    category = TreeFilter(queryset=_categories, label="Category", empty_label="every category")
    stock = django_filters.ChoiceFilter(
        choices=STOCK_STATES, label="Stock", method="by_stock", empty_label="any"
    )
    is_kit = django_filters.ChoiceFilter(
        choices=[("True", "Kits"), ("False", "Single products")], label="Kind", empty_label="both"
    )
    is_active = django_filters.ChoiceFilter(
        choices=[("True", "In use"), ("False", "Out of use")], label="Use", empty_label="both"
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def by_stock(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        condition: dict[str, dict[str, Any]] = {
            "available": {"available__gt": 0},
            "none": {"on_hand": 0},
            "promised_out": {"on_hand__gt": 0, "available": 0},
            "in_transit": {"in_transit__gt": 0},
        }
        return rows.filter(**condition[value])


class KitComponentFilter(KeelFilterSet):
    component = django_filters.CharFilter(
        field_name="component__sku", lookup_expr="iexact", label="Component SKU"
    )
    kit_in_use = django_filters.ChoiceFilter(
        field_name="kit__is_active", choices=[("True", "In use"), ("False", "Out of use")], label="Kit", empty_label="both"
    )  # fmt: skip

    class Meta:
        model = KitComponent
        fields: list[str] = []


class StockLevelFilter(KeelFilterSet):
    status = django_filters.MultipleChoiceFilter(choices=_STATUS_CHOICES, label="Status")
    node = django_filters.ModelChoiceFilter(queryset=_nodes, label="Node", empty_label="every node")

    class Meta:
        model = StockLevel
        fields: list[str] = []


class BinStockFilter(KeelFilterSet):
    status = django_filters.MultipleChoiceFilter(choices=_STATUS_CHOICES, label="Condition")
    node = django_filters.ModelChoiceFilter(
        queryset=_nodes, label="Node", empty_label="every node", field_name="location__node"
    )
    expires = date_filter("lot__expiry_date", "lte", "Expires by")
    free = django_filters.ChoiceFilter(
        choices=[("yes", "Some units"), ("no", "None")], label="Free", method="by_free", empty_label="any"
    )

    class Meta:
        model = BinStock
        fields: list[str] = []

    def by_free(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "yes":
            return rows.filter(quantity__gt=F("quantity_allocated"))
        return rows.filter(quantity=F("quantity_allocated"))


class StockEventFilter(KeelFilterSet):
    action = django_filters.CharFilter(lookup_expr="istartswith", label="Action")
    sku = django_filters.CharFilter(label="SKU", method="by_sku")
    since = date_filter("occurred_at", "date__gte", "From")
    until = date_filter("occurred_at", "date__lte", "To")

    class Meta:
        model = StockEvent
        fields: list[str] = []

    def by_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        product = Product.objects.filter(sku__iexact=value.strip()).values_list("pk", flat=True).first()
        return rows.filter(moves__product_id=product).distinct() if product else rows.none()


class TransferFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=TransferState.choices, label="State")
    from_node = django_filters.ModelChoiceFilter(queryset=_nodes, label="From", empty_label="every node")
    to_node = django_filters.ModelChoiceFilter(queryset=_nodes, label="To", empty_label="every node")

    class Meta:
        model = Transfer
        fields: list[str] = []


class AdjustmentFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=AdjustmentState.choices, label="State")
    reason = django_filters.MultipleChoiceFilter(choices=AdjustmentReason.choices, label="Reason")
    node = django_filters.ModelChoiceFilter(queryset=_nodes, label="Node", empty_label="every node")
    since = date_filter("created_at", "date__gte", "From")

    class Meta:
        model = Adjustment
        fields: list[str] = []


class LotFilter(KeelFilterSet):
    expires = date_filter("expiry_date", "lte", "Expires by")

    class Meta:
        model = Lot
        fields: list[str] = []
