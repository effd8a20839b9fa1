"""Does a channel show what it confirmed, and did it tell us of every order?

A difference is asked for twice, and only of values that nothing happened to between the two; so what is on its way is no
drift. Drift opens a case and nothing is overwritten silently: while it stands, only lower quantities are sent
(`orders.services.channel_stock_send`). What a channel says of its stock by itself is a reason to ask, never a fact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_mirror
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.sql import Row, array, execute, query, unnest
from erp.core.work_registry import long_job
from orders.channels.contract import ChannelError, ChannelEvent, Client, StockValue
from orders.channels.registry import adapter_of
from orders.locks import lock_channel_streams
from orders.models import Channel, ChannelSync, Connection
from orders.services.channel_call import ChannelPaused, breaker_is_shut, channel_call, client_of
from orders.services.channel_stock import QUEUE, channels_at_work

KIND = "orders.channel_reconcile"
DRIFT, REFUSED, DOWN = "SYNC_DRIFT", "SYNC_REFUSED", "CHANNEL_DOWN"
REFUSED_AFTER = 4  # attempts: about a quarter of an hour
DOWN_AFTER = timedelta(minutes=10)
_STILL = "s.quantity_confirmed IS NOT NULL AND NOT s.is_uncertain"
_TO_ASK = (
    "SELECT s.id, l.channel_sku, s.quantity_confirmed, s.sequence, s.external::text, s.sent_token, s.confirmed_at "
    f"FROM orders_listingstock s JOIN orders_listing l ON l.id = s.listing_id WHERE s.channel_id = %s AND s.id > %s AND {_STILL} "
    "AND (%s OR s.doubted_at IS NOT NULL) ORDER BY s.id LIMIT %s"
)
# Only a value that nothing was done to since it was asked for.
_SEEN = f"""
UPDATE orders_listingstock s SET quantity_shown = v.shown, shown_at = %s, doubted_at = NULL,
       drift_at = CASE WHEN v.shown IS DISTINCT FROM s.quantity_confirmed THEN coalesce(s.drift_at, %s) END
  FROM {{source}} WHERE s.id = v.id AND s.sent_token = v.token AND s.confirmed_at = v.confirmed_at AND {_STILL}
"""
_SEEN_COLUMNS = {"id": "bigint", "shown": "bigint", "token": "bigint", "confirmed_at": "timestamptz"}
_DRIFTED = """
SELECT s.id, c.code, l.channel_sku, p.sku, s.quantity_shown, s.quantity_confirmed, s.quantity_atp, p.list_price, s.drift_at
  FROM orders_listingstock s JOIN orders_listing l ON l.id = s.listing_id JOIN orders_channel c ON c.id = s.channel_id
  JOIN inventory_product p ON p.id = l.product_id WHERE s.drift_at IS NOT NULL ORDER BY s.id
"""
_REFUSED = """
SELECT s.id, c.code, l.channel_sku, p.sku, s.quantity_confirmed, s.quantity_wanted, s.error
  FROM orders_listingstock s JOIN orders_listing l ON l.id = s.listing_id JOIN orders_channel c ON c.id = s.channel_id
  JOIN inventory_product p ON p.id = l.product_id
 WHERE s.is_due AND s.attempts >= %s AND s.error <> '' AND c.id IN (SELECT channel_id FROM orders_connection WHERE is_enabled)
   AND NOT EXISTS (SELECT 1 FROM orders_channelbreaker b WHERE b.channel_id = c.id AND b.state <> 'CLOSED') ORDER BY s.id
"""
_DOWN = """
SELECT c.id, c.code, b.reason, b.opened_at, (SELECT count(*) FROM orders_listingstock s WHERE s.channel_id = c.id AND s.is_due)
  FROM orders_channelbreaker b JOIN orders_channel c ON c.id = b.channel_id
 WHERE b.state <> 'CLOSED' AND b.opened_at <= %s
   AND EXISTS (SELECT 1 FROM orders_connection n WHERE n.channel_id = c.id AND n.is_enabled) ORDER BY c.id
