"""How are the ledger's lists narrowed down?"""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet

from erp.core.filters import KeelFilterSet, date_filter
from ledger.models import Account, CostLayer, JournalEntry, JournalLine, ManualEntry, Period, ValuationMethod
from ledger.states import ManualEntryState, PeriodState


class JournalEntryFilter(KeelFilterSet):
    kind = django_filters.CharFilter(field_name="kind", lookup_expr="istartswith", label="Rule begins with")
    since = date_filter("posting_date", "gte", "Posted from")
    as_of = date_filter("posting_date", "lte", "Posted to")
    source_type = django_filters.CharFilter(label="Document type")
    source_id = django_filters.NumberFilter(label="Document id")
    is_reversal = django_filters.BooleanFilter(
        field_name="reversal_of", lookup_expr="isnull", exclude=True, label="Reversals",
        widget=forms.Select(choices=[("", "All"), ("true", "Only reversals"), ("false", "No reversals")]),
    )  # fmt: skip

    class Meta:
        model = JournalEntry
        fields: list[str] = []


class JournalLineFilter(KeelFilterSet):
    account = django_filters.ModelChoiceFilter(
        queryset=Account.objects.order_by("code"), label="Account", method="in_branch"
    )
    since = date_filter("entry__posting_date", "gte", "Posted from")
    as_of = date_filter("entry__posting_date", "lte", "Posted to")
    product = django_filters.NumberFilter(field_name="product_id", label="Product id")
    node = django_filters.NumberFilter(field_name="node_id", label="Node id")
    channel = django_filters.NumberFilter(field_name="channel_id", label="Channel id")
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="Supplier id")

    class Meta:
        model = JournalLine
        fields: list[str] = []

    def in_branch(self, rows: QuerySet[JournalLine], name: str, value: Account) -> QuerySet[JournalLine]:
        """This function will keep the lines of an account and of everything under it."""
        return rows.filter(account__in=value.get_descendants(include_self=True))


class PeriodFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=PeriodState.choices, label="State")

    class Meta:
        model = Period
        fields: list[str] = []


class ManualEntryFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=ManualEntryState.choices, label="State")
    since = date_filter("posting_date", "gte", "Posting date from")
    as_of = date_filter("posting_date", "lte", "Posting date to")

    class Meta:
        model = ManualEntry
        fields: list[str] = []


class CostLayerFilter(KeelFilterSet):
    is_open = django_filters.BooleanFilter(
        label="Layers",
        widget=forms.Select(choices=[("", "All"), ("true", "With units left"), ("false", "Used up")]),
    )
    method = django_filters.MultipleChoiceFilter(choices=ValuationMethod.choices, label="Method")
    product = django_filters.NumberFilter(field_name="product_id", label="Product id")
    received = date_filter("received_at", "date__gte", "Received from")

    class Meta:
        model = CostLayer
        fields: list[str] = []
