"""Does our client do in a Vendure shop what it should, once, whatever gets lost on the way?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.channels.contract import Account, ChannelError, ShipmentNotice, StockValue
from orders.channels.document import Refund
from orders.channels.vendure import ADAPTER
from orders.channels.vendure.client import VendureClient
from tests.channels.fake_vendure import ORDERS, Shop, order_recorded, recorded
from tests.channels.served import Answer, Asked, served

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
PAID = "included__order_paid"


@pytest.fixture(autouse=True)
def _no_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.channels.vendure.graphql._SESSIONS", {})


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    with served(found.answer) as address:
        found.address = address
        yield found


def account(shop: Shop, password: str = "right", **settings: str) -> Account:
    return Account(
        "web", "shop.example", shop.address, settings, {"username": ["keel"], "password": [password]}
    )


def client(shop: Shop, **settings: str) -> VendureClient:
    return ADAPTER.client(account(shop, **settings))


def names(shop: Shop) -> list[str]:
    return [name for name, _ in shop.asked]


def said(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shape(value: Any) -> Any:
    """The names in an answer, however many rows it has."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "value"


# --- the imitation ---
def test_the_imitation_answers_in_the_shapes_that_were_recorded(shop: Shop) -> None:
    order = shop.add_order(order_recorded(PAID))
    shop.add_variant("1", "LIVE-1", 3)
    ours = client(shop)
    ask = ours._api.ask
    line = {"orderLineId": order["lines"][0]["id"], "quantity": 1}
    arguments = [{"name": "method", "value": "DPD"}, {"name": "trackingCode", "value": "T"}]
    handler = {"code": "manual-fulfillment", "arguments": arguments}
    many = {"lines": [{**line, "quantity": 9}], "handler": handler}
    refund = {
        "paymentId": order["payments"][0]["id"],
        "amount": 1,
        "reason": "",
        "lines": [],
        "shipping": 0,
        "adjustment": 0,
    }
    level = {"stockLocationId": "1", "stockOnHand": 2}
    from orders.channels.vendure import queries as q

    answers = {
        "locations": ask(q.LOCATIONS),
        "variants": ask(q.VARIANTS, filter={"sku": {"in": ["LIVE-1"]}}, take=9),
        "set_stock": ask(q.SET_STOCK, input=[{"id": "1", "stockLevels": [level]}]),
        "order_paid": ask(q.ORDER, id=order["id"]),
        "fulfil": ask(q.FULFIL, input={"lines": [line], "handler": handler}),
        "fulfil_refused": ask(q.FULFIL, input=many),
        "order_parcel_pending": ask(q.ORDER, id=order["id"]),
        "move_fulfilment": ask(q.MOVE_FULFILMENT, id="100", state="Shipped"),
        "move_fulfilment_twice": ask(q.MOVE_FULFILMENT, id="100", state="Pending"),
        "refund": ask(q.REFUND, input=refund),
        "refund_refused": ask(q.REFUND, input={**refund, "amount": 10**7}),
    }
    for name, data in answers.items():
        assert shape(data) == shape(recorded(f"included__{name}")["answer"]["data"]), name
    assert len(ORDERS) == 24


# --- sessions ---
def test_one_login_serves_many_questions_and_an_ended_session_is_renewed_once(shop: Shop) -> None:
    shop.add_order(order_recorded(PAID))
    ours = client(shop)
    ident = order_recorded(PAID)["id"]
    ours.order(ident)
    ours.order(ident)
    assert shop.logins == 1
    shop.sessions.clear()
    assert ours.order(ident)["id"] == ident
    assert names(shop) == ["KeelLogin", "KeelOrder", "KeelOrder", "KeelOrder", "KeelLogin", "KeelOrder"]
    client(shop).order(ident)  # the next client goes on with the session
    assert (names(shop)[-1], shop.logins) == ("KeelOrder", 2)
    shop.sessions.clear()
    with pytest.raises(ChannelError, match="INVALID_CREDENTIALS"):
        ADAPTER.client(account(shop, "wrong")).order(ident)  # another password is another session


def test_a_wrong_password_and_a_shop_without_tokens_lock_us_out(shop: Shop) -> None:
    with pytest.raises(ChannelError, match="INVALID_CREDENTIALS") as wrong:
        ADAPTER.client(account(shop, "wrong")).order("1")
    assert (wrong.value.final, wrong.value.status) == (True, 401)
    shop.gives_tokens = False
    with pytest.raises(ChannelError, match="tokenMethod"):
        client(shop).order("1")
    with pytest.raises(ChannelError, match="no secret “username”"):
        ADAPTER.client(Account("web", "s", shop.address, {}, {}))