"""


class _Asked(NamedTuple):
    id: int
    value: StockValue
    token: int
    confirmed_at: datetime


@long_job
def channel_reconcile(*, channel_id: int, doubted: bool = False, actor: User, at: datetime) -> dict[str, Any]:
    """This function will compare what a channel shows with what it confirmed, listing by listing, and open cases for drift.

    With `doubted` only what a message of the channel made doubtful. What the channel does not answer stays as it was.
    """
    link = Connection.objects.select_related("channel").filter(channel=channel_id).first()
    if link is None:
        return {"looked": 0, "why": "nothing is connected"}
    looked = 0
    try:
        client, most = client_of(link, at=at), adapter_of(link.adapter).limits.stock_batch
        after = 0
        while asked := _to_ask(channel_id, after, doubted, most):
            _look(channel_id, client, asked, actor, at)
            looked, after = looked + len(asked), asked[-1].id
    except (ChannelPaused, ChannelError) as error:
        channel_cases_flag(actor=actor, at=at)
        return {"looked": looked, "why": str(error)}
    if not doubted:
        ChannelSync.objects.filter(channel=channel_id).update(reconciled_at=at, reconciled_rows=looked)
    standing = channel_cases_flag(actor=actor, at=at)
    return {"looked": looked, "drift": standing[DRIFT]}


def _to_ask(channel_id: int, after: int, doubted: bool, most: int) -> list[_Asked]:
    return [
        _Asked(pk, StockValue(sku, quantity, sequence, json.loads(external)), token, confirmed_at)
        for pk, sku, quantity, sequence, external, token, confirmed_at in query(
            _TO_ASK, [channel_id, after, not doubted, most]
        )
    ]


def _look(channel_id: int, client: Client, asked: Sequence[_Asked], actor: User, at: datetime) -> None:
    """Ask, and ask again for what differs: between the two answers a value of ours may have arrived."""
    shown = _shown(channel_id, client, asked, actor, at)
    other = [found for found in asked if shown[found.id] != found.value.quantity]
    if other:
        shown |= _shown(channel_id, client, other, actor, at)
    rows = [(found.id, shown[found.id], found.token, found.confirmed_at) for found in asked]
    source, parameters = unnest(_SEEN_COLUMNS, rows)
    with transaction.atomic():
        lock_channel_streams([channel_id])
        execute(_SEEN.format(source=source), [at, at, *parameters])


def _shown(
    channel_id: int, client: Client, asked: Sequence[_Asked], actor: User, at: datetime
) -> dict[int, int | None]:
    values = [found.value for found in asked]
    said: Mapping[str, int | None] = channel_call(
        channel_id=channel_id, kind="LOOK", call=lambda: client.stock(values), actor=actor, at=at
    )
    return {found.id: said.get(found.value.channel_sku) for found in asked}


@transaction.atomic
def channel_cases_flag(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will make the cases of drift, of refused listings and of silent channels those that stand now."""
    found = {
        DRIFT: [_drift(row) for row in query(_DRIFTED)],
        REFUSED: [_refused(row) for row in query(_REFUSED, [REFUSED_AFTER])],
        DOWN: [_down(row, at) for row in query(_DOWN, [at - DOWN_AFTER])],
    }
    why = {
        DRIFT: "It shows what was confirmed again.",
        REFUSED: "The channel took it.",
        DOWN: "It answers again.",
    }
    return {
        kind: exception_mirror(
            kind=kind, drafts=drafts, resolution="orders.channel_cases_flag", reason=why[kind], actor=actor, at=at
        )
        for kind, drafts in found.items()
    }  # fmt: skip


def _drift(row: Row) -> CaseDraft:
    pk, code, sku, ours, shown, confirmed, atp, price, since = row
    says = "does not know it" if shown is None else f"shows {shown}"
    too_many = max(0, (shown or 0) - atp)
    detail = {
        "channel": code, "sku": ours, "channel_sku": sku, "shown": shown, "confirmed": confirmed, "available": atp,
        "since": since.isoformat(),
    }  # fmt: skip
    return CaseDraft(
        DRIFT, "orders.ListingStock", str(pk), f"{code}: {sku} was confirmed as {confirmed}, and the channel {says}", detail,
        Decimal(too_many) * price,
    )  # fmt: skip


