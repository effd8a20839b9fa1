"""Which days does a report cover? `?period=2011-03`, or `?since=…&as_of=…`, or this month so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from ledger.models import Period


@dataclass(frozen=True)
class Span:
    """Both days are in. `error` says what could not be read; the report then shows the default days."""

    since: date
    as_of: date
    period: str = ""
    error: str = ""

    @property
    def query(self) -> str:
        return urlencode({"since": self.since.isoformat(), "as_of": self.as_of.isoformat()})


def span_of(request: HttpRequest) -> Span:
    """This function will return the days that the query string asks for."""
    today = timezone.localdate()
    default = Span(today.replace(day=1), today)
    code = request.GET.get("period", "")
    if code:
        period = Period.objects.filter(code=code).first()
        if period is None:
            return Span(default.since, default.as_of, error=f"There is no period “{code[:10]}”.")
        return Span(period.start_date, period.end_date, period=code)
    as_of, wrong_end = _day(request, "as_of", today)
    since, wrong_start = _day(request, "since", as_of.replace(day=1))
    if wrong_end or wrong_start:
        return Span(default.since, default.as_of, error="A date is written 2011-03-31.")
    if since > as_of:
        return Span(default.since, default.as_of, error="The first day is after the last one.")
    return Span(since, as_of)


def _day(request: HttpRequest, name: str, default: date) -> tuple[date, bool]:
    text = request.GET.get(name, "")
    if not text:
        return default, False
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    return (found, False) if found is not None and found.year >= 1900 else (default, True)


def recent_periods(count: int = 18) -> list[Period]:
    """This function will return the latest months, newest first, for a picker."""
    return list(Period.objects.filter(start_date__lte=timezone.localdate()).order_by("-start_date")[:count])
