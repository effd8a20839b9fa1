"""Which days and which channel does a report look at? The query string is its whole state."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.utils.dateparse import parse_date

DEFAULT_DAYS = 28
LONGEST_DAYS = 3 * 366
PRESETS = {"7": "7 days", "28": "28 days", "90": "90 days", "365": "1 year"}


def company_zone() -> zoneinfo.ZoneInfo:
    """This function will return the time zone that the company's days are counted in."""
    return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def scope_day(day: date) -> datetime:
    """This function will return the first instant of a day of the company."""
    return datetime.combine(day, time.min, company_zone())


@dataclass(frozen=True)
class Scope:
    """Days `first` to `last`, both included, of one channel or all (None), looked at from `at`."""

    first: date
    last: date
    at: datetime
    channel_id: int | None = None

    @property
    def today(self) -> date:
        return self.at.astimezone(company_zone()).date()

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def begin(self) -> datetime:
        """The first instant of the first day."""
        return scope_day(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after the last day."""
        return scope_day(self.last + timedelta(days=1))

    @property
    def previous(self) -> Scope:
        """As many days, right before these: what a trend compares with."""
        return replace(
            self, first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1)
        )

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]

    def query(self, first: str = "from", last: str = "to", **more: object) -> str:
        """This function will return the days and the channel as a query string, by the names the target list uses."""
        return urlencode([(first, self.first.isoformat()), (last, self.last.isoformat()), *self._pairs(more)])

    def query_now(self, **more: object) -> str:
        """This function will return only the channel and `more` as a query string: for what stands now."""
        return urlencode(self._pairs(more))

    def _pairs(self, more: Mapping[str, object]) -> list[tuple[str, str]]:
        pairs = [("channel", str(self.channel_id))] if self.channel_id is not None else []
        for name, value in more.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            pairs += [(name, _text(item)) for item in values if item is not None]
        return pairs


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def scope_of(params: Mapping[str, str], *, at: datetime) -> Scope:
    """This function will read `from`, `to` and `channel` (an id), or `days` back from today, and mend
    what makes no sense.
    """
    today = at.astimezone(company_zone()).date()
    last = _day(params.get("to")) or today
    asked = params.get("days", "")
    days = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else DEFAULT_DAYS
    days = min(max(days, 1), LONGEST_DAYS)
    first = _day(params.get("from")) or last - timedelta(days=days - 1)
    if first > last:
        first, last = last, first
    first = max(first, last - timedelta(days=LONGEST_DAYS - 1))
    channel = params.get("channel", "")
    known = channel.isascii() and channel.isdigit() and len(channel) < 10
    return Scope(first, last, at, int(channel) if known else None)


def _day(text: str | None) -> date | None:
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    return found if found and 1990 <= found.year <= 2200 else None
