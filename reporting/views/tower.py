"""The control tower: where is every order, why is it there, who owns it, and what does it cost to leave it there?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from erp.core.filters import KeelFilterSet
from erp.core.money import ZERO
from erp.core.permissions import page
from inventory.models import Node
from orders.models import Hold, Order
from orders.states import HoldKind, HoldState, OrderState
from reporting.filters import YES_NO, channel_filter
from reporting.scope import company_zone, scope_day
from reporting.selectors import tower as orders_now
from reporting.selectors.now import AGES, age_bounds
from reporting.selectors.tower import LEFT, STAGES, Cell, Line, Matrix, Stage
from reporting.tables import OrderRowsTable
from reporting.views.rows import FigureRows


@dataclass(frozen=True)
class ShownCell:
    cell: Cell
    url: str


@dataclass(frozen=True)
class ShownRow:
    """A stage, or a kind of hold below it, as the page shows it."""

    label: str
    tone: str
    icon: str
    owner: str
    url: str
    late_url: str
    today_url: str
    total: Cell
    cells: list[ShownCell]
    is_part: bool = False


@dataclass
class _Urls:
    """Addresses of the rows behind a cell: the filter says exactly what was counted."""

    by: str
    base: str = field(default_factory=lambda: reverse("reporting:tower_rows"))

    def of(self, where: dict[str, str], column: str | None = None, **more: str) -> str:
        query = where | ({self.by: column} if column is not None else {}) | more
        return f"{self.base}?{urlencode(query)}"


@page("reporting.view")
def tower(request: HttpRequest) -> HttpResponse:
    """This function will show where every order on its way is, by age, channel or node; it asks for itself every minute."""
    now = timezone.now()
    by = request.GET.get("by", "age")
    by = by if by in orders_now.COLUMNS else "age"
    midnight, tomorrow = _day(now)
    matrix = orders_now.tower_matrix(by, at=now, midnight=tomorrow)
    flow = orders_now.flow_today(midnight=midnight, at=now)
    return TemplateResponse(
        request,
        "reporting/tower.html",
        {
            "title": "Control tower",
            "now": now,
            "by": by,
            "bys": orders_now.COLUMNS.items(),
            "columns": matrix.columns,
            "rows": _rows(matrix, _Urls(by)),
            "waiting": matrix.open_total,
            "urls": {code: f"{reverse('reporting:tower_rows')}?{query}" for code, query in _HEAD.items()},
            "cases": orders_now.pressing_cases(),
            "desk": orders_now.desk_totals(now),
            "straight": orders_now.straight_today(midnight=midnight, at=now),
            "flow": flow,
            "flow_in": sum(hour.received for hour in flow),
            "flow_out": sum(hour.shipped for hour in flow),
            "flow_peak": max((max(hour.received, hour.shipped) for hour in flow), default=0),
            "shipped_days": orders_now.SHIPPED_DAYS,
        },
    )


_HEAD = {"open": "left=no", "late": "late=yes", "today": "today=yes"}


def _day(at: datetime) -> tuple[datetime, datetime]:
    today = at.astimezone(company_zone()).date()
    return scope_day(today), scope_day(today + timedelta(days=1))


def _rows(matrix: Matrix, urls: _Urls) -> list[ShownRow]:
    rows = []
    for stage in STAGES:
        line = matrix.lines.get(stage.code, Line())
        rows.append(_row(stage, stage.label, line, {"stage": stage.code}, matrix, urls))
        if stage.code == "hold":
            rows += [
                _row(
                    stage, f"{label} hold", part, {"stage": "hold", "hold": kind}, matrix, urls, is_part=True
                )
                for kind, label, part in orders_now.hold_kinds(matrix)
            ]
    return rows


def _row(
    stage: Stage, label: str, line: Line, where: dict[str, str], matrix: Matrix, urls: _Urls, *, is_part: bool = False
) -> ShownRow:  # fmt: skip
    return ShownRow(
        label, stage.tone, stage.icon, stage.owner.label if stage.owner else "Carrier", urls.of(where),
        urls.of(where, late="yes"), urls.of(where, today="yes"), line.total,
        [ShownCell(line.cells.get(code, Cell()), urls.of(where, code)) for code, _ in matrix.columns], is_part,
    )  # fmt: skip


class TowerFilter(KeelFilterSet):
    stage = django_filters.MultipleChoiceFilter(choices=[(s.code, s.label) for s in STAGES], label="Where")
    age = django_filters.ChoiceFilter(
        choices=[(code, label) for code, label, _ in AGES],
        label="Age",
        method="by_age",
        empty_label="Any age",
    )
    channel = channel_filter()
    node = django_filters.ChoiceFilter(label="Node", method="by_node", empty_label="Any node")
    hold = django_filters.ChoiceFilter(
        choices=HoldKind.choices, label="Hold", method="by_hold", empty_label="Any hold"
    )
    late = django_filters.ChoiceFilter(
        choices=YES_NO, label="Past ship-by", method="by_late", empty_label="Either"
    )
    today = django_filters.ChoiceFilter(
        choices=YES_NO, label="Due today", method="by_today", empty_label="Either"
    )
    left = django_filters.ChoiceFilter(
        choices=[("no", "Not left yet"), ("yes", "Shipped")], label="Left", method="by_left", empty_label="Either",
        widget=forms.Select,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nodes = Node.objects.order_by("rank", "code").values_list("pk", "code")
        self.form.fields["node"].choices = [
            ("", "Any node"), *((str(pk), code) for pk, code in nodes), ("0", "nowhere yet")
        ]  # fmt: skip

    def by_age(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        oldest, newest = age_bounds(value, timezone.now())
        rows = rows.filter(ordered_at__gt=oldest) if oldest else rows
        return rows.filter(ordered_at__lte=newest) if newest else rows

    def by_node(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return orders_now.with_node(rows).filter(tower_node=int(value))

    def by_hold(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        held = Hold.objects.filter(kind=value, state=HoldState.OPEN)
        return rows.filter(state=OrderState.ON_HOLD, pk__in=held.values("order"))

    def by_late(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        late = Q(ship_by__lt=timezone.now()) & ~Q(state=OrderState.SHIPPED)
        return rows.filter(late if value == "yes" else ~late)

    def by_today(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        now = timezone.now()
        due = Q(ship_by__gte=now, ship_by__lt=_day(now)[1]) & ~Q(state=OrderState.SHIPPED)
        return rows.filter(due if value == "yes" else ~due)

    def by_left(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return (
            rows.exclude(state=OrderState.SHIPPED) if value == "no" else rows.filter(state=OrderState.SHIPPED)
        )


class TowerRows(FigureRows):
    title = "Orders on their way"
    list_code = "reporting.tower_rows"
    table_class = OrderRowsTable
    filterset_class = TowerFilter
    search_fields = ("number__istartswith", "external_id__istartswith")
    default_order = ("ship_by", "pk")
    hidden_columns = ("units", "filled_first", "holds_count", "on_time")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return orders_now.tower_orders(timezone.now()).select_related("channel")

    def get_totals(self, rows: QuerySet[Any]) -> dict[str, tuple[str, Any, str]]:
        """This function will add up the orders, their value still to leave, and those past their ship-by time."""
        base = Q(currency=settings.KEEL_BASE_CURRENCY)
        late = Q(ship_by__lt=timezone.now()) & ~Q(state=OrderState.SHIPPED)
        shipped = Q(state=OrderState.SHIPPED)
        found = rows.aggregate(
            orders=Count("pk"), left=Sum(LEFT, filter=base & ~shipped), gone=Sum(F("total"), filter=base & shipped),
            late=Count("pk", filter=late),
        )  # fmt: skip
        return {
            "orders": ("Orders", found["orders"], "count"),
            "value": ("Value", (found["left"] or ZERO) + (found["gone"] or ZERO), "money"),
            "late": ("Past ship-by", found["late"], "count"),
        }
