"""Does the official client get on with our imitation of the SP-API, and does ours do what it should there?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sp_api.api import Finances, ListingsItems, Orders
from sp_api.auth import AccessTokenClient
from sp_api.base import Marketplaces, SellingApiForbiddenException, SellingApiNotFoundException
from sp_api.base.client import Client as SpClient

from orders.channels.amazon import ADAPTER
from orders.channels.amazon.call import SpApi
from orders.channels.amazon.client import AmazonClient
from orders.channels.amazon.finance import read_events_v0, read_transactions
from orders.channels.amazon.settlement import read_settlement
from orders.channels.contract import Account, ChannelError, ShipmentNotice, StockValue
from orders.channels.document import Refund
from tests.channels.fake_amazon import CLIENT, MARKET, REFRESH, SECRET, SELLER, Amazon, error, examples
from tests.channels.served import Answer, served
from tests.channels.settlements import SETTLEMENT

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = datetime(2026, 3, 2, tzinfo=UTC)
ORDER = examples("ordersV0", "getOrder")[0]["payload"] | {
    "PurchaseDate": "2026-03-01T08:00:00Z",
    "LastUpdateDate": "2026-03-01T09:00:00Z",
}
ITEMS = examples("ordersV0", "getOrderItems")[0]["payload"]["OrderItems"]


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    found = Amazon()
    with served(found.answer) as address:
        found.address = address
        yield found


def account(amazon: Amazon, **settings: str) -> Account:
    secrets = {"client_id": [CLIENT], "client_secret": [SECRET], "refresh_token": [REFRESH], "api_key": ["k"]}
    return Account(
        "web",
        SELLER,
        amazon.address,
        {"marketplaces": MARKET, "lwa_url": amazon.address, **settings},
        secrets,
    )


def ours(amazon: Amazon, **settings: str) -> AmazonClient:
    found = ADAPTER.client(account(amazon, **settings))
    assert isinstance(found, AmazonClient)
    return found


def official(amazon: Amazon, kind: type[SpClient], secret: str = SECRET, **more: str) -> Any:
    """The official client with its two addresses turned to the imitation; its token cache goes by the refresh token."""

    class Lwa(AccessTokenClient):
        scheme = "http://"
        host = amazon.address.removeprefix("http://")

    credentials = {
        "refresh_token": f"{REFRESH}{amazon.address}{secret}",
        "lwa_app_id": CLIENT,
        "lwa_client_secret": secret,
    }
    found = kind(marketplace=Marketplaces.US, credentials=credentials, auth_token_client_class=Lwa, **more)
    found.endpoint = amazon.address
    return found


# --- the official client speaks to the imitation ---
def test_the_official_client_reads_orders_and_confirms_a_parcel(amazon: Amazon) -> None:
    for number in range(3):
        amazon.add_order(ORDER, ITEMS, AmazonOrderId=f"902-000000{number}-0000000")
    orders = official(amazon, Orders)
    first = orders.get_orders(LastUpdatedAfter="2026-03-01T00:00:00Z", MarketplaceIds=[MARKET])
    assert (len(first.payload["Orders"]), bool(first.next_token)) == (2, True)
    last = orders.get_orders(NextToken=first.next_token, MarketplaceIds=[MARKET])
    assert ([order["AmazonOrderId"] for order in last.payload["Orders"]], last.next_token) == (
        ["902-0000002-0000000"],
        None,
    )
    ident = "902-0000000-0000000"
    assert orders.get_order(ident).payload["OrderTotal"]["Amount"] == "11.01"
    assert orders.get_order_items(ident).payload["OrderItems"][0]["SellerSKU"] == "NABetaASINB00551Q3CS"
    assert orders.get_order_address(ident).payload["ShippingAddress"]["City"] == "SEATTLE"
    orders.confirm_shipment(
        ident, marketplaceId=MARKET,
        packageDetail={
            "packageReferenceId": "1", "carrierCode": "FedEx", "trackingNumber": "112345678",
            "shipDate": "2026-03-01T10:00:00Z", "orderItems": [{"orderItemId": ITEMS[0]["OrderItemId"], "quantity": 1}],
        },
    )  # fmt: skip
    assert amazon.parcels[ident, "1"]["packageDetail"]["trackingNumber"] == "112345678"
    with pytest.raises(SellingApiNotFoundException):
        orders.get_order("902-9999999-9999999")


def test_the_official_client_sets_stock_and_reads_finances(amazon: Amazon) -> None:
    amazon.listings["MUG"] = {"availability": []}
    patch = [
        {
            "op": "replace",
            "path": "/attributes/fulfillment_availability",
            "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 5}],
        }
    ]
    done = official(amazon, ListingsItems).patch_listings_item(
        SELLER, "MUG", marketplaceIds=[MARKET], body={"productType": "PRODUCT", "patches": patch}
    )
    assert done.payload["status"] == "ACCEPTED"
    assert amazon.listings["MUG"]["availability"][0]["quantity"] == 5
    events = official(amazon, Finances).list_financial_events(PostedAfter="2026-01-01")
    assert "RentalTransactionEventList" in events.payload["FinancialEvents"]


def test_the_official_client_with_a_token_that_ran_out_is_turned_away(amazon: Amazon) -> None:
    amazon.lives = 0
    with pytest.raises(SellingApiForbiddenException):
        official(amazon, Orders).get_order("902-0000000-0000000")


# --- ours: tokens and rates ---
def test_one_token_serves_until_it_runs_out_and_is_renewed_then(amazon: Amazon) -> None:
    amazon.add_order(ORDER, ITEMS)
    amazon.lives = 3
    client = ours(amazon)
    for _ in range(4):
        client.items(ORDER["AmazonOrderId"])
    logins = [asked for asked in amazon.asked if asked.path == "/auth/o2/token"]
    assert (len(logins), len(amazon.tokens)) == (2, 2)  # the fourth call was refused once and came again


def test_a_token_is_renewed_before_its_hour_is_over(amazon: Amazon) -> None:
    amazon.add_order(ORDER, ITEMS)
    now = [0.0]
    client = AmazonClient(account(amazon), SpApi(account(amazon), clock=lambda: now[0]))
    for second in (0.0, 3_539.0, 3_541.0):
        now[0] = second
        client.items(ORDER["AmazonOrderId"])
    assert len(amazon.tokens) == 2


def test_an_account_that_may_not_is_told_so_after_one_new_token(amazon: Amazon) -> None:
    amazon.lives = 0
    with pytest.raises(ChannelError, match="Access to requested resource is denied") as caught:
        ours(amazon).items(ORDER["AmazonOrderId"])
    assert (caught.value.final, caught.value.status, len(amazon.tokens)) == (True, 403, 2)


def test_a_wrong_client_secret_is_amazons_own_word(amazon: Amazon) -> None:
    wrong = Account(
        "web",
        SELLER,
        amazon.address,
        dict(account(amazon).settings),
        {**account(amazon).secrets, "client_secret": ["x"]},
    )
    with pytest.raises(ChannelError, match="invalid_client") as caught:
        AmazonClient(wrong).items("902-0000000-0000000")
    assert caught.value.final


def test_too_many_calls_say_when_there_is_room_again_at_the_rate_amazon_last_said(amazon: Amazon) -> None:
    amazon.add_order(ORDER, ITEMS)
    amazon.rates = {"x-amzn-RateLimit-Limit": "0.25"}
    client = ours(amazon)
    client.items(ORDER["AmazonOrderId"])
    amazon.failures.append(error(429, "QuotaExceeded", "You exceeded your quota for the requested resource."))
    with pytest.raises(ChannelError, match="QuotaExceeded") as caught:
        client.items(ORDER["AmazonOrderId"])
    assert (caught.value.final, caught.value.retry_after) == (False, 4.0)


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        (Answer(200, b"<html>"), False),
        (Answer(200, {}), False),
        (Answer(503, b""), False),
        (error(400, "InvalidInput", "x"), True),
    ],
)
def test_what_amazon_answers_instead_is_a_typed_error(amazon: Amazon, answer: Answer, final: bool) -> None:
    amazon.failures.append(answer)
    with pytest.raises(ChannelError) as caught:
        ours(amazon).items("902-0000000-0000000")
    assert caught.value.final == final


# --- ours: orders ---
def test_catching_up_pages_through_orders_and_items_oldest_first(amazon: Amazon) -> None:
    first = dict(ITEMS[0])
    second = {
        **first,
        "OrderItemId": "2",
        "ItemPrice": {"CurrencyCode": "USD", "Amount": "5.00"},
        "ItemTax": {"CurrencyCode": "USD", "Amount": "0.00"},
    }
    total = {"CurrencyCode": "USD", "Amount": "16.01"}
    for number in range(5):
        changed = (SINCE + timedelta(hours=5 - number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        amazon.add_order(
            ORDER, [first, second], AmazonOrderId=f"902-{number}", LastUpdateDate=changed, OrderTotal=total
        )
    amazon.add_order(ORDER, ITEMS, AmazonOrderId="902-old", LastUpdateDate="2026-02-28T23:50:00Z")
    amazon.add_order(
        ORDER, ITEMS, AmazonOrderId="902-late", LastUpdateDate="2026-02-28T23:57:00Z"
    )  # shown late: asked for again
    found = list(ours(amazon).changed_orders(SINCE, UNTIL))
    assert [fetched.id.partition("@")[0] for fetched in found] == [
        "902-late",
        *(f"902-{n}" for n in (4, 3, 2, 1, 0)),
    ]
    (event,) = ADAPTER.events(account(amazon), found[1].topic, found[1].body)
    assert [(line.ref, line.sku) for line in event.content.lines] == [
        ("05015851154158", "NABetaASINB00551Q3CS"), ("2", "NABetaASINB00551Q3CS"),
    ]  # fmt: skip
    assert (event.content.total, event.content.ship_to.city) == (Decimal("16.01"), "SEATTLE")


def test_names_and_addresses_are_asked_for_with_a_restricted_token(amazon: Amazon) -> None:
    amazon.add_order(ORDER, ITEMS)
    list(ours(amazon, personal_data="restricted").changed_orders(SINCE, UNTIL))
    tokens = {
        asked.path.rsplit("/", 1)[-1]: asked.headers.get("x-amz-access-token", "")[:9]
        for asked in amazon.asked
    }
    assert (tokens["orders"], tokens["address"], tokens["orderItems"][:5]) == (
        "Atz.sprdt",
        "Atz.sprdt",
        "Atza|",
    )


def test_shipments_of_external_fulfilment_come_with_the_orders_and_are_taken_on(amazon: Amazon) -> None:
    shipment = examples("externalFulfillmentShipments_2024-09-11", "getShipment")[1] | {"status": "ACCEPTED"}
    amazon.shipments[shipment["id"]] = shipment
    client = ours(amazon, location="ABCD")
    (found,) = client.changed_orders(SINCE, UNTIL)
    assert (found.topic, found.id) == ("shipment", "TEST_CASE_200_MFN_SHIPMENT_ID@2020-06-08T12:00:15Z")
    client.acknowledge(shipment["id"])
    assert shipment["status"] == "CONFIRMED"
    assert client.publish_shipment(notice("SH-1", shipment["id"], ("1", "X", 2), package_id="P1")) == "P1"
    assert shipment["status"] == "SHIPPED"
    client.acknowledge(shipment["id"], reject=[("1", 2)])
    refused = next(asked for asked in reversed(amazon.asked) if asked.method == "POST").json()
    assert (shipment["status"], refused["lineItems"]) == (
        "CANCELLED",
        [{"lineItem": {"id": "1", "quantity": 2}, "reason": "OUT_OF_STOCK"}],
    )


def test_the_newer_orders_api_is_asked_where_the_setting_names_it(amazon: Amazon) -> None:
    document = examples("orders_2026-01-01", "getOrder")[3]["order"]
    for number in range(3):
        changed = (SINCE + timedelta(hours=5 - number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        amazon.newer[f"202-{number}"] = document | {"orderId": f"202-{number}", "lastUpdatedTime": changed}
    newer = official(amazon, Orders, version="2026-01-01").search_orders(
        lastUpdatedAfter="2026-03-01T00:00:00Z"
    )
    assert (len(newer.payload["orders"]), newer.next_token) == (2, "2")
    client = ours(amazon, orders_api="2026-01-01")
    found = list(client.changed_orders(SINCE, UNTIL))
    assert [fetched.id for fetched in found] == [f"202-{n}@2026-03-01T0{5 - n}:00:00Z" for n in (2, 1, 0)]
    (event,) = ADAPTER.events(account(amazon), found[0].topic, found[0].body)
    assert (event.order, event.content.total) == ("202-2", Decimal("103.97"))
    assert client.order("202-1").body == found[1].body


# --- ours: parcels, stock, money ---
def notice(key: str, external_id: str, *lines: tuple[str, str, int], **external: str) -> ShipmentNotice:
    sent = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return ShipmentNotice(key, external_id, "SO-000001", "DHL", "T1", "", sent, lines, external)


def test_a_parcel_told_twice_is_one_parcel(amazon: Amazon) -> None:
    amazon.add_order(ORDER, ITEMS)
    client, told = ours(amazon), notice("SH-1", ORDER["AmazonOrderId"], (ITEMS[0]["OrderItemId"], "X", 1))
    number = client.publish_shipment(told)
    assert (
        client.publish_shipment(told)
        == number
        != client.publish_shipment(notice("SH-2", *(told.external_id, *told.lines)))
    )
    assert len(amazon.parcels) == 2
    detail = amazon.parcels[ORDER["AmazonOrderId"], number]["packageDetail"]
    assert (detail["shipDate"], detail["orderItems"]) == (
        "2026-03-02T12:00:00Z",
        [{"orderItemId": "05015851154158", "quantity": 1}],
    )
    with pytest.raises(ChannelError, match="Invalid order item") as caught:
        client.publish_shipment(notice("SH-3", ORDER["AmazonOrderId"], ("nobody", "X", 1)))
    assert caught.value.final


def test_stock_is_set_listing_by_listing(amazon: Amazon) -> None:
    amazon.listings = {
        "A/B": {"availability": []},
        "FBA": {"availability": [{"fulfillmentChannelCode": "AMAZON_NA", "quantity": 9}]},
        "BIG": {"availability": []},
    }
    client = ours(amazon)
    said = client.publish_stock([StockValue("A/B", 7), StockValue("GHOST", 1), StockValue("BIG", 100_000)])
    assert [(row.channel_sku, bool(row.error)) for row in said] == [
        ("A/B", False),
        ("GHOST", True),
        ("BIG", True),
    ]
    assert "too large" in said[2].error
    assert client.stock([StockValue(sku, 0) for sku in ("A/B", "FBA", "GHOST")]) == {
        "A/B": 7,
        "FBA": None,
        "GHOST": None,
    }


def test_a_feed_sets_many_and_says_later_which_it_could_not(amazon: Amazon) -> None:
    amazon.listings = {"A": {"availability": []}, "C": {"availability": []}}
    client, values = ours(amazon), [StockValue("A", 1), StockValue("B", 2), StockValue("C", 3)]
    feed = client.submit_stock_feed(values)
    assert client.feed_errors(feed, values) is None
    amazon.work_on_feed(feed)
    said = client.feed_errors(feed, values)
    assert said is not None
    assert [row.error for row in said] == ["", "no such SKU", ""]
    assert amazon.listings["C"]["availability"][0]["quantity"] == 3


def test_settlements_are_downloaded_and_finances_paged(amazon: Amazon) -> None:
    amazon.add_report(SETTLEMENT.encode())
    amazon.add_report(SETTLEMENT.encode(), packed=False)
    client = ours(amazon)
    assert [read_settlement(content).total for _, content in client.settlements(SINCE)] == [
        Decimal("24.75")
    ] * 2
    assert [len(read_events_v0(page)) for page in client.financial_events(SINCE)] == [11, 11]
    assert [read_transactions(page)[0].amount for page in client.transactions(SINCE)] == [Decimal(10)] * 2


def test_a_report_that_is_not_what_it_says_is_refused(amazon: Amazon) -> None:
    amazon.add_report(SETTLEMENT.encode())
    amazon.files["R0"] = b"not packed"
    with pytest.raises(ChannelError, match="GZIP"):
        list(ours(amazon).settlements(SINCE))


def test_a_refund_is_made_in_seller_central(amazon: Amazon) -> None:
    with pytest.raises(ChannelError, match="Seller Central") as caught:
        ours(amazon).publish_refund("902-1", Refund("amazon", "CN-1", Decimal(1)))
    assert caught.value.final
    assert amazon.asked == []


def test_a_connection_without_marketplaces_asks_nothing(amazon: Amazon) -> None:
    with pytest.raises(ChannelError, match="marketplaces"):
        ours(amazon, marketplaces=" , ")
