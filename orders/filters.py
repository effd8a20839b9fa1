"""By what can people narrow the order side's lists?"""

from __future__ import annotations

from datetime import timedelta

import django_filters
from django.db.models import F, Q, QuerySet
from django.forms import HiddenInput
from django.utils import timezone

from erp.core.filters import KeelFilterSet, date_filter
from erp.core.roles import Role
from orders.models import (
    AllocationPolicy,
    Channel,
    ContractPrice,
    Customer,
    Hold,
    Listing,
    ListingStock,
    Order,
    OrderLine,
    PriceList,
    PriceListEntry,
    Promise,
    RefusedDelivery,
    Rehearsal,
    RehearsalOrder,
    Reservation,
)
from orders.selectors import backordered_lines
from orders.states import OPEN, HoldKind, HoldState, OrderState, PolicyState, PromiseState, ReservationState

AGES = [("1", "Today"), ("3", "1 to 3 days"), ("7", "3 to 7 days"), ("old", "Older than 7 days")]


class OrderFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=OrderState.choices, label="State")
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.order_by("code"), label="Channel"
    )
    since = date_filter("ordered_at", "date__gte", "Ordered from")
    until = date_filter("ordered_at", "date__lte", "Ordered to")
    progress = django_filters.ChoiceFilter(
        choices=[
            ("open", "Open"),
            ("backordered", "Backordered"),
            ("late", "Past ship-by"),
            ("late_shipped", "Shipped late"),
        ],
        method="by_progress",
        label="Progress",
    )
    age = django_filters.ChoiceFilter(choices=AGES, method="by_age", label="Age")
    customer = django_filters.NumberFilter(field_name="customer_id", label="Customer", widget=HiddenInput)
    product = django_filters.NumberFilter(method="by_product", label="Product", widget=HiddenInput)

    class Meta:
        model = Order
        fields: list[str] = []

    def by_progress(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """This function will keep open, backordered, overdue or late-shipped orders."""
        if value == "open":
            return queryset.filter(state__in=OPEN)
        if value == "backordered":
            return queryset.filter(pk__in=backordered_lines().values("order_id"))
        if value == "late":
            return queryset.filter(state__in=OPEN, ship_by__lt=timezone.now())
        return queryset.filter(shipped_at__gt=F("ship_by"))

    def by_age(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """This function will keep orders whose time since ordering lies in a bucket of the dashboard."""
        now = timezone.now()
        edges = {"1": (0, 1), "3": (1, 3), "7": (3, 7), "old": (7, None)}
        newest, oldest = edges[value]
        found = queryset.filter(ordered_at__lte=now - timedelta(days=newest))
        return found if oldest is None else found.filter(ordered_at__gt=now - timedelta(days=oldest))

    def by_product(self, queryset: QuerySet[Order], name: str, value: int) -> QuerySet[Order]:
        """This function will keep orders with a line of the product."""
        return queryset.filter(pk__in=OrderLine.objects.filter(product_id=int(value)).values("order_id"))


class BackorderFilter(KeelFilterSet):
    channel = django_filters.ModelMultipleChoiceFilter(
        field_name="order__channel", queryset=Channel.objects.order_by("code"), label="Channel"
    )

    class Meta:
        model = OrderLine
        fields: list[str] = []


class HoldFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=HoldState.choices, label="State")
    kind = django_filters.MultipleChoiceFilter(choices=HoldKind.choices, label="Kind")
    owner_role = django_filters.MultipleChoiceFilter(choices=Role.choices, label="Owner")
    is_overdue = django_filters.BooleanFilter(method="by_clock", label="Past its clock")

    class Meta:
        model = Hold
        fields: list[str] = []

    def by_clock(self, queryset: QuerySet[Hold], name: str, value: bool) -> QuerySet[Hold]:
        """This function will keep the open holds past their clock, or leave them out."""
        late = Q(state=HoldState.OPEN, due_at__lt=timezone.now())
        return queryset.filter(late) if value else queryset.exclude(late)


class PriceListFilter(KeelFilterSet):
    currency = django_filters.CharFilter(lookup_expr="iexact", label="Currency")
    is_active = django_filters.BooleanFilter(label="In force")

    class Meta:
        model = PriceList
        fields: list[str] = []


class PriceEntryFilter(KeelFilterSet):
    price_list = django_filters.ModelMultipleChoiceFilter(
        queryset=PriceList.objects.order_by("code"), label="Price list"
    )

    class Meta:
        model = PriceListEntry
        fields: list[str] = []


class ContractPriceFilter(KeelFilterSet):
    customer = django_filters.NumberFilter(field_name="customer_id", label="Customer", widget=HiddenInput)
    currency = django_filters.CharFilter(lookup_expr="iexact", label="Currency")

    class Meta:
        model = ContractPrice
        fields: list[str] = []


class CustomerFilter(KeelFilterSet):
    segment = django_filters.MultipleChoiceFilter(choices=Customer.SEGMENTS, label="Segment")
    country = django_filters.CharFilter(lookup_expr="iexact", label="Country")
    is_blocked = django_filters.BooleanFilter(label="Blocked")

    class Meta:
        model = Customer
        fields: list[str] = []


class ChannelFilter(KeelFilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=Channel.KINDS, label="Kind")

    class Meta:
        model = Channel
        fields: list[str] = []


class ListingFilter(KeelFilterSet):
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.order_by("code"), label="Channel"
    )
    is_active = django_filters.BooleanFilter(label="Active")

    class Meta:
        model = Listing
        fields: list[str] = []


class AllocationPolicyFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=PolicyState.choices, label="State")

    class Meta:
        model = AllocationPolicy
        fields: list[str] = []


class ReservationFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=ReservationState.choices, label="State")
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.order_by("code"), label="Channel"
    )
    since = date_filter("created_at", "date__gte", "Made from")
    ends_by = date_filter("expires_at", "date__lte", "Ends by")

    class Meta:
        model = Reservation
        fields: list[str] = []


class RehearsalOrderFilter(KeelFilterSet):
    rehearsal = django_filters.ModelChoiceFilter(
        queryset=Rehearsal.objects.order_by("-pk"), label="Rehearsal"
    )
    policy = django_filters.ModelChoiceFilter(
        queryset=AllocationPolicy.objects.order_by("code", "version"), label="Policy"
    )
    late = django_filters.BooleanFilter(label="Late")

    class Meta:
        model = RehearsalOrder
        fields: list[str] = []


class PromiseFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=PromiseState.choices, label="State")
    due_from = date_filter("promised_date", "gte", "Promised from")
    due_to = date_filter("promised_date", "lte", "Promised to")
    channel = django_filters.ModelMultipleChoiceFilter(
        field_name="order_line__order__channel", queryset=Channel.objects.order_by("code"), label="Channel"
    )

    class Meta:
        model = Promise
        fields: list[str] = []


class ListingStockFilter(KeelFilterSet):
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.order_by("code"), label="Channel"
    )
    looks = django_filters.ChoiceFilter(
        choices=[
            ("due", "Not confirmed yet"),
            ("drift", "Shows something else"),
            ("refused", "Refused"),
            ("kept", "With units kept back"),
        ],
        label="State",
        empty_label="Any state",
        method="filter_looks",
    )

    class Meta:
        model = ListingStock
        fields: list[str] = []

    def filter_looks(self, rows: QuerySet[ListingStock], name: str, value: str) -> QuerySet[ListingStock]:
        return {
            "due": rows.filter(is_due=True), "drift": rows.filter(drift_at__isnull=False),
            "refused": rows.filter(is_due=True).exclude(error=""), "kept": rows.filter(quantity_leased__gt=0),
        }[value]  # fmt: skip


class RefusedDeliveryFilter(KeelFilterSet):
    channel_code = django_filters.CharFilter(lookup_expr="exact", label="Channel")
    reason = django_filters.CharFilter(lookup_expr="icontains", label="Reason")
    since = date_filter("at", "date__gte", "Since")

    class Meta:
        model = RefusedDelivery
        fields: list[str] = []
