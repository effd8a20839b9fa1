"""What is each channel to show of our stock?

Which products moved is read from the stock journal by its sequence; buffers, pools, nodes, kits and listings are watched by the
last row of their histories, and a change there computes the channel anew. Computing writes `quantity_wanted` and nothing else:
who sends reads the newest, so a value that was not sent is replaced, never queued behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from erp.core.models import User
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.sql import array, execute, insert, query
from erp.core.states import WorkState
from erp.core.work_registry import long_job
from inventory.selectors import JournalHead, atp_query, journal_head, products_moved
from inventory.selectors.kit import kit_parts, kits_from
from orders.models import ChannelSync, Connection
from orders.selectors.oversell import LEAST_LAG_SECONDS, lease_of, velocities
from orders.services.channel_call import breaker_is_shut

CHUNK = 2_000  # listings computed in one go
MOST_PRODUCTS = 20_000  # more than that moved: the channel is computed anew
SEND = "orders.channel_stock_send"
QUEUE = "channel"
# What decides availability and is in no journal: its history's table, and whose listings a change concerns (NULL: all of them).
_RULES = {
    "inventory_historicalstockbuffer": "product_id", "inventory_historicalstockpool": "product_id",
    "inventory_historicalnode": "NULL::bigint", "inventory_historicalproduct": "id",
    "inventory_historicalkitcomponent": "kit_id", "orders_historicallisting": "product_id",
    "orders_historicalchannelsync": "NULL::bigint",
}  # fmt: skip
_LISTINGS = """
SELECT l.id, l.product_id, p.is_kit, l.is_active AND p.is_active
  FROM orders_listing l JOIN inventory_product p ON p.id = l.product_id LEFT JOIN orders_listingstock s ON s.listing_id = l.id
 WHERE l.channel_id = %s AND l.id > %s AND (l.is_active OR s.id IS NOT NULL)
   AND (%s::bigint[] IS NULL OR l.product_id = ANY(%s::bigint[])
        OR EXISTS (SELECT 1 FROM inventory_kitcomponent c WHERE c.kit_id = l.product_id AND c.component_id = ANY(%s::bigint[])))
 ORDER BY l.id LIMIT %s
"""
_WANTED = {
    "listing_id": "bigint", "channel_id": "bigint", "quantity_atp": "bigint", "quantity_leased": "bigint",
    "quantity_wanted": "bigint", "sequence": "bigint", "computed_at": "timestamptz", "due_since": "timestamptz",
    "reasons": "jsonb", "is_uncertain": "boolean", "attempts": "smallint", "error": "text", "external": "jsonb",
}  # fmt: skip
# A refused value is tried again at once when there is another one to try.
_KEEP = """
ON CONFLICT (listing_id) DO UPDATE SET quantity_atp = excluded.quantity_atp, quantity_leased = excluded.quantity_leased,
    quantity_wanted = excluded.quantity_wanted, sequence = excluded.sequence, computed_at = excluded.computed_at,
    reasons = excluded.reasons,
    next_at = CASE WHEN orders_listingstock.quantity_wanted = excluded.quantity_wanted THEN orders_listingstock.next_at END,
    due_since = CASE WHEN orders_listingstock.is_uncertain
        OR orders_listingstock.quantity_confirmed IS DISTINCT FROM excluded.quantity_wanted
        THEN coalesce(orders_listingstock.due_since, excluded.computed_at) END
WHERE orders_listingstock.sequence <= excluded.sequence
  AND (orders_listingstock.quantity_atp, orders_listingstock.quantity_leased, orders_listingstock.quantity_wanted,
       orders_listingstock.reasons)
      IS DISTINCT FROM (excluded.quantity_atp, excluded.quantity_leased, excluded.quantity_wanted, excluded.reasons)
