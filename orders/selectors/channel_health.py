"""How is each connected channel: does it answer, how far behind is it, what waits, what differs, whom did we turn away?

One query, whatever the number of channels; each part reads by an index that holds only what waits or is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from orders.models import ChannelSync, ListingStock, RefusalCount
from orders.selectors.oversell import blind_units, worst_oversell

LATE = timedelta(minutes=15)
DAY = timedelta(days=1)
_HEALTH = """
WITH mine AS (SELECT c.id, c.code, c.name, n.adapter, n.is_enabled, n.polled_until FROM orders_channel c
               JOIN orders_connection n ON n.channel_id = c.id WHERE %(channel)s::bigint IS NULL OR c.id = %(channel)s),
due AS (SELECT channel_id, count(*) AS due, min(due_since) AS due_since,
               count(*) FILTER (WHERE error <> '') AS refused
          FROM orders_listingstock WHERE is_due GROUP BY 1),
drift AS (SELECT channel_id, count(*) AS drift FROM orders_listingstock WHERE drift_at IS NOT NULL GROUP BY 1),
calls AS (SELECT channel_id, sum(calls)::bigint AS calls, sum(failures)::bigint AS failures,
                 max(last_success_at) AS last_success_at, max(last_failure_at) AS last_failure_at,
                 (array_agg(last_error ORDER BY last_failure_at DESC NULLS LAST))[1] AS last_error
            FROM orders_channeltally WHERE hour > %(day)s GROUP BY 1),
inbox AS (SELECT source, count(*) AS inbox, min(received_at) AS inbox_since FROM core_inboxmessage
           WHERE state IN ('PENDING', 'FAILED', 'RUNNING') GROUP BY 1),
outbox AS (SELECT stream, count(*) AS outbox, min(created_at) AS outbox_since FROM core_outboxmessage
            WHERE state IN ('PENDING', 'FAILED', 'RUNNING') AND stream LIKE 'channel:%%' GROUP BY 1),
dead AS (SELECT place, count(*) AS dead FROM (
           SELECT i.source AS place FROM core_exceptioncase e JOIN core_inboxmessage i ON i.id = e.subject_id::bigint
            WHERE e.kind = 'INBOX_REJECTED' AND e.state <> 'RESOLVED' AND e.subject_type = 'core.InboxMessage'
           UNION ALL
           SELECT substr(o.stream, 9) FROM core_exceptioncase e JOIN core_outboxmessage o ON o.id = e.subject_id::bigint
            WHERE e.kind = 'OUTBOX_DEAD' AND e.state <> 'RESOLVED' AND e.subject_type = 'core.OutboxMessage'
              AND o.stream LIKE 'channel:%%') AS gone GROUP BY 1),
jobs AS (SELECT arguments ->> 'channel_id' AS channel_id, count(*) AS jobs FROM core_job
          WHERE state IN ('PENDING', 'FAILED', 'RUNNING') AND kind LIKE 'orders.channel%%' GROUP BY 1),
turned AS (SELECT channel_code, sum(count)::bigint AS turned_away FROM orders_refusalcount
            WHERE hour > %(day)s - interval '1 hour' GROUP BY 1)
SELECT mine.id, mine.code, mine.name, mine.adapter, mine.is_enabled, mine.polled_until, coalesce(y.publishes_stock, false),
       coalesce(y.polls_orders, false), y.risk_units, coalesce(y.lag_seconds, 0), y.confirmed_at, y.reconciled_at,
       coalesce(y.missed_orders, 0), coalesce(b.state, 'CLOSED'), coalesce(b.reason, ''), b.opened_at, b.retry_at,
       coalesce(due.due, 0), due.due_since, coalesce(due.refused, 0), coalesce(drift.drift, 0), coalesce(calls.calls, 0),
       coalesce(calls.failures, 0), calls.last_success_at, calls.last_failure_at, coalesce(calls.last_error, ''),
       coalesce(inbox.inbox, 0), inbox.inbox_since, coalesce(outbox.outbox, 0), outbox.outbox_since, coalesce(dead.dead, 0),
       coalesce(jobs.jobs, 0), coalesce(turned.turned_away, 0)
  FROM mine LEFT JOIN orders_channelsync y ON y.channel_id = mine.id LEFT JOIN orders_channelbreaker b ON b.channel_id = mine.id
  LEFT JOIN due ON due.channel_id = mine.id LEFT JOIN drift ON drift.channel_id = mine.id
  LEFT JOIN calls ON calls.channel_id = mine.id LEFT JOIN inbox ON inbox.source = mine.code
  LEFT JOIN outbox ON outbox.stream = 'channel:' || mine.code LEFT JOIN dead ON dead.place = mine.code
  LEFT JOIN jobs ON jobs.channel_id = mine.id::text LEFT JOIN turned ON turned.channel_code = mine.code
 ORDER BY mine.code
