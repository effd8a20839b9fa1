"""Who takes a channel's message in, and who reads it afterwards?

The request is proven, stored raw and answered; a worker reads it. So the answer takes a signature and an insert, whatever the
message means, and a reader that fails has the bytes to try again with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from erp.core.errors import KeelError, NotFound
from erp.core.models import InboxMessage, User
from erp.core.services.inbox import InboxDraft, StoredMessage, inbox_store_many, inbox_wake
from erp.core.sql import array, insert, query
from erp.core.text import storable_json
from erp.core.work_registry import handles_inbox
from orders.channels.contract import OF_AN_ORDER, ChannelEvent, Delivery, Inbound, Refused
from orders.channels.document import to_json
from orders.channels.registry import adapter_of
from orders.models import Connection
from orders.services.channel_news import channel_news_handle
from orders.services.connection import account_of
from orders.services.converge import channel_order_converge
from orders.services.refused_delivery import delivery_refuse

ACTION = "orders.channel_message_handle"
TOPIC = "X-Keel-Topic"  # how a stored message says what it is
_FACTS = {
    "channel_order_id": "bigint", "kind": "text", "ref": "text", "version": "text", "content": "jsonb", "content_hash": "text",
    "message_id": "bigint", "at": "timestamptz",
}  # fmt: skip


def channel_message_receive(*, channel: str, inbound: Inbound, actor: User, at: datetime) -> StoredMessage:
    """This function will prove and store one request, and wake a worker; Refused, already logged, when it is not to be believed.

    The same delivery again is answered as the first one was and has no effect; the same id with other bytes is refused.
    """
    connection = Connection.objects.select_related("channel").filter(channel__code=channel).first()
    try:
        if connection is None or not connection.is_enabled:
            raise Refused("no_connection", f"nothing is connected as “{channel[:40]}”", status=404)
        adapter = adapter_of(connection.adapter)
        if len(inbound.body) > adapter.limits.body_bytes:
            raise Refused("too_large", f"more than {adapter.limits.body_bytes} bytes", status=413)
        delivery = adapter.authenticate(account_of(connection, at=at), inbound, at)
        with transaction.atomic():
            (stored,) = inbox_store_many([_draft(channel, delivery)], at=at)
            if not stored.is_new and not stored.is_same_body:
                raise Refused(
                    "id_reused",
                    f"message {delivery.id[:80]} was received before with other content",
                    status=409,
                )
            if stored.is_new and not delivery.is_greeting:
                inbox_wake(InboxMessage(pk=stored.id))  # its number is all that a worker is told
    except Refused as refused:
        delivery_refuse(channel=channel, inbound=inbound, refused=refused, at=at)
        raise
    return stored


def channel_message_store_many(
    *, channel: str, deliveries: Sequence[Delivery], actor: User, at: datetime
) -> list[StoredMessage]:
    """This function will store messages that we fetched ourselves; a worker reads each that is new."""
    with transaction.atomic():
        stored = inbox_store_many([_draft(channel, delivery) for delivery in deliveries], at=at)
        for message in InboxMessage.objects.filter(pk__in=[found.id for found in stored if found.is_new]):
            inbox_wake(message)
    return stored


def _draft(channel: str, delivery: Delivery) -> InboxDraft:
    return InboxDraft(
        channel, ACTION, f"{delivery.topic}:{delivery.id}", delivery.body, "",
        {**delivery.headers, TOPIC: delivery.topic}, "greeting" if delivery.is_greeting else "",
    )  # fmt: skip


@handles_inbox(ACTION)
@transaction.atomic
def channel_message_handle(*, message: InboxMessage, actor: User, at: datetime) -> str:
    """This function will read a stored message, put down what is new of it, and let our orders follow."""
    events = channel_message_events(message, at=at)
    became = []
    orders = [event for event in events if event.kind in OF_AN_ORDER]
    if orders:
        heard = channel_facts_add(message.source, orders, message_id=message.pk, at=at)
        for channel_order_id, is_due in heard.items():
            if is_due:
                channel_order_converge(channel_order_id=channel_order_id, actor=actor, at=at)
        became += [f"orders.ChannelOrder:{next(iter(heard))}"]
    for event in events:
        if event.kind not in OF_AN_ORDER:
            became.append(channel_news_handle(channel=message.source, event=event, actor=actor, at=at))
    return became[0] if became else "nothing to do"


def channel_message_events(message: InboxMessage, *, at: datetime) -> list[ChannelEvent]:
    """This function will return what a stored message says; the adapter's KeelError when it can not be read."""
    connection = Connection.objects.select_related("channel").filter(channel__code=message.source).first()
    if connection is None:
        raise NotFound(
            f"nothing is connected as “{message.source}”",
            field="source",
            remedy="Connect the channel, then replay.",
        )
    events = adapter_of(connection.adapter).events(
        account_of(connection, at=at), message.headers.get(TOPIC, ""), message.body
    )
    for event in events:
        if event.kind in OF_AN_ORDER and not event.order.strip():
            raise KeelError(
                "the message names no order", field="order", remedy="Ask the channel's support what it means."
            )
    return [replace(event, order=event.order[:80], ref=event.ref[:120]) for event in events]


_SEEN = (
    "INSERT INTO orders_channelorder AS o (channel_id, external_id, line_map, pending, applied_version, dearest, is_due, "
    "first_seen_at, last_seen_at) "
    "SELECT c.id, v.external_id, '{}', '[]', '', 0, true, %s, %s FROM orders_channel c, unnest(%s::text[]) AS v(external_id) "
    "WHERE c.code = %s ORDER BY v.external_id "
    "ON CONFLICT (channel_id, external_id) DO UPDATE SET last_seen_at = greatest(o.last_seen_at, excluded.last_seen_at) "
    "RETURNING id, external_id, is_due OR pending_since IS NOT NULL"
)
_SAID = """
WITH said AS ({insert} RETURNING channel_order_id)
UPDATE orders_channelorder SET is_due = true WHERE id IN (SELECT channel_order_id FROM said) RETURNING id
"""


@transaction.atomic
def channel_facts_add(
    channel: str, events: Sequence[ChannelEvent], *, message_id: int | None, at: datetime
) -> dict[int, bool]:
    """This function will put down what a channel says of its orders, and return the channel orders it is about, each with
    whether there is anything to do: something new was said, or ours does not follow yet.

    Locks each channel order, before anything else of it is touched. What was said before is no second row.
    """
    names = sorted({event.order for event in events})
    seen = query(_SEEN, [at, at, array(names, "text"), channel])
    ids: dict[str, int] = {name: pk for pk, name, _ in seen}
    rows = []
    for event in events:
        content = json.dumps(storable_json(_plain(event.content)), sort_keys=True, ensure_ascii=False)
        seal = hashlib.sha256(content.encode()).hexdigest()
        rows.append(
            (ids[event.order], event.kind, event.ref, event.version[:40], content, seal, message_id, at)
        )
    put, parameters = insert(
        "orders_channelfact", _FACTS, rows,
        "ON CONFLICT (channel_order_id, kind, ref, version, content_hash) DO NOTHING",
    )  # fmt: skip
    due = {pk for pk, _, is_due in seen if is_due}
    due |= {pk for (pk,) in query(_SAID.format(insert=put), parameters)}
    return {ids[name]: ids[name] in due for name in names}


def _plain(content: Any) -> Any:
    return content if isinstance(content, dict) else to_json(content)
