"""How is the company doing, and what has to be done? Every figure leads to the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from erp.core.exception_kinds import KINDS
from erp.core.pages.queues import queues_for
from erp.core.permissions import page
from ledger.models import AccountRole
from orders.models import Channel
from orders.states import OPEN, OrderState
from reporting.figures import Card, card_of
from reporting.metrics import METRICS
from reporting.reading import Reading
from reporting.scope import DEFAULT_DAYS, PRESETS, Scope, scope_of
from reporting.selectors import days, now
from reporting.services.recipes import REVENUE_ROLES

R = AccountRole
HEAD = (
    "orders_received",
    "revenue",
    "margin_rate",
    "fill_rate",
    "on_time",
    "cycle_time",
    "straight_through",
    "promises_kept",
    "returns_rate",
)
NOW = (
    "orders_open",
    "orders_overdue",
    "backorder_units",
    "backorder_value",
    "stock_value",
    "turns",
    "grni",
    "money_at_risk",
)
TODAY = ("receipts_today", "picks_today", "shipments_today", "approvals_waiting")


@page("reporting.view")
def dashboard(request: HttpRequest) -> HttpResponse:
    """This function will show the figures of the days and the channel that the query string names."""
    scope = scope_of(request.GET.dict(), at=timezone.now())
    channels = {channel.pk: channel for channel in Channel.objects.order_by("code")}
    if scope.channel_id not in channels:
        scope = replace(scope, channel_id=None)
    reading = Reading(scope)
    fresh = days.freshness()
    context: dict[str, Any] = {
        "title": "Dashboard",
        "scope": scope,
        "channels": list(channels.values()),
        "presets": [_preset(scope, code, label) for code, label in PRESETS.items()],
        "cards": _cards(HEAD, reading, request.user),
        "now_cards": _cards(NOW, reading, request.user),
        "today_cards": _cards(TODAY, reading, request.user),
        "matrix": _matrix(reading),
        "ages": [label for _, label, _ in now.AGES],
        "exceptions": _exceptions(reading),
        "todo": [queue for queue in queues_for(request.user) if queue.count],
        "report_query": scope.query("date_from", "date_to"),
        "default_days": DEFAULT_DAYS,
        "service_rows": _service_rows(reading),
        "service_chart": _service_chart(reading),
        "fresh": fresh,
        "quiet_since": _quiet_since(reading, fresh),
    }
    if request.user.may("reporting.margin"):  # type: ignore[union-attr]
        rows = _channel_rows(reading, channels)
        context |= {
            "channel_rows": rows,
            "sales_chart": _sales_chart(rows),
            "by_category": _shares(now.stock_by_category(), "reporting:layer_rows", "category"),
            "by_node": _shares(now.stock_by_node(), "reporting:node_stock_rows", "node"),
        }
    return TemplateResponse(request, "reporting/dashboard.html", context)


def _cards(codes: Sequence[str], reading: Reading, user: Any) -> list[Card]:
    return [card_of(code, reading) for code in codes if user.may(METRICS[code].permission)]


def _preset(scope: Scope, code: str, label: str) -> dict[str, Any]:
    query = scope.query_now(days=code)
    is_on = scope.last == scope.today and scope.days == int(code)
    return {"label": label, "url": f"?{query}", "is_on": is_on}


@dataclass(frozen=True)
class MatrixRow:
    """The open orders of one state, by age; each count with the address of its list."""

    state: str
    label: str
    cells: list[tuple[int, str, bool]]
    total: int
    url: str


def _matrix(reading: Reading) -> list[MatrixRow]:
    scope, counts = reading.scope, reading.order_matrix
    rows = []
    for state in OPEN:
        cells = []
        for code, _, _ in now.AGES:
            after, until = now.age_bounds(code, scope.at)
            query = scope.query_now(state=state, ordered_after=after, ordered_until=until)
            cells.append((counts.get((state, code), 0), _orders(query), code in ("4", "7")))
        url = _orders(scope.query_now(state=state))
        rows.append(MatrixRow(state, OrderState(state).label, cells, sum(cell[0] for cell in cells), url))
    return rows


def _orders(query: str) -> str:
    return f"{reverse('reporting:order_rows')}?{query}"


def _exceptions(reading: Reading) -> list[dict[str, Any]]:
    return [
        {
            "label": KINDS[share.kind].label if share.kind in KINDS else share.kind,
            "share": share,
            "url": f"{reverse('exception_case_list')}?kind={share.kind}&state=OPEN&state=SNOOZED",
        }
        for share in reading.exceptions
    ]


def _shares(shares: list[now.StockShare], name: str, field: str) -> dict[str, Any]:
    total = sum((share.value for share in shares), Decimal(0))
    rows = [{"share": share, "url": f"{reverse(name)}?{field}={share.id}"} for share in shares]
    return {"rows": rows, "total": total, "units": sum(share.units for share in shares)}


def _channel_rows(reading: Reading, channels: dict[int, Channel]) -> list[dict[str, Any]]:
    scope = reading.scope
    rows = []
    for channel_id, (net, margin) in reading.sales_by_channel.items():
        one = replace(scope, channel_id=channel_id)
        revenue = [role.value for role in (*REVENUE_ROLES, R.SALES_RETURNS)]
        rows.append(
            {
                "channel": channels[channel_id],
                "net": net,
                "margin": margin,
                "rate": margin * 100 / net if net else None,
                "net_url": _journal(one, revenue),
                "margin_url": _journal(one, [*revenue, R.COGS.value]),
            }
        )
    return rows


def _journal(scope: Scope, roles: list[str]) -> str:
    return f"{reverse('reporting:journal_rows')}?{scope.query('posted_from', 'posted_to', role=roles)}"


def _sales_chart(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What charts.js draws: plain numbers, rounded for the picture; the table beside it has the exact ones."""
    return {
        "labels": [row["channel"].name for row in rows],
        "series": [
            {"label": "Net revenue", "tone": "muted", "values": [int(row["net"]) for row in rows]},
            {"label": "Gross margin", "tone": "accent", "values": [int(row["margin"]) for row in rows]},
        ],
        "kind": "bar",
    }


