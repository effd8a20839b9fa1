"""How are the lists of returns filtered?"""

from __future__ import annotations

import django_filters

from erp.core.filters import KeelFilterSet, date_filter
from inventory.models import Node
from returns.models import Refund, Rma, RmaLine
from returns.states import RefundState, ReturnReason, RmaLineState, RmaState


def _nodes(request: object) -> object:
    return Node.objects.order_by("rank", "code")


class RmaFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=RmaState.choices, label="State")
    reason = django_filters.MultipleChoiceFilter(choices=ReturnReason.choices, label="Reason")
    node = django_filters.ModelChoiceFilter(queryset=_nodes, label="To", empty_label="Any")
    since = date_filter("created_at", "date__gte", "Authorised from")
    until = date_filter("created_at", "date__lte", "Authorised to")

    class Meta:
        model = Rma
        fields: list[str] = []


class RefundFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=RefundState.choices, label="State")
    since = date_filter("created_at", "date__gte", "Asked from")

    class Meta:
        model = Refund
        fields: list[str] = []


class InspectionFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(
        choices=[(s.value, s.label) for s in (RmaLineState.RECEIVED, RmaLineState.INSPECTED)], label="State"
    )
    node = django_filters.ModelChoiceFilter(
        field_name="rma__node", queryset=_nodes, label="Node", empty_label="Any"
    )

    class Meta:
        model = RmaLine
        fields: list[str] = []
