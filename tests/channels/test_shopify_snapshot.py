"""Does an order of Shopify's cost in Keel what it costs there, whatever is in it?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp.core.errors import InvalidInput
from erp.core.money import quantize
from orders.channels.contract import FETCH, FULFILMENT, REDACT, REFUND, STOCK, UNINSTALLED, ChannelEvent
from orders.channels.document import Charge, Snapshot
from orders.channels.shopify import ADAPTER
from tests.channels.recorded_shopify import ACCOUNT
from tests.channels.shopify_documents import BEYOND, Item, money, order_of, refund_of, tax_line

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def read(topic: str, body: Any) -> list[ChannelEvent]:
    return ADAPTER.events(ACCOUNT, topic, json.dumps(body))


def snapshot(order: dict[str, Any]) -> Snapshot:
    (event,) = read("orders/updated", order)
    found: Snapshot = event.content
    assert found.computed_total() == found.total == Decimal(order["total_price"])
    return found


def test_a_discount_lowers_the_price_of_its_own_line_and_ids_beyond_2_to_the_53_stay_whole() -> None:
    order = order_of(
        BEYOND, [Item("MUG", 2, "10.00", discount="5.00", tax="3.00"), Item("LAMP", 1, "30.00")], at=AT
    )
    found = snapshot(order)
    assert [(line.unit_price, line.tax_amount) for line in found.lines] == [(Decimal("7.5"), 3), (30, 0)]
    assert (found.external_id, found.lines[0].ref, found.charges) == ("9007199254740993", str(BEYOND * 2), ())
    assert found.facts["lines"][str(BEYOND * 2)]["listed_price"] == "10.00"
    assert found.facts["lines"][str(BEYOND * 2)]["variant_id"] == "4611686018427387904"


def test_what_three_units_cost_together_need_not_divide_by_three() -> None:
    found = snapshot(order_of(1, [Item("MUG", 3, "10.00", discount="5.00")], at=AT))
    assert (found.lines[0].unit_price, found.charges) == (Decimal("8.3333"), ())
    many = snapshot(order_of(1, [Item("MUG", 700, "10.00", discount="5.00")], at=AT))
    assert many.lines[0].unit_price == Decimal("9.9929")
    assert many.charges == (Charge("DISCOUNT", Decimal("-0.03"), "Rounding of unit prices"),)


def test_a_shop_whose_prices_contain_tax_is_netted_and_each_unit_takes_its_share_along() -> None:
    order = order_of(
        1, [Item("MUG", 3, "10.00", tax="5.00")], at=AT, included=True, shipping="6.00", shipping_tax="1.00"
    )
    found = snapshot(order)
    assert found.total == 36
    assert (found.lines[0].unit_price, found.lines[0].tax_amount) == (Decimal("8.3333"), 6)
    assert found.charges == (Charge("SHIPPING_REVENUE", Decimal("5.00"), "Standard"),)
    assert found.facts["tax_elsewhere"] == "1.00"


def test_tax_of_shipping_goes_to_the_lines_that_are_taxed() -> None:
    items = [Item("MUG", 1, "10.00", tax="2.00"), Item("BOOK", 1, "10.00")]
    found = snapshot(order_of(1, items, at=AT, shipping="5.00", shipping_tax="1.00"))
    assert [line.tax_amount for line in found.lines] == [3, 0]
    bare = order_of(1, [Item("A", 1, "10.00"), Item("B", 1, "30.00")], at=AT)
    bare |= {"total_tax": "4.00", "total_price": "44.00"}  # of before tax lines: nobody says whose it is
    assert [line.tax_amount for line in snapshot(bare).lines] == [1, 3]


def test_tips_duties_and_fees_are_charges() -> None:
    tip = Item(
        None,
        1,
        "2.50",
        variant_id=None,
        more={"tip": {"payment_gateway": "shopify_payments"}, "title": "Tip"},
    )
    found = snapshot(order_of(1, [Item("MUG", 1, "10.00"), tip], at=AT))
    assert (len(found.lines), found.charges) == (1, (Charge("OTHER_INCOME", Decimal("2.50"), "Tip"),))
    order = order_of(1, [Item("MUG", 1, "10.00")], at=AT)
    order |= {
        "total_tip_received": "1.00", "original_total_duties_set": money("3.00"), "total_price": "16.00",
        "additional_fees": [{"name": "Recycling", "price_set": money("2.00"), "tax_lines": []}],
    }  # fmt: skip
    assert [(charge.description, charge.amount) for charge in snapshot(order).charges] == [
        ("Duties", 3), ("Additional fees", 2), ("Tip", 1),
    ]  # fmt: skip


def test_a_shipping_discount_and_a_removed_shipping_line_are_not_charged() -> None:
    order = order_of(1, [Item("MUG", 1, "10.00")], at=AT, shipping="5.00")
    order["shipping_lines"][0]["discount_allocations"] = [{"amount": "5.00"}]
    order["shipping_lines"].append({"id": 7, "title": "Express", "price": "9.00", "is_removed": True})
    order |= {"total_price": "10.00", "total_discounts": "5.00"}
    assert snapshot(order).charges == ()


def test_without_a_sku_the_variant_or_the_title_is_the_name_to_map() -> None:
    items = [
        Item(None, 1, "1.00", variant_id=BEYOND),
        Item("", 1, "1.00", variant_id=None, more={"title": "Gift\nwrap"}),
    ]
    assert [line.sku for line in snapshot(order_of(1, items, at=AT)).lines] == [
        f"variant:{BEYOND}",
        "custom:Gift wrap",
    ]


def test_the_total_is_in_the_shops_money_and_what_the_customer_saw_is_a_fact() -> None:
    order = order_of(1, [Item("MUG", 1, "10.00")], at=AT) | {
        "presentment_currency": "EUR",
        "financial_status": "refunded",
    }
    order["total_price_set"]["presentment_money"] = {"amount": "12.50", "currency_code": "EUR"}
    order["refunds"] = [refund_of(70, order, {0: 1}, "12.50", at=AT, currency="EUR", restock="return")]
    found = snapshot(order)
    assert (found.currency, found.total, found.refunds[0].amount) == ("GBP", 10, Decimal("10.00"))
    assert found.facts["presentment"] == {"currency": "EUR", "total": "12.50", "rate": "0.8"}
    alone = order["refunds"][0]
    with pytest.raises(InvalidInput, match="no known rate") as refused:
        alone["refund_line_items"][0]["subtotal_set"]["presentment_money"] = None
        read("refunds/create", alone)
    assert refused.value.field == "refund.transactions[0].currency"


def test_units_that_came_back_are_not_taken_off_before_shipping() -> None:
    order = order_of(1, [Item("MUG", 5, "10.00"), Item("LAMP", 2, "10.00")], at=AT)
    order["refunds"] = [
        refund_of(100, order, {0: 1}, "10.00", at=AT), refund_of(200, order, {0: 1}, "10.00", at=AT, restock="return"),
        refund_of(300, order, {1: 1}, "0.00", at=AT, restock="no_restock"),
    ]  # fmt: skip
    mug, lamp = order["line_items"]
    mug["current_quantity"] = 2  # one cancelled, one returned, one edited off
    lamp |= {"current_quantity": 1, "fulfillable_quantity": 2}  # paid back, and sent all the same
    assert [line.removed for line in snapshot(order).lines] == [2, 0]
    lamp["fulfillable_quantity"] = 1  # paid back, and not to be sent
    assert [line.removed for line in snapshot(order).lines] == [2, 1]
    order["fulfillments"] = [
        {
            "id": 5,
            "status": "success",
            "created_at": AT.isoformat(),
            "line_items": [{"id": lamp["id"], "quantity": 1}],
        }
    ]
    assert [line.removed for line in snapshot(order).lines] == [2, 0]  # that one was sent


def test_a_payment_has_one_name_however_the_message_came() -> None:
    order = order_of(1, [Item("MUG", 2, "10.00")], at=AT)
    assert snapshot(order).payments == ()
    order |= {"financial_status": "partially_paid", "total_outstanding": "12.00"}
    found = snapshot(order)
    assert (found.payments, found.facts["paid_so_far"]) == ((), "8.00")
    order |= {"financial_status": "paid", "total_outstanding": "0.00"}
    (bare,) = snapshot(order).payments
    sale = {"id": 9, "kind": "sale", "status": "success", "amount": "20.00", "currency": "GBP"}
    (listed,) = snapshot(order | {"transactions": [sale, {**sale, "id": 8, "status": "failure"}]}).payments
    assert bare == listed and (bare.provider, bare.ref, bare.amount) == ("shopify", "order:1", 20)
    order |= {
        "current_total_price": "10.00",
        "line_items": [order["line_items"][0] | {"current_quantity": 1}],
    }
    (edited,) = snapshot(order).payments  # a unit was taken off before the money was taken
    assert edited.amount == 10


def test_a_refund_says_its_transaction_or_without_money_its_units() -> None:
    order = order_of(BEYOND, [Item("MUG", 2, "10.00")], at=AT)
    (event,) = read("refunds/create", refund_of(70, order, {0: 1}, "10.00", at=AT, note="changed  mind"))
    assert (event.kind, event.order, event.ref, event.version) == (
        REFUND,
        str(BEYOND),
        "71",
        "2026-03-02T09:00:00.000000Z",
    )
    assert (event.content.amount, event.content.reason) == (10, "changed mind")
    assert event.content.lines == ((str(BEYOND * 2), 1),)
    (silent,) = read("refunds/create", refund_of(80, order, {0: 1}, "0.00", at=AT))
    assert (silent.ref, silent.content.amount) == ("refund:80", 0)
    two = refund_of(90, order, {0: 2}, "12.00", at=AT)
    two["transactions"].append({**two["transactions"][0], "id": 99, "amount": "8.00"})
    two["transactions"].append({**two["transactions"][0], "id": 98, "status": "pending"})
    both = read("refunds/create", two)
    assert [(event.ref, event.content.amount, len(event.content.lines)) for event in both] == [
        ("91", 12, 1),
        ("99", 8, 0),
    ]


def test_the_other_messages_say_what_they_are() -> None:
    (parcel,) = read("fulfillments/update", {
        "id": 5, "order_id": BEYOND, "status": "success", "created_at": AT.isoformat(), "updated_at": AT.isoformat(),
        "tracking_company": "DHL", "tracking_number": "JD01", "line_items": [{"id": 3, "quantity": 2}],
    })  # fmt: skip
    assert (parcel.kind, parcel.order, parcel.ref) == (FULFILMENT, str(BEYOND), "5")
    assert (parcel.content.tracking_numbers, parcel.content.lines) == (("JD01",), (("3", 2),))
    (gone,) = read("fulfillments/update", {"id": 5, "order_id": 1, "status": "cancelled", "created_at": AT.isoformat(),
                                            "line_items": [{"id": 3, "quantity": 2}]})  # fmt: skip
    assert gone.content.lines == ()
    shown = {"inventory_item_id": BEYOND, "location_id": 2, "available": -3, "updated_at": AT.isoformat()}
    (level,) = read("inventory_levels/update", shown)
    assert (level.kind, level.ref, level.content["available"]) == (STOCK, f"{BEYOND}:2", -3)
    changes = {"additions": [{"id": BEYOND, "delta": 1}], "removals": []}
    edited = {"id": 4, "order_id": 1, "created_at": AT.isoformat(), "line_items": changes}
    (edit,) = read("orders/edited", {"order_edit": edited})
    assert (edit.kind, edit.order, edit.content["lines"]["additions"]) == (
        FETCH,
        "1",
        [{"id": str(BEYOND), "delta": 1}],
    )
    (redact,) = read("customers/redact", {"shop_id": 1, "shop_domain": "test-shop.myshopify.com", "customer": {
        "id": 7, "email": "carol@example.com", "phone": "0113"}, "orders_to_redact": [BEYOND]})  # fmt: skip
    assert (redact.kind, redact.content) == (
        REDACT, {"asked": "customers/redact", "who": "customer:7", "request": "", "orders": [str(BEYOND)]},
    )  # fmt: skip
    (asked,) = read(
        "customers/data_request", {"customer": {"id": 7}, "orders_requested": [], "data_request": {"id": 9}}
    )
    assert (asked.kind, asked.content["request"]) == (REDACT, "9")
    (shop,) = read("shop/redact", {"shop_id": 1, "shop_domain": "test-shop.myshopify.com"})
    assert (shop.kind, shop.content["who"]) == (REDACT, "shop:1")
    assert read("app/uninstalled", {"id": 1, "name": "Test"})[0].kind == UNINSTALLED


def test_a_later_state_of_the_same_second_is_a_later_version() -> None:
    order = order_of(1, [Item("MUG", 2, "10.00")], at=AT)
    (placed,) = read("orders/create", order)
    (paid,) = read("orders/paid", order | {"financial_status": "paid"})
    order |= {
        "financial_status": "partially_refunded",
        "refunds": [refund_of(7, order, {0: 1}, "10.00", at=AT)],
    }
    order["line_items"][0]["current_quantity"] = 1
    (less,) = read("orders/updated", order)
    (cancelled,) = read(
        "orders/cancelled", order | {"cancelled_at": AT.isoformat(), "cancel_reason": "fraud"}
    )
    (next_second,) = read("orders/updated", order | {"updated_at": replace_second(AT).isoformat()})
    versions = [event.version for event in (placed, paid, less, cancelled, next_second)]
    assert versions == sorted(set(versions))
    assert cancelled.content.cancelled.reason == "fraud"
    assert max(len(version) for version in versions) <= 40


def replace_second(at: datetime) -> datetime:
    return at.replace(second=1)


def test_test_orders_promises_and_people_are_kept() -> None:
    order = order_of(1, [Item("MUG", 1, "10.00")], at=AT) | {
        "test": True, "tags": "b2b", "note_attributes": [{"name": "Deliver by", "value": "2026-03-05"}], "email": "",
        "contact_email": "no address",
    }  # fmt: skip
    order["shipping_address"] |= {
        "company": "Mugs\nLtd",
        "address2": "Flat 2",
        "name": None,
        "city": "x" * 90,
    }
    account = replace(ACCOUNT, settings={"promise_attribute": "deliver by"})
    (event,) = ADAPTER.events(account, "orders/create", json.dumps(order))
    found: Snapshot = event.content
    assert (found.is_test, found.email, found.facts["promised"], found.facts["tags"]) == (
        True,
        "",
        "2026-03-05",
        "b2b",
    )
    assert (found.ship_to.name, found.ship_to.line1) == ("Carol Customer", "Mugs Ltd, 1 High Street, Flat 2")
    assert len(found.ship_to.city) == 80 and len(found.facts["shipping_address"]["city"]) == 90


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total_price": "10.01"}, "total_price"),
        ({"total_price": "1e3"}, "total_price"),
        ({"total_tax": "7.00"}, "total_price"),
        ({"currency": "XXX"}, "currency"),
        ({"id": None}, "id"),
        ({"id": True}, "id"),
        ({"line_items": []}, "line_items"),
        ({"line_items": None}, "line_items"),
        ({"line_items": {}}, "line_items"),
        ({"line_items": [None]}, "line_items[0].quantity"),
        ({"updated_at": None}, "updated_at"),
        ({"created_at": "yesterday", "processed_at": None}, "created_at"),
        ({"updated_at": "2026-03-02T09:00:00"}, "updated_at"),
        ({"shipping_address": {"country_code": "England"}}, "shipping_address.country_code"),
        ({"refunds": [{"id": 1}]}, "refunds[0].created_at"),
    ],
)
def test_what_can_not_be_read_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    order = order_of(1, [Item("MUG", 1, "10.00")], at=AT) | change
    with pytest.raises(InvalidInput) as refused:
        read("orders/updated", order)
    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": "ten"}, "line_items[0].price"),
        ({"price": 10.123456}, "line_items[0].price"),
        ({"quantity": 1.5}, "line_items[0].quantity"),
        ({"quantity": -1}, "line_items[0].quantity"),
        ({"sku": "M" * 81}, "line_items[0].sku"),
        ({"sku": None, "variant_id": "x"}, "line_items[0].variant_id"),
        ({"discount_allocations": [{"amount": "10.01"}]}, "line_items[0].discount_allocations"),
        ({"tax_lines": [{"price": "1.00"}]}, "total_tax"),
        ({"tax_lines": "20%"}, "line_items[0].tax_lines"),
        ({"current_quantity": "x"}, "line_items[0].current_quantity"),
    ],
)
def test_a_line_that_can_not_be_read_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    order = order_of(1, [Item("MUG", 1, "10.00")], at=AT)
    order["line_items"][0] |= change
    with pytest.raises(InvalidInput) as refused:
        read("orders/updated", order)
    assert refused.value.field == field


@pytest.mark.parametrize("body", ["", "[]", "{", '{"id": NaN}', "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ADAPTER.events(ACCOUNT, "orders/updated", body)
    assert refused.value.field == "body"


AMOUNT = st.integers(0, 50_000).map(lambda pence: f"{pence // 100}.{pence % 100:02d}")
ITEM = st.builds(
    lambda units, price, off, rate, taxed: (units, price, off, rate if taxed else 0),
    st.integers(1, 400), AMOUNT, st.integers(0, 100), st.integers(1, 25), st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(ITEM, min_size=1, max_size=6), AMOUNT, st.booleans())
def test_every_basket_adds_up_to_the_cent(
    parts: list[tuple[int, str, int, int]], shipping: str, included: bool
) -> None:
    items = []
    for number, (units, price, off, rate) in enumerate(parts):
        worth = Decimal(price) * units
        discount = quantize(worth * off / 100, "GBP")
        taxable = worth - discount
        tax = quantize(taxable * rate / (100 + rate if included else 100), "GBP")
        items.append(Item(f"SKU-{number}", units, price, str(discount), str(tax)))
    shipping_tax = quantize(Decimal(shipping) / 6, "GBP")
    order = order_of(1, items, at=AT, shipping=shipping, shipping_tax=str(shipping_tax), included=included)
    found = snapshot(order)
    assert sum(line.tax_amount for line in found.lines) == Decimal(order["total_tax"])
    assert all(
        line.unit_price >= 0 and line.unit_price == line.unit_price.quantize(Decimal("0.0001"))
        for line in found.lines
    )
    assert all(charge.amount <= 0 for charge in found.charges if charge.kind == "DISCOUNT")


def test_tax_lines_that_miss_the_total_by_a_rounding_follow_the_total() -> None:
    order = order_of(1, [Item("A", 1, "10.00", tax="2.00"), Item("B", 1, "10.00", tax="2.00")], at=AT)
    order["line_items"][0]["tax_lines"] = [tax_line("1.00"), tax_line("0.99")]
    assert [line.tax_amount for line in snapshot(order).lines] == [Decimal("1.99"), Decimal("2.01")]