def _service_rows(reading: Reading) -> list[dict[str, Any]]:
    cycles = {day.date: day for day in reading.cycles[:-1]}
    return [
        {
            "date": row.date,
            "orders": row.orders,
            "shipped": row.orders_shipped,
            "on_time": row.orders_on_time,
            "on_time_rate": Decimal(row.orders_on_time) * 100 / row.orders_shipped
            if row.orders_shipped
            else None,
            "median": cycles[row.date].median / 3600 if row.date in cycles else None,
            "p90": cycles[row.date].p90 / 3600 if row.date in cycles else None,
            "url": _orders(
                replace(reading.scope, first=row.date, last=row.date).query("shipped_from", "shipped_to")
            ),
            "ordered_url": _orders(
                replace(reading.scope, first=row.date, last=row.date).query("ordered_from", "ordered_to")
            ),
        }
        for row in reversed(reading.service)
    ]


def _service_chart(reading: Reading) -> dict[str, Any]:
    on_time = METRICS["on_time"].series
    cycle = METRICS["cycle_time"].series
    assert on_time is not None and cycle is not None
    return {
        "labels": [f"{day.day} {day:%b}" for day in reading.scope.dates()],
        "series": [
            {
                "label": "Orders shipped on time, %",
                "tone": "accent",
                "axis": "left",
                "values": _rounded(on_time(reading)),
            },
            {
                "label": "Median cycle time, hours",
                "tone": "warning",
                "axis": "right",
                "values": _rounded(cycle(reading)),
            },
        ],
        "kind": "line",
    }


def _rounded(values: Sequence[Any]) -> list[float | None]:
    return [None if value is None else round(float(value), 1) for value in values]


def _quiet_since(reading: Reading, fresh: days.Freshness) -> dict[str, Any] | None:
    """Where the last trade was, when the chosen days have none."""
    if fresh.last_day is None or any(row.orders for row in reading.service):
        return None
    if reading.scope.first <= fresh.last_day <= reading.scope.last:
        return None
    query = reading.scope.query_now(to=fresh.last_day.isoformat(), days=DEFAULT_DAYS)
    return {"day": fresh.last_day, "url": f"?{query}"}
