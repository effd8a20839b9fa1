"""Who switches a channel's connection on and off, says what it is told, and tries whether it answers?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import Job, User
from erp.core.services.work import job_enqueue
from erp.core.sql import execute
from erp.core.work_registry import long_job
from orders.channels.contract import ChannelError, StockValue
from orders.locks import lock_channel_streams
from orders.models import ChannelSync, Connection, ListingStock
from orders.services.channel_call import ChannelPaused, channel_call, client_of
from orders.services.channel_stock import QUEUE
from orders.services.connection import ConnectionDraft, connection_save

TRIED = 3  # listings whose quantity a test asks for


@dataclass(frozen=True)
class SyncDraft:
    """What a channel is told and asked for; see `orders.models.ChannelSync`."""

    channel_id: int
    publishes_stock: bool
    polls_orders: bool
    risk_units: int | None = None
    reconcile_hours: int = 6


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    return reason.strip()[:100]


@transaction.atomic
def connection_change(draft: ConnectionDraft, *, actor: User, at: datetime) -> Connection:
    """This function will connect a channel or change how it is connected (see `connection_save`).

    Another account, address or setting is another place: what was confirmed there says nothing, and all is said again.
    """
    before = Connection.objects.filter(channel=draft.channel_id).first()
    saved = connection_save(draft, actor=actor, at=at)
    if before is not None and _place(before) != _place(saved):
        _say_all_again(saved.channel_id, at)
    return saved


def _place(link: Connection) -> tuple[object, ...]:
    return link.account, link.base_url, link.settings


def _say_all_again(channel_id: int, at: datetime) -> None:
    lock_channel_streams([channel_id])
    execute(
        "UPDATE orders_listingstock SET is_uncertain = true, next_at = NULL, due_since = coalesce(due_since, %s) "
        "WHERE channel_id = %s",
        [at, channel_id],
    )


@transaction.atomic
def connection_switch(
    *, connection_id: int, is_enabled: bool, reason: str, actor: User, at: datetime
) -> Connection:
    """This function will switch a connection on or off. While it is off nothing comes in or goes out; what is to go out waits."""
    why = _reason(reason)
    row = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if row is None:
        raise NotFound("there is no such connection", field="connection", remedy="Reload the page.")
    if row.is_enabled == is_enabled:
        raise InvalidInput(
            f"it is switched {'on' if is_enabled else 'off'} already",
            field="is_enabled",
            remedy="Nothing is to be done.",
        )
    row.is_enabled = is_enabled
    for name, value in {"_history_user": actor, "_history_date": at, "_change_reason": why}.items():
        setattr(row, name, value)
    row.save()
    if is_enabled:  # what it shows meanwhile is not known
        _say_all_again(row.channel_id, at)
    return row


@transaction.atomic
def channel_sync_set(draft: SyncDraft, *, reason: str, actor: User, at: datetime) -> ChannelSync:
    """This function will say what a channel is told and asked for. InvalidInput names the field; a reason is needed."""
    why = _reason(reason)
    if not Connection.objects.filter(channel=draft.channel_id).exists():
        raise InvalidInput("nothing is connected", field="channel", remedy="Connect the channel first.")
    if draft.reconcile_hours < 1:
        raise InvalidInput(
            "it can not be compared more than hourly", field="reconcile_hours", remedy="Use 1 to 168."
        )
    row = ChannelSync.objects.select_for_update().filter(channel=draft.channel_id).first() or ChannelSync()
    row.channel_id, row.publishes_stock, row.polls_orders = (
        draft.channel_id, draft.publishes_stock, draft.polls_orders,
    )  # fmt: skip
    row.risk_units, row.reconcile_hours = draft.risk_units, draft.reconcile_hours
    for name, value in {"_history_user": actor, "_history_date": at, "_change_reason": why}.items():
        setattr(row, name, value)
    row.save()
    return row


def connection_test_start(*, connection_id: int, actor: User, at: datetime) -> Job:
    """This function will put down a test of a connection; its result says what the channel answered."""
    return job_enqueue(
        kind="orders.connection_test", key=f"{connection_id}:{at.isoformat()}",
        arguments={"connection_id": connection_id}, queue=QUEUE, actor=actor,
    )  # fmt: skip


@long_job
def connection_test(*, connection_id: int, actor: User, at: datetime) -> dict[str, Any]:
    """This function will ask a channel for orders of the last minute and for a few quantities, and change nothing.

    The result says it in the channel's own words when it does not answer as it should.
    """
    link = Connection.objects.select_related("channel").get(pk=connection_id)
    rows = ListingStock.objects.filter(channel=link.channel_id).select_related("listing").order_by("pk")
    values = [StockValue(row.listing.channel_sku, 0, 0, row.external) for row in rows[:TRIED]]

    def ask() -> dict[str, Any]:
        client = client_of(link, at=at)
        orders = sum(1 for _ in client.changed_orders(at - timedelta(minutes=1), at))
        shown = client.stock(values) if values else {}
        return {"orders_of_the_last_minute": orders, "quantities": shown}

    try:
        answer = channel_call(channel_id=link.channel_id, kind="TEST", call=ask, actor=actor, at=at)
    except (ChannelError, ChannelPaused) as error:
        return {"answers": False, "said": str(error), "remedy": "Check address, account and secrets."}
    return {"answers": True, **answer}
