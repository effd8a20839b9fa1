"""How can the rows behind a figure be narrowed down? A day is a day of the company, not of the reader's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from erp.core.filters import DateInput, KeelFilterSet
from inventory.models import Category, Node, Product
from inventory.states import PHYSICAL
from ledger.models import Account, AccountRole
from orders.models import AllocationDecision, Channel, Hold
from orders.states import OPEN, OrderState
from reporting.scope import scope_day

YES_NO = [("yes", "Yes"), ("no", "No")]


def company_days(field: str, label: str) -> dict[str, django_filters.Filter]:
    """This function will return the filters "from day" and "to day" (included) of a moment column."""

    def since(rows: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return rows.filter(**{f"{field}__gte": scope_day(value)})

    def until(rows: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return rows.filter(**{f"{field}__lt": scope_day(value + timedelta(days=1))})

    return {
        "from": django_filters.DateFilter(label=f"{label} from", method=since, widget=DateInput()),
        "to": django_filters.DateFilter(label=f"{label} to", method=until, widget=DateInput()),
    }


def plain_days(field: str, label: str) -> dict[str, django_filters.Filter]:
    """This function will return the filters "from day" and "to day" (included) of a date column."""
    return {
        "from": django_filters.DateFilter(
            field_name=field, lookup_expr="gte", label=f"{label} from", widget=DateInput()
        ),
        "to": django_filters.DateFilter(
            field_name=field, lookup_expr="lte", label=f"{label} to", widget=DateInput()
        ),
    }


def channel_filter(field: str = "channel") -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        field_name=field,
        queryset=Channel.objects.order_by("code"),
        label="Channel",
        empty_label="Any channel",
    )


def yes_no(
    label: str, method: Callable[[QuerySet[Any], str, str], QuerySet[Any]] | str
) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(label=label, choices=YES_NO, method=method, empty_label="Either")


_ordered = company_days("ordered_at", "Ordered")
_shipped = company_days("shipped_at", "Shipped")


class OrderRowsFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=OrderState.choices, label="State")
    channel = channel_filter()
    ordered_from = _ordered["from"]
    ordered_to = _ordered["to"]
    shipped_from = _shipped["from"]
    shipped_to = _shipped["to"]
    open = yes_no("Open", "by_open")
    on_time = yes_no("On time", "by_on_time")
    held = yes_no("Ever on hold", "by_held")
    decided = yes_no("Allocation decided", "by_decided")
    # the edges of an age bucket, to the instant: what the matrix counted is what the list shows
    ordered_after = django_filters.IsoDateTimeFilter(
        "ordered_at", "gt", label="Ordered after", widget=forms.HiddenInput()
    )
    ordered_until = django_filters.IsoDateTimeFilter(
        "ordered_at", "lte", label="Ordered up to", widget=forms.HiddenInput()
    )
    due_before = django_filters.IsoDateTimeFilter(
        "ship_by", "lt", label="To ship before", widget=forms.HiddenInput()
    )

    def by_open(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(state__in=OPEN) if value == "yes" else rows.exclude(state__in=OPEN)

    def by_on_time(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        on_time = Q(shipped_at__lte=F("ship_by"))
        return rows.filter(on_time) if value == "yes" else rows.filter(~on_time, shipped_at__isnull=False)

    def by_held(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        held = Exists(Hold.objects.filter(order=OuterRef("pk")))
        return rows.filter(held if value == "yes" else ~held)

    def by_decided(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        decided = Exists(AllocationDecision.objects.filter(order=OuterRef("pk")))
        return rows.filter(decided if value == "yes" else ~decided)


class BackorderRowsFilter(KeelFilterSet):
    channel = channel_filter("order__channel")
    product = django_filters.CharFilter("product__sku", "iexact", label="SKU")


_posted = plain_days("entry__posting_date", "Posted")


class JournalRowsFilter(KeelFilterSet):
    role = django_filters.MultipleChoiceFilter("account__role", choices=AccountRole.choices, label="Role")
    account = django_filters.ModelChoiceFilter(
        queryset=Account.objects.filter(role__isnull=False).order_by("code"),
        label="Account",
        empty_label="Any account",
    )
    channel = django_filters.ModelChoiceFilter(
        queryset=Channel.objects.order_by("code"),
        label="Channel",
        method="by_channel",
        empty_label="Any channel",
    )
    has_channel = yes_no("Names a channel", "by_has_channel")
    posted_from = _posted["from"]
    posted_to = _posted["to"]

    def by_channel(self, rows: QuerySet[Any], name: str, value: Channel) -> QuerySet[Any]:
        return rows.filter(channel_id=value.pk)

    def by_has_channel(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(channel_id__isnull=value == "no")


class LayerRowsFilter(KeelFilterSet):
    category = django_filters.ModelChoiceFilter(
        queryset=Category.objects.order_by("code"),
        label="Category",
        method="by_category",
        empty_label="Any category",
    )
    product = django_filters.CharFilter(label="SKU", method="by_product")

    def by_category(self, rows: QuerySet[Any], name: str, value: Category) -> QuerySet[Any]:
        return rows.filter(product_id__in=Product.objects.filter(category=value).values("pk"))

    def by_product(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(product_id__in=Product.objects.filter(sku__iexact=value.strip()).values("pk"))


class NodeStockFilter(KeelFilterSet):
    node = django_filters.ModelChoiceFilter(
        queryset=Node.objects.order_by("code"), label="Node", empty_label="Any node"
    )
    status = django_filters.MultipleChoiceFilter(
        choices=[(status.value, status.label) for status in sorted(PHYSICAL)], label="Status"
    )


class ReceiptRowsFilter(KeelFilterSet):
    received_from = company_days("received_at", "Received")["from"]
    received_to = company_days("received_at", "Received")["to"]


class PickListRowsFilter(KeelFilterSet):
    finished_from = company_days("finished_at", "Finished")["from"]
    finished_to = company_days("finished_at", "Finished")["to"]


class ShipmentRowsFilter(KeelFilterSet):
    channel = channel_filter("order__channel")
    shipped_from = _shipped["from"]
    shipped_to = _shipped["to"]


_days = plain_days("date", "Day")


class DailyFilter(KeelFilterSet):
    channel = channel_filter()
    date_from = _days["from"]
    date_to = _days["to"]
