"""What do all metrics of one page read, each thing once?

A `Reading` belongs to one scope. What two metrics need is fetched when the first asks, so a dashboard of
twenty figures costs a dozen statements, whatever the company's size.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from erp.core.money import ZERO
from fulfillment.models import PickList, Shipment
from ledger.models import AccountRole
from orders.selectors.promise import PromiseRecord, promise_record
from procurement.models import GoodsReceipt
from reporting.scope import Scope, scope_day
from reporting.selectors import days, now

R = AccountRole
BALANCE_ROLES = (R.INVENTORY, R.GRNI, R.COGS)


class Reading:
    """Everything the metrics read about one scope; `previous` is the same about the days before."""

    def __init__(self, scope: Scope, later: Reading | None = None) -> None:
        self.scope = scope
        self._later = later

    @cached_property
    def previous(self) -> Reading:
        return Reading(self.scope.previous, later=self)

    @cached_property
    def _wide(self) -> Scope:
        return Scope(self.scope.previous.first, self.scope.last, self.scope.at, self.scope.channel_id)

    @cached_property
    def _wide_service(self) -> list[days.ServiceDay]:
        return days.service_days(self._wide)

    @cached_property
    def _wide_sales(self) -> list[days.SalesDay]:
        return days.sales_days(self._wide)

    def _within(self, day: date) -> bool:
        return self.scope.first <= day <= self.scope.last

    @cached_property
    def service(self) -> list[days.ServiceDay]:
        rows = (self._later or self)._wide_service
        return [row for row in rows if self._within(row.date)]

    @cached_property
    def sales(self) -> list[days.SalesDay]:
        rows = (self._later or self)._wide_sales
        return [row for row in rows if self._within(row.date)]

    @cached_property
    def promises(self) -> PromiseRecord:
        """How the promises for the scope's days were kept."""
        scope = self.scope
        return promise_record(scope.first, scope.last, today=scope.today, channel_id=scope.channel_id)

    @cached_property
    def cycles(self) -> list[days.CycleDay]:
        return days.cycle_days(self.scope)

    @property
    def cycle(self) -> days.CycleDay | None:
        """Of all orders shipped in the scope."""
        return self.cycles[-1] if self.cycles else None

    @cached_property
    def _balances(self) -> tuple[dict[str, Decimal], list[days.BalanceDay]]:
        return days.balance_days(self.scope, BALANCE_ROLES)

    def balance(self, role: AccountRole) -> Decimal:
        """Debit − credit at the end of the scope."""
        return self._balances[0][role.value]

    def balance_change(self, role: AccountRole) -> Decimal:
        """What the balance gained in the scope."""
        return sum((day.change for day in self._balances[1] if day.role == role.value), ZERO)

    def balance_series(self, role: AccountRole) -> list[Decimal]:
        """The balance at the end of each day of the scope."""
        changes: dict[date, Decimal] = {}
        for change in self._balances[1]:
            if change.role == role.value:
                changes[change.date] = changes.get(change.date, ZERO) + change.change
        level = self.balance(role) - sum(changes.values(), ZERO)
        series = []
        for day in self.scope.dates():
            level += changes.get(day, ZERO)
            series.append(level)
        return series

    def by_day(self, pick: Callable[[days.ServiceDay], int | Decimal | None]) -> list[int | Decimal | None]:
        """`pick` of every day of the scope; None where nothing happened."""
        found = {row.date: pick(row) for row in self.service}
        return [found.get(day) for day in self.scope.dates()]

    @cached_property
    def sales_by_day(self) -> dict[date, tuple[Decimal, Decimal]]:
        """(net revenue, margin) of every day of the scope."""
        found = dict.fromkeys(self.scope.dates(), (ZERO, ZERO))
        for row in self.sales:
            revenue, margin = found[row.date]
            found[row.date] = (revenue + row.revenue - row.returns, margin + row.margin)
        return found

    @cached_property
    def sales_by_channel(self) -> dict[int, tuple[Decimal, Decimal]]:
        """(net revenue, margin) of every channel in the scope."""
        found: dict[int, tuple[Decimal, Decimal]] = {}
        for row in self.sales:
            revenue, margin = found.get(row.channel_id, (ZERO, ZERO))
            found[row.channel_id] = (revenue + row.revenue - row.returns, margin + row.margin)
        return dict(sorted(found.items(), key=lambda item: -item[1][0]))

    @cached_property
    def order_matrix(self) -> dict[tuple[str, str], int]:
        return now.order_matrix(self.scope)

    @cached_property
    def orders_overdue(self) -> int:
        return now.overdue_orders(self.scope).count()

    @cached_property
    def backorders(self) -> now.Backorders:
        return now.backorders(self.scope)

    @cached_property
    def stock_total(self) -> tuple[int, Decimal]:
        return now.stock_total()

    @cached_property
    def exceptions(self) -> list[now.ExceptionShare]:
        return now.exceptions_by_kind(self.scope.at)

    @cached_property
    def approvals_waiting(self) -> int:
        return now.approvals_waiting()

    @cached_property
    def _today(self) -> tuple[datetime, datetime]:
        return scope_day(self.scope.today), scope_day(self.scope.today + timedelta(days=1))

    @cached_property
    def receipts_today(self) -> int:
        begin, end = self._today
        return GoodsReceipt.objects.filter(received_at__gte=begin, received_at__lt=end).count()

    @cached_property
    def picks_today(self) -> int:
        begin, end = self._today
        return PickList.objects.filter(finished_at__gte=begin, finished_at__lt=end).count()

    @cached_property
    def shipments_today(self) -> int:
        begin, end = self._today
        return Shipment.objects.filter(shipped_at__gte=begin, shipped_at__lt=end).count()
