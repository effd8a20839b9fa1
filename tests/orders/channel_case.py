"""A channel that speaks our own words: what its messages say is JSON, so a test writes what it means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp.core.models import InboxMessage
from erp.core.services.user import system_user
from erp.core.services.work import MODELS
from erp.core.services.work_run import work_run
from orders.channels import registry
from orders.channels.contract import Account, ChannelEvent, Delivery, Inbound, Limits, Refused
from orders.channels.document import Line, Paid, Place, Snapshot, from_json, to_json, version_of
from orders.models import ChannelOrder, Connection
from orders.services.channel_message import channel_message_store_many
from tests.cast import NOW, Company

HOME = Place("Carol", "1 High St", "Leeds", "LS1 1AA", "GB")


class Spoken:
    """An adapter whose message is one event in our own JSON."""

    slug, name = "spoken", "Spoken"
    limits, secrets, settings = Limits(), (), ()

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        raise Refused("no_signature", "it is not signed")

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        said = json.loads(body)
        kinds = {"ORDER": Snapshot, "PAYMENT": Paid}
        content = (
            from_json(kinds[said["kind"]], said["content"]) if said["kind"] in kinds else said["content"]
        )
        return [ChannelEvent(said["kind"], said["order"], said["ref"], said["version"], content)]

    def client(self, account: Account) -> Any:
        raise NotImplementedError


@pytest.fixture
def spoken(company: Company, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The web shop, connected by that adapter; nothing wakes a worker."""
    from erp.core.services import work

    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)
    known = registry.adapters()
    monkeypatch.setattr(registry, "adapters", lambda: {**known, "spoken": Spoken()})
    return Connection.objects.create(channel=company.web, adapter="spoken", account="shop.example")


def snapshot(external_id: str = "W-1", sku: str = "MUG", units: int = 2, **changes: Any) -> Snapshot:
    """An order of so many units at ten each, paid."""
    total = Decimal(10 * units)
    paid = Paid("card", f"PAY-{external_id}", total)
    made = Snapshot(
        external_id, datetime(2026, 3, 2, 8, 0, tzinfo=UTC), "GBP", (Line("1", sku, units, Decimal("10.00")),), total,
        email="carol@example.com", ship_to=HOME, payments=(paid,),
    )  # fmt: skip
    return replace(made, **changes)


def said(kind: str, order: str, content: Any, *, ref: str = "", minute: int = 0) -> str:
    """The body of a message; `minute` is its version."""
    plain = content if isinstance(content, dict) else to_json(content)
    version = version_of(NOW + timedelta(minutes=minute))
    return json.dumps({"kind": kind, "order": order, "ref": ref, "version": version, "content": plain})


def arrive(
    bodies: Sequence[str], *, topic: str = "orders/updated", handle: bool = True
) -> list[InboxMessage]:
    """Let messages come in, in this order, and a worker read them."""
    first = InboxMessage.objects.count()
    deliveries = [Delivery(topic, f"d-{first + n}", body) for n, body in enumerate(bodies)]
    stored = channel_message_store_many(
        channel="web", deliveries=deliveries, actor=system_user("channel"), at=NOW
    )
    for message in stored:
        if handle:
            run("inbox", message.id)
    found = {row.pk: row for row in InboxMessage.objects.filter(pk__in=[row.id for row in stored])}
    return [found[row.id] for row in stored]


def run(table: str, row_id: int) -> bool:
    """Let a worker have a row. A row's clock is the statement's and a test's transaction stands still: it is due now."""
    MODELS[table]._default_manager.filter(pk=row_id).update(next_at=NOW)
    return work_run(table=table, row_id=row_id, at=NOW)


def channel_order(external_id: str = "W-1") -> ChannelOrder:
    return ChannelOrder.objects.get(external_id=external_id)
