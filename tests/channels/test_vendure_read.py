"""What do recorded orders of a real Vendure become, to the penny, and what is refused by which name?"""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest

from erp.core.errors import InvalidInput
from orders.channels.contract import NEWS, ORDER, Account, ChannelEvent
from orders.channels.document import Snapshot, from_json, to_json
from orders.channels.vendure import ADAPTER
from orders.channels.vendure.read import FETCHED
from tests.channels.fake_vendure import ORDERS, order_recorded, recorded


def event_of(order: dict[str, Any], **settings: str) -> ChannelEvent:
    account = Account("web", "shop.example", "https://shop.example", settings, {})
    (event,) = ADAPTER.events(account, FETCHED, json.dumps({"order": order}))
    return event


def read(name: str) -> Snapshot:
    found = event_of(order_recorded(name)).content
    assert isinstance(found, Snapshot)
    return found


@pytest.mark.parametrize("name", ORDERS)
def test_every_recorded_order_adds_up_to_its_own_total(name: str) -> None:
    order, snapshot = order_recorded(name), read(name)
    assert snapshot.computed_total() == snapshot.total
    if all(line["quantity"] == line["orderPlacedQuantity"] for line in order["lines"]):
        assert snapshot.total == Decimal(order["totalWithTax"]) / 100
    assert to_json(from_json(Snapshot, to_json(snapshot))) == to_json(snapshot)


def test_all_of_the_catch_up_is_orders() -> None:
    for mode in ("included", "excluded"):
        items = recorded(f"{mode}__changed")["answer"]["data"]["orders"]["items"]
        kinds = {event_of(order).kind for order in items}
        assert (len(items), kinds) == (7, {ORDER})


def test_a_shop_whose_prices_hold_the_tax_is_read_without_it() -> None:
    found = read("included__order_paid")
    assert [(line.sku, line.quantity, line.unit_price, line.tax_amount) for line in found.lines] == [
        ("LIVE-1", 2, Decimal("8.33"), Decimal("3.88")), ("LIVE-3", 3, Decimal("2.78"), Decimal("1.93")),
    ]  # fmt: skip
    # 2 × 8.33 misses a penny that 3 × 2.78 has too much
    assert [(charge.kind, charge.amount) for charge in found.charges] == [
        ("SHIPPING_REVENUE", Decimal("4.13"))
    ]
    assert found.total == Decimal("34.94")


def test_a_discount_of_the_whole_order_lowers_the_price_of_each_line() -> None:
    found = read("excluded__order_discounted")
    assert [(line.sku, line.unit_price, line.quantity) for line in found.lines] == [
        ("LIVE-2", Decimal("17.99"), 3), ("LIVE-3", Decimal("3.00"), 7), ("LIVE-6", Decimal("6.99"), 1),
    ]  # fmt: skip
    assert [(charge.kind, charge.amount) for charge in found.charges] == [
        ("SHIPPING_REVENUE", Decimal("4.95")), ("DISCOUNT", Decimal("-0.01")),
    ]  # fmt: skip
    assert (found.total, found.facts["couponCodes"]) == (Decimal("104.29"), ["TENTH"])


def test_what_is_authorized_is_not_paid() -> None:
    found = read("included__order_authorized")
    assert (found.payments, found.facts["payments"][0]["state"]) == ((), "Authorized")
    (paid,) = read("included__order_paid").payments
    order = order_recorded("included__order_paid")
    assert (paid.provider, paid.ref, paid.amount) == (
        "card", f"{order['code']}:{order['payments'][0]['id']}", Decimal("34.94"),
    )  # fmt: skip


def test_units_taken_off_keep_their_price_and_what_is_left_is_the_documents_total() -> None:
    found = read("excluded__order_partly_cancelled")
    assert [(line.quantity, line.removed, line.unit_price) for line in found.lines] == [
        (3, 1, Decimal("9.00")), (2, 0, Decimal("7.00")),
    ]  # fmt: skip
    left = order_recorded("excluded__order_partly_cancelled")["totalWithTax"]
    assert found.total - Decimal(left) / 100 == Decimal("10.80")  # one unit with its tax
    assert found.cancelled is None
    gone = read("excluded__order_line_cancelled")
    assert [line.sku for line in gone.lines] == ["LIVE-1"]  # a line of which nothing is left vanishes


