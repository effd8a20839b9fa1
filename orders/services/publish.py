"""Who tells a channel what became of its order?

A channel with a connection is called by its adapter; what it took is remembered, so that its echo is known. One without
fetches a feed: one JSON line per message, a file per day, in the media folder `channels/<code>/`. Lines are only ever added,
so a channel remembers how far it has read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from erp.core.errors import InvalidInput
from erp.core.models import OutboxMessage
from erp.core.services.outbox import OutboxDraft, SendLater, outbox_add_many
from erp.core.services.user import system_user
from erp.core.sql import query, unnest
from orders.channels.contract import ChannelError, Client, ShipmentNotice
from orders.channels.document import Refund
from orders.models import Channel, ChannelOrder, ChannelPublication, Connection
from orders.selectors.channel_lines import told_lines
from orders.services.channel_call import ChannelPaused, channel_call, client_of

STREAM = "channel:"
REFUND = "orders.channel_refund_publish"


def channel_shipment_publish(message: OutboxMessage) -> str:
    """This function will tell a channel of a parcel and return the channel's id of it (or the feed's name and the line's key).

    It may be told twice after a crash; its `key` is the same then. InvalidInput when there is no such channel, or when the
    channel refuses it for good; SendLater while the channel is not called or asks for a pause.
    """
    channel = _channel(message)
    link = Connection.objects.select_related("channel").filter(channel=channel).first()
    if link is None:
        return _to_feed(message, channel.code)
    payload = message.payload
    units = {int(line): count for line, count in payload.get("lines", {}).items()}
    parcels = told_lines(link.channel_id, payload["external_id"], units, key=message.key)
    refs = [
        _shipment(link, message, external_id, lines, at=_now())
        for external_id, lines in parcels.items()
        if lines  # a part of a kit is told with the parcel that makes it whole
    ]
    return ", ".join(refs)[:200] or "nothing to tell yet"


def _shipment(
    link: Connection, message: OutboxMessage, external_id: str, lines: Sequence[tuple[str, str, int]], *, at: datetime
) -> str:  # fmt: skip
    payload = message.payload
    order = ChannelOrder.objects.filter(channel=link.channel_id, external_id=external_id).first()
    facts = (order.applied or {}).get("facts", {}) if order else {}
    notice = ShipmentNotice(
        key=message.key, external_id=external_id, order_number=payload.get("order", ""), carrier=payload.get("carrier", ""),
        tracking_number=payload.get("tracking_number", ""), tracking_url=payload.get("tracking_url", ""),
        shipped_at=datetime.fromisoformat(payload["shipped_at"]) if "shipped_at" in payload else message.created_at,
        lines=lines, external=facts,
    )  # fmt: skip
    told = [(ref, units) for ref, _, units in lines]
    return _once(
        link, "SHIPMENT", message.key, external_id, lambda client: client.publish_shipment(notice), at,
        tracking=notice.tracking_number, lines=told,
    )  # fmt: skip


@dataclass(frozen=True)
class RefundOut:
    """Money of an order that is to go back the way it came: `key` names it once and for all, `provider` took the money."""

    order_id: int
    provider: str
    key: str
    amount: Decimal
    reason: str = ""


# Whose money did the channel take? A payment that it told us of, under the same provider and reference.
_TAKEN_THERE = """
SELECT v.key, c.code, o.external_id, v.order_id FROM {source}
  JOIN orders_order o ON o.id = v.order_id JOIN orders_channel c ON c.id = o.channel_id
  JOIN orders_connection n ON n.channel_id = c.id
  JOIN orders_channelorder h ON h.channel_id = c.id AND h.external_id = o.external_id
 WHERE EXISTS (SELECT 1 FROM orders_payment p JOIN orders_channelfact f ON f.channel_order_id = h.id
                WHERE p.order_id = o.id AND NOT p.is_refund AND p.provider = v.provider
                  AND (f.kind = 'PAYMENT' AND f.content ->> 'provider' = p.provider AND f.content ->> 'ref' = p.provider_ref
                       OR f.kind = 'ORDER' AND f.content -> 'payments'
                          @> jsonb_build_array(jsonb_build_object('provider', p.provider, 'ref', p.provider_ref))))
