"""How much could a channel oversell at worst while it does not know better, and how much is kept back against it?

    blind = ⌈ units sold per hour, anywhere × hours until a change is confirmed there ⌉
    worst = what it shows − what is then still there = min(shown, max(0, shown − max(0, available − blind)))

It is the worst case: all that the channel shows is bought at once, while elsewhere sales go on as fast as lately (the faster of
the last day and the last week). A lease keeps min(blind, available) − limit units back and no more: a channel that has caught
up can oversell at most `limit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple

from erp.core.sql import array, query
from inventory.selectors import KitPart

WEEK, DAY = timedelta(days=7), timedelta(days=1)
LEAST_LAG_SECONDS = 60  # a change is looked for every 15 seconds, sent, and answered
_SOLD = """
SELECT l.product_id, sum(l.quantity_ordered - l.quantity_cancelled),
       coalesce(sum(l.quantity_ordered - l.quantity_cancelled) FILTER (WHERE o.ordered_at > %s), 0)
  FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
 WHERE o.ordered_at > %s AND o.ordered_at <= %s AND l.product_id = ANY(%s::bigint[]) GROUP BY 1
"""


def velocities(product_ids: Iterable[int], *, at: datetime) -> dict[int, Decimal]:
    """This function will return the units per hour that were sold lately across all channels; who did not sell is missing."""
    rows = query(_SOLD, [at - DAY, at - WEEK, at, array(sorted(set(product_ids)), "bigint")])
    return {product: max(Decimal(week) / 168, Decimal(day) / 24) for product, week, day in rows if week}


def blind_units(velocity: Decimal, lag_seconds: int) -> int:
    """This function will return the units that may be sold before the channel shows it."""
    lag = max(lag_seconds, LEAST_LAG_SECONDS)
    return int((velocity * lag / 3600).to_integral_value(ROUND_CEILING))


def worst_oversell(*, shown: int, available: int, blind: int) -> int:
    """This function will return the most units that a channel which shows `shown` could sell without there being any."""
    return min(shown, max(0, shown - max(0, available - blind)))


class Lease(NamedTuple):
    """What is kept back, of what may be promised, and why."""

    units: int
    reasons: dict[str, Any]


def lease_of(
    product_id: int, available: int, *, speeds: Mapping[int, Decimal], parts: Iterable[KitPart] | None, lag_seconds: int,
    limit: int | None,
) -> Lease:  # fmt: skip
    """This function will return what a channel is not shown of a product (of a kit: by its fastest component)."""
    if parts is None:
        velocity = speeds.get(product_id, Decimal(0))
    else:
        velocity = max(
            (speeds.get(part.product_id, Decimal(0)) / part.quantity for part in parts), default=Decimal(0)
        )
    blind = blind_units(velocity, lag_seconds)
    units = 0 if limit is None else max(0, min(blind, available) - limit)
    reasons = {
        "velocity": f"{velocity:.3f}", "lag_seconds": max(lag_seconds, LEAST_LAG_SECONDS), "blind": blind, "limit": limit,
        "worst": worst_oversell(shown=available - units, available=available, blind=blind),
    }  # fmt: skip
    return Lease(units, reasons)
