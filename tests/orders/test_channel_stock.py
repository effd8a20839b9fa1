"""Does a channel show what we have, whatever fails, and is it left alone while it does not answer?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from erp.core.models import ExceptionCase, Job, StateChange
from inventory.services import AdjustmentDraft, AdjustmentLineDraft, adjustment_record_many
from orders.channels.contract import Published, StockValue
from orders.models import Channel, ChannelBreaker, ChannelSync, ChannelTally, Listing, ListingStock
from orders.services.channel_call import ChannelPaused, breaker_close, breaker_pass
from orders.services.channel_stock import channel_stock_compute, channel_stock_recompute, channel_stock_run
from orders.services.channel_stock_send import channel_stock_send, listing_stock_set_again
from orders.services.connection_switch import connection_switch
from tests.cast import NOW, Company, company_create, stock_in
from tests.factories import ListingFactory
from tests.orders.fake_channel import BROKEN, BUSY, LOCKED, LOST, PARTIAL, SILENT, World, connect, world

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["world"]
SECOND = timedelta(seconds=1)


@pytest.fixture
def shop(db: None, world: World) -> Company:
    """The web channel lists mug, lamp and cream; there are 10, 4 and none of them."""
    company = company_create()
    connect(company, company.web)
    for product in (company.mug, company.lamp, company.cream):
        ListingFactory(channel=company.web, product=product, channel_sku=f"w-{product.sku}")
    stock_in(company, company.mug, 10)
    stock_in(company, company.lamp, 4)
    return company


def tick(company: Company, at: datetime, channel: Channel | None = None) -> dict[str, object]:
    """Look what moved, and let a sender work as a worker would."""
    channel_stock_run(actor=company.system, at=at)
    return channel_stock_send(channel_id=(channel or company.web).pk, actor=company.system, at=at)


def take(company: Company, units: int, at: datetime) -> None:
    """Take mugs off the shelf."""
    line = AdjustmentLineDraft(company.mug.pk, -units, "AVAILABLE", company.bins[0].pk)
    adjustment_record_many(
        drafts=[AdjustmentDraft(company.north.pk, "DAMAGED", [line])], actor=company.system, at=at
    )


def of(company: Company, sku: str) -> ListingStock:
    return ListingStock.objects.get(listing__product__sku=sku, channel=company.web)


def test_a_channel_is_told_what_it_may_sell_and_then_only_what_changed(shop: Company, world: World) -> None:
    done = tick(shop, NOW)
    assert done == {"sent": 3, "refused": 0, "why": "nothing is due"}
    assert world.shown == {"w-MUG": 10, "w-LAMP": 4, "w-CREAM": 0}
    row = of(shop, "MUG")
    assert (row.quantity_wanted, row.quantity_confirmed, row.confirmed_at, row.is_due, row.due_since) == (
        10, 10, NOW, False, None,
    )  # fmt: skip
    world.calls.clear()
    assert tick(shop, NOW + SECOND)["sent"] == 0
    assert world.calls == []  # nothing moved, nobody is called
    take(shop, 3, NOW + 2 * SECOND)
    computed = channel_stock_compute(channel_id=shop.web.pk, actor=shop.system, at=NOW + 3 * SECOND)
    assert computed is not None and (computed.listings, computed.is_full, computed.due) == (1, False, 1)
    assert tick(shop, NOW + 4 * SECOND)["sent"] == 1
    assert (world.shown["w-MUG"], world.calls) == (7, ["publish_stock"])
    assert ChannelTally.objects.get(kind="STOCK").calls == 2


def test_the_newest_value_takes_the_place_of_one_that_waits(shop: Company, world: World) -> None:
    world.is_down = True
    for minute in range(4):
        take(shop, 1, NOW + minute * SECOND)
        tick(shop, NOW + minute * SECOND)
    row = of(shop, "MUG")
    assert (row.quantity_wanted, row.quantity_confirmed, row.is_due) == (6, None, True)
    assert ListingStock.objects.count() == 3  # nothing queued behind
    world.is_down, world.calls = False, []
    tick(shop, NOW + timedelta(hours=2))
    assert world.shown["w-MUG"] == 6 and world.calls == ["publish_stock"]


def test_a_lost_answer_is_said_again_even_when_the_value_is_back_where_it_was(
    shop: Company, world: World
) -> None:
    tick(shop, NOW)
    take(shop, 3, NOW + SECOND)
    world.faults.append(LOST)
    tick(shop, NOW + SECOND)
    row = of(shop, "MUG")
    assert (world.shown["w-MUG"], row.quantity_confirmed, row.is_uncertain) == (7, 10, True)
    stock_in(shop, shop.mug, 3, at=NOW + 2 * SECOND)
    computed = channel_stock_compute(channel_id=shop.web.pk, actor=shop.system, at=NOW + 2 * SECOND)
    assert computed is not None and computed.due == 1  # wanted = confirmed, and yet
    tick(shop, NOW + 3 * SECOND)
    assert world.shown["w-MUG"] == 10 and not of(shop, "MUG").is_due


@pytest.mark.parametrize("fault", [PARTIAL, SILENT])
def test_what_is_refused_alone_is_tried_again_alone(shop: Company, world: World, fault: str) -> None:
    world.faults.append(fault)
    done = tick(shop, NOW)
    assert (done["sent"], done["refused"]) == (2, 1)
    refused = ListingStock.objects.get(is_due=True)
    assert refused.attempts == 1 and refused.next_at == NOW + timedelta(seconds=30)
    assert refused.error in ("locked for editing", "the channel said nothing of it")
    assert tick(shop, NOW + 29 * SECOND)["sent"] == 0
    assert tick(shop, NOW + 30 * SECOND)["sent"] == 1
    assert ListingStock.objects.filter(is_due=True).count() == 0


def test_one_bad_sku_does_not_hold_up_its_batch(shop: Company, world: World) -> None:
    world.unknown.add("w-LAMP")
    done = tick(shop, NOW)
    assert (done["sent"], done["refused"], world.shown) == (2, 1, {"w-MUG": 10, "w-CREAM": 0})
    assert of(shop, "LAMP").error == "400 unknown SKU w-LAMP"
    assert not ChannelBreaker.objects.exclude(state="CLOSED").exists()  # a refusal is an answer
    at = NOW
    for _ in range(3):
        at += timedelta(hours=1)
        tick(shop, at)
    from orders.services.channel_reconcile import channel_cases_flag

    assert channel_cases_flag(actor=shop.system, at=at)["SYNC_REFUSED"] == 1
    case = ExceptionCase.objects.get(kind="SYNC_REFUSED")
    assert "w-LAMP" in case.title and case.detail["sku"] == "LAMP"
    world.unknown.clear()
    tick(shop, at + timedelta(hours=2))
    assert channel_cases_flag(actor=shop.system, at=at)["SYNC_REFUSED"] == 0


def test_the_breaker_opens_after_five_failures_and_one_call_tries(shop: Company, world: World) -> None:
    world.is_down = True
    at = NOW
    for _ in range(5):
        tick(shop, at)
        at += timedelta(hours=1)  # past every backoff
    breaker = ChannelBreaker.objects.get(channel=shop.web)
    opened = at - timedelta(hours=1)
    assert (breaker.state, breaker.failures, breaker.reason) == ("OPEN", 5, "connection refused")
    assert (breaker.opened_at, breaker.retry_at) == (opened, opened + timedelta(seconds=30))
    world.calls.clear()
    assert tick(shop, opened + 29 * SECOND)["sent"] == 0
    assert world.calls == []  # nobody calls
    assert Job.objects.filter(kind="orders.channel_stock_send").count() == 1  # nobody is woken for nothing
    ListingStock.objects.update(next_at=None)
    tick(shop, opened + 30 * SECOND)
    breaker.refresh_from_db()
    assert (breaker.state, breaker.openings, world.calls) == ("OPEN", 2, ["publish_stock"])
    assert breaker.retry_at == opened + timedelta(seconds=90)  # twice as long
    world.is_down = False
    ListingStock.objects.update(next_at=None)
    assert tick(shop, opened + timedelta(seconds=90))["sent"] == 3
    breaker.refresh_from_db()
    assert (breaker.state, breaker.failures, breaker.retry_at) == ("CLOSED", 0, None)
    changes = StateChange.objects.filter(document_type="orders.ChannelBreaker").order_by("pk")
    assert list(changes.values_list("to_state", flat=True)) == [
        "CLOSED", "OPEN", "HALF_OPEN", "OPEN", "HALF_OPEN", "CLOSED",
    ]  # fmt: skip


def test_one_call_at_a_time_tries_an_open_breaker(shop: Company, world: World) -> None:
    ChannelBreaker.objects.create(channel=shop.web, state="OPEN", opened_at=NOW, retry_at=NOW)
    breaker_pass(channel_id=shop.web.pk, actor=shop.system, at=NOW)
    with pytest.raises(ChannelPaused, match="another call is trying"):
        breaker_pass(channel_id=shop.web.pk, actor=shop.system, at=NOW + 59 * SECOND)
    breaker_pass(channel_id=shop.web.pk, actor=shop.system, at=NOW + 60 * SECOND)  # whoever tried has died
    breaker_close(channel_id=shop.web.pk, reason="they are back", actor=shop.ada, at=NOW + 60 * SECOND)
    breaker_pass(channel_id=shop.web.pk, actor=shop.system, at=NOW + 60 * SECOND)


@pytest.mark.parametrize(("fault", "pause"), [(BUSY, 20), (LOCKED, 900)])
def test_a_channel_that_asks_for_a_pause_gets_it(shop: Company, world: World, fault: str, pause: int) -> None:
    world.faults.append(fault)
    tick(shop, NOW)
    breaker = ChannelBreaker.objects.get()
    assert (breaker.state, breaker.retry_at) == ("OPEN", NOW + timedelta(seconds=pause))
    assert tick(shop, NOW + (pause - 1) * SECOND)["sent"] == 0
    assert tick(shop, NOW + pause * SECOND)["sent"] == 3


def test_an_adapter_that_breaks_breaks_nothing_else(shop: Company, world: World) -> None:
    world.faults.append(BROKEN)
    with pytest.raises(KeyError):
        tick(shop, NOW)
    assert ChannelTally.objects.get().last_error == "KeyError: 'no such field in the answer'"
    assert ChannelSync.objects.get().sending_until is None  # the next one may send
    assert tick(shop, NOW + timedelta(minutes=5))["sent"] == 3


def test_ids_that_had_to_be_looked_up_are_kept_and_forgotten_when_they_are_refused(
    shop: Company, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.orders.fake_channel import FakeClient

    sent: list[dict[str, object]] = []

    def answer(client: FakeClient, values: Sequence[StockValue]) -> list[Published]:
        sent.extend(dict(value.external) for value in values if value.channel_sku == "w-MUG")
        error = "404 no such item" if len(sent) == 2 else ""
        return [Published(value.channel_sku, error, {"item": "" if error else "77"}) for value in values]

    monkeypatch.setattr(FakeClient, "publish_stock", answer)
    tick(shop, NOW)
    assert of(shop, "MUG").external == {"item": "77"}
    take(shop, 1, NOW + SECOND)
    tick(shop, NOW + SECOND)
    assert (sent, of(shop, "MUG").external) == ([{}, {"item": "77"}], {"item": ""})


def test_a_sender_that_was_replaced_confirms_nothing(
    shop: Company, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sender hangs in its call; meanwhile its time runs out and another one sends a newer value."""
    from tests.orders.fake_channel import FakeClient

    tick(shop, NOW)
    take(shop, 3, NOW + SECOND)
    publish = FakeClient.publish_stock

    def hang(client: FakeClient, values: object) -> object:
        monkeypatch.setattr(FakeClient, "publish_stock", publish)
        ChannelSync.objects.update(sending_until=None)
        take(shop, 2, NOW + 2 * SECOND)
        tick(shop, NOW + 2 * SECOND)
        assert of(shop, "MUG").quantity_confirmed == 5
        return publish(client, values)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeClient, "publish_stock", hang)
    tick(shop, NOW + SECOND)
    assert world.shown["w-MUG"] == 7  # the late call won there
    assert of(shop, "MUG").is_due  # and we know that we do not know
    tick(shop, NOW + timedelta(minutes=5))
    assert world.shown["w-MUG"] == 5 and not of(shop, "MUG").is_due


