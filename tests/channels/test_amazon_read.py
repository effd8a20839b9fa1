"""Does every order document of Amazon's give its own total or a named refusal, and is all it says kept?"""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from decimal import Decimal as D
from typing import Any

import pytest

from erp.core.errors import InvalidInput
from orders.channels.amazon import ADAPTER
from orders.channels.contract import CANCELLED, FETCH, NEWS, ORDER, STOCK, Account, ChannelEvent
from orders.channels.document import Snapshot, from_json, to_json
from tests.channels.fake_amazon import SELLER, examples, notification

ACCOUNT = Account("web", SELLER, "", {}, {})
ORDER_V0 = examples("ordersV0", "getOrder")[0]["payload"] | {
    "PurchaseDate": "2026-03-01T08:00:00Z",
    "LastUpdateDate": "2026-03-01T09:00:00Z",
}
ITEM = examples("ordersV0", "getOrderItems")[0]["payload"]["OrderItems"][0]
SHIPMENT = examples("externalFulfillmentShipments_2024-09-11", "getShipment")[1]


def event(topic: str, document: Any) -> ChannelEvent:
    (found,) = ADAPTER.events(ACCOUNT, topic, json.dumps(document))
    return found


def usd(amount: str) -> dict[str, str]:
    return {"CurrencyCode": "USD", "Amount": amount}


def item(number: int, units: int, **amounts: Any) -> dict[str, Any]:
    given = {name: usd(value) if isinstance(value, str) else value for name, value in amounts.items()}
    return {
        "ASIN": "B0",
        "OrderItemId": str(number),
        "SellerSKU": f"SKU-{number}",
        "QuantityOrdered": units,
    } | given


def read(total: str, *items: dict[str, Any], **changes: Any) -> Snapshot:
    order = deepcopy(ORDER_V0) | {"OrderTotal": usd(total)} | changes
    found = event("order", {"order": order, "items": list(items)}).content
    assert isinstance(found, Snapshot)
    assert found.computed_total() == found.total == D(total)
    return found


# --- what is recorded ---
def recorded() -> list[tuple[str, str, Any]]:
    """(family, topic, document) of every order document; each order of v0 with every list of items, as fetched together."""
    v0 = [answer["payload"] for answer in examples("ordersV0", "getOrder")]
    v0 += [order for answer in examples("ordersV0", "getOrders") for order in answer["payload"]["Orders"]]
    items = [answer["payload"]["OrderItems"] for answer in examples("ordersV0", "getOrderItems")]
    found = [("v0", "order", {"order": order, "items": listed}) for order in v0 for listed in items]
    newer = [answer["order"] for answer in examples("orders_2026-01-01", "getOrder")]
    newer += [order for answer in examples("orders_2026-01-01", "searchOrders") for order in answer["orders"]]
    found += [("2026-01-01", "order_2026", order) for order in newer]
    model = "externalFulfillmentShipments_2024-09-11"
    shipments = examples(model, "getShipment")
    shipments += [shipment for answer in examples(model, "getShipments") for shipment in answer["shipments"]]
    return found + [("shipment", "shipment", shipment) for shipment in shipments]


def test_every_recorded_document_adds_up_or_is_refused_by_name() -> None:
    said: Counter[tuple[str, str]] = Counter()
    for family, topic, document in recorded():
        try:
            found = event(topic, document)
        except InvalidInput as error:
            assert error.field
            assert error.remedy
            said[family, error.field.rpartition(".")[2]] += 1
            continue
        if found.kind != ORDER:
            said[family, "no order yet"] += 1
            continue
        assert found.content.computed_total() == found.content.total
        assert from_json(Snapshot, to_json(found.content)).total == found.content.total
        said[family, "received"] += 1
    assert said == {  # the table in docs/channels.md
        ("v0", "LastUpdateDate"): 6, ("v0", "no order yet"): 8, ("v0", "CurrencyCode"): 2,
        ("2026-01-01", "received"): 8, ("shipment", "received"): 2, ("shipment", "charges"): 5,
    }  # fmt: skip


def test_the_recorded_order_and_its_item_with_dates_of_this_year() -> None:
    snapshot = read("11.01", ITEM)
    (line,) = snapshot.lines
    assert (line.ref, line.sku, line.quantity, line.unit_price, line.tax_amount) == (
        "05015851154158", "NABetaASINB00551Q3CS", 1, D(10), D("1.01"),
    )  # fmt: skip
    (paid,) = snapshot.payments
    assert (paid.provider, paid.ref, paid.amount) == ("amazon", "902-1845936-5435065", D("11.01"))
    assert (
        snapshot.facts["items"]["05015851154158"]["BuyerRequestedCancel"]["IsBuyerRequestedCancel"] == "true"
    )
    assert (snapshot.facts["LatestShipDate"], snapshot.facts["fulfilled_by"]) == (
        "1970-01-19T04:05:13Z",
        "US",
    )


