"""A channel in memory with every fault that a real one has: down, slow, asking for a pause, partly refusing, losing answers.

`World` is the channel itself; `FakeAdapter` speaks to it as an adapter does to a real one. Faults are a queue: each call takes
the next one, and an empty queue means that all is well.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from erp.core.errors import InvalidInput
from orders.channels.contract import (
    ORDER,
    STOCK,
    Account,
    ChannelError,
    ChannelEvent,
    Delivery,
    Fetched,
    Inbound,
    Limits,
    Published,
    Refused,
    Setting,
    ShipmentNotice,
    StockValue,
)
from orders.channels.document import Refund, from_json, to_json, version_of
from orders.channels.document import Snapshot as Document
from orders.channels.registry import adapters
from orders.models import Channel, Connection
from orders.services.connection import ConnectionDraft, connection_save, connection_secret_set
from orders.services.connection_switch import SyncDraft, channel_sync_set
from tests.cast import NOW, Company

OK, DOWN, LOST, BUSY, PARTIAL, SILENT, BROKEN, LOCKED = (
    "OK", "DOWN", "LOST", "BUSY", "PARTIAL", "SILENT", "BROKEN", "LOCKED",
)  # fmt: skip
FAULTS = (DOWN, LOST, BUSY, PARTIAL, SILENT, BROKEN, LOCKED)


@dataclass
class World:
    """What the channel has: what it shows, its orders, and what it was told."""

    shown: dict[str, int] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    orders: list[Fetched] = field(default_factory=list)
    parcels: dict[str, ShipmentNotice] = field(default_factory=dict)
    refunds: dict[tuple[str, str], Refund] = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    is_down: bool = False

    def fault(self, what: str) -> str:
        self.calls.append(what)
        if self.is_down:
            raise ChannelError("connection refused")
        found = self.faults.popleft() if self.faults else OK
        if found == DOWN:
            raise ChannelError("502 Bad Gateway", status=502)
        if found == BUSY:
            raise ChannelError("429 Too Many Requests", status=429, retry_after=20)
        if found == BROKEN:
            raise KeyError("no such field in the answer")
        if found == LOCKED:
            raise ChannelError("401 Unauthorized", status=401, final=True)
        return found


WORLD = World()


@dataclass
class FakeClient:
    account: Account

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        for found in sorted(WORLD.orders, key=lambda order: order.changed_at):
            if since <= found.changed_at <= until:
                yield found
        WORLD.fault("changed_orders")

    def order(self, external_id: str) -> Fetched:
        WORLD.fault("order")
        for found in WORLD.orders:
            if json.loads(found.body)["order"]["external_id"] == external_id:
                return found
        raise ChannelError(f"404 no order {external_id}", final=True, status=404)

    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        fault = WORLD.fault("publish_stock")
        bad = [value.channel_sku for value in values if value.channel_sku in WORLD.unknown]
        if bad:
            raise ChannelError(f"400 unknown SKU {bad[0]}", final=True, status=400)
        refused = {value.channel_sku for value in values[1::2]} if fault in (PARTIAL, SILENT) else set()
        for value in values:
            if value.channel_sku not in refused:
                WORLD.shown[value.channel_sku] = value.quantity
        if fault == LOST:
            raise ChannelError("ReadTimeout: the answer never came")
        if fault == SILENT:
            return [Published(value.channel_sku) for value in values if value.channel_sku not in refused]
        return [
            Published(value.channel_sku, "locked for editing" if value.channel_sku in refused else "")
            for value in values
        ]

    def publish_shipment(self, notice: ShipmentNotice) -> str:
        fault = WORLD.fault("publish_shipment")
        if notice.carrier == "UNKNOWN":
            raise ChannelError("422 no such carrier", final=True, status=422)
        WORLD.parcels[notice.key] = notice
        if fault == LOST:
            raise ChannelError("ReadTimeout")
        return f"gid/{notice.key}"

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        WORLD.fault("publish_refund")
        WORLD.refunds[external_id, refund.ref] = refund
        return f"re_{len(WORLD.refunds)}"

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        WORLD.fault("stock")
        return {value.channel_sku: WORLD.shown.get(value.channel_sku) for value in values}


@dataclass(frozen=True)
class FakeAdapter:
    slug: str = "fake"
    name: str = "Fake shop"
    limits: Limits = field(default_factory=lambda: Limits(stock_batch=3))
    secrets: Sequence[tuple[str, str]] = (("webhook", "Webhook secret"), ("token", "Access token"))
    settings: Sequence[Setting] = (Setting("location", "Location id"),)

    def check(self, account: Account) -> None:
        """Anything goes."""

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        if inbound.headers.get("x-secret") not in account.secrets.get("webhook", ()):
            raise Refused("forged", "the secret is wrong")
        return Delivery(inbound.headers["x-topic"], inbound.headers["x-id"], inbound.body.decode())

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        content: Mapping[str, Any] = json.loads(body)
        if topic == "stock":
            return [ChannelEvent(STOCK, "", content["sku"], content.get("version", "1"), dict(content))]
        if topic == "order":
            document = from_json(Document, content["order"])
            return [ChannelEvent(ORDER, document.external_id, "", content["version"], document)]
        raise InvalidInput("unknown topic", field="topic", remedy="Subscribe to others.")

    def client(self, account: Account) -> FakeClient:
        return FakeClient(account)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A channel in which nothing has happened, its adapter registered; no broker is woken."""
    WORLD.__init__()  # type: ignore[misc]
    monkeypatch.setitem(adapters(), "fake", FakeAdapter())
    monkeypatch.setattr("erp.core.services.work.wake", lambda *_: True)
    monkeypatch.setattr("erp.core.services.outbox.wake", lambda *_: True)
    return WORLD


def connect(
    company: Company, channel: Channel, *, risk_units: int | None = None, account: str = "shop-1"
) -> Connection:
    """Connect a channel to the fake, with its secrets, told of stock and asked for orders."""
    link = connection_save(
        ConnectionDraft(channel.pk, "fake", account, "https://shop.example", {"location": "L1"}),
        actor=company.ada,
        at=NOW,
    )
    for purpose in ("webhook", "token"):
        connection_secret_set(
            connection_id=link.pk, purpose=purpose, secret=f"{purpose}-secret-1", actor=company.ada, at=NOW
        )
    channel_sync_set(
        SyncDraft(channel.pk, True, True, risk_units), reason="set up", actor=company.ada, at=NOW
    )
    return link


def fetched(document: Document, at: datetime) -> Fetched:
    """An order as the channel gives it when it is asked."""
    version = version_of(at)
    body = json.dumps({"order": to_json(document), "version": version})
    return Fetched("order", f"{document.external_id}@{version}", body, at)