def test_what_is_in_no_journal_is_noticed(shop: Company, world: World) -> None:
    from inventory.services import buffer_save

    tick(shop, NOW)
    buffer_save(
        node_id=shop.north.pk, product_id=shop.mug.pk, channel_code="web", quantity=4, actor=shop.olga, at=NOW
    )
    tick(shop, NOW + SECOND)
    assert world.shown["w-MUG"] == 6
    listing = Listing.objects.get(channel_sku="w-LAMP")
    listing.is_active = False
    listing.save()
    tick(shop, NOW + 2 * SECOND)
    assert world.shown["w-LAMP"] == 0  # what is listed no more is not sold any more


def test_a_move_in_flight_is_not_passed_by(shop: Company, world: World) -> None:
    """A posting draws its sequence, another one commits with a larger one, and only then the first commits."""
    from django.db import connections

    tick(shop, NOW)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock_shared(1)")
            cursor.execute("SELECT nextval('inventory_stockevent_sequence_seq')")
            drawn = cursor.fetchone()[0]
            take(shop, 1, NOW + SECOND)
            tick(shop, NOW + SECOND)
            assert world.shown["w-MUG"] == 9
            assert ChannelSync.objects.get().sequence < drawn  # the cursor waits for who is still writing
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    tick(shop, NOW + 2 * SECOND)
    assert ChannelSync.objects.get().sequence > drawn