"""


def channel_refund_add_many(refunds: Sequence[RefundOut]) -> int:
    """This function will have channels pay back what they took, in the caller's transaction, and return how many of `refunds`.

    The others' money was taken by somebody else: a person pays it back through the provider.
    """
    if not refunds:
        return 0
    source, parameters = unnest(
        {"key": "text", "order_id": "bigint", "provider": "text"},
        [(found.key, found.order_id, found.provider) for found in refunds],
    )
    rows = query(_TAKEN_THERE.format(source=source), parameters)
    known = {found.key: found for found in refunds}
    outbox_add_many(
        [
            OutboxDraft(
                f"{STREAM}{code}", REFUND, key,
                {"external_id": external_id, "provider": known[key].provider, "amount": f"{known[key].amount:f}",
                 "reason": known[key].reason},
                "orders.Order", order_id,
            )
            for key, code, external_id, order_id in rows
        ]
    )  # fmt: skip
    return len(rows)


def channel_refund_publish(message: OutboxMessage) -> str:
    """This function will have a channel pay money back and return its reference of it; errors as for a shipment."""
    channel = _channel(message)
    link = Connection.objects.select_related("channel").filter(channel=channel).first()
    if link is None:
        raise InvalidInput(
            f"{channel.code} is not connected any more", field="stream",
            remedy="Connect it, then try again, or pay back by hand.",
        )  # fmt: skip
    payload = message.payload
    refund = Refund(payload["provider"], message.key, Decimal(payload["amount"]), payload.get("reason", ""))
    external_id = payload["external_id"]
    return _once(
        link, "REFUND", message.key, external_id, lambda client: client.publish_refund(external_id, refund), _now()
    )  # fmt: skip


def _once(
    link: Connection, kind: str, key: str, external_id: str, tell: Callable[[Client], str], at: datetime, *,
    tracking: str = "", lines: Sequence[tuple[str, int]] = (),
) -> str:  # fmt: skip
    """Tell it unless it is known to be told, and remember it."""
    mine = ChannelPublication.objects.filter(
        channel=link.channel_id, kind=kind, key=key, external_id=external_id
    )
    told = mine.values_list("ref", flat=True).first()
    if told is not None:
        return str(told)
    actor = system_user("channel")
    try:
        client = client_of(link, at=at)
        ref = channel_call(
            channel_id=link.channel_id, kind=kind, call=lambda: tell(client), actor=actor, at=at
        )
    except ChannelPaused as pause:
        raise SendLater(str(pause), (pause.retry_at - at).total_seconds()) from pause
    except ChannelError as error:
        if error.final:
            raise InvalidInput(
                str(error), field="channel", remedy="Correct it there or here, then try again."
            ) from error
        if error.retry_after is not None:
            raise SendLater(str(error), min(error.retry_after, 3600.0)) from error
        raise
    ChannelPublication.objects.get_or_create(
        channel_id=link.channel_id, kind=kind, key=key, external_id=external_id,
        defaults={"ref": str(ref)[:200], "tracking_number": tracking[:80], "lines": [list(line) for line in lines], "at": at},
    )  # fmt: skip
    return str(ref)


def _now() -> datetime:
    moment: datetime = query("SELECT now()")[0][0]  # a sender is told no time; work rows run by PostgreSQL's
    return moment


def _channel(message: OutboxMessage) -> Channel:
    code = message.stream.removeprefix(STREAM)
    found = Channel.objects.filter(code=code).first()
    if found is None or not code.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(
            f"there is no channel “{code}”", field="stream", remedy="Create the channel, then try again."
        )
    return found


def _to_feed(message: OutboxMessage, code: str) -> str:
    at = message.created_at.astimezone(UTC)
    folder = Path(settings.MEDIA_ROOT) / "channels" / code
    folder.mkdir(parents=True, exist_ok=True)
    name = f"shipments-{at:%Y-%m-%d}.jsonl"
    said = {name: value for name, value in message.payload.items() if name != "lines"}  # ids of ours
    line = json.dumps({"key": message.key, "at": at.isoformat(), **said}, ensure_ascii=False)
    with (folder / name).open("a", encoding="utf-8") as feed:
        feed.write(line + "\n")
        feed.flush()
        os.fsync(feed.fileno())  # "sent" must survive what the sender survives
    return f"{name}#{message.key}"
