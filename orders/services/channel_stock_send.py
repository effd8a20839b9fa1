"""Who tells a channel what to show: the newest values, in batches, one sender at a time?

A value is noted as sent before the call and as confirmed after it, each in a transaction of its own, so a crash or a lost
answer leaves it uncertain, and it is said again: setting, never adding. A sender whose time ran out is replaced; what it hears
later is void, and those values are said again as well. What is shown too high goes first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput
from erp.core.models import User
from erp.core.services.note import NoteDraft, note_add_many
from erp.core.sql import array, execute, query, unnest
from erp.core.text import storable, storable_json
from erp.core.work_registry import long_job
from orders.channels.contract import ChannelError, Client, Published, StockValue
from orders.channels.registry import adapter_of
from orders.locks import lock_channel_streams
from orders.models import ChannelSync, Connection, ListingStock
from orders.services.channel_call import ChannelPaused, channel_call, client_of
from orders.services.channel_stock import lag_after

LEASE_SECONDS = 120  # longer than any call to a channel takes
MOST_BATCHES = 20  # then the next look sends on
BACKOFF, LONGEST_BACKOFF = timedelta(seconds=30), timedelta(hours=1)
_CLAIM = (
    "UPDATE orders_channelsync SET send_token = send_token + 1, sending_until = now() + make_interval(secs => %s) "
    "WHERE channel_id = %s AND publishes_stock AND (sending_until IS NULL OR sending_until < now()) RETURNING send_token"
)
_EXTEND = (
    "UPDATE orders_channelsync SET sending_until = now() + make_interval(secs => %s) "
    "WHERE channel_id = %s AND send_token = %s"
)
# While a channel shows what nobody confirmed, only less is sent: more would overwrite what somebody there decided.
_TAKE = """
UPDATE orders_listingstock s SET quantity_sent = s.quantity_wanted, sent_at = %s, sent_token = %s, is_uncertain = true
  FROM orders_listing l WHERE l.id = s.listing_id AND s.id IN (
    SELECT d.id FROM orders_listingstock d WHERE d.channel_id = %s AND d.is_due AND (d.next_at IS NULL OR d.next_at <= %s)
       AND (d.drift_at IS NULL OR d.quantity_wanted < d.quantity_shown)
     ORDER BY d.quantity_wanted < d.quantity_confirmed DESC NULLS LAST, d.due_since, d.id LIMIT %s FOR NO KEY UPDATE)
RETURNING s.id, l.channel_sku, s.quantity_wanted, s.sequence, s.external::text
"""
_CONFIRM = """
WITH answered AS (SELECT s.id, s.due_since, v.external FROM orders_listingstock s JOIN {source} ON v.id = s.id ORDER BY s.id
                     FOR NO KEY UPDATE OF s)
UPDATE orders_listingstock s SET external = s.external || answered.external,
       quantity_confirmed = s.quantity_sent, confirmed_at = %s, is_uncertain = false, error = '',
       attempts = 0, next_at = NULL, quantity_shown = s.quantity_sent, shown_at = %s, drift_at = NULL, doubted_at = NULL,
       due_since = CASE WHEN s.quantity_wanted <> s.quantity_sent THEN s.computed_at END
  FROM answered WHERE answered.id = s.id AND s.sent_token = %s RETURNING answered.due_since
"""
_REFUSE = """
UPDATE orders_listingstock s SET external = s.external || v.external, error = v.error, attempts = least(s.attempts + 1, 100),
       next_at = %s + least(%s * power(2, least(s.attempts, 10)), %s) FROM {source} WHERE v.id = s.id AND s.sent_token = %s
