"""Does a connected channel hear of parcels and refunds once, in its own words, and is their echo known for what it is?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from erp.core.models import ExceptionCase, OutboxMessage
from erp.core.services.outbox import stream_deliver
from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from inventory.services import kit_save_by_sku
from orders.channels.contract import ORDER, PAYMENT, REFUND, ChannelEvent
from orders.channels.document import Line, Paid, Place, Refund, Snapshot
from orders.models import ChannelBreaker, ChannelOrder, ChannelPublication, Connection, Order, Payment
from orders.selectors.channel_lines import published_refs
from orders.services import order_allocate_many
from orders.services.channel_message import channel_facts_add
from orders.services.converge import channel_order_converge
from orders.services.publish import RefundOut, channel_refund_add_many
from tests.cast import NOW, Company, company_create, stock_in
from tests.factories import ListingFactory, ProductFactory
from tests.orders.fake_channel import BUSY, DOWN, LOCKED, LOST, World, connect, world

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["world"]
STREAM = "channel:web"


@pytest.fixture
def shop(db: None, world: World) -> Company:
    company = company_create()
    connect(company, company.web)
    ListingFactory(channel=company.web, product=company.mug, channel_sku="w-MUG")
    ListingFactory(channel=company.web, product=company.lamp, channel_sku="w-LAMP")
    stock_in(company, company.mug, 20)
    stock_in(company, company.lamp, 20)
    return company


def placed(company: Company, *lines: Line, number: str = "A-1") -> Order:
    """The channel's order, paid there, received and promised here."""
    total = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    snapshot = Snapshot(
        number, NOW, "GBP", lines, total, ship_to=Place("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"),
        email="pat@example.com", facts={"location": "L1"},
    )  # fmt: skip
    events = [
        ChannelEvent(ORDER, number, "", "1", snapshot),
        ChannelEvent(PAYMENT, number, "p1", "1", Paid("shop_pay", f"p-{number}", total)),
    ]
    with transaction.atomic():
        (row,) = channel_facts_add("web", events, message_id=None, at=NOW)
        assert channel_order_converge(channel_order_id=row, actor=company.system, at=NOW) == []
    order = Order.objects.get(channel=company.web, external_id=number)
    order_allocate_many(order_ids=[order.pk], actor=company.system, at=NOW)
    return order


def ship(company: Company, order: Order, carrier: str = "DPD") -> OutboxMessage:
    fulfillment_ship_through_many(order_ids=[order.pk], carrier=carrier, actor=company.pia, at=NOW)
    return OutboxMessage.objects.filter(kind="orders.channel_shipment_publish").latest("pk")


def deliver(company: Company) -> int:
    OutboxMessage.objects.filter(stream=STREAM, state="FAILED").update(next_at=NOW)
    return stream_deliver(stream=STREAM, actor=company.system, at=NOW)


def two(n: int = 2) -> Line:
    return Line("gid/line/1", "w-MUG", n, Decimal("9.00"))


def test_a_parcel_is_told_in_the_channels_own_words(shop: Company, world: World) -> None:
    order = placed(shop, two(), Line("gid/line/2", "w-LAMP", 1, Decimal("30.00")))
    message = ship(shop, order)
    assert deliver(shop) == 1
    (notice,) = world.parcels.values()
    assert (notice.key, notice.external_id, notice.order_number, notice.carrier, notice.shipped_at) == (
        message.key, "A-1", order.number, "DPD", NOW,
    )  # fmt: skip
    assert sorted(notice.lines) == [("gid/line/1", "w-MUG", 2), ("gid/line/2", "w-LAMP", 1)]
    assert notice.external == {"location": "L1"}
    message.refresh_from_db()
    assert (message.state, message.provider_ref) == ("DONE", f"gid/{message.key}")
    assert published_refs(shop.web.pk, "A-1", "SHIPMENT") == {f"gid/{message.key}"}


def test_a_lost_answer_tells_it_twice_under_one_key(shop: Company, world: World) -> None:
    message = ship(shop, placed(shop, two()))
    world.faults.append(LOST)
    assert deliver(shop) == 0
    assert deliver(shop) == 1
    assert world.calls == ["publish_shipment", "publish_shipment"] and list(world.parcels) == [message.key]
    OutboxMessage.objects.filter(pk=message.pk).update(state="PENDING", provider_ref="", attempts=0)
    deliver(shop)
    assert len(world.calls) == 2  # what is known to be told is not told again


@pytest.mark.parametrize(("fault", "seconds"), [(BUSY, 20), (LOCKED, 900)])
def test_a_pause_that_is_asked_for_costs_no_attempt(
    shop: Company, world: World, fault: str, seconds: int
) -> None:
    message = ship(shop, placed(shop, two()))
    world.faults.append(fault)
    assert deliver(shop) == 0
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("FAILED", 0)
    breaker = ChannelBreaker.objects.get()
    assert breaker.opened_at is not None and breaker.retry_at is not None
    assert (breaker.state, (breaker.retry_at - breaker.opened_at).seconds) == ("OPEN", seconds)
    assert deliver(shop) == 0 and len(world.calls) == 1  # nobody calls meanwhile