"""


@dataclass(frozen=True)
class ChannelHealth:
    """One channel as it is now; counts of calls and refused deliveries are those of the last day."""

    id: int
    code: str
    name: str
    adapter: str
    is_enabled: bool
    polled_until: datetime | None
    publishes_stock: bool
    polls_orders: bool
    risk_units: int | None
    typical_lag_seconds: int
    confirmed_at: datetime | None
    reconciled_at: datetime | None
    missed_orders: int
    breaker: str
    breaker_reason: str
    opened_at: datetime | None
    retry_at: datetime | None
    due: int
    due_since: datetime | None
    refused: int
    drift: int
    calls: int
    failures: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str
    inbox: int
    inbox_since: datetime | None
    outbox: int
    outbox_since: datetime | None
    dead: int
    jobs: int
    turned_away: int

    @property
    def error_rate(self) -> Decimal | None:
        """Percent of the calls of the last day that failed; None when there were none."""
        return (Decimal(self.failures * 100) / self.calls).quantize(Decimal("0.1")) if self.calls else None

    def lag(self, at: datetime) -> timedelta:
        """This function will return for how long the channel has been showing something else than it should."""
        return at - self.due_since if self.due_since else timedelta(0)

    def verdict(self, at: datetime) -> tuple[str, str, str]:
        """This function will return the state of the channel in words, with a tone and an icon."""
        if not self.is_enabled:
            return "Switched off", "muted", "power-off"
        if self.breaker != "CLOSED":
            return "Does not answer", "danger", "unplug"
        if self.drift or self.refused or self.dead or self.lag(at) > LATE:
            return "Needs a look", "warning", "triangle-alert"
        return "In step", "success", "circle-check"


def channel_health(*, at: datetime, channel_id: int | None = None) -> list[ChannelHealth]:
    """This function will return how the connected channels are (or the one), by code."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, {"channel": channel_id, "day": at - DAY})
        return [ChannelHealth(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Exposure:
    """A listing's quantities with what could be oversold there at worst as things stand."""

    row: ListingStock
    sync: ChannelSync | None
    shows: int | None
    lag_seconds: int
    velocity: Decimal
    blind: int
    worst: int
    limit: int | None

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.worst > self.limit

    @property
    def looks(self) -> tuple[str, str, str]:
        """The row's state in words, with a tone and an icon."""
        row = self.row
        if row.drift_at:
            return "drift", "danger", "shuffle"
        if row.error:
            return "refused", "warning", "triangle-alert"
        if row.is_due:
            return "on its way", "progress", "send"
        return "confirmed", "success", "circle-check"


def exposures(rows: Iterable[ListingStock], *, at: datetime) -> list[Exposure]:
    """This function will return what each listing could oversell at worst now; select `channel__sync` with the rows."""
    return [_exposure(row, at) for row in rows]


def _exposure(row: ListingStock, at: datetime) -> Exposure:
    sync: Any = getattr(row.channel, "sync", None)
    known = [row.quantity_confirmed, row.quantity_shown, row.quantity_sent if row.is_uncertain else None]
    shows = max((units for units in known if units is not None), default=None)
    waited = int((at - row.due_since).total_seconds()) if row.due_since else 0
    lag = max(sync.lag_seconds if sync else 0, waited)
    velocity = Decimal(row.reasons.get("velocity", "0"))
    blind = blind_units(velocity, lag)
    worst = worst_oversell(shown=shows or 0, available=row.quantity_atp, blind=blind)
    return Exposure(row, sync, shows, lag, velocity, blind, worst, sync.risk_units if sync else None)


def refusals_of_day(*, at: datetime) -> list[tuple[str, str, int]]:
    """This function will return (channel or "", reason, how many) of what was turned away within a day, the most first."""
    rows = RefusalCount.objects.filter(hour__gt=at - DAY - timedelta(hours=1)).values_list(
        "channel_code", "reason"
    )
    return [
        (code, reason, many) for code, reason, many in rows.annotate(many=Sum("count")).order_by("-many")[:12]
    ]
