"""How is a channel connected in a test, and how does a message reach it as over the wire?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client

from erp.core.models import InboxMessage
from erp.core.services.user import system_user
from orders.models import ChannelOrder, Connection, Order, RefusedDelivery
from orders.services.channel_message import ACTION, channel_message_handle
from orders.services.connection import ConnectionDraft, connection_save, connection_secret_set
from tests.cast import NOW, Company


def connect(
    company: Company,
    adapter: str,
    account: str,
    secrets: Mapping[str, str],
    *,
    base_url: str = "",
    **settings: str,
) -> Connection:
    """The web channel, connected by an adapter with its secrets."""
    draft = ConnectionDraft(company.web.pk, adapter, account, base_url, settings)
    connection = connection_save(draft, actor=company.ada, at=NOW)
    for purpose, secret in secrets.items():
        connection_secret_set(
            connection_id=connection.pk, purpose=purpose, secret=secret, overlap=timedelta(days=2), actor=company.ada, at=NOW
        )  # fmt: skip
    return connection


def post(
    body: bytes, headers: Mapping[str, str], *, channel: str = "web", content_type: str = "application/json"
) -> HttpResponse:
    """Send a request to a channel's address, as its server would."""
    found: HttpResponse = Client().post(
        f"/channels/{channel}/webhooks/", data=body, content_type=content_type, headers=dict(headers)
    )
    return found


def stored() -> list[InboxMessage]:
    """The messages of channels, in order of arrival."""
    return list(InboxMessage.objects.filter(kind=ACTION).order_by("pk"))


def handled(message: InboxMessage) -> str:
    """Have a worker read a message."""
    return channel_message_handle(message=message, actor=system_user("channel"), at=NOW + timedelta(hours=1))


def turned_away(answer: HttpResponse, status: int, reason: str, case: str = "") -> None:
    """The request had no effect but one row in the log of refusals, which is wiped for the next one."""
    assert (answer.status_code, answer.json()["code"]) == (status, reason), case
    assert [(row.status, row.reason) for row in RefusedDelivery.objects.all()] == [(status, reason)], case
    counts = InboxMessage.objects.count(), ChannelOrder.objects.count(), Order.objects.count()
    assert counts == (0, 0, 0), case
    RefusedDelivery.objects.all().delete()
