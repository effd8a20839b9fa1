"""Who acts on what a channel says that is of no order: it was disconnected, somebody wants to be forgotten?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.work_registry import address_resolve
from orders.channels.contract import REDACT, STOCK, UNINSTALLED, ChannelEvent
from orders.models import Channel, Connection
from orders.services.channel_reconcile import channel_stock_heard


@transaction.atomic
def channel_news_handle(*, channel: str, event: ChannelEvent, actor: User, at: datetime) -> str:
    """This function will do what a message asks that is not about one order, and return what it became."""
    if event.kind == UNINSTALLED:
        return _disconnected(channel, event, actor, at)
    if event.kind == REDACT:
        return _redact(channel, event, actor, at)
    if event.kind == STOCK:
        return channel_stock_heard(channel=channel, event=event, actor=actor, at=at)
    if (
        event.kind == "INTERCHANGE"
    ):  # an envelope of several documents, which a service of its own takes apart
        take = address_resolve("orders.edi_interchange_take")
        return str(take(channel=channel, event=event, actor=actor, at=at))
    return "noted"


def _disconnected(channel: str, event: ChannelEvent, actor: User, at: datetime) -> str:
    connection = Connection.objects.select_for_update().get(channel__code=channel)
    connection.is_enabled = False
    _save(connection, "the channel says that Keel was uninstalled", actor, at)
    title = f"{channel}: Keel was uninstalled there, nothing comes in or goes out"
    draft = CaseDraft(
        "CHANNEL_DISCONNECTED", "orders.Channel", str(connection.channel_id), title, {"channel": channel}
    )
    exception_open_many([draft], actor=actor, at=at)
    return f"orders.Connection:{connection.pk}"


def _save(connection: Connection, reason: str, actor: User, at: datetime) -> None:
    for name, value in {"_history_user": actor, "_history_date": at, "_change_reason": reason}.items():
        setattr(connection, name, value)
    connection.save()


def _redact(channel: str, event: ChannelEvent, actor: User, at: datetime) -> str:
    channel_id = Channel.objects.values_list("pk", flat=True).get(code=channel)
    detail = {"channel": channel, "asked": event.content}
    title = f"{channel}: a customer wants to be forgotten ({event.ref[:60]})"
    draft = CaseDraft("CHANNEL_REDACT", "orders.Channel", f"{channel_id}:{event.ref[:60]}", title, detail)
    exception_open_many([draft], actor=actor, at=at)
    return f"orders.Channel:{channel_id}"