# --- amounts of v0 ---
def test_promotions_shipping_gift_wrap_and_tax_on_top() -> None:
    first = item(1, 3, ItemPrice="30.00", ItemTax="2.40", PromotionDiscount="3.00", PromotionDiscountTax="0.24",
                 ShippingPrice="5.00", ShippingTax="0.40", ShippingDiscount="5.00", ShippingDiscountTax="0.40",
                 BuyerInfo={"GiftWrapPrice": usd("4.00"), "GiftWrapTax": usd("0.32")})  # fmt: skip
    second = item(
        2, 1, ItemPrice="10.00", ItemTax="0.80", CODFee="2.00", CODFeeDiscount="1.00", ShippingPrice="1.00"
    )
    snapshot = read("46.28", first, second)
    assert [(line.unit_price, line.tax_amount) for line in snapshot.lines] == [
        (D(9), D("2.48")),
        (D(10), D("0.80")),
    ]
    assert [(charge.kind, charge.amount) for charge in snapshot.charges] == [
        ("OTHER_INCOME", D("4.00")), ("SHIPPING_REVENUE", D("1.00")), ("OTHER_INCOME", D("1.00")),
    ]  # fmt: skip
    assert snapshot.facts["tax_rule"] == "tax on top of the prices"


def test_prices_that_hold_the_tax() -> None:
    snapshot = read(
        "30.00", item(1, 2, ItemPrice="24.00", ItemTax="4.00", ShippingPrice="6.00", ShippingTax="1.00")
    )
    assert [(line.unit_price, line.tax_amount) for line in snapshot.lines] == [(D(10), D("5.00"))]
    assert [charge.amount for charge in snapshot.charges] == [D("5.00")]
    assert snapshot.facts["tax_rule"] == "tax in the prices"


def test_three_for_ten() -> None:
    assert read("10.00", item(1, 3, ItemPrice="10.00")).lines[0].unit_price == D("3.3333")


def test_a_replacement_costs_nothing() -> None:
    order = {name: value for name, value in ORDER_V0.items() if name != "OrderTotal"} | {
        "IsReplacementOrder": "true"
    }
    snapshot = event("order", {"order": order, "items": [item(1, 1, ItemPrice="0.00")]}).content
    assert (snapshot.total, snapshot.payments) == (D(0), [])


def test_cash_on_delivery_is_not_paid_yet() -> None:
    assert read("10.00", item(1, 1, ItemPrice="10.00"), PaymentMethod="COD").payments == []


def test_an_item_that_was_taken_off_has_no_line() -> None:
    assert [line.ref for line in read("10.00", item(1, 0), item(2, 1, ItemPrice="10.00")).lines] == ["2"]


def test_an_order_that_amazon_sent_arrives_with_what_has_left() -> None:
    snapshot = read(
        "10.00",
        item(1, 2, ItemPrice="10.00", QuantityShipped=1),
        FulfillmentChannel="AFN",
        OrderStatus="PartiallyShipped",
    )
    (parcel,) = snapshot.fulfilments
    assert (parcel.ref, parcel.carrier, parcel.lines) == ("902-1845936-5435065/AFN", "Amazon", (("1", 1),))
    assert snapshot.facts["fulfilled_by"] == "AMAZON"


# --- states, and what is refused by which name ---
@pytest.mark.parametrize(
    ("status", "kind"),
    [("Pending", NEWS), ("PendingAvailability", NEWS), ("Canceled", CANCELLED), ("Shipped", ORDER)],
)
def test_which_states_are_an_order(status: str, kind: str) -> None:
    assert event("order", {"order": ORDER_V0 | {"OrderStatus": status}, "items": [ITEM]}).kind == kind