def test_a_channel_that_is_down_counts_attempts_and_a_refusal_is_final(shop: Company, world: World) -> None:
    message = ship(shop, placed(shop, two()))
    world.faults.append(DOWN)
    deliver(shop)
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("FAILED", 1)
    deliver(shop)
    refused = ship(shop, placed(shop, two(), number="A-2"), carrier="UNKNOWN")
    deliver(shop)
    refused.refresh_from_db()
    assert (refused.state, refused.attempts) == ("DEAD", 1)
    case = ExceptionCase.objects.get(kind="OUTBOX_DEAD")
    assert "422 no such carrier" in case.title


def test_while_it_is_switched_off_a_parcel_waits(shop: Company, world: World) -> None:
    message = ship(shop, placed(shop, two()))
    Connection.objects.update(is_enabled=False)
    assert deliver(shop) == 0
    message.refresh_from_db()
    assert (message.state, message.attempts, world.calls) == ("FAILED", 0, [])
    Connection.objects.update(is_enabled=True)
    assert deliver(shop) == 1


def test_a_kit_is_told_once_it_is_whole(shop: Company, world: World) -> None:
    for sku in ("CUP", "SPOON", "SET"):
        ProductFactory(sku=sku, category=shop.goods, unit=shop.each, list_price=Decimal(5))
    from inventory.models import Product

    cup, spoon = Product.objects.get(sku="CUP"), Product.objects.get(sku="SPOON")
    kit_save_by_sku(sku="SET", components=[("CUP", 1), ("SPOON", 2)], reason="", actor=shop.olga, at=NOW)
    stock_in(shop, cup, 5)
    order = placed(
        shop, Line("k1", "SET", 2, Decimal("20.00")), Line("gid/line/2", "w-LAMP", 1, Decimal("30.00"))
    )
    ship(shop, order)
    deliver(shop)
    (first,) = world.parcels.values()
    assert list(first.lines) == [("gid/line/2", "w-LAMP", 1)]  # cups alone are no set
    stock_in(shop, spoon, 4)
    order_allocate_many(order_ids=[order.pk], actor=shop.system, at=NOW)
    ship(shop, order)
    deliver(shop)
    assert [list(notice.lines) for notice in world.parcels.values()][1] == [("k1", "SET", 2)]


def test_a_refund_goes_back_where_the_channel_took_the_money(shop: Company, world: World) -> None:
    order = placed(shop, two())
    drafts = [
        RefundOut(order.pk, "shop_pay", "refund:CN-1", Decimal("9.00"), "broken"),
        RefundOut(order.pk, "bank", "refund:CN-2", Decimal("1.00")),
    ]
    assert channel_refund_add_many(drafts) == 1  # what a bank took, a bank pays back
    assert deliver(shop) == 1
    (refund,) = world.refunds.values()
    assert (refund.provider, refund.amount, refund.reason, refund.ref) == (
        "shop_pay", Decimal("9.00"), "broken", "refund:CN-1",
    )  # fmt: skip
    told = ChannelPublication.objects.get(kind="REFUND")
    assert (told.ref, told.external_id) == ("re_1", "A-1")


def test_the_echo_of_our_own_refund_is_no_second_one(shop: Company, world: World) -> None:
    order = placed(shop, two())
    before = Payment.objects.count()
    channel_refund_add_many([RefundOut(order.pk, "shop_pay", "refund:CN-1", Decimal("9.00"))])
    deliver(shop)
    echo = ChannelEvent(REFUND, "A-1", "r1", "2", Refund("shop_pay", "re_1", Decimal("9.00")))
    with transaction.atomic():
        (row,) = channel_facts_add("web", [echo], message_id=None, at=NOW)
        assert channel_order_converge(channel_order_id=row, actor=shop.system, at=NOW) == []
    assert Payment.objects.count() == before
    assert ChannelOrder.objects.get().pending == []


def test_a_return_paid_back_tells_the_channel(shop: Company, world: World) -> None:
    from returns.services import ReturnLine, RmaDraft, return_process_many

    order = placed(shop, two())
    ship(shop, order)
    deliver(shop)
    line = ShipmentLine.objects.get()
    draft = RmaDraft(order.pk, [ReturnLine(line.pk, 1)])
    return_process_many([draft], actor=shop.olga, at=NOW + timedelta(days=1))
    assert deliver(shop) == 1
    (refund,) = world.refunds.values()
    assert refund.amount == Decimal("9.00")
