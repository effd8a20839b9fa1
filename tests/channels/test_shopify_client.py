"""Does our client get its way with a shop, and is the shop it is tested against one that Shopify's own client believes in?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import shopify
from pyactiveresource.connection import UnauthorizedAccess
from shopify.api_version import ApiVersion

from orders.channels.contract import Account, ChannelError, ShipmentNotice, StockValue
from orders.channels.document import Refund
from orders.channels.shopify import ADAPTER
from orders.channels.shopify.client import ShopifyClient
from tests.channels.shopify_documents import Item
from tests.channels.shopify_fake import FakeShop, served

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> Iterator[FakeShop]:
    with served(FakeShop()) as found:
        yield found


@pytest.fixture
def account(shop: FakeShop) -> Account:
    secrets = {"token": [shop.token], "webhook": [shop.secret]}
    return Account("web", shop.domain, shop.url, {"location": str(shop.location)}, secrets)


@pytest.fixture
def client(account: Account, monkeypatch: pytest.MonkeyPatch) -> ShopifyClient:
    monkeypatch.setattr(
        "orders.channels.http.connection", SimpleNamespace(in_atomic_block=False)
    )  # the test's own
    return ShopifyClient(account, ADAPTER.limits, wait=lambda seconds: None)


@pytest.fixture
def official(shop: FakeShop) -> Iterator[Any]:
    """Shopify's own Python client, at our shop."""
    session = SimpleNamespace(
        site=f"{shop.url}/admin/api/2025-01",
        url=shop.url,
        token=shop.token,
        api_version=ApiVersion.coerce_to_version("2025-01"),
    )
    shopify.ShopifyResource.activate_session(session)
    yield shopify
    shopify.ShopifyResource.clear_session()


def _notice(order: dict[str, Any], units: dict[int, int], tracking: str = "JD0001") -> ShipmentNotice:
    lines = [(str(order["line_items"][n]["id"]), "SKU", count) for n, count in units.items()]
    return ShipmentNotice(
        "parcel-1", str(order["id"]), "SO-1", "DHL", tracking, "https://dhl.example/JD0001", AT, lines
    )


# --- the official client at the fake


def test_the_official_client_reads_orders_page_by_page(official: Any, shop: FakeShop) -> None:
    placed = [shop.place([Item("MUG", n + 1, "10.00")]) for n in range(5)]
    first = official.Order.find(status="any", limit=2)
    assert first.has_next_page() and not first.has_previous_page()
    second = first.next_page()
    third = second.next_page()
    assert [order.id for page in (first, second, third) for order in page] == [
        order["id"] for order in placed
    ]
    assert not third.has_next_page() and third.previous_page()[0].id == placed[2]["id"]
    one = official.Order.find(placed[0]["id"])
    assert (one.total_price, one.line_items[0].sku) == ("10.00", "MUG")


def test_the_official_client_cancels_refunds_and_sees_transactions(official: Any, shop: FakeShop) -> None:
    order = shop.pay(shop.place([Item("MUG", 2, "10.00")]))
    (sale,) = official.Transaction.find(order_id=order["id"])
    refund = official.Refund(prefix_options={"order_id": order["id"]})
    refund.note = "broken"
    refund.refund_line_items = [
        {"line_item_id": order["line_items"][0]["id"], "quantity": 1, "restock_type": "cancel"}
    ]
    refund.transactions = [
        {"parent_id": sale.id, "kind": "refund", "amount": "10.00", "gateway": sale.gateway}
    ]
    assert refund.save() and refund.transactions[0].amount == "10.00"
    refund = official.Refund(prefix_options={"order_id": order["id"]})
    refund.transactions = [
        {"parent_id": sale.id, "kind": "refund", "amount": "10.01", "gateway": sale.gateway}
    ]
    assert not refund.save() and "left to be refunded" in refund.errors.full_messages()[0]
    found = official.Order.find(order["id"])
    found.cancel()
    assert (found.cancel_reason, found.financial_status, found.refunds[1].transactions[0].amount) == (
        "other",
        "refunded",
        "10.00",
    )


