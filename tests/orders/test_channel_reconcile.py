"""Is drift found and never overwritten silently, and is an order found that no message told us of?"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

import orders.playbooks  # noqa: F401 — the buttons of cases
from erp.core.models import ExceptionCase, InboxMessage, Job
from erp.core.services.exception_case import exception_resolve
from erp.core.services.playbook import exception_play
from erp.core.services.work_run import work_run
from orders.channels.contract import STOCK, ChannelEvent
from orders.channels.document import Line, Place, Snapshot
from orders.models import Connection, ListingStock, Order
from orders.services.channel_news import channel_news_handle
from orders.services.channel_poll import channel_poll, channel_poll_due
from orders.services.channel_reconcile import channel_reconcile, channel_reconcile_due
from tests.cast import NOW, Company, company_create, stock_in
from tests.factories import ListingFactory
from tests.orders.fake_channel import DOWN, World, connect, fetched, world
from tests.orders.test_channel_stock import SECOND, of, take, tick

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["world"]


@pytest.fixture
def shop(db: None, world: World) -> Company:
    company = company_create()
    connect(company, company.web)
    ListingFactory(channel=company.web, product=company.mug, channel_sku="w-MUG")
    ListingFactory(channel=company.web, product=company.lamp, channel_sku="w-LAMP")
    stock_in(company, company.mug, 10)
    stock_in(company, company.lamp, 4)
    tick(company, NOW)
    return company


def compare(company: Company, at: object = NOW) -> dict[str, object]:
    return channel_reconcile(channel_id=company.web.pk, actor=company.system, at=at)  # type: ignore[arg-type]


def test_what_shows_as_confirmed_is_no_drift(shop: Company, world: World) -> None:
    assert compare(shop) == {"looked": 2, "drift": 0}
    assert not ExceptionCase.objects.exists()


def test_drift_opens_a_case_and_only_less_is_sent_until_somebody_decides(shop: Company, world: World) -> None:
    world.shown["w-MUG"] = 6  # somebody there lowered it
    assert compare(shop, NOW + SECOND)["drift"] == 1
    case = ExceptionCase.objects.get(kind="SYNC_DRIFT")
    assert (case.subject_type, case.detail["shown"], case.detail["confirmed"]) == (
        "orders.ListingStock",
        6,
        10,
    )
    stock_in(shop, shop.mug, 5, at=NOW + SECOND)
    assert tick(shop, NOW + 2 * SECOND)["sent"] == 0
    assert world.shown["w-MUG"] == 6  # more is not told
    take(shop, 12, NOW + 3 * SECOND)
    tick(shop, NOW + 4 * SECOND)
    assert world.shown["w-MUG"] == 3  # less is: nobody may sell what is not there
    assert compare(shop, NOW + 5 * SECOND)["drift"] == 0
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "orders.channel_cases_flag")


def test_the_playbook_sets_it_again(shop: Company, world: World) -> None:
    world.shown["w-MUG"] = 50
    compare(shop)
    case = ExceptionCase.objects.get()
    assert case.money_at_risk == 40 * shop.mug.list_price  # what it shows above what there is
    exception_play(
        case_id=case.pk, code="set_again", inputs={"reason": "a test of theirs"}, actor=shop.olga, at=NOW
    )
    tick(shop, NOW + SECOND)
    assert world.shown["w-MUG"] == 10
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "orders.listing_stock_set_again")


def test_what_a_person_settled_stays_quiet_for_a_day(shop: Company, world: World) -> None:
    world.shown["w-MUG"] = 9
    compare(shop)
    case = ExceptionCase.objects.get()
    exception_resolve(
        case_id=case.pk, resolution="manual", reason="a sale of theirs", actor=shop.olga, at=NOW
    )
    compare(shop, NOW + timedelta(hours=6))
    assert ExceptionCase.objects.count() == 1
    compare(shop, NOW + timedelta(hours=30))
    assert ExceptionCase.objects.exclude(state="RESOLVED").count() == 1


def test_a_value_on_its_way_is_no_drift(shop: Company, world: World) -> None:
    take(shop, 3, NOW + SECOND)
    world.faults.append(DOWN)
    tick(shop, NOW + SECOND)
    world.shown["w-MUG"] = 7  # it arrived all the same
    assert compare(shop, NOW + 2 * SECOND) == {"looked": 1, "drift": 0}


def test_a_sku_that_the_channel_lost_is_drift(shop: Company, world: World) -> None:
    del world.shown["w-LAMP"]
    assert compare(shop)["drift"] == 1
    assert "does not know it" in ExceptionCase.objects.get().title


def test_a_channel_that_does_not_answer_is_not_judged(shop: Company, world: World) -> None:
    world.shown["w-MUG"] = 1
    world.is_down = True
    assert compare(shop) == {"looked": 0, "why": "connection refused"}
    assert not ExceptionCase.objects.filter(kind="SYNC_DRIFT").exists()


def test_it_is_compared_when_its_time_has_come(shop: Company, world: World) -> None:
    assert channel_reconcile_due(actor=shop.system, at=NOW) == 1
    (job,) = Job.objects.filter(kind="orders.channel_reconcile")
    assert work_run(table="job", row_id=job.pk, at=NOW)
    job.refresh_from_db()
    assert (job.state, job.result) == ("DONE", {"looked": 2, "drift": 0})
    assert channel_reconcile_due(actor=shop.system, at=NOW + timedelta(hours=5)) == 0
    assert channel_reconcile_due(actor=shop.system, at=NOW + timedelta(hours=6)) == 1


def heard(company: Company, available: object) -> str:
    event = ChannelEvent(STOCK, "", "x", "1", {"sku": "W-mug", "available": available})
    return channel_news_handle(channel="web", event=event, actor=company.system, at=NOW + SECOND)


def test_our_own_echo_is_no_news_and_anything_else_is_a_reason_to_ask(shop: Company, world: World) -> None:
    row = of(shop, "MUG")
    assert heard(shop, 10) == f"orders.ListingStock:{row.pk}"
    assert not Job.objects.filter(kind="orders.channel_reconcile").exists()
    heard(shop, 2)
    assert ListingStock.objects.get(pk=row.pk).doubted_at == NOW + SECOND
    assert of(shop, "MUG").quantity_confirmed == 10  # what it says is no fact
    job = Job.objects.get(kind="orders.channel_reconcile")
    world.calls.clear()
    work_run(table="job", row_id=job.pk, at=NOW + SECOND)
    assert world.calls == ["stock"] and not ExceptionCase.objects.exists()  # it was late, and is true no more
    assert ListingStock.objects.get(pk=row.pk).doubted_at is None
    assert heard(shop, "many") == "noted: no quantity"


def order(number: str) -> Snapshot:
    return Snapshot(
        number, NOW, "GBP", [Line("l1", "w-MUG", 2, Decimal("9.00"))], Decimal(18),
        ship_to=Place("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"), email="pat@example.com",
    )  # fmt: skip


def test_a_poll_brings_what_no_message_told_and_counts_it(shop: Company, world: World) -> None:
    world.orders = [fetched(order(f"A-{n}"), NOW + n * timedelta(minutes=1)) for n in (1, 2, 3)]
    at = NOW + timedelta(minutes=5)
    assert channel_poll_due(actor=shop.system, at=at) == 1
    (job,) = Job.objects.filter(kind="orders.channel_poll")
    work_run(table="job", row_id=job.pk, at=at)
    job.refresh_from_db()
    assert job.result == {"fetched": 3, "missed": 3}
    for message in InboxMessage.objects.order_by("pk"):
        assert work_run(table="inbox", row_id=message.pk, at=at)
    assert Order.objects.filter(channel=shop.web).count() == 3
    link = Connection.objects.get()
    assert link.polled_until == at
    world.orders.append(fetched(order("A-4"), NOW + timedelta(minutes=2)))  # it was late in their books
    done = channel_poll(channel_id=shop.web.pk, actor=shop.system, at=at + timedelta(minutes=5))
    assert done == {"fetched": 1, "missed": 1}  # the overlap saw it, and what was known is nothing new
    assert shop.web.sync.missed_orders == 4


def test_a_channel_that_answers_again_is_asked_for_orders_at_once(shop: Company, world: World) -> None:
    channel_poll(channel_id=shop.web.pk, actor=shop.system, at=NOW)
    for second in range(1, 6):
        world.faults.append(DOWN)
        channel_poll(channel_id=shop.web.pk, actor=shop.system, at=NOW + second * SECOND)
    assert channel_poll_due(actor=shop.system, at=NOW + 10 * SECOND) == 0  # nobody calls it now
    assert channel_poll_due(actor=shop.system, at=NOW + 50 * SECOND) == 0  # and its time has not come
    compare(shop, NOW + 60 * SECOND)
    assert channel_poll_due(actor=shop.system, at=NOW + 61 * SECOND) == 1
    (job,) = Job.objects.filter(kind="orders.channel_poll")
    assert work_run(table="job", row_id=job.pk, at=NOW + 62 * SECOND)
    assert Connection.objects.get().polled_until == NOW + 62 * SECOND
    assert channel_poll_due(actor=shop.system, at=NOW + 70 * SECOND) == 0


def test_a_poll_that_breaks_off_goes_on_where_it_was(
    shop: Company, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.services.channel_poll.CHUNK", 2)
    world.orders = [fetched(order(f"A-{n}"), NOW + n * timedelta(minutes=20)) for n in (1, 2, 3)]
    world.faults.append(DOWN)  # raised after the last of them
    done = channel_poll(channel_id=shop.web.pk, actor=shop.system, at=NOW + timedelta(hours=2))
    assert (done["fetched"], done["why"]) == (2, "502 Bad Gateway")
    assert Connection.objects.get().polled_until == NOW + timedelta(minutes=40)
    done = channel_poll(channel_id=shop.web.pk, actor=shop.system, at=NOW + timedelta(hours=2))
    assert done == {"fetched": 1, "missed": 1}
    assert json.loads(InboxMessage.objects.latest("pk").body)["order"]["external_id"] == "A-3"
