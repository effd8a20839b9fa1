"""In which order should cases be worked, and why does one rank where it does?

    priority = urgency × weight        urgency = 2 ^ (time past due / DOUBLING)        weight = 1 + money at risk / MONEY_UNIT

So a case gets twice as pressing with every DOUBLING that passes, and the money that waiting may cost counts in proportion.
The clock runs alike for all, so the order of two cases never changes by itself: sorting by priority is sorting by

    rank = due time − DOUBLING × log2(weight)        the smallest first; ties by age

which does not depend on "now". PostgreSQL keeps `rank` as a generated column under an index, so the desk pages through any
number of cases, and the figure can not drift from what it is made of. Changing the numbers below is a migration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

DOUBLING = timedelta(hours=24)
MONEY_UNIT = Decimal(100)  # base currency
# Seconds since the epoch at which the case would fall due if no money hung on it. Immutable: in UTC, without a time zone.
RANK_SQL = (
    "(extract(epoch from timezone('UTC', due_at)) "
    f"- {int(DOUBLING.total_seconds())} * log(2.0, 1 + greatest(money_at_risk, 0) / {MONEY_UNIT}.0))"
)
# What every list of cases is sorted by, after its state: the formula, then the older, then the first.
ORDER = ("rank", "opened_at", "pk")


@dataclass(frozen=True)
class Priority:
    """A case's priority at a moment, and the two factors that make it."""

    urgency: float
    weight: Decimal
    hours_late: float

    @property
    def score(self) -> float:
        return self.urgency * float(self.weight)

    @property
    def figure(self) -> str:
        return _figure(self.score)

    @property
    def words(self) -> str:
        """The sentence that the page shows."""
        hours = abs(self.hours_late)
        span = f"{hours:,.0f} h" if hours < 72 else f"{hours / 24:,.0f} days"
        clock = f"{span} past due" if self.hours_late > 0 else f"{span} left"
        return (
            f"{clock} makes urgency {_figure(self.urgency)} (it doubles every {DOUBLING.total_seconds() / 3600:.0f} h), "
            f"times {self.weight:,.1f} for the money at risk (1 + amount / {MONEY_UNIT}): priority {_figure(self.score)}."
        )


def priority_of(due_at: datetime, money_at_risk: Decimal, at: datetime) -> Priority:
    """This function will work out what a case's priority is at a moment."""
    doublings = (at - due_at) / DOUBLING
    weight = 1 + max(money_at_risk, Decimal(0)) / MONEY_UNIT
    # beyond this the figure says nothing more; the order of the list is not made of it
    return Priority(2.0 ** max(min(doublings, 60.0), -60.0), weight, (at - due_at) / timedelta(hours=1))


def _figure(value: float) -> str:
    for unit, size in (("bn", 1e9), ("M", 1e6), ("k", 1e4)):
        if value >= size:
            return f"{value / (1e3 if unit == 'k' else size):,.0f} {unit}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