def test_the_official_client_fulfils_and_is_held_to_what_waits(official: Any, shop: FakeShop) -> None:
    order = shop.place([Item("MUG", 2, "10.00")])
    (waiting,) = official.FulfillmentOrders.find(order_id=order["id"])
    line = {"id": waiting.line_items[0].id, "quantity": 2}
    parts = [{"fulfillment_order_id": waiting.id, "fulfillment_order_line_items": [line]}]
    made = official.FulfillmentV2(
        {"line_items_by_fulfillment_order": parts, "tracking_info": {"number": "JD1", "company": "DHL"}}
    )
    assert made.save() and made.tracking_number == "JD1"
    assert [parcel.id for parcel in official.Fulfillment.find(order_id=order["id"])] == [made.id]
    again = official.FulfillmentV2({"line_items_by_fulfillment_order": parts})
    assert not again.save()
    assert len(order["fulfillments"]) == 1


def test_the_official_client_sets_stock_hooks_and_reads_payouts(official: Any, shop: FakeShop) -> None:
    item = shop.stock("MUG", 7)
    assert official.InventoryLevel.set(shop.location, item, 42).available == 42
    (level,) = official.InventoryLevel.find(inventory_item_ids=item, location_ids=shop.location)
    assert level.available == 42
    assert official.Product.find()[0].variants[0].inventory_item_id == item
    hook = official.Webhook.create(
        {"topic": "orders/create", "address": "https://keel.example/x", "format": "json"}
    )
    assert [found.id for found in official.Webhook.find()] == [hook.id]
    shop.payouts.append(
        {"id": 1, "status": "paid", "date": "2026-03-01", "currency": "GBP", "amount": "41.90"}
    )
    assert official.Payouts.find()[0].amount == "41.90"
    shop.token = "another"
    with pytest.raises(UnauthorizedAccess):
        official.Order.find()


# --- our client at the fake