def test_a_channel_that_was_off_is_told_everything_again(shop: Company, world: World) -> None:
    tick(shop, NOW)
    link = shop.web.connection
    connection_switch(
        connection_id=link.pk, is_enabled=False, reason="relaunch", actor=shop.ada, at=NOW + SECOND
    )
    take(shop, 2, NOW + SECOND)
    tick(shop, NOW + 2 * SECOND)
    assert world.shown["w-MUG"] == 10
    world.shown["w-LAMP"] = 99
    connection_switch(
        connection_id=link.pk, is_enabled=True, reason="relaunched", actor=shop.ada, at=NOW + 3 * SECOND
    )
    tick(shop, NOW + timedelta(minutes=20))
    assert world.shown == {"w-MUG": 8, "w-LAMP": 4, "w-CREAM": 0}


def test_the_nightly_look_computes_everything(shop: Company, world: World) -> None:
    tick(shop, NOW)
    ListingStock.objects.update(quantity_wanted=0, due_since=NOW)  # whatever went wrong
    done = channel_stock_recompute(actor=shop.system, at=NOW + timedelta(days=1))
    assert (done["listings"], of(shop, "MUG").quantity_wanted) == (3, 10)


def test_set_again_says_why_and_sends(shop: Company, world: World) -> None:
    tick(shop, NOW)
    world.shown["w-MUG"] = 50
    row = of(shop, "MUG")
    listing_stock_set_again(listing_stock_ids=[row.pk], reason="typed by hand", actor=shop.olga, at=NOW)
    tick(shop, NOW + SECOND)
    assert world.shown["w-MUG"] == 10


def test_down_channels_open_a_case_and_settle_it(shop: Company, world: World) -> None:
    from orders.services.channel_reconcile import channel_cases_flag

    ChannelBreaker.objects.create(
        channel=shop.web, state="OPEN", opened_at=NOW, retry_at=NOW + SECOND, reason="502"
    )
    assert channel_cases_flag(actor=shop.system, at=NOW + timedelta(minutes=9))["CHANNEL_DOWN"] == 0
    assert channel_cases_flag(actor=shop.system, at=NOW + timedelta(minutes=10))["CHANNEL_DOWN"] == 1
    assert ExceptionCase.objects.get().owner_role == "ADMIN"
    breaker_close(channel_id=shop.web.pk, reason="back", actor=shop.ada, at=NOW + timedelta(minutes=11))
    assert channel_cases_flag(actor=shop.system, at=NOW + timedelta(minutes=11))["CHANNEL_DOWN"] == 0
    assert ExceptionCase.objects.get().state == "RESOLVED"
