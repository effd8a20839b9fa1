"""Who tells customers what became of their orders?

A notice is written in the transaction that caused it: order, kind and facts, as one row of the outbox. It is put into
words when it is sent, in the customer's language and the channel's wording. Whether it is told at all is the channel's
data (`ChannelMail`): which kinds, and from when on, so trading history again tells nobody anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import OutboxMessage, User
from erp.core.services.email import Email, email_deliver
from erp.core.services.note import note_add
from erp.core.services.outbox import OutboxDraft, outbox_add_many, outbox_add_selected
from erp.core.sql import Statements, unnest
from erp.core.text import storable, storable_json
from orders.mail import Mail, mail_render
from orders.notices import AUTOMATIC, KINDS
from orders.selectors.notice import mail_look, mail_order, order_to_tell, own_words

SENDER = "orders.notice_send"


class NoticeDraft(NamedTuple):
    """What there is to tell about an order.

    `occurrence` makes (order, kind, occurrence) unique: a shipment's id, a promised date, "first". `facts` are plain
    values: `lines` {order line id: units} limits the notice to these lines, dates are ISO text, amounts decimal text; see
    the samples in `orders.notices.KINDS` for the others.
    """

    order_id: int
    occurrence: str = "first"
    facts: Mapping[str, Any] = {}


_SELECT = """
SELECT 'order:' || o.id || ':email', %s, %s || ':' || o.id || ':' || v.occurrence, 'orders.Order', o.id,
       jsonb_build_object('notice', %s, 'order_id', o.id, 'to', o.email, 'facts', v.facts)
  FROM {source} JOIN orders_order o ON o.id = v.order_id JOIN orders_channelmail m ON m.channel_id = o.channel_id
 WHERE o.email <> '' AND m.notices_from <= %s AND m.kinds @> to_jsonb(%s::text)
"""


def order_notice_add_many(
    kind: str, drafts: Sequence[NoticeDraft], *, at: datetime, statements: Statements | None = None
) -> None:
    """This function will put a notice of `kind` down for every order whose channel tells it, in one statement.

    An order without an e-mail address, of a channel that does not send this kind or that tells nothing of what happened
    at `at` adds nothing, nor does an occurrence that was told before. `at` is when it happened. With `statements` it
    joins that batch. KeyError for an unknown kind.
    """
    if not drafts:
        return
    sender, code = SENDER, KINDS[kind].code
    rows = [
        (draft.order_id, draft.occurrence, json.dumps(storable_json(dict(draft.facts)))) for draft in drafts
    ]
    source, parameters = unnest({"order_id": "bigint", "occurrence": "text", "facts": "jsonb"}, rows)
    outbox_add_selected(
        _SELECT.format(source=source), [sender, code, code, *parameters, at, code], statements=statements
    )


def notice_mail(message: OutboxMessage) -> tuple[Mail, Email]:
    """This function will put a notice of the outbox into words: the mail, and how it would be handed over."""
    payload = message.payload
    kind = payload.get("notice")
    if kind not in KINDS:
        raise InvalidInput(f"there is no notice “{kind}”", field="notice", remedy="Cancel the message.")
    order = order_to_tell(int(payload["order_id"]))
    look = mail_look(order)
    words = own_words(kind, look.language, order.channel_id)
    mail = mail_render(kind, mail_order(order), payload.get("facts", {}), look, words)
    from_name, to = look.from_name or look.shop_name, str(payload.get("to", ""))
    headers = {"Auto-Submitted": "auto-generated"} if KINDS[kind].is_automatic else {}
    return mail, Email(to, mail.subject, mail.text, mail.html, from_name, look.reply_to, headers)


def notice_send(message: OutboxMessage) -> str:
    """This function will send a notice of the outbox and return the mail's Message-ID; InvalidInput as `email_deliver`."""
    return email_deliver(notice_mail(message)[1], message)


@transaction.atomic
def notice_resend(*, message_id: int, reason: str, actor: User, at: datetime) -> None:
    """This function will send a notice once more, to the address that the order has now.

    It is put into words anew. A reason is needed and kept as a note on the order. NotFound, or InvalidInput for an order
    without an address.
    """
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say why it goes out again.")
    message = OutboxMessage.objects.select_for_update().filter(pk=message_id, kind=SENDER).first()
    if message is None:
        raise NotFound(f"there is no message #{message_id}", field="message", remedy="Reload the order.")
    order = order_to_tell(int(message.payload["order_id"]))
    base = message.key.partition(":again:")[0]
    times = OutboxMessage.objects.filter(kind=SENDER, key__startswith=f"{base}:again:").count() + 1
    _put(order.pk, order.email, f"{base}:again:{times}", {**message.payload, "to": order.email})
    label = KINDS[message.payload["notice"]].label
    body = f"“{label}” sent again to {order.email}: {reason.strip()}"
    note_add(document_type="orders.Order", document_id=order.pk, body=storable(body), actor=actor, at=at)


@transaction.atomic
def order_write_to_customer(
    *, order_id: int, subject: str, text: str, token: str, actor: User, at: datetime
) -> None:
    """This function will send a person's own words about an order to its customer; `token` makes it one message.

    The words are kept in the outbox with their author and as a note on the order. InvalidInput for blank or overlong
    words, or an order without an address.
    """
    checked_message(subject, text)
    order = order_to_tell(order_id)
    author = actor.first_name or actor.username
    facts = {"subject": storable(subject.strip()), "message": storable(text.strip()), "author": author}
    payload = {"notice": "ORDER_MESSAGE", "order_id": order.pk, "to": order.email, "facts": facts}
    _put(order.pk, order.email, f"ORDER_MESSAGE:{order.pk}:{token}", payload)
    body = f"Written to {order.email}: {subject.strip()}"
    note_add(document_type="orders.Order", document_id=order.pk, body=storable(body), actor=actor, at=at)


def checked_message(subject: str, text: str) -> None:
    """This function will raise InvalidInput for words that are blank or longer than a mail should be."""
    if not subject.strip() or len(subject) > 150:
        raise InvalidInput(
            "a subject has 1 to 150 characters", field="subject", remedy="Say what it is about."
        )
    if not text.strip() or len(text) > 5_000:
        raise InvalidInput("a message has 1 to 5,000 characters", field="text", remedy="Shorten it.")


def _put(order_id: int, to: str, key: str, payload: Mapping[str, Any]) -> None:
    if not to:
        raise InvalidInput(
            "the order has no e-mail address", field="order", remedy="Write to the customer by another way."
        )
    outbox_add_many([OutboxDraft(f"order:{order_id}:email", SENDER, key, payload, "orders.Order", order_id)])


__all__ = [
    "AUTOMATIC",
    "NoticeDraft",
    "notice_mail",
    "notice_resend",
    "notice_send",
    "order_notice_add_many",
    "order_write_to_customer",
]
