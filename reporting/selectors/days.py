"""What do the roll-ups say about a range of days?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, Sum

from erp.core.money import ZERO
from erp.core.sql import query
from ledger.models import AccountRole
from orders.models import Order
from reporting.models import DailyBalance, DailySales, DailyService, RollupMark
from reporting.scope import Scope, company_zone


@dataclass(frozen=True)
class SalesDay:
    """One channel's money of one day, base currency."""

    date: date
    channel_id: int
    revenue: Decimal
    returns: Decimal
    cogs: Decimal

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.returns - self.cogs


@dataclass(frozen=True)
class ServiceDay:
    """All channels of the scope on one day; see DailyService for what each column counts."""

    date: date
    orders: int = 0
    orders_held: int = 0
    units_ordered: int = 0
    units_filled_first: int = 0
    orders_shipped: int = 0
    orders_on_time: int = 0
    cycle_seconds: int = 0


SERVICE_COLUMNS = (
    "orders",
    "orders_held",
    "units_ordered",
    "units_filled_first",
    "orders_shipped",
    "orders_on_time",
    "cycle_seconds",
)


def sales_days(scope: Scope) -> list[SalesDay]:
    """This function will return the rolled-up sales of the scope, by date and channel."""
    rows = DailySales.objects.filter(date__range=(scope.first, scope.last))
    if scope.channel_id is not None:
        rows = rows.filter(channel_id=scope.channel_id)
    found = rows.order_by("date", "channel_id").values_list(
        "date", "channel_id", "revenue", "returns", "cogs"
    )
    return [SalesDay(*row) for row in found]


def service_days(scope: Scope) -> list[ServiceDay]:
    """This function will return the rolled-up service of the scope, one row per day that has any."""
    rows = DailyService.objects.filter(date__range=(scope.first, scope.last))
    if scope.channel_id is not None:
        rows = rows.filter(channel_id=scope.channel_id)
    sums = {f"{name}_sum": Sum(name) for name in SERVICE_COLUMNS}
    found = rows.order_by("date").values("date").annotate(**sums).values_list("date", *sums)
    return [ServiceDay(*row) for row in found]


@dataclass(frozen=True)
class CycleDay:
    """Orders shipped on a day (None: in the whole scope) and how long they took, in seconds."""

    date: date | None
    orders: int
    median: float
    p90: float


def cycle_days(scope: Scope) -> list[CycleDay]:
    """This function will return median and 90th percentile of (shipped − ordered) per day shipped; the
    last is of all.
    """
    channel = "AND channel_id = %(channel)s" if scope.channel_id is not None else ""
    rows = query(
        "SELECT (shipped_at AT TIME ZONE %(zone)s)::date AS day, count(*), "  # noqa: S608 (our own literals)
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM shipped_at - ordered_at)), "
        "percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM shipped_at - ordered_at)) "
        f"FROM orders_order WHERE shipped_at >= %(begin)s AND shipped_at < %(end)s {channel} "
        "GROUP BY GROUPING SETS ((1), ()) ORDER BY 1 NULLS LAST",
        {
            "zone": company_zone().key,
            "begin": scope.begin,
            "end": scope.end,
            "channel": scope.channel_id,
        },
    )
    return [CycleDay(day, count, median, p90) for day, count, median, p90 in rows if count]


@dataclass(frozen=True)
class BalanceDay:
    """What an account with a role gained on a day: debit − credit, base currency."""

    date: date
    role: str
    change: Decimal


def balance_days(scope: Scope, roles: tuple[AccountRole, ...]) -> tuple[dict[str, Decimal], list[BalanceDay]]:
    """This function will return each role's balance (debit − credit) at the end of the scope, and its daily changes.

    The whole company: a balance belongs to no channel.
    """
    rows = DailyBalance.objects.filter(account__role__in=roles, date__lte=scope.last)
    before = (
        rows.filter(date__lt=scope.first).values_list("account__role").annotate(Sum("debit"), Sum("credit"))
    )
    balances = dict.fromkeys((role.value for role in roles), ZERO)
    balances.update({role: debit - credit for role, debit, credit in before})
    days = [
        BalanceDay(day, str(role), debit - credit)
        for day, role, debit, credit in rows.filter(date__gte=scope.first)
        .order_by("date")
        .values_list("date", "account__role", "debit", "credit")
    ]
    for change in days:
        balances[change.role] += change.change
    return balances, days


@dataclass(frozen=True)
class Freshness:
    """When the roll-ups were last refreshed (None: never) and the last day that anything was ordered or shipped."""

    last_day: date | None
    refreshed_at: object = None


def freshness() -> Freshness:
    """This function will tell how fresh the roll-ups are and when trade last took place."""
    last_order = Order.objects.order_by("-ordered_at", "id").values_list("ordered_at", flat=True).first()
    refreshed = RollupMark.objects.aggregate(Max("refreshed_at"))["refreshed_at__max"]
    return Freshness(last_order.astimezone(company_zone()).date() if last_order else None, refreshed)