def test_an_order_that_was_called_off_is_cancelled_with_all_its_units() -> None:
    for mode in ("included", "excluded"):
        found = read(f"{mode}__order_cancelled")
        assert found.cancelled is not None
        assert [(line.quantity, line.removed) for line in found.lines] == [(4, 4)]


def test_a_surcharge_and_money_that_was_taken_by_hand() -> None:
    found = read("included__order_surcharge")
    assert ("OTHER_INCOME", Decimal("2.08"), "Gift wrap") in [
        (charge.kind, charge.amount, charge.description) for charge in found.charges
    ]
    assert [(paid.provider, paid.amount) for paid in found.payments] == [
        ("card", Decimal("24.94")), ("by hand", Decimal("2.50")),
    ]  # fmt: skip
    assert found.facts["tax_elsewhere"] == "1.24"


def test_parcels_and_refunds_count_when_they_are_done() -> None:
    assert read("included__order_parcel_pending").fulfilments == ()
    (parcel,) = read("included__order_partly_shipped").fulfilments
    assert (parcel.tracking_numbers, parcel.carrier, [units for _, units in parcel.lines]) == (
        ("TRACK-1",),
        "DPD",
        [1, 1],
    )
    assert read("included__order_refund_pending").refunds == ()
    (refund,) = read("included__order_refunded").refunds
    assert (refund.provider, refund.amount, refund.reason) == (
        "card",
        Decimal("5.00"),
        "one was broken [keel CN-1]",
    )
    assert refund.ref.startswith(order_recorded("included__order_refunded")["code"] + ":")


def test_versions_grow_with_the_order() -> None:
    steps = ["order_parcel_pending", "order_partly_shipped", "order_refund_pending", "order_refunded"]
    versions = [event_of(order_recorded(f"included__{name}")).version for name in steps]
    assert versions == sorted(set(versions))
    assert all(len(version) <= 40 for version in versions)


def test_a_cart_and_a_sellers_part_are_no_orders() -> None:
    cart = {**order_recorded("included__order_paid"), "orderPlacedAt": None, "state": "AddingItems"}
    assert event_of(cart).kind == NEWS
    part = {**order_recorded("included__order_paid"), "type": "Seller"}
    assert event_of(part).kind == NEWS
    assert event_of(part, channel_token="seller-1").kind == ORDER


def test_a_variant_without_a_sku_has_a_name_that_can_be_mapped() -> None:
    order = copy.deepcopy(order_recorded("included__order_paid"))
    order["lines"][0]["productVariant"]["sku"] = ""
    assert event_of(order).content.lines[0].sku == f"variant:{order['lines'][0]['productVariant']['id']}"


def _set(order: dict[str, Any], path: str, value: Any) -> None:
    *parts, last = path.split(".")
    target: Any = order
    for part in parts:
        target = target[int(part)] if part.isdigit() else target[part]
    target[last] = value


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("totalWithTax", 3495, "order.totalWithTax"), ("subTotal", 1, "order.subTotal"),
        ("shippingWithTax", 1, "order.shippingWithTax"), ("lines.0.proratedLinePrice", 1, "order.subTotal"),
        ("lines.0.proratedLinePrice", "16.67", "order.lines[1].proratedLinePrice"),
        ("lines.0.proratedLinePrice", 16.67, "order.lines[1].proratedLinePrice"),
        ("lines", [], "order.subTotal"), ("lines", {}, "order.lines"), ("currencyCode", "XXZ", "order.currencyCode"),
        ("updatedAt", "yesterday", "order.updatedAt"), ("lines.0.quantity", -1, "order.lines[1].quantity"),
        ("shippingAddress.countryCode", "GBR", "order.shippingAddress.countryCode"),
        ("payments.0.method", "", "order.payments[1].method"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_or_can_not_be_read_is_refused_by_name(
    path: str, value: Any, field: str
) -> None:
    order = copy.deepcopy(order_recorded("included__order_paid"))
    _set(order, path, value)
    with pytest.raises(InvalidInput) as error:
        event_of(order)
    assert error.value.field == field


def test_a_shop_of_other_decimals_says_so_in_a_setting() -> None:
    order = order_recorded("excluded__order_paid")
    yen = {**order, "currencyCode": "JPY"}
    with pytest.raises(InvalidInput, match="finer than JPY"):
        event_of(yen)
    assert event_of(yen, precision="0").content.total == Decimal(4193)


def test_another_topic_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        ADAPTER.events(Account("web", "s", "", {}, {}), "product.changed", "{}")
    assert error.value.field == "topic"
