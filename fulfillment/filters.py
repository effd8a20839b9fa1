"""By what can the lists of fulfilment be narrowed?"""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from erp.core.filters import KeelFilterSet, date_filter
from fulfillment.models import FulfillmentOrder, PickList, Shipment
from fulfillment.states import OPEN, FulfillmentState, PickListState
from inventory.models import Node
from orders.models import Channel


def nodes(request: object) -> QuerySet[Node]:
    return Node.objects.filter(is_active=True).order_by("rank", "code")


def channels(request: object) -> QuerySet[Channel]:
    return Channel.objects.order_by("name")


class FulfillmentFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=FulfillmentState.choices, label="State")
    node = django_filters.ModelChoiceFilter(queryset=nodes, label="Node", empty_label="Any node")
    channel = django_filters.ModelChoiceFilter(
        field_name="order__channel", queryset=channels, label="Channel", empty_label="Any channel"
    )
    late = django_filters.BooleanFilter(
        method="keep_late", label="Late", widget=forms.Select(choices=[("", "Late or not"), ("true", "Late")])
    )
    due = date_filter("ship_by", "date__lte", "Ship by until")

    class Meta:
        model = FulfillmentOrder
        fields: list[str] = []

    def keep_late(
        self, rows: QuerySet[FulfillmentOrder], name: str, value: bool
    ) -> QuerySet[FulfillmentOrder]:
        """This function will keep what is still here and should have left."""
        return rows.filter(state__in=OPEN, ship_by__lt=timezone.now()) if value else rows


class PickListFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=PickListState.choices, label="State")
    node = django_filters.ModelChoiceFilter(queryset=nodes, label="Node", empty_label="Any node")

    class Meta:
        model = PickList
        fields: list[str] = []


class ShipmentFilter(KeelFilterSet):
    node = django_filters.ModelChoiceFilter(queryset=nodes, label="Node", empty_label="Any node")
    channel = django_filters.ModelChoiceFilter(
        field_name="order__channel", queryset=channels, label="Channel", empty_label="Any channel"
    )
    carrier = django_filters.CharFilter(field_name="carrier", lookup_expr="icontains", label="Carrier")
    since = date_filter("shipped_at", "date__gte", "Shipped from")
    until = date_filter("shipped_at", "date__lte", "Shipped until")

    class Meta:
        model = Shipment
        fields: list[str] = []