def _refused(row: Row) -> CaseDraft:
    pk, code, sku, ours, confirmed, wanted, error = row
    detail = {
        "channel": code,
        "sku": ours,
        "channel_sku": sku,
        "wanted": wanted,
        "confirmed": confirmed,
        "error": error,
    }
    return CaseDraft(REFUSED, "orders.ListingStock", str(pk), f"{code} does not take {sku}: {error}", detail)


def _down(row: Row, at: datetime) -> CaseDraft:
    pk, code, reason, since, due = row
    detail = {"channel": code, "since": since.isoformat(), "reason": reason, "listings_waiting": due}
    return CaseDraft(DOWN, "orders.Channel", str(pk), f"{code} does not answer: {reason}", detail)


@transaction.atomic
def channel_reconcile_due(*, actor: User, at: datetime) -> int:
    """This function will put down a comparison for each channel whose time has come; returns how many."""
    rows = query(
        "SELECT y.channel_id FROM orders_channelsync y JOIN orders_connection n ON n.channel_id = y.channel_id "
        "WHERE n.is_enabled AND y.publishes_stock AND (y.reconciled_at IS NULL "
        "OR y.reconciled_at <= %s - make_interval(hours => y.reconcile_hours)) ORDER BY 1",
        [at],
    )
    busy = channels_at_work(KIND)
    return channel_reconcile_ask(
        [pk for (pk,) in rows if pk not in busy and not breaker_is_shut(pk, at=at)], actor=actor, at=at
    )


def channel_reconcile_ask(
    channel_ids: Sequence[int], *, doubted: bool = False, actor: User, at: datetime
) -> int:
    """This function will put down a comparison per channel, once a minute at most; returns how many channels."""
    minute = at.replace(second=0, microsecond=0).isoformat()
    drafts = [
        JobDraft(KIND, f"{pk}:{'doubt:' if doubted else ''}{minute}", {"channel_id": pk, "doubted": doubted}, QUEUE, 1)
        for pk in channel_ids
    ]  # fmt: skip
    job_enqueue_many(drafts, actor=actor)
    return len(drafts)


_HEARD = """
SELECT s.id, %s::bigint = ANY(ARRAY[s.quantity_confirmed, s.quantity_sent, s.quantity_wanted])
  FROM orders_listingstock s JOIN orders_listing l ON l.id = s.listing_id
 WHERE s.channel_id = %s AND (lower(l.channel_sku) = lower(%s) OR (%s <> ''
       AND coalesce(s.external ->> 'item', s.external ->> 'inventory_item_id') = %s
       AND coalesce(s.external ->> 'location', s.external ->> 'location_id', %s) = %s))
"""


@transaction.atomic
def channel_stock_heard(*, channel: str, event: ChannelEvent, actor: User, at: datetime) -> str:
    """This function will weigh what a channel says of its stock: our own echo, or a reason to ask it; never a fact by itself."""
    said = event.content
    sku, item, location = (str(said.get(name) or "") for name in ("sku", "item", "location"))
    units = said.get("available")
    if not isinstance(units, int):
        return "noted: no quantity"
    channel_id = Channel.objects.values_list("pk", flat=True).get(code=channel)
    rows = query(_HEARD, [units, channel_id, sku, item, item, location, location])
    doubted = [pk for pk, is_echo in rows if not is_echo]
    if doubted:
        lock_channel_streams([channel_id])
        execute(
            "UPDATE orders_listingstock SET doubted_at = %s WHERE id = ANY(%s::bigint[])",
            [at, array(doubted, "bigint")],
        )
        channel_reconcile_ask([channel_id], doubted=True, actor=actor, at=at)
    return f"orders.ListingStock:{rows[0][0]}" if rows else "noted: not listed"
