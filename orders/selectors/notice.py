"""What does a notice say about its order, in which look, language and words?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q

from erp.core.errors import NotFound
from erp.core.models import OutboxMessage
from orders.mail import MailLine, MailLook, MailOrder, Words
from orders.models import ChannelMail, MessageTemplate, Order
from orders.notices import KINDS


class ShownNotice(NamedTuple):
    """A notice as the order's page lists it."""

    message: OutboxMessage
    label: str
    to: str
    at: datetime


def notices_of(order_id: int) -> list[ShownNotice]:
    """This function will return the notices of an order, newest first, with their kind's label."""
    rows = OutboxMessage.objects.filter(
        subject_type="orders.Order", subject_id=order_id, kind="orders.notice_send"
    ).order_by("-pk")[:50]
    return [
        ShownNotice(row, notice_label(row), str(row.payload.get("to", "")), row.finished_at or row.created_at)
        for row in rows
    ]


def notice_label(message: OutboxMessage) -> str:
    """This function will return what a notice is called."""
    kind = KINDS.get(str(message.payload.get("notice")))
    return kind.label if kind else "Message"


def mail_order(order: Order) -> MailOrder:
    """This function will return what a mail says about an order (two queries)."""
    lines = [
        MailLine(
            line.pk, line.description or line.product.name, line.channel_sku or line.product.sku, line.quantity_ordered,
            line.unit_price, line.line_total,
        )
        for line in order.lines.select_related("product").order_by("position")
    ]  # fmt: skip
    place = f"{order.ship_to_postcode} {order.ship_to_city}".strip()
    address = (order.ship_to_name, order.ship_to_line1, place, order.ship_to_country)
    return MailOrder(
        number=order.number,
        external_id="" if order.external_id == order.number else order.external_id,
        customer_name=(order.customer.name if order.customer else "") or order.ship_to_name,
        ordered_on=order.ordered_at.date(),
        currency=order.currency,
        lines=lines,
        charges=list(order.charges.order_by("pk").values_list("kind", "description", "amount")),
        goods=order.goods_total,
        tax=order.tax_total,
        total=order.total,
        address=[part for part in address if part],
    )


def order_to_tell(order_id: int) -> Order:
    """This function will return an order with what its mails need of channel and customer; NotFound."""
    order = Order.objects.select_related("channel__mail", "customer").filter(pk=order_id).first()
    if order is None:
        raise NotFound(f"there is no order #{order_id}", field="order", remedy="Reload the list.")
    return order


def mail_look(order: Order) -> MailLook:
    """This function will return the look of an order's channel, in the customer's language, else the channel's, else English."""
    mail = getattr(order.channel, "mail", None)
    language = (order.customer.language if order.customer else "") or (mail.language if mail else "") or "en"
    return channel_look(order.channel.name, mail, language)


def channel_look(name: str, mail: ChannelMail | None, language: str) -> MailLook:
    """This function will return the look of a channel, or the house's own when it has none, in `language`."""
    if mail is None:
        return MailLook(name, language)
    return MailLook(
        name, language, mail.logo_text, mail.colour or "#1d4ed8", mail.from_name or name, mail.reply_to
    )


def own_words(kind: str, language: str, channel_id: int | None) -> Words | None:
    """This function will return our own wording in force: the channel's, else all channels', else None (built in)."""
    row = active_template(kind, language, channel_id)
    return Words(row.subject, row.text, row.html, row.version) if row else None


def active_template(kind: str, language: str, channel_id: int | None) -> MessageTemplate | None:
    """This function will return the wording that is in force for a channel (None: for all of them)."""
    return (
        MessageTemplate.objects.filter(
            Q(channel_id=channel_id) | Q(channel=None), kind=kind, language=language, is_active=True
        )
        .order_by(F("channel_id").asc(nulls_last=True))
        .first()
    )