def test_the_channel_token_goes_with_every_question() -> None:
    shop, seen = Shop(), []

    def answer(asked: Asked) -> Answer:
        seen.append(asked.headers.get("vendure-token"))
        return shop.answer(asked)

    with served(answer) as address:
        shop.address = address
        client(shop, channel_token="uk").stock([StockValue("A", 0)])
    assert seen == ["uk", "uk"]


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        (Answer(503, {"x": 1}), False), (Answer(400, {"errors": []}), True), (Answer(200, b"<html>"), False),
        (Answer(200, [1]), False), (Answer(200, {"data": None}), False),
        (Answer(200, {"errors": [{"message": "database is locked"}]}), False),
        (Answer(200, {"errors": [{"message": "?", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}), True),
    ],
)  # fmt: skip
def test_what_may_be_asked_again_and_what_not(shop: Shop, answer: Answer, final: bool) -> None:
    ours = client(shop)
    with pytest.raises(ChannelError):
        ours.order("404")
    shop.fails = [answer]
    with pytest.raises(ChannelError) as error:
        ours.order("404")
    assert error.value.final is final


# --- orders ---
def test_catching_up_reads_every_page_oldest_first_and_each_order_says_what_it_did(shop: Shop) -> None:
    order = order_recorded(PAID)
    for number in range(250):
        moment = SINCE + timedelta(minutes=250 - number)
        shop.add_order(order, id=str(1000 + number), updatedAt=said(moment))
    shop.add_order(order, id="1", updatedAt=said(SINCE - timedelta(seconds=1)))
    shop.add_order(order, id="2", updatedAt=said(SINCE), orderPlacedAt=None)
    found = list(client(shop).changed_orders(SINCE, SINCE + timedelta(hours=6)))
    assert [int(one.id.partition("@")[0]) for one in found] == list(range(1249, 999, -1))
    assert found[0].changed_at == SINCE + timedelta(minutes=1)
    (event,) = ADAPTER.events(account(shop), found[0].topic, found[0].body)
    assert (event.order, event.content.total) == ("1249", Decimal("34.94"))
    assert found[0].id == f"1249@{event.version}"


def test_an_order_that_changes_while_pages_are_read_hides_no_other(shop: Shop) -> None:
    order = order_recorded(PAID)
    for number in range(250):
        shop.add_order(order, id=str(1000 + number), updatedAt=said(SINCE + timedelta(minutes=number)))
    fetched = client(shop).changed_orders(SINCE, SINCE + timedelta(hours=6))
    ids = [next(fetched).id.partition("@")[0]]
    for number in range(60):  # of the first page: they go to the end
        shop.orders[str(1000 + number)]["updatedAt"] = said(SINCE + timedelta(hours=5, minutes=number % 50))
    ids += [one.id.partition("@")[0] for one in fetched]
    assert set(ids) == {str(1000 + number) for number in range(250)}


def test_more_orders_of_one_moment_than_a_page_holds_are_all_read(shop: Shop) -> None:
    for number in range(230):
        shop.add_order(order_recorded(PAID), id=str(1000 + number), updatedAt=said(SINCE))
    found = list(client(shop).changed_orders(SINCE, SINCE + timedelta(hours=1)))
    assert len({one.id for one in found}) == len(found) == 230


# --- stock ---
def test_stock_is_what_may_be_sold_besides_what_the_shop_has_allocated(shop: Shop) -> None:
    shop.add_variant("7", "MUG", 10, 4)
    shop.add_variant("8", "TWICE", 1)
    shop.add_variant("9", "TWICE", 1)
    values = [StockValue("MUG", 25), StockValue("NONE", 1), StockValue("TWICE", 1)]
    ours = client(shop)
    told = ours.publish_stock(values)
    assert [answer.error for answer in told] == [
        "", "the shop has no variant with this SKU", "the shop has several variants with this SKU: map the listing to one of them"
    ]  # fmt: skip
    assert told[0].external == {"variant_id": "7"}
    assert shop.variants["7"]["stockLevels"][0] == {
        "stockLocationId": "1",
        "stockOnHand": 29,
        "stockAllocated": 4,
    }
    assert ours.stock(values) == {"MUG": 25, "NONE": None, "TWICE": None}
    ours.publish_stock(values)
    assert shop.variants["7"]["stockLevels"][0]["stockOnHand"] == 29
    known = StockValue("twice", 3, external={"variant_id": "9"})
    assert [answer.error for answer in ours.publish_stock([known])] == [""]
    assert ours.stock([known, StockValue("variant:9", 0)]) == {"twice": 3, "variant:9": 3}