def test_what_changed_is_fetched_once_oldest_first_and_reads_like_a_webhook(
    client: ShopifyClient, account: Account, shop: FakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.channels.shopify.client.PAGE", 2)
    placed = [shop.place([Item("MUG", n + 1, "10.00")]) for n in range(5)]
    shop.pay(placed[0])
    shop.cancel(placed[1])
    found = list(client.changed_orders(AT, shop.now))
    assert [order.changed_at for order in found] == sorted(order.changed_at for order in found)
    assert [json.loads(order.body)["id"] for order in found] == [placed[n]["id"] for n in (2, 3, 4, 0, 1)]
    assert shop.calls == ["GET /orders.json"] * 3
    (event,) = ADAPTER.events(account, found[3].topic, found[3].body)
    (sent,) = ADAPTER.events(account, "orders/paid", json.dumps(placed[0]))
    assert event == sent  # so that what comes both ways is one
    assert len({order.id for order in found}) == 5
    assert client.order(str(placed[0]["id"])) == found[3]
    late = datetime.fromisoformat(placed[1]["updated_at"])
    assert [json.loads(order.body)["id"] for order in client.changed_orders(late, shop.now)] == [
        placed[1]["id"]
    ]


def test_stock_is_set_by_its_ids_or_by_a_look_up_that_is_told(client: ShopifyClient, shop: FakeShop) -> None:
    mug, lamp = shop.stock("MUG", 1), shop.stock("Lamp ", 1)
    for _ in range(2):
        shop.stock("TWICE", 1)
    known = {"inventory_item_id": str(mug), "location_id": str(shop.location)}
    lost = {"inventory_item_id": "12", "location_id": str(shop.location)}
    values = [StockValue("mug", 5, external=known), StockValue("LAMP", 6), StockValue("NONE", 1), StockValue("TWICE", 1),
              StockValue("LOST", 1, external=lost)]  # fmt: skip
    told = client.publish_stock(values)
    assert [answer.channel_sku for answer in told] == ["mug", "LAMP", "NONE", "TWICE", "LOST"]
    assert (told[0].error, told[1].error) == ("", "")
    assert told[1].external == {"inventory_item_id": str(lamp), "location_id": str(shop.location)}
    assert (
        "no variant with SKU NONE" in told[2].error
        and "TWICE" in told[3].error
        and told[4].error.startswith("404")
    )
    assert (shop.levels[mug, shop.location], shop.levels[lamp, shop.location]) == (5, 6)
    assert shop.calls.count("GET /products.json") == 1
    client.publish_stock(values[:1])
    assert shop.levels[mug, shop.location] == 5
    assert client.stock(values) == {"mug": 5, "LAMP": 6, "NONE": None, "TWICE": None, "LOST": None}


def test_a_variant_without_a_sku_is_found_by_its_id(client: ShopifyClient, shop: FakeShop) -> None:
    item = shop.stock("", 3)
    name = f"variant:{shop.products[0]['variants'][0]['id']}"
    assert client.stock([StockValue(name, 0)]) == {name: 3}
    assert client.publish_stock([StockValue(name, 8)])[0].error == ""
    assert shop.levels[item, shop.location] == 8


def test_stock_is_asked_for_fifty_at_a_time(client: ShopifyClient, shop: FakeShop) -> None:
    values = []
    for number in range(120):
        ids = {"inventory_item_id": str(shop.stock(f"S{number}", number)), "location_id": str(shop.location)}
        values.append(StockValue(f"S{number}", 0, external=ids))
    assert client.stock(values) == {f"S{number}": number for number in range(120)}
    assert shop.calls == ["GET /inventory_levels.json"] * 3


def test_without_a_location_a_value_says_what_to_enter(account: Account, client: ShopifyClient) -> None:
    client._settings = {}
    (told,) = client.publish_stock([StockValue("MUG", 1)])
    assert told.error.startswith("no location is set")


def test_a_parcel_told_twice_is_one_and_half_told_is_completed(client: ShopifyClient, shop: FakeShop) -> None:
    order = shop.place([Item("MUG", 3, "10.00"), Item("LAMP", 1, "20.00")])
    first = client.publish_shipment(_notice(order, {0: 2, 1: 1}))
    assert (
        client.publish_shipment(_notice(order, {0: 2, 1: 1})) == first == str(order["fulfillments"][0]["id"])
    )
    assert shop.calls.count("POST /fulfillments.json") == 1
    parcel = order["fulfillments"][0]
    assert (parcel["tracking_number"], parcel["tracking_company"]) == ("JD0001", "DHL")
    assert [(line["sku"], line["quantity"]) for line in parcel["line_items"]] == [("MUG", 2), ("LAMP", 1)]
    second = client.publish_shipment(_notice(order, {0: 1}, "JD0002"))
    assert second != first and order["line_items"][0]["fulfillable_quantity"] == 0
    with pytest.raises(ChannelError, match="does not wait for 1 × line") as refused:
        client.publish_shipment(_notice(order, {0: 1}, "JD0003"))
    assert refused.value.final
    bare = shop.place([Item("MUG", 2, "10.00")])
    assert client.publish_shipment(_notice(bare, {0: 2}, "")) == client.publish_shipment(
        _notice(bare, {0: 2}, "")
    )


def test_a_parcel_of_two_locations_is_two_fulfilments_even_when_the_wire_broke_between(
    client: ShopifyClient, shop: FakeShop
) -> None:
    order = shop.place([Item("MUG", 1, "10.00"), Item("LAMP", 1, "20.00")])
    (waiting,) = shop.waiting[order["id"]]
    shop.waiting[order["id"]] = [
        {**waiting, "id": shop.next_id(), "line_items": [line], "assigned_location_id": 100 + n}
        for n, line in enumerate(waiting["line_items"])
    ]
    create = shop.fulfillment_create

    def broken(query: Any, body: Any) -> Any:
        if order["fulfillments"]:
            raise RuntimeError("the wire broke")
        return create(query, body)

    shop.fulfillment_create = broken  # type: ignore[method-assign]
    with pytest.raises(ChannelError) as refused:
        client.publish_shipment(_notice(order, {0: 1, 1: 1}))
    assert (refused.value.status, refused.value.final) == (500, False)
    shop.fulfillment_create = create  # type: ignore[method-assign]
    told = client.publish_shipment(_notice(order, {0: 1, 1: 1}))
    assert told == str(order["fulfillments"][0]["id"]) and len(order["fulfillments"]) == 2


def test_money_goes_back_once_and_never_more_than_was_taken(
    client: ShopifyClient, shop: FakeShop, account: Account
) -> None:
    order = shop.pay(shop.place([Item("MUG", 2, "10.00")]))
    refund = Refund(
        "shopify", "R-7", Decimal("10.00"), "one less", lines=((str(order["line_items"][0]["id"]), 1),)
    )
    ref = client.publish_refund(str(order["id"]), refund)
    assert client.publish_refund(str(order["id"]), refund) == ref
    assert len(order["refunds"]) == 1 and order["line_items"][0]["current_quantity"] == 1
    (heard,) = ADAPTER.events(account, "refunds/create", json.dumps(order["refunds"][0]))
    assert (heard.ref, heard.content.amount) == (
        ref,
        10,
    )  # what we hear of it bears the name that we were given
    with pytest.raises(ChannelError, match=r"the shop has 10\.00 left") as refused:
        client.publish_refund(str(order["id"]), replace(refund, ref="R-8", amount=Decimal("10.01"), lines=()))
    assert refused.value.final and len(order["refunds"]) == 1


def test_payouts_and_what_they_are_made_of_come_raw(
    client: ShopifyClient, account: Account, shop: FakeShop
) -> None:
    shop.payouts.append(
        {"id": 623721858, "status": "paid", "date": "2026-03-01", "currency": "GBP", "amount": "41.90"}
    )
    shop.balance.append(
        {"id": 1, "type": "charge", "payout_id": 623721858, "amount": "44.52", "fee": "2.62", "net": "41.90"}
    )
    shop.balance.append(
        {"id": 2, "type": "charge", "payout_id": 1, "amount": "1.00", "fee": "0.00", "net": "1.00"}
    )
    (payout,) = client.payouts(date(2026, 2, 1), date(2026, 3, 31))
    assert (payout.id, payout.changed_at) == ("623721858:paid", datetime(2026, 3, 1, tzinfo=UTC))
    made_of = client.balance_transactions("623721858", payout.changed_at)
    assert [item["net"] for item in json.loads(made_of.body)["transactions"]] == ["41.90"]
    for message in (payout, made_of):
        (event,) = ADAPTER.events(account, message.topic, message.body)
        assert (event.kind, event.order) == ("NEWS", "")


def test_the_shop_is_asked_to_send_what_it_does_not_send_yet(client: ShopifyClient, shop: FakeShop) -> None:
    asked = client.subscribe("https://keel.example/channels/web/webhooks/")
    assert "orders/create" in asked and "customers/redact" not in asked and len(asked) == 10
    assert client.subscribe("https://keel.example/channels/web/webhooks/") == []
    assert len(shop.webhooks) == 10


def test_429_is_waited_for_shortly_and_then_left_to_who_asked(
    account: Account, client: ShopifyClient, shop: FakeShop
) -> None:
    waited: list[float] = []
    client._wait = waited.append
    shop.throttled = 2
    assert list(client.changed_orders(AT, AT + timedelta(days=1))) == []
    assert waited == [2.0, 2.0]
    shop.throttled = 9
    with pytest.raises(ChannelError) as refused:
        list(client.changed_orders(AT, AT + timedelta(days=1)))
    assert (refused.value.status, refused.value.retry_after, refused.value.final) == (429, 2.0, False)
    assert shop.throttled == 5


def test_a_bad_token_is_final_and_no_answer_is_not(
    account: Account, client: ShopifyClient, shop: FakeShop
) -> None:
    shop.token = "another"
    with pytest.raises(ChannelError) as refused:
        client.publish_stock([StockValue("MUG", 1)])
    assert (refused.value.status, refused.value.final) == (401, True)
    with pytest.raises(ChannelError) as unknown:
        client.publish_refund("../shop", Refund("shopify", "R", Decimal(1)))
    assert unknown.value.final
    nowhere = ShopifyClient(replace(account, base_url="http://127.0.0.1:9"), ADAPTER.limits)
    with pytest.raises(ChannelError) as silent:
        list(nowhere.changed_orders(AT, AT))
    assert not silent.value.final


def test_the_token_goes_to_no_other_host(
    client: ShopifyClient, shop: FakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.channels.shopify.client.PAGE", 1)
    for _ in range(2):
        shop.place([Item("MUG", 1, "10.00")])
    here, shop.url = shop.url, "http://evil.example"  # what the Link header says
    assert len(list(client.changed_orders(AT, shop.now))) == 2
    assert here.startswith("http://127.0.0.1")


def test_without_a_token_the_page_to_enter_it_is_named(account: Account) -> None:
    with pytest.raises(ChannelError, match="no secret “token”"):
        ADAPTER.client(replace(account, secrets={}))


def test_an_answer_that_can_not_be_read_is_the_shops_failure(client: ShopifyClient, shop: FakeShop) -> None:
    order = shop.pay(shop.place([Item("MUG", 1, "10.00")]))
    order["updated_at"], shop.transactions[order["id"]][0]["amount"] = "2026-03-02T09:00:00", "ten"
    shop.payouts.append({"id": 1, "status": "paid", "date": "2026-02-30"})
    with pytest.raises(ChannelError, match="can not be read"):
        client.publish_refund(str(order["id"]), Refund("shopify", "R-1", Decimal(1)))
    with pytest.raises(ChannelError, match="can not be read"):
        list(client.payouts(date(2026, 1, 1), date(2026, 12, 31)))
    shop.orders_list = lambda query, body: {"orders": [order]}  # type: ignore[method-assign]
    with pytest.raises(ChannelError, match="no offset"):
        list(client.changed_orders(AT, AT))
    shop.orders_list = lambda query, body: {"orders": {}}  # type: ignore[method-assign]
    with pytest.raises(ChannelError, match="no list “orders”"):
        list(client.changed_orders(AT, AT))


def test_a_refund_is_paid_by_the_one_transaction_that_can_pay_it(
    client: ShopifyClient, shop: FakeShop
) -> None:
    order = shop.pay(shop.place([Item("MUG", 2, "10.00")]))
    sale = shop.transactions[order["id"]][0]
    shop.transactions[order["id"]].append(
        {**sale, "id": shop.next_id(), "amount": "5.00", "gateway": "gift_card"}
    )
    seen: list[Any] = []
    create = shop.refund_create
    shop.refund_create = lambda query, body, ref: seen.append(body) or create(query, body, ref)  # type: ignore[method-assign,func-returns-value]
    client.publish_refund(str(order["id"]), Refund("shopify", "R-1", Decimal("12.00")))
    assert [(part["parent_id"], part["amount"]) for part in seen[0]["refund"]["transactions"]] == [
        (sale["id"], "12.00")
    ]
    client.publish_refund(str(order["id"]), Refund("shopify", "R-2", Decimal("13.00")))
    assert [part["amount"] for part in seen[1]["refund"]["transactions"]] == ["5.00", "8.00"]
