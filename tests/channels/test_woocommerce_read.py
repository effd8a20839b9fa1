"""Does every WooCommerce document give its own total or a named refusal, and is all it says kept?"""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from decimal import Decimal as D
from typing import Any

import pytest

from erp.core.errors import InvalidInput
from orders.channels.contract import CANCELLED, NEWS, ORDER, STOCK, Account
from orders.channels.document import Cancelled, Charge, Snapshot, from_json, to_json
from orders.channels.woocommerce import ADAPTER
from tests.channels.fake_woocommerce import orders_recorded, recorded

ACCOUNT = Account("web", "shop.example.com", "", {}, {})
BASE = next(order for order in orders_recorded() if order["id"] == 727 and order["status"] == "processing")


def read(order: dict[str, Any]) -> Snapshot:
    (event,) = ADAPTER.events(ACCOUNT, "order.updated", json.dumps(order))
    assert isinstance(event.content, Snapshot)
    return event.content


def changed(**changes: Any) -> dict[str, Any]:
    return deepcopy(BASE) | changes


def line(ident: int, quantity: int, total: str, tax: str = "0.00", **more: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "sku": f"SKU-{ident}",
        "quantity": quantity,
        "total": total,
        "total_tax": tax,
        "name": "Thing",
    } | more


def small(total: str, *lines: dict[str, Any], tax: str = "0.00", **changes: Any) -> dict[str, Any]:
    return changed(
        total=total, total_tax=tax, line_items=list(lines), shipping_lines=[], tax_lines=[], **changes
    )


# --- what is recorded ---
def test_every_recorded_order_adds_up_to_its_own_total() -> None:
    said = Counter()
    for order in orders_recorded():
        snapshot = read(order)
        assert snapshot.computed_total() == snapshot.total == D(order["total"])
        assert from_json(Snapshot, to_json(snapshot)).total == snapshot.total
        assert sum(line.tax_amount for line in snapshot.lines) == D(order["total_tax"])
        said["received"] += 1
    assert said == {"received": 10}  # the table in docs/channels.md


def test_the_tax_of_the_order_is_not_the_sum_of_its_lines_and_wins() -> None:
    order = next(order for order in orders_recorded() if order["id"] == 728)
    assert [row["total_tax"] for row in order["line_items"]] == [
        "1.13",
        "0.23",
        "0.90",
    ]  # 2.26, the order says 2.25
    assert [line.tax_amount for line in read(order).lines] == [D("1.12"), D("0.23"), D("0.90")]


def test_an_order_in_full() -> None:
    snapshot = read(BASE)
    assert (snapshot.external_id, snapshot.currency, snapshot.email) == ("727", "USD", "john.doe@example.com")
    assert (snapshot.ship_to.name, snapshot.ship_to.line1, snapshot.ship_to.country) == (
        "John Doe",
        "969 Market",
        "US",
    )
    assert [(row.ref, row.sku, row.quantity, row.unit_price, row.description) for row in snapshot.lines] == [
        ("315", "id:93", 2, D(3), "Woo Single #1"),
        ("316", "Bar3", 1, D(12), "Ship Your Idea – Color: Black, Size: M Test"),
    ]
    assert snapshot.charges == [Charge("SHIPPING_REVENUE", D("10.00"), "Flat Rate")]
    (paid,) = snapshot.payments
    assert (paid.provider, paid.ref, paid.amount, paid.at) == (
        "bacs", "wc_order_58d2d042d1d", D("29.35"), "2017-03-22T19:28:08.000000Z",
    )  # fmt: skip
    assert snapshot.facts["tax_lines"][0]["rate_code"] == "US-CA-STATE TAX"
    assert snapshot.facts["shipping_more"] == {"state": "CA"}


# --- amounts ---
def test_a_price_that_is_no_whole_cent_gives_the_line_back_exactly() -> None:
    snapshot = read(small("10.00", line(1, 3, "10.00")))
    assert (snapshot.lines[0].unit_price, snapshot.charges, snapshot.computed_total()) == (
        D("3.3333"),
        [],
        D("10.00"),
    )


def test_what_four_decimals_can_not_hold_is_a_charge_with_its_name() -> None:
    snapshot = read(small("100.00", line(1, 3001, "100.00")))
    assert snapshot.charges == [Charge("OTHER_INCOME", D("0.07"), "Rounding of prices per unit")]
    assert snapshot.computed_total() == D("100.00")