@pytest.mark.parametrize(
    ("changes", "items", "field"),
    [
        ({"OrderTotal": usd("11.02")}, [ITEM], "order.OrderTotal"),
        ({"OrderTotal": None}, [ITEM], "order.OrderTotal"),
        ({"OrderTotal": {"CurrencyCode": "XYZ", "Amount": "1"}}, [ITEM], "order.OrderTotal.CurrencyCode"),
        ({"OrderStatus": "Lost"}, [ITEM], "order.OrderStatus"),
        ({"AmazonOrderId": ""}, [ITEM], "order.AmazonOrderId"),
        ({"PurchaseDate": "1970-01-19T03:58:30Z"}, [ITEM], "order.PurchaseDate"),
        ({"LastUpdateDate": "2026-03-01T09:00:00"}, [ITEM], "order.LastUpdateDate"),
        ({"ShippingAddress": {"CountryCode": "USA"}}, [ITEM], "order.ShippingAddress.CountryCode"),
        (
            {"ShippingAddress": {"AddressLine1": "x" * 100, "AddressLine2": "y" * 100}},
            [ITEM],
            "order.ShippingAddress.AddressLine1",
        ),
        ({}, [], "items"),
        ({}, [ITEM | {"SellerSKU": None}], "items[1].SellerSKU"),
        (
            {},
            [ITEM | {"ItemPrice": {"CurrencyCode": "USD", "Amount": "10.001"}}],
            "items[1].ItemPrice.Amount",
        ),
        (
            {},
            [ITEM | {"ItemPrice": {"CurrencyCode": "EUR", "Amount": "10.00"}}],
            "items[1].ItemPrice.CurrencyCode",
        ),
        ({}, [ITEM | {"QuantityOrdered": -1}], "items[1].QuantityOrdered"),
        (
            {"OrderTotal": usd("0.00")},
            [ITEM | {"PromotionDiscount": usd("11.01")}],
            "items[1].PromotionDiscount",
        ),
    ],
)
def test_what_can_not_be_read_is_refused_by_its_path(
    changes: dict[str, Any], items: list[Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        event("order", {"order": ORDER_V0 | changes, "items": items})
    assert caught.value.field == field


# --- the newer API, shipments, notifications ---
def test_a_discount_and_a_tip_of_the_newer_api() -> None:
    order = examples("orders_2026-01-01", "getOrder")[2]["order"]
    of = lambda kind, amount: {"type": kind, "subtotal": {"amount": amount, "currencyCode": "USD"}}  # noqa: E731
    rows = [of("ITEM", "39.99"), of("TAX", "10.00"), of("DISCOUNT", "-9.99"), of("SHIPPING", "4.00")]
    order["orderItems"][0]["proceeds"] = {
        "proceedsTotal": {"amount": "44.00", "currencyCode": "USD"},
        "breakdowns": rows,
    }
    order["proceeds"] = {
        "grandTotal": {"amount": "47.00", "currencyCode": "USD"},
        "breakdowns": [of("ITEM", "39.99"), of("DELIVERY_TIP", "3.00")],
    }
    snapshot = event("order_2026", order).content
    assert (snapshot.lines[0].unit_price, snapshot.lines[0].tax_amount, snapshot.computed_total()) == (
        D(30),
        D(10),
        D(47),
    )
    assert [(charge.kind, charge.amount) for charge in snapshot.charges] == [
        ("SHIPPING_REVENUE", D(4)),
        ("OTHER_INCOME", D(3)),
    ]
    order["orderItems"][0]["proceeds"]["proceedsTotal"]["amount"] = "44.01"
    with pytest.raises(InvalidInput) as caught:
        event("order_2026", order)
    assert caught.value.field == "orderItems[1].proceeds.proceedsTotal"


def test_a_shipment_is_an_order_of_its_own() -> None:
    snapshot = event("shipment", SHIPMENT).content
    assert [(line.sku, line.quantity, line.unit_price, line.tax_amount) for line in snapshot.lines] == [
        ("1002400773021", 2, D(40), D(22))
    ]
    assert [(charge.kind, charge.amount) for charge in snapshot.charges] == [
        ("SHIPPING_REVENUE", D(30)),
        ("OTHER_INCOME", D(20)),
    ]
    assert (snapshot.ship_to.city, snapshot.ship_to.country, snapshot.facts["location"]) == (
        "Bengaluru",
        "IN",
        "ABCD",
    )
    cancelled = event("shipment", SHIPMENT | {"status": "CANCELLED", "reason": "no longer wanted"}).content
    sent = event("shipment", SHIPMENT | {"status": "SHIPPED"}).content
    assert (cancelled.cancelled.reason, sent.fulfilments[0].lines) == ("no longer wanted", (("1", 2),))


def test_a_notification_says_what_to_fetch_or_cancels() -> None:
    found = event("ORDER_CHANGE", notification())
    assert (found.kind, found.order, found.content["buyer_wants_to_cancel"]) == (
        FETCH,
        "903-8868176-2219830",
        True,
    )
    gone = notification()
    gone["Payload"]["OrderChangeNotification"]["Summary"]["OrderStatus"] = "Canceled"
    in_envelope = {"version": "0", "detail-type": "ORDER_CHANGE", "detail": gone}
    for document in (gone, in_envelope):
        found = event("ORDER_CHANGE", document)
        assert (found.kind, found.order, found.content.reason) == (
            CANCELLED,
            "903-8868176-2219830",
            "Buyer Requested Cancel",
        )


def test_news_of_stock() -> None:
    document = notification() | {
        "NotificationType": "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        "Payload": {"sellerId": SELLER, "sku": "MUG", "quantity": 4},
    }
    found = event("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", document)
    assert (found.kind, found.content) == (STOCK, {"sku": "MUG", "location": "", "available": 4})


def test_an_unknown_topic_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no message of Amazon"):
        event("PRICING_HEALTH", {})