"""
# Somebody else has sent since: whose value the channel took last is not known.
_DOUBT = (
    "UPDATE orders_listingstock SET is_uncertain = true, due_since = coalesce(due_since, %s) "
    "WHERE id = ANY(%s::bigint[]) AND sent_token > %s"
)


class Taken(NamedTuple):
    id: int
    value: StockValue


class _Answer(NamedTuple):
    id: int
    error: str
    external: Mapping[str, Any]


@long_job
def channel_stock_send(*, channel_id: int, actor: User, at: datetime) -> dict[str, Any]:
    """This function will tell a channel its newest values until none is due, the channel fails, or a limit is reached.

    It never raises for what the channel does: that is in the rows, in the tally and in the breaker.
    """
    claimed = query(_CLAIM, [LEASE_SECONDS, channel_id])
    if not claimed:
        return {"sent": 0, "why": "somebody else is sending, or it is switched off"}
    token: int = claimed[0][0]
    try:
        return _send_all(channel_id, token, actor, at)
    finally:
        execute(
            "UPDATE orders_channelsync SET sending_until = NULL WHERE channel_id = %s AND send_token = %s",
            [channel_id, token],
        )


def _send_all(channel_id: int, token: int, actor: User, at: datetime) -> dict[str, Any]:
    link = Connection.objects.select_related("channel").filter(channel=channel_id).first()
    if link is None:
        return {"sent": 0, "why": "nothing is connected"}
    most = adapter_of(link.adapter).limits.stock_batch
    sent = refused = 0
    for _ in range(MOST_BATCHES):
        if not execute(_EXTEND, [LEASE_SECONDS, channel_id, token]):
            return {"sent": sent, "refused": refused, "why": "another sender took over"}
        taken = _take(channel_id, token, most, at)
        if not taken:
            return {"sent": sent, "refused": refused, "why": "nothing is due"}
        try:
            client = client_of(link, at=at)
            answers = _publish(channel_id, client, taken, actor, at)
        except ChannelPaused as pause:
            return {"sent": sent, "refused": refused, "why": str(pause)}
        except ChannelError as error:
            _refuse(channel_id, [_Answer(found.id, str(error), {}) for found in taken], token, at)
            return {"sent": sent, "refused": refused, "why": str(error)}
        good = {pk: external for pk, error, external in answers if not error}
        _confirm(channel_id, good, token, at)
        _refuse(channel_id, [answer for answer in answers if answer.error], token, at)
        sent, refused = sent + len(good), refused + len(answers) - len(good)
    return {"sent": sent, "refused": refused, "why": "more is due"}


@transaction.atomic
def _take(channel_id: int, token: int, most: int, at: datetime) -> list[Taken]:
    lock_channel_streams([channel_id])
    rows = query(_TAKE, [at, token, channel_id, at, most])
    return [
        Taken(pk, StockValue(sku, quantity, sequence, json.loads(external)))
        for pk, sku, quantity, sequence, external in sorted(rows, key=lambda row: int(row[0]))
    ]


def _publish(
    channel_id: int, client: Client, taken: Sequence[Taken], actor: User, at: datetime
) -> list[_Answer]:
    """Tell a batch. One that is refused as a whole is halved until it is known which value is at fault."""
    values = [found.value for found in taken]
    try:
        told = channel_call(
            channel_id=channel_id,
            kind="STOCK",
            call=lambda: client.publish_stock(values),
            actor=actor,
            at=at,
        )
    except ChannelError as error:
        if not error.final:
            raise
        if len(taken) == 1:
            return [_Answer(taken[0].id, str(error), {})]
        half = len(taken) // 2
        return [
            *_publish(channel_id, client, taken[:half], actor, at),
            *_publish(channel_id, client, taken[half:], actor, at),
        ]
    return _answers(taken, told)


def _answers(taken: Sequence[Taken], told: Sequence[Published]) -> list[_Answer]:
    """What became of each value; one that the channel says nothing of is not confirmed."""
    said = {answer.channel_sku: answer for answer in told}
    found = []
    for row in taken:
        sku = row.value.channel_sku
        answer = said.get(sku, Published(sku, "the channel said nothing of it"))
        found.append(_Answer(row.id, answer.error, answer.external))
    return found


@transaction.atomic
def _confirm(channel_id: int, good: Mapping[int, Mapping[str, Any]], token: int, at: datetime) -> None:
    """Note what the channel took, with the ids of its own that had to be looked up: the next time they are sent along."""
    if not good:
        return
    ids = list(good)
    lock_channel_streams([channel_id])
    rows = [(pk, json.dumps(storable_json(dict(external)))) for pk, external in good.items()]
    source, parameters = unnest({"id": "bigint", "external": "jsonb"}, rows)
    confirmed = query(_CONFIRM.format(source=source), [*parameters, at, at, token])
    if len(confirmed) < len(ids):
        execute(_DOUBT, [at, array(ids, "bigint"), token])
    sync = ChannelSync.objects.get(channel=channel_id)
    lag = lag_after(sync.lag_seconds, [since for (since,) in confirmed if since], at)
    ChannelSync.objects.filter(pk=sync.pk).update(lag_seconds=lag, confirmed_at=at)


@transaction.atomic
def _refuse(channel_id: int, errors: Sequence[_Answer], token: int, at: datetime) -> None:
    if not errors:
        return
    lock_channel_streams([channel_id])
    source, parameters = unnest(
        {"id": "bigint", "error": "text", "external": "jsonb"},
        [
            (pk, storable(said)[:300], json.dumps(storable_json(dict(external))))
            for pk, said, external in errors
        ],
    )
    execute(_REFUSE.format(source=source), [at, BACKOFF, LONGEST_BACKOFF, *parameters, token])


@transaction.atomic
def listing_stock_set_again(
    *, listing_stock_ids: Sequence[int], reason: str, actor: User, at: datetime
) -> int:
    """This function will have the computed values set again, whatever the channel shows; returns how many. A reason is needed."""
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    wanted = ListingStock.objects.filter(pk__in=listing_stock_ids)
    lock_channel_streams(wanted.values_list("channel_id", flat=True))
    rows = query(
        "UPDATE orders_listingstock SET is_uncertain = true, drift_at = NULL, next_at = NULL, attempts = 0, "
        "due_since = coalesce(due_since, %s) WHERE id = ANY(%s::bigint[]) RETURNING id",
        [at, array(sorted(listing_stock_ids), "bigint")],
    )
    said = f"Set again: {reason.strip()}"
    note_add_many([NoteDraft("orders.ListingStock", pk, said) for (pk,) in rows], actor=actor, at=at)
    return len(rows)
