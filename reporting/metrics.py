"""What does each figure of the company mean, where does it come from, and which rows are behind it?

The catalogue is the definition: the dashboard, the metrics page and docs/metrics.md all read it. A metric
never becomes a business rule; nothing but reporting imports this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.urls import reverse

from erp.core.money import ZERO
from ledger.models import AccountRole
from reporting.reading import Reading
from reporting.scope import Scope
from reporting.selectors.days import ServiceDay
from reporting.services.recipes import REVENUE_ROLES

R = AccountRole
Number = int | Decimal | float
Series = Sequence[Number | None]


class Unit(StrEnum):
    COUNT = "count"
    UNITS = "units"
    MONEY = "money"
    PERCENT = "percent"
    HOURS = "hours"
    TIMES = "times a year"


class Better(StrEnum):
    """Which direction is good news."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True)
class Metric:
    """A figure: `value` reads it, `drill_url` leads to exactly the rows behind it, `series` is its value per day.

    `spans` metrics are about the days of the scope and compare with the days before; the others are about this moment.
    """

    code: str
    name: str
    unit: Unit
    better: Better
    definition: str
    source: str
    value: Callable[[Reading], Number | None]
    drill_url: Callable[[Scope], str]
    spans: bool = True
    series: Callable[[Reading], Series] | None = None
    permission: str = "reporting.view"


METRICS: dict[str, Metric] = {}


def _metric(metric: Metric) -> None:
    METRICS[metric.code] = metric


def _percent(part: Number, whole: Number) -> Decimal | None:
    return Decimal(part) * 100 / Decimal(whole) if whole else None


def _link(name: str, query: str) -> str:
    return f"{reverse(name)}?{query}"


def _ordered(**more: object) -> Callable[[Scope], str]:
    return lambda scope: _link("reporting:order_rows", scope.query("ordered_from", "ordered_to", **more))


def _shipped(**more: object) -> Callable[[Scope], str]:
    return lambda scope: _link("reporting:order_rows", scope.query("shipped_from", "shipped_to", **more))


def _journal(roles: Sequence[AccountRole]) -> Callable[[Scope], str]:
    codes = [role.value for role in roles]
    return lambda scope: _link(
        "reporting:journal_rows", scope.query("posted_from", "posted_to", role=codes, has_channel="yes")
    )


def _today(name: str, field: str) -> Callable[[Scope], str]:
    return lambda scope: _link(name, f"{field}_from={scope.today}&{field}_to={scope.today}")


def _total(name: str) -> Callable[[Reading], int]:
    return lambda reading: sum(getattr(row, name) for row in reading.service)


def _share(part: str, whole: str) -> Callable[[Reading], Decimal | None]:
    return lambda reading: _percent(_total(part)(reading), _total(whole)(reading))


def _share_series(part: str, whole: str) -> Callable[[Reading], Series]:
    def pick(row: ServiceDay) -> Decimal | None:
        return _percent(getattr(row, part), getattr(row, whole))

    return lambda reading: reading.by_day(pick)


_hours = Decimal(3600)


def _cycle(which: str) -> Callable[[Reading], Decimal | None]:
    return lambda reading: Decimal(getattr(reading.cycle, which)) / _hours if reading.cycle else None


def _cycle_series(which: str) -> Callable[[Reading], Series]:
    def series(reading: Reading) -> Series:
        found = {day.date: Decimal(getattr(day, which)) / _hours for day in reading.cycles[:-1]}
        return [found.get(day) for day in reading.scope.dates()]

    return series


def _net(reading: Reading) -> Decimal:
    return sum((row.revenue - row.returns for row in reading.sales), ZERO)


def _margin(reading: Reading) -> Decimal:
    return sum((row.margin for row in reading.sales), ZERO)


def _turns(reading: Reading) -> Decimal | None:
    levels = reading.balance_series(R.INVENTORY)
    average = sum(levels, ZERO) / len(levels)
    cogs = reading.balance_change(R.COGS)
    return cogs / average * 365 / reading.scope.days if average > 0 else None