"""


class Computed(NamedTuple):
    """What a look at a channel did: listings computed, whether all of them, and how many are to be sent."""

    listings: int
    is_full: bool
    due: int


@transaction.atomic
def channel_stock_compute(
    *, channel_id: int, is_full: bool = False, actor: User, at: datetime
) -> Computed | None:
    """This function will compute what a channel is to show of what moved since the last look; None when somebody else is at it.

    The value is at least as new as the sequence that it carries: the sequence is read first.
    """
    sync = (
        ChannelSync.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("channel")
        .filter(channel=channel_id)
        .first()
    )
    if sync is None:
        return None
    head, rules = journal_head(), _newest_rules()
    moved, touched = products_moved(sync.sequence, most=MOST_PRODUCTS), _touched(sync.rules_seen)
    is_full = is_full or sync.full_at is None or moved is None or touched is None or _lag_has_turned(sync)
    products = None if moved is None or touched is None or is_full else sorted({*moved, *touched})
    count = 0
    if products is None or products:
        for chunk in _listings(channel_id, products):
            count += _compute(sync, chunk, head.sequence, at)
    due = query("SELECT count(*) FROM orders_listingstock WHERE channel_id = %s AND is_due", [channel_id])[0][
        0
    ]
    if is_full:
        sync.full_at, sync.lag_used = at, sync.lag_seconds
    elif not due:  # it keeps up: a lag of the past fades
        sync.lag_seconds = sync.lag_seconds * 9 // 10
    _advance(sync, head, rules, at)
    return Computed(count, is_full, due)


def _lag_has_turned(sync: ChannelSync) -> bool:
    """Leases are reckoned anew when the lag is twice or half of what they were reckoned with."""
    used, now = max(sync.lag_used, LEAST_LAG_SECONDS), max(sync.lag_seconds, LEAST_LAG_SECONDS)
    return sync.risk_units is not None and (now >= 2 * used or used >= 2 * now)


def _newest_rules() -> dict[str, int]:
    parts = ", ".join(f"(SELECT coalesce(max(history_id), 0) FROM {table})" for table in _RULES)
    return dict(zip(_RULES, query(f"SELECT {parts}")[0], strict=True))


def _touched(seen: Mapping[str, int]) -> set[int] | None:
    """The products whose rules changed since; None when a rule changed that is for all of them, or too many did."""
    parts = " UNION ALL ".join(
        f"SELECT {product} AS product_id FROM {table} WHERE history_id > %s"
        for table, product in _RULES.items()
    )
    rows = query(
        f"SELECT DISTINCT product_id FROM ({parts}) AS rule ORDER BY 1 NULLS FIRST LIMIT %s",
        [*(seen.get(table, 0) for table in _RULES), MOST_PRODUCTS + 1],
    )
    found = [product for (product,) in rows]
    return None if len(found) > MOST_PRODUCTS or None in found else set(found)


def _listings(channel_id: int, products: Sequence[int] | None) -> Iterator[list[tuple[int, int, bool, bool]]]:
    wanted = None if products is None else array(products, "bigint")
    after = 0
    while True:
        chunk: list[tuple[int, int, bool, bool]] = [
            (row[0], row[1], row[2], row[3])
            for row in query(_LISTINGS, [channel_id, after, wanted, wanted, wanted, CHUNK])
        ]
        if chunk:
            yield chunk
        if len(chunk) < CHUNK:
            return
        after = chunk[-1][0]


def _compute(
    sync: ChannelSync, listings: Sequence[tuple[int, int, bool, bool]], sequence: int, at: datetime
) -> int:
    parts = kit_parts({product for _, product, is_kit, _ in listings if is_kit})
    plain = {product for _, product, is_kit, _ in listings if not is_kit}
    members = {part.product_id for found in parts.values() for part in found}
    atp = atp_query(plain | members, channel_code=sync.channel.code)
    there: dict[int, int] = {}
    for row in atp:
        if row.product_id in plain:
            there[row.product_id] = there.get(row.product_id, 0) + row.quantity
    for kit in kits_from(parts, atp):
        there[kit.kit_id] = there.get(kit.kit_id, 0) + kit.quantity
    speeds = velocities(plain | members, at=at)
    rows = []
    for listing, product, is_kit, is_active in listings:
        available = there.get(product, 0) if is_active else 0
        lease = lease_of(
            product, available, speeds=speeds, parts=parts.get(product, []) if is_kit else None,
            lag_seconds=sync.lag_seconds, limit=sync.risk_units,
        )  # fmt: skip
        rows.append(
            (listing, sync.channel_id, available, lease.units, available - lease.units, sequence, at, at,
             json.dumps(lease.reasons), False, 0, "", "{}")
        )  # fmt: skip
    execute(*insert("orders_listingstock", _WANTED, rows, _KEEP))
    return len(rows)


def _advance(sync: ChannelSync, head: JournalHead, rules: Mapping[str, int], at: datetime) -> None:
    """Move the cursor to what is final. What was in flight when the pending sequence was read must have ended."""
    if sync.pending_sequence is not None and not set(sync.pending_holders) & set(head.holders):
        sync.sequence, sync.pending_sequence = sync.pending_sequence, None
    if not head.holders:
        sync.sequence, sync.pending_sequence = head.sequence, None
    elif sync.pending_sequence is None:
        sync.pending_sequence, sync.pending_holders = head.sequence, list(head.holders)
    ChannelSync.objects.filter(pk=sync.pk).update(
        sequence=sync.sequence, pending_sequence=sync.pending_sequence,
        pending_holders=sync.pending_holders if sync.pending_sequence is not None else [],
        rules_seen=dict(rules), computed_at=at, full_at=sync.full_at, lag_seconds=sync.lag_seconds, lag_used=sync.lag_used,
    )  # fmt: skip


@transaction.atomic
def channel_stock_run(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will compute every channel that is told of stock, and wake a sender for each that has something to send."""
    computed, waiting = 0, []
    channels = _told()
    for channel_id in channels:
        done = channel_stock_compute(channel_id=channel_id, actor=actor, at=at)
        computed += done.listings if done else 0
        if done and done.due and not breaker_is_shut(channel_id, at=at):
            waiting.append(channel_id)
    return {
        "channels": len(channels),
        "listings": computed,
        "senders": send_enqueue(waiting, actor=actor, at=at),
    }


