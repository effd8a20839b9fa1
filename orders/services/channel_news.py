"""Who acts on what a channel says that is of no order: it was disconnected, somebody wants to be forgotten?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.services.work import JobDraft, job_enqueue_many
from erp.core.work_registry import address_resolve
from orders.channels.contract import FETCH, ORDER, REDACT, STOCK, UNINSTALLED, ChannelEvent
from orders.models import Channel, ChannelFact, Connection
from orders.services.channel_reconcile import channel_stock_heard
from orders.services.channel_stock import QUEUE

FETCH_JOB = "orders.channel_order_fetch"


@transaction.atomic
def channel_news_handle(*, channel: str, event: ChannelEvent, actor: User, at: datetime) -> str:
    """This function will do what a message asks that is not about one order, and return what it became."""
    if event.kind == UNINSTALLED:
        return _disconnected(channel, event, actor, at)
    if event.kind == REDACT:
        return _redact(channel, event, actor, at)
    if event.kind == FETCH:
        return _ask(channel=channel, external_id=event.order, version=event.version, actor=actor, at=at)
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


def _ask(*, channel: str, external_id: str, version: str, actor: User, at: datetime) -> str:
    """Put down a job that fetches an order in the version that a message spoke of, once, and say so.

    Nothing is asked for that is known already. A network is not waited for inside a message's transaction.
    """
    channel_id = Channel.objects.values_list("pk", flat=True).get(code=channel)
    if version_is_known(channel_id, external_id, version):
        return "noted: that version is known"
    arguments = {"channel_id": channel_id, "external_id": external_id, "version": version}
    key = f"{channel_id}:{external_id}:{version}"[:200]
    (job_id,) = job_enqueue_many([JobDraft(FETCH_JOB, key, arguments, QUEUE)], actor=actor, at=at)
    return f"core.Job:{job_id}"


def version_is_known(channel_id: int, external_id: str, version: str) -> bool:
    """This function will tell whether an order is known in that version or a newer one; without a version it is not."""
    facts = ChannelFact.objects.filter(
        channel_order__channel=channel_id, channel_order__external_id=external_id, kind=ORDER
    )
    return bool(version) and facts.filter(version__gte=version).exists()
