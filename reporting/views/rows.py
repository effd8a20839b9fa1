"""Which rows are behind a figure? Each list sums up what it shows, so the figure can be read off its head again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Count,
    DecimalField,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.aggregates import Aggregate
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Extract
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from erp.core.money import ZERO
from erp.core.pages import ListPage
from fulfillment.models import PickList, Shipment
from inventory.models import Product, StockLevel
from inventory.states import PHYSICAL
from ledger.models import CostLayer, JournalLine
from orders.models import AllocationDecision, Channel, Hold, Order, OrderLine
from procurement.models import GoodsReceipt
from reporting import filters
from reporting import tables as shown
from reporting.selectors.now import backorder_lines


class Percentile(Aggregate):
    """PostgreSQL's continuous percentile of a number of seconds."""

    template = "percentile_cont(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def _sum_of(rows: QuerySet[Any], column: str, by: str) -> Subquery:
    """Σ column of `rows` (already narrowed to one `by`) as a scalar."""
    return Subquery(rows.order_by().values(by).annotate(sum_of=Sum(column)).values("sum_of"))


class FigureRows(ListPage):
    """A list behind a figure: `get_totals` says what its rows add up to."""

    permission = "reporting.view"
    summary_template = "reporting/partials/_totals.html"
    empty_title = "No rows behind this figure"
    empty_text = "Widen the days, or take a filter away."

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        """This function will return code → (label, value, unit) of what `rows` add up to."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """This function will show the list; a swap of its results brings the totals along, or they would lie."""
        response = super().get(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and response.template_name == "generic/_list_results.html":
            response.template_name = "reporting/partials/_rows_swap.html"
        return response

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        return self.get_totals(rows.order_by())


# Units that a decision `d` could promise: what was wanted less what stayed short ([[line, wanted, short], …]).
FILLED = (
    "(d.explanation->>'wanted')::bigint - "
    "(SELECT coalesce(sum((line->>2)::bigint), 0) FROM jsonb_array_elements(d.explanation->'lines') AS line)"
)
FILLED_OF_ORDER = (
    f"(SELECT {FILLED} FROM orders_allocationdecision d "  # noqa: S608 (our own literals)
    "WHERE d.order_id = orders_order.id ORDER BY d.id LIMIT 1)"
)


class OrderRows(FigureRows):
    title = "Orders behind a figure"
    list_code = "reporting.order_rows"
    table_class = shown.OrderRowsTable
    filterset_class = filters.OrderRowsFilter
    search_fields = ("number__istartswith", "external_id__istartswith")
    default_order = ("-ordered_at", "id")
    hidden_columns = ("holds_count",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        lines = OrderLine.objects.filter(order=OuterRef("pk"))
        return (
            Order.objects.select_related("channel")
            .annotate(
                units=_sum_of(lines, "quantity_ordered", "order"),
                filled_first=RawSQL(
                    FILLED_OF_ORDER,
                    (),
                    output_field=BigIntegerField(),
                ),
                holds_count=Subquery(
                    Hold.objects.filter(order=OuterRef("pk"))
                    .order_by()
                    .values("order")
                    .annotate(found=Count("pk"))
                    .values("found")
                ),
            )
            .order_by()
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        """This function will add up the orders, their units by allocation, and how they were shipped."""
        seconds = Extract(F("shipped_at") - F("ordered_at"), "epoch")
        bare = Order.objects.filter(pk__in=rows.values("pk"))
        shipped = Q(shipped_at__isnull=False)
        found = bare.aggregate(
            orders=Count("pk"),
            shipped=Count("pk", filter=shipped),
            on_time=Count("pk", filter=Q(shipped_at__lte=F("ship_by"))),
            median=Percentile(seconds, share="0.5", filter=shipped),
            p90=Percentile(seconds, share="0.9", filter=shipped),
        )
        held = Hold.objects.filter(order__in=rows.values("pk")).aggregate(n=Count("order", distinct=True))[
            "n"
        ]
        first = AllocationDecision.objects.filter(order__in=rows.values("pk")).order_by("order", "pk")
        decided = AllocationDecision.objects.filter(pk__in=first.distinct("order").values("pk")).aggregate(
            wanted=Sum(RawSQL("(explanation->>'wanted')::bigint", (), output_field=BigIntegerField())),
            filled=Sum(RawSQL(FILLED.replace("d.", ""), (), output_field=BigIntegerField())),
        )
        return {
            "orders": ("Orders", found["orders"], "count"),
            "held": ("Ever on hold", held, "count"),
            "units_ordered": ("Units decided", decided["wanted"] or 0, "units"),
            "units_filled_first": ("Filled at first", decided["filled"] or 0, "units"),
            "shipped": ("Shipped", found["shipped"], "count"),
            "on_time": ("On time", found["on_time"], "count"),
            "median": ("Median", _hours(found["median"]), "hours"),
            "p90": ("90th percentile", _hours(found["p90"]), "hours"),
        }


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


class BackorderRows(FigureRows):
    title = "Units that wait for stock"
    list_code = "reporting.backorder_rows"
    table_class = shown.BackorderRowsTable
    filterset_class = filters.BackorderRowsFilter
    search_fields = ("product__sku__istartswith", "order__number__istartswith")
    default_order = ("order__ship_by", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return backorder_lines().select_related("order__channel", "product")

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(
            lines=Count("pk"),
            orders=Count("order", distinct=True),
            units=Coalesce(Sum("wanted"), 0),
            value=Coalesce(
                Sum("wanted_value", filter=_in_base("order__")), ZERO, output_field=DecimalField()
            ),
        )
        return {
            "lines": ("Lines", found["lines"], "count"),
            "orders": ("Orders", found["orders"], "count"),
            "units": ("Units", found["units"], "units"),
            "value": ("Value", found["value"], "money"),
        }


def _in_base(prefix: str) -> Q:
    return Q(**{f"{prefix}currency": settings.KEEL_BASE_CURRENCY})


class JournalRows(FigureRows):
    title = "Journal lines behind a figure"
    list_code = "reporting.journal_rows"
    table_class = shown.JournalRowsTable
    filterset_class = filters.JournalRowsFilter
    search_fields = ("entry__number__istartswith",)
    default_order = ("-entry__posting_date", "-pk")
    permission = "reporting.margin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalLine]:
        code = Channel.objects.filter(pk=OuterRef("channel_id")).values("code")
        return JournalLine.objects.select_related("entry", "account").annotate(channel_code=Subquery(code))

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(
            lines=Count("pk"),
            debit=Coalesce(Sum("base_debit"), ZERO, output_field=DecimalField()),
            credit=Coalesce(Sum("base_credit"), ZERO, output_field=DecimalField()),
        )
        return {
            "lines": ("Lines", found["lines"], "count"),
            "debit": ("Debit", found["debit"], "money"),
            "credit": ("Credit", found["credit"], "money"),
            "net": ("Credit − debit", found["credit"] - found["debit"], "money"),
        }


class LayerRows(FigureRows):
    title = "Cost layers with stock left"
    list_code = "reporting.layer_rows"
    table_class = shown.LayerRowsTable
    filterset_class = filters.LayerRowsFilter
    default_order = ("-value_left", "pk")
    permission = "reporting.margin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CostLayer]:
        product = Product.objects.filter(pk=OuterRef("product_id"))
        return CostLayer.objects.filter(is_open=True).annotate(
            sku=Subquery(product.values("sku")), name=Subquery(product.values("name"))
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(
            layers=Count("pk"),
            units=Coalesce(Sum("quantity_left"), 0),
            value=Coalesce(Sum("value_left"), ZERO, output_field=DecimalField()),
        )
        return {
            "layers": ("Layers", found["layers"], "count"),
            "units": ("Units", found["units"], "units"),
            "value": ("Value", found["value"], "money"),
        }


class NodeStockRows(FigureRows):
    title = "Stock at a node, with its share of the cost"
    list_code = "reporting.node_stock_rows"
    table_class = shown.NodeStockTable
    filterset_class = filters.NodeStockFilter
    search_fields = ("product__sku__istartswith", "product__name")
    default_order = ("-quantity", "pk")
    permission = "reporting.margin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        same = StockLevel.objects.filter(product=OuterRef("product"), status__in=PHYSICAL)
        worth = CostLayer.objects.filter(product_id=OuterRef("product_id"), is_open=True)
        return (
            StockLevel.objects.filter(status__in=PHYSICAL, quantity__gt=0)
            .select_related("product", "node")
            .annotate(
                share=Coalesce(_sum_of(worth, "value_left", "product_id"), ZERO, output_field=DecimalField())
                * F("quantity")
                / _sum_of(same, "quantity", "product")
            )
        )

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(
            rows=Count("pk"),
            units=Coalesce(Sum("quantity"), 0),
            value=Sum("share", output_field=DecimalField()),
        )
        return {
            "rows": ("Rows", found["rows"], "count"),
            "units": ("Units", found["units"], "units"),
            "value": ("Share of cost", found["value"] or ZERO, "money"),
        }


class ReceiptRows(FigureRows):
    title = "Goods receipts"
    list_code = "reporting.receipt_rows"
    table_class = shown.ReceiptRowsTable
    filterset_class = filters.ReceiptRowsFilter
    default_order = ("-received_at", "-pk")
    permission = "procurement.view"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoodsReceipt]:
        return GoodsReceipt.objects.select_related("purchase_order", "node", "received_by")

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        found = rows.aggregate(n=Count("pk"), value=Sum("value"))
        return {
            "receipts": ("Receipts", found["n"], "count"),
            "value": ("Value", found["value"] or ZERO, "money"),
        }


class PickListRows(FigureRows):
    title = "Pick lists"
    list_code = "reporting.pick_list_rows"
    table_class = shown.PickListRowsTable
    filterset_class = filters.PickListRowsFilter
    default_order = ("-finished_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PickList]:
        return PickList.objects.filter(finished_at__isnull=False).select_related("node", "picker")

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        return {"pick_lists": ("Pick lists", rows.count(), "count")}


class ShipmentRows(FigureRows):
    title = "Shipments"
    list_code = "reporting.shipment_rows"
    table_class = shown.ShipmentRowsTable
    filterset_class = filters.ShipmentRowsFilter
    search_fields = ("number__istartswith", "order__number__istartswith")
    default_order = ("-shipped_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        return Shipment.objects.select_related("order__channel", "node")

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        return {"shipments": ("Shipments", rows.count(), "count")}