def test_a_coupon_lowers_the_lines_and_is_kept() -> None:
    coupon = {"id": 9, "code": "spring", "discount": "2.00", "discount_tax": "0.00"}
    snapshot = read(
        small("18.00", line(1, 2, "18.00", subtotal="20.00"), coupon_lines=[coupon], discount_total="2.00")
    )
    assert (snapshot.lines[0].unit_price, snapshot.charges) == (D(9), [])
    assert snapshot.facts["coupon_lines"] == [{"code": "spring", "discount": "2.00", "discount_tax": "0.00"}]


def test_fees_and_the_tax_of_shipping() -> None:
    fees = [
        {"id": 3, "name": "Gift &amp; wrap", "total": "3.00", "total_tax": "0.60"},
        {"id": 4, "name": "Regular", "total": "-2.00", "total_tax": "-0.40"},
    ]
    lines = line(1, 1, "20.00", "4.00"), line(2, 1, "5.00", "1.00")
    order = small("37.20", *lines, tax="6.20", fee_lines=fees)
    order["shipping_lines"] = [{"id": 5, "method_title": "Post", "total": "5.00", "total_tax": "1.00"}]
    snapshot = read(order)
    assert [(charge.kind, charge.amount, charge.description) for charge in snapshot.charges] == [
        ("SHIPPING_REVENUE", D("5.00"), "Post"), ("OTHER_INCOME", D("3.00"), "Gift & wrap"), ("DISCOUNT", D("-2.00"), "Regular"),
    ]  # fmt: skip
    assert [row.tax_amount for row in snapshot.lines] == [D("4.96"), D("1.24")]  # 1.20 of the others, 20 : 5
    assert snapshot.computed_total() == D("37.20")


def test_a_shop_that_shows_prices_with_tax_may_be_a_cent_off_and_no_more() -> None:
    lines = [line(number, 1, "8.32", "1.67") for number in (1, 2, 3)]
    off_by_one = small("29.98", *lines, tax="5.01", prices_include_tax=True)
    assert read(off_by_one).charges == [Charge("OTHER_INCOME", D("0.01"), "Rounding at the channel")]
    with pytest.raises(InvalidInput, match=r"its parts add up to 29\.97") as caught:
        read(small("29.91", *lines, tax="5.01", prices_include_tax=True))
    assert caught.value.field == "total"


def test_a_currency_without_cents() -> None:
    snapshot = read(small("1100", line(1, 1, "1000", "100"), tax="100", currency="JPY"))
    assert (snapshot.lines[0].unit_price, snapshot.total) == (D(1000), D(1100))


# --- what is refused, and by which name ---
@pytest.mark.parametrize(
    ("order", "field"),
    [
        (changed(total="30.35"), "total"),
        (changed(total="12,50"), "total"),
        (changed(total=None), "total"),
        (changed(currency="USX"), "currency"),
        (changed(line_items=[]), "line_items"),
        (changed(line_items={"0": {}}), "line_items"),
        (changed(line_items=["x"]), "line_items[1]"),
        (changed(date_created_gmt="yesterday"), "date_created_gmt"),
        (changed(date_created_gmt="0001-01-01T00:00:00"), "date_created_gmt"),
        (changed(date_modified_gmt="2017-03-22"), ""),
        (changed(id={}), "id"),
        (changed(status=None), "status"),
        (changed(shipping={"country": "Germany"}), "shipping.country"),
        (changed(billing="John"), "billing"),
        (small("10.005", line(1, 1, "10.005")), "total"),
        (small("10.00", line(1, 0, "10.00")), "line_items[1].quantity"),
        (small("10.00", line(1, 1, "-10.00")), "line_items[1].total"),
        (small("10.00", line(1, 2, "10.00") | {"quantity": 2.5}), "line_items[1].quantity"),
        (small("10.00", line(1, 1, "10.00") | {"sku": "x" * 81}), "line_items[1].sku"),
    ],
)
def test_what_can_not_be_read_is_refused_by_its_path(order: dict[str, Any], field: str) -> None:
    if not field:  # a date alone is midnight, which is a time
        assert read(order).external_id == "727"
        return
    with pytest.raises(InvalidInput) as caught:
        read(order)
    assert caught.value.field == field
    assert caught.value.remedy


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{", "NaN", '{"id": Infinity}', "[" * 100_000, '{"id": ' + "9" * 5000 + "}"]
)
def test_what_is_no_document_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput):
        ADAPTER.events(ACCOUNT, "order.updated", body)


