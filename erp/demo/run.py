"""Who runs a replay from the first row to the proof, whoever asked for it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import perf_counter
from typing import Any

from django.conf import settings

from erp.core.sql import execute
from erp.demo.catalogue import items_of
from erp.demo.engine import Replay
from erp.demo.kits import kits_found
from erp.demo.leftovers import leave_open
from erp.demo.master import company_found, stock_open
from erp.demo.source import Document, SourceRow, by_day, read_documents, read_rows
from ledger.services.period import period_ensure

LAST_DAY = date(2011, 12, 9)
# Simulated time outruns autovacuum: PostgreSQL learns after the founding and after these days what the tables hold.
ANALYZE_DAYS = {0, 1, 4, 16, 64}
Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Scope:
    """Which part of the source to trade, and how far to shift its dates. With `leave_open` the last day stays unfinished."""

    first: date | None = None
    last: date | None = None
    limit: int | None = None
    shift: timedelta = timedelta(0)
    is_left_open: bool = False


def documents_of(scope: Scope) -> list[Document]:
    """This function will read the documents in scope, with their dates shifted."""
    rows = read_rows(first=scope.first, last=scope.last)
    shifted = (row._replace(at=row.at + scope.shift) for row in rows) if scope.shift else rows
    return list(read_documents(_limited(shifted, scope.limit)))


def _limited(rows: Any, limit: int | None) -> Any:
    """Whole documents only: stops at the first new invoice after `limit` rows."""
    last: SourceRow | None = None
    for number, row in enumerate(rows):
        if limit is not None and number >= limit and last is not None and row.invoice != last.invoice:
            return
        last = row
        yield row


def replay_run(scope: Scope, *, report: Report) -> dict[str, Any]:
    """This function will found the company in an empty database, trade the scope day by day and return the figures.

    Periods that are over are closed; without `is_left_open` the last one too. It does not verify: the caller does.
    """
    started = perf_counter()
    documents = documents_of(scope)
    rows = sum(len(document.rows) for document in documents)
    items = items_of(documents)
    read = perf_counter()
    report(0, rows, "founding the company")
    opening = documents[0].at.replace(hour=0, minute=0)
    company = company_found(items, at=opening)
    kits_found(company, items, actor=company.people["ada"], at=opening)
    period_ensure(opening.date(), actor=company.people["fay"], at=opening)
    stock_open(company, items, at=opening)
    founded = perf_counter()
    replay = Replay(company)
    _analyze(0)
    days = list(by_day(iter(documents)))
    for number, (day, chosen) in enumerate(days, start=1):
        is_last = number == len(days)
        replay.day(day, chosen, finish=not (is_last and scope.is_left_open))
        _analyze(number)
        report(replay.tally.total, rows, f"{day:%Y-%m-%d}")
    traded = perf_counter()
    end = days[-1][0]
    if scope.is_left_open:
        leave_open(replay, at=datetime.combine(end.date(), time(18), end.tzinfo))
    else:
        closing = datetime.combine(_next_month(end.date()), time(6), end.tzinfo)
        period_ensure(closing.date(), actor=company.people["fay"], at=closing)
        replay.close_before(closing.date(), closing)
    return _figures(replay, rows, read - started, founded - read, traded - founded)


def _analyze(day: int) -> None:
    if day in ANALYZE_DAYS:
        execute("ANALYZE")


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _figures(replay: Replay, rows: int, read: float, found: float, trade: float) -> dict[str, Any]:
    return {
        "rows": rows,
        "accounted": replay.tally.total,
        "fates": {str(fate): count for fate, count in sorted(replay.tally.rows.items())},
        "values": {str(fate): str(value) for fate, value in sorted(replay.tally.value.items())},
        "currency": settings.KEEL_BASE_CURRENCY,
        "orders": replay.orders,
        "days": replay.days,
        "periods_closed": replay.closed,
        "seconds": {"read": round(read, 1), "found": round(found, 1), "trade": round(trade, 1)},
        "stages": {name: round(value, 1) for name, value in replay.seconds.items()},
        "rows_per_second": round(rows / trade) if trade else 0,
    }
