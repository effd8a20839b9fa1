"""On which dates is a subscription due? Pure calendar arithmetic; every date is reckoned from the first one.

A month that has no such day ends on its last: 31 January, 28 February, 31 March. Counting from the first date and not
from the one before keeps the 31st. Whether a date has come is asked of the wall clock of the company's time zone, so an
hour that the change to summer time leaves out is due at the next one, and one that comes twice is due once.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count, takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = {"DAY": 1, "WEEK": 7}


class Schedule(NamedTuple):
    start: date
    every: int
    unit: str
    end: date | None = None

    def on(self, number: int) -> date:
        """This function will return the date after `number` intervals; 0 is the first."""
        if self.unit in DAYS:
            return self.start + timedelta(days=DAYS[self.unit] * self.every * number)
        months = self.start.year * 12 + self.start.month - 1 + self.every * number
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self.start.day, monthrange(year, month + 1)[1]))

    def from_day(self, day: date) -> Iterator[date]:
        """This function will yield the dates on or after `day`, up to the end if there is one."""
        dates = (self.on(number) for number in count(self._first_number(day)))
        dates = (found for found in dates if found >= day)
        return takewhile(lambda found: self.end is None or found <= self.end, dates)

    def first_from(self, day: date) -> date | None:
        """This function will return the first date on or after `day`; None when there is none any more."""
        return next(self.from_day(day), None)

    def _first_number(self, day: date) -> int:
        """An occurrence at or before `day`, so that nobody counts through the years."""
        if day <= self.start:
            return 0
        if self.unit in DAYS:
            return (day - self.start).days // (DAYS[self.unit] * self.every)
        months = (day.year - self.start.year) * 12 + day.month - self.start.month
        return max(months // self.every - 1, 0)


def local_hour(at: datetime, zone: str) -> tuple[date, int]:
    """This function will return the day and the hour that the clock on the wall shows at `at`."""
    local = at.astimezone(ZoneInfo(zone))
    return local.date(), local.hour
