"""Which reports are there beside the dashboard? Sales and service per day, margin by product, stock value
on any day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.utils import timezone

from erp.core.filters import DateInput, KeelFilterSet
from erp.core.money import ZERO
from erp.core.pages import PrimaryAction
from inventory.models import Category, Product, StockSnapshot
from ledger.models import AccountRole, CostLayer, Period
from orders.models import Channel
from reporting import tables as shown
from reporting.filters import DailyFilter
from reporting.models import DailyBalance, DailySales, DailyService
from reporting.scope import company_zone
from reporting.views.rows import FigureRows


def _rate(part: Any, whole: str) -> Case:
    """part ÷ whole as a percentage, empty when there is nothing to divide by."""
    hundred = Cast(part, DecimalField(max_digits=30, decimal_places=10)) * Value(100)
    return Case(When(~Q(**{whole: 0}), then=hundred / F(whole)), default=None, output_field=DecimalField())


class DailySalesList(FigureRows):
    title = "Sales by day and channel"
    help_text = (
        "From the journal: posted revenue, returns and cost, base currency. A day leads to its journal lines."
    )
    list_code = "reporting.daily_sales"
    table_class = shown.DailySalesTable
    filterset_class = DailyFilter
    default_order = ("-date", "channel__code")
    permission = "reporting.margin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailySales]:
        return DailySales.objects.select_related("channel").annotate(
            net=F("revenue") - F("returns"),
            margin=F("revenue") - F("returns") - F("cogs"),
            rate=_rate(F("margin"), "net"),
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(revenue_sum=Sum("revenue"), returns_sum=Sum("returns"), cogs_sum=Sum("cogs"))
        revenue, returns, cogs = (found[f"{name}_sum"] or ZERO for name in ("revenue", "returns", "cogs"))
        net = revenue - returns
        return {
            "net": ("Net revenue", net, "money"),
            "returns": ("Returns", returns, "money"),
            "cogs": ("Cost of goods", cogs, "money"),
            "margin": ("Gross margin", net - cogs, "money"),
            "rate": ("Margin rate", (net - cogs) * 100 / net if net else None, "percent"),
        }


class DailyServiceList(FigureRows):
    title = "Service by day and channel"
    help_text = "Orders and fill rate by the day ordered; shipments and punctuality by the day shipped."
    list_code = "reporting.daily_service"
    table_class = shown.DailyServiceTable
    filterset_class = DailyFilter
    default_order = ("-date", "channel__code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyService]:
        return DailyService.objects.select_related("channel").annotate(
            fill_rate=_rate(F("units_filled_first"), "units_ordered"),
            on_time_rate=_rate(F("orders_on_time"), "orders_shipped"),
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        names = (
            "orders",
            "orders_held",
            "units_ordered",
            "units_filled_first",
            "orders_shipped",
            "orders_on_time",
        )
        found = rows.aggregate(**{f"{name}_sum": Sum(name) for name in names})
        orders, held, ordered, filled, shipped, on_time = (found[f"{name}_sum"] or 0 for name in names)
        return {
            "orders": ("Orders", orders, "count"),
            "held": ("Held", held, "count"),
            "fill_rate": ("Fill rate", filled * 100 / ordered if ordered else None, "percent"),
            "shipped": ("Shipped", shipped, "count"),
            "on_time": ("On time", on_time * 100 / shipped if shipped else None, "percent"),
        }


class ProductSalesFilter(KeelFilterSet):
    category = django_filters.ModelChoiceFilter(
        queryset=Category.objects.order_by("code"), label="Category", empty_label="Any category"
    )
    # read by ProductSalesList.get_queryset: they narrow the days that are added up, not the products
    channel = django_filters.ModelChoiceFilter(
        queryset=Channel.objects.order_by("code"), label="Channel", method="kept", empty_label="Any channel"
    )
    date_from = django_filters.DateFilter(label="Shipped from", method="kept", widget=DateInput())
    date_to = django_filters.DateFilter(label="Shipped to", method="kept", widget=DateInput())

    def kept(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows


class ProductSalesList(FigureRows):
    title = "Margin by product"
    help_text = (
        "What was shipped, in base currency, from the shipment lines. Without dates: the last 28 days."
    )
    list_code = "reporting.product_sales"
    table_class = shown.ProductSalesTable
    filterset_class = ProductSalesFilter
    search_fields = ("sku__istartswith", "name")
    default_order = ("-margin", "sku")
    permission = "reporting.margin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        days = _days_of(request)
        return (
            Product.objects.filter(days)
            .select_related("category")
            .annotate(
                units_sold=Sum("sales_days__units"),
                revenue=Sum("sales_days__revenue"),
                cost=Sum("sales_days__cogs"),
            )
            .annotate(margin=F("revenue") - F("cost"), rate=_rate(F("margin"), "revenue"))
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(u=Sum("units_sold"), r=Sum("revenue"), c=Sum("cost"))
        revenue, cost = found["r"] or ZERO, found["c"] or ZERO
        return {
            "units": ("Units", found["u"] or 0, "units"),
            "revenue": ("Revenue", revenue, "money"),
            "cost": ("Cost of goods", cost, "money"),
            "margin": ("Gross margin", revenue - cost, "money"),
            "rate": ("Margin rate", (revenue - cost) * 100 / revenue if revenue else None, "percent"),
        }


def _days_of(request: HttpRequest) -> Q:
    """The roll-up days that the query string asks for, in base currency."""
    form = ProductSalesFilter(request.GET, queryset=Product.objects.none(), request=request).form
    asked = form.cleaned_data if form.is_valid() else {}
    last = asked.get("date_to") or timezone.now().astimezone(company_zone()).date()
    first = asked.get("date_from") or last - timedelta(days=27)
    days = Q(sales_days__date__range=(first, last), sales_days__currency=settings.KEEL_BASE_CURRENCY)
    return days & Q(sales_days__channel=asked["channel"]) if asked.get("channel") else days


class StockValueFilter(KeelFilterSet):
    category = django_filters.ModelChoiceFilter(
        queryset=Category.objects.order_by("code"), label="Category", empty_label="Any category"
    )


class StockValueList(FigureRows):
    title = "Stock value by product"
    help_text = "What is left in the cost layers now, at cost. Earlier month-ends: the report by period."
    list_code = "reporting.stock_value"
    table_class = shown.StockValueTable
    filterset_class = StockValueFilter
    search_fields = ("sku__istartswith", "name")
    default_order = ("-value", "sku")
    permission = "reporting.margin"
    secondary_actions = (PrimaryAction("By period", "reporting:period_stock_list", icon="calendar"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        left = CostLayer.objects.filter(product_id=OuterRef("pk"), is_open=True).order_by()
        by_product = left.values("product_id")
        return (
            Product.objects.select_related("category")
            .annotate(
                units_left=Subquery(by_product.annotate(total=Sum("quantity_left")).values("total")),
                value=Subquery(by_product.annotate(total=Sum("value_left")).values("total")),
            )
            .filter(units_left__gt=0)
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(u=Sum("units_left"), v=Sum("value"))
        return {"units": ("Units", found["u"] or 0, "units"), "value": ("Value", found["v"] or ZERO, "money")}


class PeriodStockList(FigureRows):
    title = "Stock value by period"
    help_text = "The inventory account at the end of each period's last day, and the units its close counted."
    list_code = "reporting.period_stock"
    table_class = shown.PeriodStockTable
    default_order = ("-start_date",)
    permission = "reporting.margin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Period]:
        balance = (
            DailyBalance.objects.filter(account__role=AccountRole.INVENTORY, date__lte=OuterRef("end_date"))
            .order_by()
            .values("account")
            .annotate(total=Sum(F("debit") - F("credit")))
            .values("total")
        )
        counted = (
            StockSnapshot.objects.filter(sequence=OuterRef("stock_sequence"))
            .order_by()
            .values("sequence")
            .annotate(total=Sum("quantity"))
            .values("total")
        )
        return Period.objects.annotate(
            value=Coalesce(Subquery(balance), ZERO, output_field=DecimalField()), units=Subquery(counted)
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        last = (
            rows.filter(start_date__lte=timezone.now())
            .order_by("-start_date")
            .values_list("value", flat=True)
            .first()
        )
        return {"periods": ("Periods", rows.count(), "count"), "value": ("Latest", last, "money")}
