"""How does the exception desk do: what do its cases have in common, how long do they take, and who settles them how?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from erp.core.money import ZERO
from erp.core.sql import query


@dataclass(frozen=True)
class CaseGroup:
    """Unsettled cases that have something in common: their number, clock and money, and the most pressing of them."""

    kind: str
    cause: str
    count: int
    overdue: int
    unassigned: int
    money: Decimal
    oldest: datetime
    owner_role: str
    first_id: int
    first_title: str


_GROUPS = """
SELECT kind, {cause}, count(*), count(*) FILTER (WHERE state = 'OPEN' AND due_at < %s),
       count(*) FILTER (WHERE assignee_id IS NULL), sum(money_at_risk), min(opened_at), min(owner_role),
       (min(array[rank, extract(epoch from opened_at), id]))[3]::bigint, min(rank) AS first
  FROM core_exceptioncase WHERE state <> 'RESOLVED'{only} GROUP BY 1, 2 HAVING count(*) >= %s
 ORDER BY sum(money_at_risk) DESC, first, 1, 2 LIMIT %s
"""


@dataclass(frozen=True)
class GroupQuestion:
    """How to group: `by` is "cause" or "kind"; of one owner role or all (""); groups of at least `least` cases."""

    by: str = "cause"
    owner_role: str = ""
    least: int = 1
    limit: int = 200


def case_groups(question: GroupQuestion, at: datetime) -> list[CaseGroup]:
    """This function will group the unsettled cases, the most money at risk first."""
    sql = _GROUPS.format(
        cause="cause" if question.by == "cause" else "''::text",
        only=" AND owner_role = %s" if question.owner_role else "",
    )
    only = [question.owner_role] if question.owner_role else []
    rows = query(sql, [at, *only, question.least, question.limit])
    firsts = query("SELECT id, title FROM core_exceptioncase WHERE id = ANY(%s)", [[row[8] for row in rows]])
    titles: dict[int, str] = dict(firsts)  # type: ignore[arg-type]
    return [
        CaseGroup(kind, cause, count, late, free, money, oldest, owner, first, titles[first])
        for kind, cause, count, late, free, money, oldest, owner, first, _ in rows
    ]


@dataclass(frozen=True)
class Week:
    start: datetime
    opened: int
    resolved: int


@dataclass(frozen=True)
class Settled:
    """What was settled in the span, of one kind, one owner or all: times in seconds, shares in percent."""

    key: str
    count: int
    median: float
    p90: float
    kept: Decimal
    by_person: int
    reopened: int


@dataclass(frozen=True)
class AgeBucket:
    label: str
    count: int
    money: Decimal


@dataclass(frozen=True)
class Way:
    """An action that settled cases, and how often; `by_person` says that somebody did it by hand."""

    resolution: str
    by_person: bool
    count: int


@dataclass(frozen=True)
class DeskStatistics:
    weeks: list[Week]
    whole: Settled | None
    kinds: list[Settled]
    owners: list[Settled]
    ages: list[AgeBucket]
    ways: list[Way]


AGES: Sequence[tuple[str, timedelta]] = (
    ("under 4 hours", timedelta(0)),
    ("4–24 hours", timedelta(hours=4)),
    ("1–3 days", timedelta(days=1)),
    ("3–7 days", timedelta(days=3)),
    ("7 days and more", timedelta(days=7)),
)

_WEEKS = """
SELECT week.start, coalesce(o.n, 0), coalesce(r.n, 0)
  FROM (SELECT %s::timestamptz + n * interval '7 days' AS start FROM generate_series(0, %s) n) week
  LEFT JOIN (SELECT floor(extract(epoch from opened_at - %s) / 604800) AS w, count(*) AS n FROM core_exceptioncase
              WHERE opened_at >= %s GROUP BY 1) o ON %s::timestamptz + o.w * interval '7 days' = week.start
  LEFT JOIN (SELECT floor(extract(epoch from resolved_at - %s) / 604800) AS w, count(*) AS n FROM core_exceptioncase
              WHERE resolved_at >= %s GROUP BY 1) r ON %s::timestamptz + r.w * interval '7 days' = week.start
 ORDER BY 1
"""
# reopened: an earlier case of the same kind and subject was settled before this one opened
_SETTLED = """
SELECT grouping(c.kind), grouping(c.owner_role), coalesce(c.kind, c.owner_role, ''), count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch from c.resolved_at - c.opened_at)),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch from c.resolved_at - c.opened_at)),
       count(*) FILTER (WHERE c.resolved_at <= c.due_at) * 100.0 / nullif(count(*), 0),
       count(*) FILTER (WHERE NOT u.is_system), count(*) FILTER (WHERE again.found)
  FROM core_exceptioncase c JOIN core_user u ON u.id = c.resolved_by_id
  LEFT JOIN LATERAL (SELECT true AS found FROM core_exceptioncase b WHERE b.subject_type = c.subject_type
       AND b.subject_id = c.subject_id AND b.kind = c.kind AND b.id < c.id LIMIT 1) again ON true
 WHERE c.resolved_at >= %s
 GROUP BY GROUPING SETS ((), (c.kind), (c.owner_role)) ORDER BY 4 DESC, 3
"""


def desk_statistics(*, weeks: int, at: datetime) -> DeskStatistics:
    """This function will measure the desk over the last `weeks` weeks, up to now; four queries."""
    since = at - timedelta(weeks=weeks)
    rows = query(_WEEKS, [since, weeks - 1, since, since, since, since, since, since])
    settled = query(_SETTLED, [since])

    def of(kind: int, owner: int) -> list[Settled]:
        return [
            Settled(key, count, float(median), float(p90), kept, by_person, again)
            for k, o, key, count, median, p90, kept, by_person, again in settled
            if (k, o) == (kind, owner) and count
        ]

    whole = of(1, 1)
    return DeskStatistics(
        [Week(*row) for row in rows],
        whole[0] if whole else None,
        of(0, 1),
        of(1, 0),
        _ages(at),
        [Way(*row) for row in query(_WAYS, [since])],
    )


_WAYS = """
SELECT c.resolution, NOT u.is_system, count(*) FROM core_exceptioncase c JOIN core_user u ON u.id = c.resolved_by_id
 WHERE c.resolved_at >= %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 30
"""


def _ages(at: datetime) -> list[AgeBucket]:
    """The money at risk by how long its cases have been open."""
    edges = [at - age for _, age in AGES]
    found = {
        int(bucket): (count, money)
        for bucket, count, money in query(
            "SELECT width_bucket(extract(epoch from %s - opened_at), %s::numeric[]), count(*), sum(money_at_risk) "
            "FROM core_exceptioncase WHERE state <> 'RESOLVED' GROUP BY 1",
            [at, [int((at - edge).total_seconds()) for edge in edges]],
        )
    }
    return [
        AgeBucket(label, *found.get(number, (0, ZERO))) for number, (label, _) in enumerate(AGES, start=1)
    ]
