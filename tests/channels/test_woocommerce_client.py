"""Does the official client get on with our imitation of a shop, and does ours do what it should there?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from woocommerce import API

from orders.channels.contract import Account, ChannelError, ShipmentNotice, StockValue
from orders.channels.document import Refund
from orders.channels.woocommerce import ADAPTER
from tests.channels.fake_woocommerce import KEY, SECRET, Shop, moved, orders_recorded
from tests.channels.served import Answer, Asked, served

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = datetime(2026, 3, 3, tzinfo=UTC)
PROCESSING = next(
    order for order in orders_recorded() if order["status"] == "processing" and order["id"] == 727
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    with served(found.answer) as address:
        found.address = address
        yield found


def account(shop: Shop, **settings: str) -> Account:
    secrets = {"consumer_key": [KEY], "consumer_secret": [SECRET]}
    return Account("web", "shop.example.com", shop.address, settings, secrets)


def notice(key: str, *lines: tuple[str, str, int]) -> ShipmentNotice:
    sent = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return ShipmentNotice(
        key, "727", "SO-000001", "Royal Mail", "RM1", "https://track.example/RM1", sent, lines
    )


# --- the official client speaks to the imitation ---
def test_the_official_client_lists_pays_back_and_completes(shop: Shop) -> None:
    shop.add_order(PROCESSING)
    shop.add_product(22, "TEE")
    shop.add_product(23, "Bar3", parent=22)
    api = API(shop.address, KEY, SECRET, version="wc/v3")  # over http it signs by OAuth 1.0a
    listed = api.get("orders", params={"per_page": 5, "modified_after": "2017-01-01T00:00:00"})
    assert (listed.status_code, listed.headers["X-WP-TotalPages"], listed.json()[0]["id"]) == (200, "1", 727)
    done = api.put("orders/727", {"status": "completed"})
    assert (done.status_code, done.json()["date_completed_gmt"]) == (200, shop.clock)
    back = api.post("orders/727/refunds", {"amount": "10.00", "api_refund": False})
    assert (back.status_code, shop.orders[727]["refunds"][0]["total"]) == (201, "-10.00")
    assert api.post("orders/727/notes", {"note": "Hallo"}).json()["note"] == "Hallo"
    batch = api.post("products/22/variations/batch", {"update": [{"id": 23, "stock_quantity": 4}]})
    assert (batch.status_code, shop.products[23]["stock_quantity"]) == (200, 4)
    assert api.get("products", params={"sku": "bar3"}).json()[0]["id"] == 23
    assert api.get("nothing").json()["code"] == "rest_no_route"


def test_the_official_client_with_a_wrong_secret_is_turned_away(shop: Shop) -> None:
    answer = API(shop.address, KEY, "cs_other", version="wc/v3").get("orders")
    assert (answer.status_code, answer.json()["code"]) == (401, "woocommerce_rest_cannot_view")


# --- ours ---
@pytest.mark.parametrize("how", ["header", "query"])
def test_keys_go_in_the_header_or_in_the_query(shop: Shop, how: str) -> None:
    shop.add_order(PROCESSING)
    found = ADAPTER.client(account(shop, authentication=how)).order("727")
    assert (found.topic, json.loads(found.body)["order"]["number"]) == ("order.fetched", "727")
    assert ("authorization" in shop.asked[0].headers) == (how == "header")
    assert ("consumer_secret" in shop.asked[0].query) == (how == "query")


def test_another_way_to_send_the_keys_is_refused_before_anything_is_asked(shop: Shop) -> None:
    with pytest.raises(ChannelError, match="header or query"):
        ADAPTER.client(account(shop, authentication="cookie"))
    assert shop.asked == []


def test_catching_up_pages_through_every_change_oldest_first(shop: Shop) -> None:
    for place in range(250):  # ids run against the times of change
        shop.add_order(moved(PROCESSING, SINCE + timedelta(minutes=250 - place)), id=1000 + place)
    shop.add_order(moved(PROCESSING, SINCE - timedelta(minutes=1)), id=1)
    shop.add_order(moved(PROCESSING, UNTIL + timedelta(minutes=1)), id=2)
    found = list(ADAPTER.client(account(shop)).changed_orders(SINCE, UNTIL))
    assert [int(fetched.id.partition("@")[0]) for fetched in found] == list(range(1249, 999, -1))
    assert found[0].changed_at == SINCE + timedelta(minutes=1)
    (event,) = ADAPTER.events(account(shop), found[0].topic, found[0].body)
    assert (event.order, event.content.total) == ("1249", Decimal("29.35"))


def test_an_order_that_changes_while_the_pages_are_read_hides_none(shop: Shop) -> None:
    for place in range(150):
        shop.add_order(moved(PROCESSING, SINCE + timedelta(minutes=place)), id=1000 + place)
    answered = shop.answer
    pages = 0

    def moving(asked: Asked) -> Answer:
        nonlocal pages
        found = answered(asked)
        pages += 1
        if pages == 2:  # one of the page that comes last leaves the window
            shop.orders[1149] = moved(shop.orders[1149], UNTIL)
        return found

    with served(moving) as address:
        client = ADAPTER.client(Account("web", "s", address, {}, account(shop).secrets))
        fetched = client.changed_orders(SINCE, SINCE + timedelta(hours=12))
        ids = {found.id.partition("@")[0] for found in fetched}
    assert ids == {str(1000 + place) for place in range(149)}


def test_refunds_are_fetched_with_the_order_and_take_units_off(shop: Shop) -> None:
    shop.add_order(moved(PROCESSING, SINCE + timedelta(hours=1)), refunds=[])
    client = ADAPTER.client(account(shop))
    reference = client.publish_refund(
        "727", Refund("bacs", "CN-1", Decimal("3.23"), "one too many", "", (("315", 1),))
    )
    assert reference == client.publish_refund("727", Refund("bacs", "CN-1", Decimal("3.23"))) == "900"
    asked = next(asked for asked in shop.asked if asked.method == "POST").json()
    assert (asked["api_refund"], asked["api_restock"], asked["line_items"]) == (
        True,
        False,
        [{"id": 315, "quantity": 1}],
    )
    (found,) = client.changed_orders(SINCE, UNTIL)
    (event,) = ADAPTER.events(account(shop), found.topic, found.body)
    assert [line.removed for line in event.content.lines] == [1, 0]
    (refund,) = event.content.refunds
    assert (refund.amount, refund.reason, list(refund.lines)) == (
        Decimal("3.23"),
        "one too many",
        [("315", 1)],
    )
    assert event.version.endswith("#4+")  # it knows more than the same version from a webhook


def test_a_refund_of_more_than_was_paid_is_the_shops_no(shop: Shop) -> None:
    shop.add_order(PROCESSING)
    with pytest.raises(ChannelError, match="Invalid refund amount") as caught:
        ADAPTER.client(account(shop)).publish_refund("727", Refund("bacs", "CN-1", Decimal("99.00")))
    assert (caught.value.final, caught.value.status) == (True, 400)
    assert shop.refunds == {}


def test_stock_is_set_by_batches_and_each_value_gets_its_answer(shop: Shop) -> None:
    for number in range(1, 131):
        shop.add_product(number, f"P-{number}")
    shop.add_product(500, "PARENT", stock=None)
    shop.add_product(501, "RED", parent=500)
    values = [StockValue(f"P-{number}", number) for number in range(1, 131)]
    values += [
        StockValue("red", 7),
        StockValue("id:500:501", 8),
        StockValue("GHOST", 1),
        StockValue("id:999", 3),
    ]
    client = ADAPTER.client(account(shop))
    errors = {
        published.channel_sku: published.error
        for published in client.publish_stock(values)
        if published.error
    }
    assert errors == {"GHOST": "the shop has no product with this SKU", "id:999": "Invalid ID."}
    assert [shop.products[number]["stock_quantity"] for number in (1, 130, 501)] == [1, 130, 8]
    batches = [len(asked.json()["update"]) for asked in shop.asked if asked.path.endswith("batch")]
    assert max(batches) == 100
    shown = client.stock(
        [StockValue("P-130", 0), StockValue("RED", 0), StockValue("GHOST", 0), StockValue("id:999", 0)]
    )
    assert shown == {"P-130": 130, "RED": 8, "GHOST": None, "id:999": None}
    assert client.stock([StockValue("PARENT", 0)]) == {"PARENT": None}  # known, but not counted there


def test_the_last_parcel_completes_the_order_and_telling_twice_is_telling_once(shop: Shop) -> None:
    shop.add_order(PROCESSING)
    client = ADAPTER.client(account(shop))
    assert client.publish_shipment(notice("SH-1", ("315", "id:93", 2))) == "SH-1"
    assert shop.orders[727]["status"] == "processing"
    shop.failures.append(Answer(500, {"code": "internal_server_error"}))
    with pytest.raises(ChannelError) as caught:
        client.publish_shipment(notice("SH-2", ("316", "Bar3", 1)))
    assert not caught.value.final
    for _ in range(2):
        assert client.publish_shipment(notice("SH-2", ("316", "Bar3", 1))) == "SH-2"
    assert shop.orders[727]["status"] == "completed"
    assert [note["note"] for note in shop.notes[727]] == [
        f"Sent with Royal Mail: RM1 https://track.example/RM1 (parcel SH-{number})" for number in (1, 2)
    ]
    (event,) = ADAPTER.events(account(shop), "order.updated", json.dumps(shop.orders[727]))
    assert [(parcel.ref, list(parcel.lines), list(parcel.tracking_numbers)) for parcel in event.content.fulfilments] == [
        ("SH-1", [("315", 2)], ["RM1"]), ("SH-2", [("316", 1)], ["RM1"]),
    ]  # fmt: skip


def test_an_order_can_be_completed_and_noted_by_itself(shop: Shop) -> None:
    shop.add_order(PROCESSING)
    client = ADAPTER.client(account(shop))
    client.complete("727")
    assert client.note("727", "Left with a neighbour", for_customer=False) == "281"
    assert (shop.orders[727]["status"], shop.notes[727][0]["customer_note"]) == ("completed", False)


@pytest.mark.parametrize(
    ("answer", "final", "after"),
    [
        (Answer(429, {"code": "rate"}, {"Retry-After": "7"}), False, 7.0),
        (Answer(503, b"down for maintenance"), False, None),
        (Answer(200, b"<html>Briefly unavailable for scheduled maintenance"), False, None),
        (Answer(200, []), False, None),
        (Answer(401, {"code": "woocommerce_rest_cannot_view"}), True, None),
        (Answer(302, b"", {"Location": "/wp-login.php"}), True, None),
    ],
)
def test_what_the_shop_answers_instead_is_a_typed_error(
    shop: Shop, answer: Answer, final: bool, after: float | None
) -> None:
    shop.failures.append(answer)
    with pytest.raises(ChannelError) as caught:
        ADAPTER.client(account(shop)).order("727")
    assert (caught.value.final, caught.value.retry_after) == (final, after)


def test_an_id_that_is_no_number_never_reaches_a_url(shop: Shop) -> None:
    with pytest.raises(ChannelError, match="no order id"):
        ADAPTER.client(account(shop)).order("727/../customers")
    assert shop.asked == []
