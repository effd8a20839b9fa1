"""Do two senders tell a channel in turn, and two callers try a silent one once; and what without the lock?"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from django.db import connection

from orders.models import ChannelBreaker, ChannelSync, ListingStock
from orders.services import channel_call, channel_stock_send
from orders.services.channel_stock import channel_stock_compute
from tests.cast import NOW, Company, company_create, stock_in
from tests.concurrency.test_stock_race import race
from tests.factories import ListingFactory
from tests.orders.fake_channel import FakeClient, World, connect, world

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["world"]


def shop(world: World) -> Company:
    company = company_create()
    connect(company, company.web)
    ListingFactory(channel=company.web, product=company.mug, channel_sku="w-MUG")
    stock_in(company, company.mug, 10)
    channel_stock_compute(channel_id=company.web.pk, actor=company.system, at=NOW)
    return company


def send_twice(company: Company, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], bool]:
    """Let two senders loose. Did they meet in the channel? Who is inside waits there for the other for a second and a half."""
    met, door, publish = [], threading.Barrier(2), FakeClient.publish_stock

    def slowly(client: FakeClient, values: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            door.wait(1.5)
            met.append(client)
        return publish(client, values)

    monkeypatch.setattr(FakeClient, "publish_stock", slowly)

    def act() -> Any:
        return channel_stock_send.channel_stock_send(channel_id=company.web.pk, actor=company.system, at=NOW)

    return race(act, act), bool(met)


def test_one_sender_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    company = shop(world)
    results, have_met = send_twice(company, monkeypatch)
    assert not have_met
    assert sorted(str(result["sent"]) for result in results) == ["0", "1"]
    assert ListingStock.objects.get().quantity_confirmed == 10


def test_the_control_without_the_claim_sends_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    company = shop(world)
    careless = channel_stock_send._CLAIM.replace("AND (sending_until IS NULL OR sending_until < now()) ", "")
    assert careless != channel_stock_send._CLAIM
    monkeypatch.setattr(channel_stock_send, "_CLAIM", careless)
    monkeypatch.setattr(channel_stock_send, "_EXTEND", "SELECT %s, %s, %s")
    _, have_met = send_twice(company, monkeypatch)
    assert have_met


def test_an_open_breaker_is_tried_once(world: World) -> None:
    company = shop(world)
    ChannelBreaker.objects.create(channel=company.web, state="OPEN", opened_at=NOW, retry_at=NOW)
    act = lambda: channel_call.breaker_pass(channel_id=company.web.pk, actor=company.system, at=NOW)  # noqa: E731
    results = race(act, act, act)
    assert sorted(type(result).__name__ for result in results) == [
        "ChannelPaused",
        "ChannelPaused",
        "NoneType",
    ]


def test_two_looks_at_once_are_one(world: World) -> None:
    """The second does not wait: what it would see is what the first one sees, or the next look does."""
    company = shop(world)
    stock_in(company, company.mug, 1)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM orders_channelsync FOR NO KEY UPDATE")
        act = lambda: channel_stock_compute(channel_id=company.web.pk, actor=company.system, at=NOW)  # noqa: E731
        assert race(act) == [None]
        cursor.execute("ROLLBACK")
    done = channel_stock_compute(channel_id=company.web.pk, actor=company.system, at=NOW)
    assert done is not None and done.listings == 1
    assert ChannelSync.objects.get().sequence > 0