@long_job
def channel_stock_recompute(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will compute every listing anew, whatever moved (nightly), channel by channel; the next look sends."""
    done = [channel_stock_compute(channel_id=pk, is_full=True, actor=actor, at=at) for pk in _told()]
    return {"channels": len(done), "listings": sum(found.listings for found in done if found)}


def _told() -> list[int]:
    told = Connection.objects.filter(is_enabled=True, channel__sync__publishes_stock=True)
    return list(told.order_by("channel_id").values_list("channel_id", flat=True))


def send_enqueue(channel_ids: Sequence[int], *, actor: User, at: datetime) -> int:
    """This function will put down a sender's job per channel that has none under way, and return how many."""
    busy = channels_at_work(SEND)
    drafts = [
        JobDraft(SEND, f"{channel_id}:{at.isoformat()}", {"channel_id": channel_id}, QUEUE, 1)
        for channel_id in channel_ids
        if channel_id not in busy
    ]
    job_enqueue_many(drafts, actor=actor)
    return len(drafts)


def channels_at_work(kind: str) -> set[int]:
    """This function will return the channels for which a job of a kind waits or runs."""
    rows = query(
        "SELECT (arguments ->> 'channel_id')::bigint FROM core_job WHERE kind = %s AND state = ANY(%s::text[])",
        [kind, array([WorkState.PENDING, WorkState.RUNNING, WorkState.FAILED], "text")],
    )
    return {channel for (channel,) in rows}


def lag_after(old_seconds: int, waited: Sequence[datetime], at: datetime) -> int:
    """This function will return a channel's lag after values that had waited since then were confirmed: the longest, fading."""
    longest = max((at - since for since in waited), default=timedelta(0))
    return max(int(longest.total_seconds()), old_seconds * 9 // 10)