def test_a_parcel_that_leaves_between_reading_and_setting_leaves_nothing_too_much(shop: Shop) -> None:
    shop.add_variant("7", "MUG", 10, 4)
    answered, crossings = shop.answer, 0

    def crossed(asked: Asked) -> Answer:
        nonlocal crossings
        found = answered(asked)
        if shop.asked[-1][0] == "KeelVariants" and not crossings:
            crossings += 1
            level = shop.variants["7"]["stockLevels"][0]
            level["stockOnHand"], level["stockAllocated"] = 7, 1
        return found

    with served(crossed) as address:
        ours = ADAPTER.client(Account("web", "s", address, {}, account(shop).secrets))
        assert [answer.error for answer in ours.publish_stock([StockValue("MUG", 25)])] == [""]
    assert shop.variants["7"]["stockLevels"][0] == {
        "stockLocationId": "1",
        "stockOnHand": 26,
        "stockAllocated": 1,
    }
    assert names(shop).count("KeelSetStock") == 2


def test_of_several_stock_locations_the_setting_says_which(shop: Shop) -> None:
    shop.locations = ["1", "2"]
    shop.add_variant("7", "MUG")
    shop.variants["7"]["stockLevels"] = []
    with pytest.raises(ChannelError, match="several stock locations") as error:
        client(shop).publish_stock([StockValue("MUG", 5)])
    assert error.value.final
    client(shop, location="2").publish_stock([StockValue("MUG", 5)])
    (level,) = shop.variants["7"]["stockLevels"]
    assert (level["stockLocationId"], level["stockOnHand"]) == ("2", 5)


# --- parcels and refunds ---
def notice(
    order: dict[str, Any], *units: int, tracking: str = "DPD-1", key: str = "shipment:1"
) -> ShipmentNotice:
    lines = [(line["id"], "SKU", count) for line, count in zip(order["lines"], units, strict=False) if count]
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return ShipmentNotice(key, order["id"], "SO-1", "DPD", tracking, "", at, lines)


def test_a_parcel_is_told_once_however_often_it_is_said(shop: Shop) -> None:
    order = shop.add_order(order_recorded(PAID))
    ours = client(shop)
    assert ours.publish_shipment(notice(order, 1, 3)) == "100" == ours.publish_shipment(notice(order, 1, 3))
    assert ours.publish_shipment(notice(order, 1, tracking="", key="shipment:2")) == "101"
    assert ours.publish_shipment(notice(order, 1, tracking="", key="shipment:2")) == "101"
    found = [(parcel["state"], parcel["trackingCode"], parcel["method"]) for parcel in order["fulfillments"]]
    assert found == [("Shipped", "DPD-1", "DPD"), ("Shipped", "shipment:2", "DPD")]


def test_a_parcel_whose_telling_broke_off_half_way_is_finished(shop: Shop) -> None:
    order = shop.add_order(order_recorded(PAID))
    ours = client(shop)
    ours.order(order["id"])
    answered = shop.answer
    shop.fails = []

    def breaking(asked: Asked) -> Answer:
        if (
            "KeelMoveFulfilment" in asked.json()["query"]
            and order["fulfillments"][0]["state"] == "Pending"
            and not broken
        ):
            broken.append(1)
            return Answer(502, {"bad": "gateway"})
        return answered(asked)

    broken: list[int] = []
    with served(breaking) as address:
        ours = ADAPTER.client(Account("web", "s", address, {}, account(shop).secrets))
        with pytest.raises(ChannelError) as error:
            ours.publish_shipment(notice(order, 2))
        assert not error.value.final
        assert ours.publish_shipment(notice(order, 2)) == "100"
    assert [parcel["state"] for parcel in order["fulfillments"]] == ["Shipped"]


def test_more_units_than_the_shop_still_has_to_send_are_refused_for_good(shop: Shop) -> None:
    order = shop.add_order(order_recorded(PAID))
    with pytest.raises(ChannelError, match="ITEMS_ALREADY_FULFILLED") as error:
        client(shop).publish_shipment(notice(order, 99))
    assert error.value.final and order["fulfillments"] == []


def test_money_goes_back_once_by_the_payment_that_took_it(shop: Shop) -> None:
    order = shop.add_order(order_recorded(PAID))
    ours = client(shop)
    refund = Refund("card", "CN-7", Decimal("5.00"), "broken")
    reference = ours.publish_refund(order["id"], refund)
    assert (
        reference
        == ours.publish_refund(order["id"], refund)
        == f"{order['code']}:{order['payments'][0]['id']}:500"
    )
    (made,) = order["payments"][0]["refunds"]
    assert (made["total"], made["reason"]) == (500, "broken [keel CN-7]")
    for wrong in (Refund("paypal", "CN-8", Decimal(1)), Refund("card", "CN-9", Decimal("30.00"))):
        with pytest.raises(ChannelError, match="left to pay back") as error:
            ours.publish_refund(order["id"], wrong)
        assert error.value.final
    assert len(order["payments"][0]["refunds"]) == 1
    with pytest.raises(ChannelError, match="no order"):
        ours.publish_refund("404", refund)