_metric(
    Metric(
        "orders_open", "Open orders", Unit.COUNT, Better.NEITHER,
        "Orders that are not shipped, completed or cancelled, whenever they were ordered.",
        "orders.Order by state",
        lambda reading: sum(reading.order_matrix.values()),
        lambda scope: _link("reporting:order_rows", scope.query_now(open="yes")),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "orders_overdue", "Late orders", Unit.COUNT, Better.DOWN,
        "Open orders whose ship-by time has passed.",
        "orders.Order: ship_by before now",
        lambda reading: reading.orders_overdue,
        lambda scope: _link("reporting:order_rows", scope.query_now(open="yes", due_before=scope.at)),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "orders_received", "Orders received", Unit.COUNT, Better.UP,
        "Orders by the day the customer ordered, cancelled ones included.",
        "DailyService.orders",
        _total("orders"),
        _ordered(),
        series=lambda reading: reading.by_day(lambda row: row.orders),
    )
)  # fmt: skip
_metric(
    Metric(
        "fill_rate", "Fill rate", Unit.PERCENT, Better.UP,
        "Units promised by an order's first allocation decision, of all units on it, for the orders of these days that "
        "have been decided at all. What a later receipt filled does not count.",
        "DailyService.units_filled_first ÷ units_ordered, from orders.AllocationDecision and its allocations",
        _share("units_filled_first", "units_ordered"),
        _ordered(decided="yes"),
        series=_share_series("units_filled_first", "units_ordered"),
    )
)  # fmt: skip
_metric(
    Metric(
        "promises_kept", "Promises kept", Unit.PERCENT, Better.UP,
        "Promises for these days whose units left in time, of all whose day has come: kept, late, or still open past their day. "
        "A promise that was replaced or called off does not count; its replacement does.",
        "orders.Promise: KEPT ÷ (KEPT + LATE + OPEN before today)",
        lambda reading: _percent(reading.promises.kept, sum(reading.promises)),
        lambda scope: _link("orders:promise_list", scope.query("due_from", "due_to", state=["KEPT", "LATE", "OPEN"])),
    )
)  # fmt: skip
_metric(
    Metric(
        "cycle_time", "Order cycle time, median", Unit.HOURS, Better.DOWN,
        "Hours from ordered to the last unit shipped, for the orders that were completely shipped on these days: half took "
        "longer.",
        "orders.Order: shipped_at − ordered_at",
        _cycle("median"),
        _shipped(),
        series=_cycle_series("median"),
    )
)  # fmt: skip
_metric(
    Metric(
        "cycle_time_p90", "Order cycle time, 90th percentile", Unit.HOURS, Better.DOWN,
        "As the median, but one order in ten took longer than this.",
        "orders.Order: shipped_at − ordered_at",
        _cycle("p90"),
        _shipped(),
        series=_cycle_series("p90"),
    )
)  # fmt: skip
_metric(
    Metric(
        "on_time", "Shipped on time", Unit.PERCENT, Better.UP,
        "Orders whose last unit left at or before ship-by, of all orders completely shipped on these days.",
        "DailyService.orders_on_time ÷ orders_shipped",
        _share("orders_on_time", "orders_shipped"),
        _shipped(),
        series=_share_series("orders_on_time", "orders_shipped"),
    )
)  # fmt: skip
_metric(
    Metric(
        "straight_through", "Straight through", Unit.PERCENT, Better.UP,
        "Orders of these days that were never put on hold, of all orders of these days.",
        "1 − DailyService.orders_held ÷ orders",
        lambda reading: _percent(
            _total("orders")(reading) - _total("orders_held")(reading), _total("orders")(reading)
        ),
        _ordered(),
        series=lambda reading: reading.by_day(lambda row: _percent(row.orders - row.orders_held, row.orders)),
    )
)  # fmt: skip
_metric(
    Metric(
        "orders_held", "Orders put on hold", Unit.COUNT, Better.DOWN,
        "Orders of these days that were put on hold at least once.",
        "DailyService.orders_held, from orders.Hold",
        _total("orders_held"),
        _ordered(held="yes"),
        series=lambda reading: reading.by_day(lambda row: row.orders_held),
    )
)  # fmt: skip
_metric(
    Metric(
        "revenue", "Net revenue", Unit.MONEY, Better.UP,
        "Invoiced goods and charges less discounts and returns, by posting date, base currency; only lines "
        "that name a channel.",
        "ledger.JournalLine on the revenue, shipping, discount and returns roles",
        _net,
        _journal((*REVENUE_ROLES, R.SALES_RETURNS)),
        series=lambda reading: [net for net, _ in reading.sales_by_day.values()],
    )
)  # fmt: skip
_metric(
    Metric(
        "margin", "Gross margin", Unit.MONEY, Better.UP,
        "Net revenue less the cost of the goods sold (and of those that came back), by posting date, base currency.",
        "ledger.JournalLine on the revenue roles, returns and COGS, by channel",
        _margin,
        _journal((*REVENUE_ROLES, R.SALES_RETURNS, R.COGS)),
        series=lambda reading: [margin for _, margin in reading.sales_by_day.values()],
        permission="reporting.margin",
    )
)  # fmt: skip
_metric(
    Metric(
        "margin_rate", "Gross margin rate", Unit.PERCENT, Better.UP,
        "Gross margin of these days ÷ net revenue of these days.",
        "as gross margin and net revenue",
        lambda reading: _percent(_margin(reading), _net(reading)),
        _journal((*REVENUE_ROLES, R.SALES_RETURNS, R.COGS)),
        series=lambda reading: [_percent(margin, net) for net, margin in reading.sales_by_day.values()],
        permission="reporting.margin",
    )
)  # fmt: skip
_metric(
    Metric(
        "returns_rate", "Returns rate", Unit.PERCENT, Better.DOWN,
        "Credit for returned goods ÷ revenue before returns, both posted on these days.",
        "DailySales.returns ÷ revenue, from ledger.JournalLine on SALES_RETURNS",
        lambda reading: _percent(
            sum((row.returns for row in reading.sales), ZERO), sum((row.revenue for row in reading.sales), ZERO)
        ),
        _journal((R.SALES_RETURNS,)),
    )
)  # fmt: skip
_metric(
    Metric(
        "stock_value", "Stock value", Unit.MONEY, Better.NEITHER,
        "What is left in the cost layers, at cost, base currency. Equals the inventory account to the cent "
        "(verify proves it); "
        "the line shows that account.",
        "Σ ledger.CostLayer.value_left",
        lambda reading: reading.stock_total[1],
        lambda scope: reverse("reporting:layer_rows"),
        spans=False,
        series=lambda reading: reading.balance_series(R.INVENTORY),
        permission="reporting.margin",
    )
)  # fmt: skip
_metric(
    Metric(
        "stock_units", "Units in stock", Unit.UNITS, Better.NEITHER,
        "Units left in the cost layers: everything we own, wherever it lies or travels.",
        "Σ ledger.CostLayer.quantity_left",
        lambda reading: reading.stock_total[0],
        lambda scope: reverse("reporting:layer_rows"),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "turns", "Inventory turns", Unit.TIMES, Better.UP,
        "Cost of goods sold on these days, on a yearly basis, ÷ the average end-of-day balance of the inventory account. "
        "The whole company: stock belongs to no channel.",
        "DailyBalance of the COGS and INVENTORY roles",
        _turns,
        lambda scope: _link(
            "reporting:journal_rows", f"posted_from={scope.first}&posted_to={scope.last}&role={R.COGS.value}"
        ),
        permission="reporting.margin",
    )
)  # fmt: skip
_metric(
    Metric(
        "backorder_units", "Backordered units", Unit.UNITS, Better.DOWN,
        "Units that stayed short after an allocation decision and wait for stock; not those of orders on hold.",
        "orders.OrderLine of orders that need allocation",
        lambda reading: reading.backorders.units,
        lambda scope: _link("reporting:backorder_rows", scope.query_now()),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "backorder_value", "Backordered value", Unit.MONEY, Better.DOWN,
        "Backordered units at their selling price; orders in base currency only.",
        "orders.OrderLine of orders that need allocation × unit_price",
        lambda reading: reading.backorders.value,
        lambda scope: _link("reporting:backorder_rows", scope.query_now()),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "grni", "Goods received, not invoiced", Unit.MONEY, Better.NEITHER,
        "What suppliers have delivered and not billed at the end of the last day, base currency.",
        "DailyBalance of the GRNI role, credit − debit",
        lambda reading: -reading.balance(R.GRNI),
        lambda scope: _link("reporting:journal_rows", f"posted_to={scope.last}&role={R.GRNI.value}"),
        spans=False,
        series=lambda reading: [-level for level in reading.balance_series(R.GRNI)],
        permission="reporting.margin",
    )
)  # fmt: skip
_metric(
    Metric(
        "exceptions_open", "Open exceptions", Unit.COUNT, Better.DOWN,
        "Cases on the exception desk that nobody has settled, snoozed ones included.",
        "core.ExceptionCase not RESOLVED",
        lambda reading: sum(share.count for share in reading.exceptions),
        lambda scope: _link("exception_case_list", "state=OPEN&state=SNOOZED"),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "money_at_risk", "Money at risk", Unit.MONEY, Better.DOWN,
        "What the open exceptions would cost if nobody did anything, base currency.",
        "Σ core.ExceptionCase.money_at_risk not RESOLVED",
        lambda reading: sum((share.money for share in reading.exceptions), ZERO),
        lambda scope: _link("exception_case_list", "state=OPEN&state=SNOOZED&sort=-money_at_risk"),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "approvals_waiting", "Approvals waiting", Unit.COUNT, Better.DOWN,
        "Approvals that nobody has decided yet.",
        "core.ApprovalRequest PENDING",
        lambda reading: reading.approvals_waiting,
        lambda scope: _link("approval_request_list", "state=PENDING"),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "receipts_today", "Receipts today", Unit.COUNT, Better.NEITHER,
        "Goods receipts booked today.",
        "procurement.GoodsReceipt.received_at",
        lambda reading: reading.receipts_today,
        _today("reporting:receipt_rows", "received"),
        spans=False,
        permission="procurement.view",
    )
)  # fmt: skip
_metric(
    Metric(
        "picks_today", "Pick lists done today", Unit.COUNT, Better.UP,
        "Pick lists finished today.",
        "fulfillment.PickList.finished_at",
        lambda reading: reading.picks_today,
        _today("reporting:pick_list_rows", "finished"),
        spans=False,
    )
)  # fmt: skip
_metric(
    Metric(
        "shipments_today", "Shipments today", Unit.COUNT, Better.UP,
        "Shipments handed over today.",
        "fulfillment.Shipment.shipped_at",
        lambda reading: reading.shipments_today,
        _today("reporting:shipment_rows", "shipped"),
        spans=False,
    )
)  # fmt: skip
