"""Who keeps the roll-ups? Only this file: it recomputes whole days from the journals, so twice is as good as once.

A refresh looks at what was written since the last one and recomputes the days it touched. A row can become visible
after one with a higher id, so what was seen is looked at again until it is older than any transaction may live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from erp.core.models import User
from erp.core.sql import array, execute, query
from reporting.models import RollupMark
from reporting.services.recipes import RECIPES

SETTLE = timedelta(minutes=10)  # twice the hard time limit of a task (settings.LONGEST_TASK_SECONDS)


@dataclass(frozen=True)
class Source:
    """A journal that roll-ups are made from. `days` selects the days that its rows above an id are about."""

    code: str
    table: str
    days: str


_ORDER_DAYS = (
    "SELECT DISTINCT d.day FROM {journal} j JOIN orders_order o ON o.id = j.order_id CROSS JOIN LATERAL (VALUES "
    "((o.ordered_at AT TIME ZONE %(zone)s)::date), ((o.shipped_at AT TIME ZONE %(zone)s)::date)) AS d(day) "
    "WHERE d.day IS NOT NULL"
)
SOURCES = (
    Source(
        "journal",
        "ledger_journalentry",
        "SELECT DISTINCT posting_date FROM ledger_journalentry WHERE id > %(after)s",
    ),
    Source(
        "states",
        "core_statechange",
        _ORDER_DAYS.format(
            journal="(SELECT DISTINCT document_id AS order_id FROM core_statechange WHERE id > %(after)s "
            "AND document_type = 'orders.Order')"
        ),
    ),
    Source(
        "decisions",
        "orders_allocationdecision",
        _ORDER_DAYS.format(
            journal="(SELECT DISTINCT order_id FROM orders_allocationdecision WHERE id > %(after)s)"
        ),
    ),
    Source(
        "shipments",
        "fulfillment_shipment",
        "SELECT DISTINCT (shipped_at AT TIME ZONE %(zone)s)::date FROM fulfillment_shipment WHERE id > %(after)s",
    ),
)


@transaction.atomic
def rollup_refresh(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will recompute the days that anything was written about since the last refresh.

    Returns how many days each source touched. Two refreshes at once wait for each other.
    """
    marks = _marks_lock()
    touched = {source.code: _touched(source, marks[source.code]) for source in SOURCES}
    for recipe in RECIPES:
        days = sorted(frozenset().union(*(touched[code] for code in recipe.sources)))
        if days:
            _recompute(recipe.table, recipe.sql, days)
    for source in SOURCES:
        _advance(source, marks[source.code], at)
    return {code: len(days) for code, days in touched.items()}


@transaction.atomic
def rollup_rebuild(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will throw every roll-up away and recompute all of it; returns as `rollup_refresh`."""
    _marks_lock()
    RollupMark.objects.update(settled_id=0, pending_id=0, pending_at=None, seen_id=0, seen_count=0)
    for recipe in RECIPES:
        execute(f"DELETE FROM {recipe.table}")
    return rollup_refresh(actor=actor, at=at)


def _marks_lock() -> dict[str, RollupMark]:
    RollupMark.objects.bulk_create(
        [RollupMark(source=source.code) for source in SOURCES], ignore_conflicts=True
    )
    return {mark.source: mark for mark in RollupMark.objects.select_for_update().order_by("source")}


def _above(source: Source, settled_id: int) -> tuple[int, int]:
    sql = f"SELECT coalesce(max(id), 0), count(*) FROM {source.table} WHERE id > %s"
    last, count = query(sql, [settled_id])[0]
    return last, count


def _touched(source: Source, mark: RollupMark) -> frozenset[date]:
    if _above(source, mark.settled_id) == (mark.seen_id, mark.seen_count):
        return frozenset()
    parameters: Mapping[str, object] = {"after": mark.settled_id, "zone": settings.TIME_ZONE}
    return frozenset(row[0] for row in query(source.days, parameters))


def _recompute(table: str, sql: str, days: list[date]) -> None:
    execute(f"DELETE FROM {table} WHERE date = ANY(%s::date[])", [array(days, "date")])
    zone = settings.TIME_ZONE
    execute(
        sql,
        {"days": array(days, "date"), "first": days[0], "last": days[-1], "zone": zone},
    )


def _advance(source: Source, mark: RollupMark, at: datetime) -> None:
    if mark.pending_at is not None and mark.pending_at <= at - SETTLE:
        mark.settled_id, mark.pending_at = mark.pending_id, None
    mark.seen_id, mark.seen_count = _above(source, mark.settled_id)
    if mark.pending_at is None:
        mark.pending_id, mark.pending_at = max(mark.seen_id, mark.settled_id), at
    mark.refreshed_at = at
    mark.save()