# --- states and versions ---
@pytest.mark.parametrize(
    ("status", "completed", "cancelled"),
    [
        ("pending", None, None), ("on-hold", None, None), ("failed", None, None), ("processing", None, None),
        ("cancelled", None, "cancelled"), ("trash", None, "trash"), ("refunded", None, "refunded"),
        ("refunded", "2017-03-23T10:00:00", None), ("wc-cancelled", None, "cancelled"),
    ],
)  # fmt: skip
def test_which_states_cancel(status: str, completed: str | None, cancelled: str | None) -> None:
    found = read(changed(status=status, date_completed_gmt=completed)).cancelled
    assert (found.reason if found else None) == cancelled


def test_a_draft_at_the_checkout_is_no_order_yet() -> None:
    (event,) = ADAPTER.events(ACCOUNT, "order.created", json.dumps(changed(status="checkout-draft")))
    assert event.kind == NEWS


def test_within_one_second_the_order_that_is_further_on_is_newer() -> None:
    def version(status: str) -> str:
        return ADAPTER.events(ACCOUNT, "order.updated", json.dumps(changed(status=status)))[0].version

    steps = [
        "pending",
        "failed",
        "on-hold",
        "processing",
        "sent-by-plugin",
        "completed",
        "refunded",
        "cancelled",
        "trash",
    ]
    assert [version(step) for step in steps] == sorted(version(step) for step in steps)
    assert len({version(step) for step in steps}) == len(steps)


@pytest.mark.parametrize(
    ("method", "ref"), [("stripe", "ch_3K9"), ("bacs", "wc_order_58d2d042d1d"), ("", "wc_order_58d2d042d1d")]
)
def test_what_a_payment_is_called(method: str, ref: str) -> None:
    (paid,) = read(changed(payment_method=method, transaction_id="ch_3K9")).payments
    assert (paid.provider, paid.ref) == (method or "woocommerce", ref)


def test_refunds_of_an_order_that_was_completed_take_nothing_off() -> None:
    order = next(order for order in orders_recorded() if order["id"] == 723)
    refunds = recorded("order-refunds__list-all-refunds__2")
    body = json.dumps({"order": order, "refunds": refunds})
    snapshot = ADAPTER.events(ACCOUNT, "order.fetched", body)[0].content
    assert [(refund.ref, refund.amount, refund.lines) for refund in snapshot.refunds] == [
        ("wc_order_58d17c18352:726", D("10.00"), ()), ("wc_order_58d17c18352:724", D("9.00"), (("311", 1),)),
    ]  # fmt: skip
    assert [row.removed for row in snapshot.lines] == [0, 0]
    before = json.dumps(
        {"order": order | {"date_completed_gmt": None, "status": "processing"}, "refunds": refunds}
    )
    assert [row.removed for row in ADAPTER.events(ACCOUNT, "order.fetched", before)[0].content.lines] == [
        1,
        0,
    ]


def test_a_deleted_order_is_cancelled_by_its_id_alone() -> None:
    (event,) = ADAPTER.events(ACCOUNT, "order.deleted", '{"id": 727}')
    assert (event.kind, event.order, event.content) == (CANCELLED, "727", Cancelled("deleted in the shop"))


# --- products and the rest ---
def test_a_product_that_is_counted_is_news_of_stock_and_the_rest_is_noted() -> None:
    product = recorded("products__list-all-products__3")[0]
    counted = product | {"sku": "TEE", "manage_stock": True, "stock_quantity": 5}
    (event,) = ADAPTER.events(ACCOUNT, "product.updated", json.dumps(counted))
    assert (event.kind, event.content) == (STOCK, {"sku": "TEE", "location": "", "available": 5})
    (event,) = ADAPTER.events(
        ACCOUNT, "product.updated", json.dumps(counted | {"sku": "", "parent_id": 0, "id": 9})
    )
    assert event.content["sku"] == "id:9"
    assert [
        ADAPTER.events(ACCOUNT, topic, json.dumps(product))[0].kind
        for topic in ("product.created", "coupon.updated")
    ] == [NEWS, NEWS]
    assert ADAPTER.events(ACCOUNT, "product.deleted", '{"id": 9}')[0].kind == NEWS


def test_an_unknown_topic_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"order\.shipped"):
        ADAPTER.events(ACCOUNT, "order.shipped", json.dumps(BASE))
    assert ADAPTER.events(ACCOUNT, "order.restored", json.dumps(BASE))[0].kind == ORDER
