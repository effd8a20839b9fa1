"""Is only believed what the shop itself said, and does our order follow it in whatever order it came?"""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from erp.core.models import InboxMessage
from orders.channels.woocommerce.sign import sign
from orders.models import ChannelFact, ChannelOrder, Connection, Order, Payment, RefusedDelivery
from orders.services.connection import connection_secret_set
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.channels.desk import connect, handled, post, stored, turned_away
from tests.channels.fake_woocommerce import orders_recorded
from tests.factories import ListingFactory

pytestmark = pytest.mark.django_db
SHOP, SECRET = "https://shop.example.com", "whsec"
BASE = next(order for order in orders_recorded() if order["id"] == 727 and order["status"] == "processing")


@pytest.fixture
def shop(company: Company) -> Connection:
    return connect(
        company, "woocommerce", SHOP, {"webhook": SECRET, "consumer_key": "ck", "consumer_secret": "cs"}
    )


def order(status: str = "processing", second: int = 0, **changes: Any) -> dict[str, Any]:
    """The recorded order in the channel's currency, as it stands `second` seconds after it was placed."""
    at = (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
    paid = at if status in ("processing", "completed", "refunded") else None
    found = deepcopy(BASE) | {
        "currency": "GBP",
        "status": status,
        "date_modified_gmt": at,
        "date_paid_gmt": paid,
    }
    found["date_created_gmt"] = NOW.strftime("%Y-%m-%dT%H:%M:%S")
    for place in ("billing", "shipping"):
        found[place] |= {"country": "GB", "postcode": "LS1 4DY"}
    return found | changes


def headers(
    body: bytes, topic: str = "order.updated", number: str = "d-1", secret: str = SECRET, **changes: str
) -> dict[str, str]:
    resource, _, event = topic.partition(".")
    found = {
        "X-WC-Webhook-Source": f"{SHOP}/", "X-WC-Webhook-Topic": topic, "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event, "X-WC-Webhook-Signature": sign(body, secret), "X-WC-Webhook-ID": "142",
        "X-WC-Webhook-Delivery-ID": number,
    } | {name.replace("_", "-"): value for name, value in changes.items()}  # fmt: skip
    return {name: value for name, value in found.items() if value}


BODY = json.dumps(order()).encode()
FORGED: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("not signed", BODY, headers(BODY) | {"X-WC-Webhook-Signature": ""}, 401, "no_signature"),
    ("signed with another secret", BODY, headers(BODY, secret="other"), 401, "forged"),
    ("signature of another body", BODY, headers(b"{}"), 401, "forged"),
    ("one byte changed", BODY.replace(b"29.35", b"19.35"), headers(BODY), 401, "forged"),
    ("written again, same meaning", json.dumps(order(), indent=1).encode(), headers(BODY), 401, "forged"),
    ("signature in hexadecimal", BODY, headers(BODY, **{"X-WC-Webhook-Signature": "ab" * 32}), 401, "forged"),
    ("signature cut short", BODY, headers(BODY, **{"X-WC-Webhook-Signature": sign(BODY, SECRET)[:-1]}), 401, "forged"),
    ("signature is no ASCII", BODY, headers(BODY, **{"X-WC-Webhook-Signature": "é" * 44}), 401, "forged"),
    ("of another shop", BODY, headers(BODY, **{"X-WC-Webhook-Source": "https://other.example.com/"}), 403, "wrong_shop"),
    ("of a shop on the same host", BODY, headers(BODY, **{"X-WC-Webhook-Source": f"{SHOP}/two/"}), 403, "wrong_shop"),
    ("of no shop", BODY, headers(BODY) | {"X-WC-Webhook-Source": ""}, 403, "wrong_shop"),
    ("a topic of a plug-in", BODY, headers(BODY, "action.woocommerce_add_to_cart"), 400, "unknown_topic"),
    ("a topic that only Keel uses", BODY, headers(BODY, "order.fetched"), 400, "unknown_topic"),
    ("no topic", BODY, headers(BODY) | {"X-WC-Webhook-Topic": ""}, 400, "unknown_topic"),
    ("an update replayed as a deletion", BODY, headers(BODY, "order.deleted"), 400, "wrong_body"),
    ("topic and event disagree", BODY, headers(BODY) | {"X-WC-Webhook-Event": "deleted"}, 400, "headers_disagree"),
    ("no delivery id", BODY, headers(BODY) | {"X-WC-Webhook-Delivery-ID": ""}, 400, "no_delivery_id"),
    ("a delivery id of blanks", BODY, headers(BODY, number=" d 1 "), 400, "no_delivery_id"),
    ("no JSON", b"id=727", headers(b"id=727"), 400, "not_json"),
    ("a list", b"[]", headers(b"[]"), 400, "wrong_body"),
    ("not UTF-8", b'{"id": "\xff"}', headers(b'{"id": "\xff"}'), 400, "not_json"),
    ("a product as an order", b'{"id": 9}', headers(b'{"id": 9}'), 400, "wrong_body"),
    ("larger than any order", b" " * (2 * 2**20 + 1), headers(b""), 413, "too_large"),
]  # fmt: skip


def test_what_is_not_the_shops_is_refused(shop: Connection) -> None:
    for name, body, sent, status, reason in FORGED:
        turned_away(post(body, sent), status, reason, name)


def test_the_control_of_the_forgeries_is_taken(shop: Connection) -> None:
    assert post(BODY, headers(BODY)).status_code == 200
    assert ([message.body for message in stored()], RefusedDelivery.objects.count()) == ([BODY.decode()], 0)


def test_a_secret_that_ran_out_no_longer_signs(shop: Connection, company: Company) -> None:
    connection_secret_set(
        connection_id=shop.pk,
        purpose="webhook",
        secret="newer",
        overlap=timedelta(0),
        actor=company.ada,
        at=NOW,
    )
    turned_away(post(BODY, headers(BODY)), 401, "forged")


def test_both_secrets_sign_while_the_shop_changes_over(shop: Connection, company: Company) -> None:
    connection_secret_set(
        connection_id=shop.pk,
        purpose="webhook",
        secret="newer",
        overlap=timedelta(days=3_650),
        actor=company.ada,
        at=NOW,
    )
    assert (
        post(BODY, headers(BODY)).status_code
        == post(BODY, headers(BODY, number="d-2", secret="newer")).status_code
        == 200
    )


def test_nothing_is_taken_before_there_is_a_secret(company: Company) -> None:
    connect(company, "woocommerce", SHOP, {"consumer_key": "ck"})
    turned_away(post(BODY, headers(BODY)), 401, "no_secret")


def test_the_same_delivery_with_other_content_is_a_conflict(shop: Connection) -> None:
    post(BODY, headers(BODY))
    other = json.dumps(order("cancelled")).encode()
    answer = post(other, headers(other))
    assert (answer.status_code, answer.json()["code"]) == (409, "id_reused")
    assert ([message.body for message in stored()], RefusedDelivery.objects.count()) == ([BODY.decode()], 1)


def test_the_ping_is_answered_and_kept_once(shop: Connection) -> None:
    for number in (142, 142, 143):
        answer = post(
            f"webhook_id={number}".encode(),
            {},
            content_type="application/x-www-form-urlencoded; charset=UTF-8",
        )
        assert answer.status_code == 200
    (message,) = stored()
    assert (message.result, message.state, RefusedDelivery.objects.count()) == ("greeting", "DONE", 0)


@pytest.mark.parametrize("body", [b"webhook_id=1&x=2", b"webhook_id=", b"webhook_id=99999999999", b""])
def test_what_only_looks_like_a_ping_is_not(shop: Connection, body: bytes) -> None:
    turned_away(post(body, {}, content_type="application/x-www-form-urlencoded"), 401, "no_signature")


# --- our order follows ---
def deliver(*documents: tuple[str, dict[str, Any]]) -> Order | None:
    """Have the shop send documents in this order, and a worker read each."""
    for number, (topic, document) in enumerate(documents, start=InboxMessage.objects.count()):
        body = json.dumps(document).encode()
        assert post(body, headers(body, topic, f"d-{number}")).status_code == 200
        handled(stored()[-1])
    return Order.objects.first()


@pytest.fixture
def goods(company: Company, shop: Connection) -> Company:
    ListingFactory(channel=company.web, channel_sku="id:93", product=company.mug)
    ListingFactory(channel=company.web, channel_sku="Bar3", product=company.lamp)
    for product in (company.mug, company.lamp):
        stock_in(company, product, 10)
    return company


def test_an_order_that_is_placed_then_paid(goods: Company) -> None:
    placed = deliver(("order.created", order("pending")))
    assert placed is not None
    assert (placed.total, placed.state, placed.amount_paid) == (
        D("29.35"),
        "ON_HOLD",
        D(0),
    )  # it waits for its money
    paid = deliver(("order.updated", order("processing", 5)))
    assert paid is not None
    assert (paid.amount_paid, Payment.objects.get().provider_ref) == (D("29.35"), "wc_order_58d2d042d1d")
    assert [(row.product, row.quantity_ordered, row.unit_price) for row in paid.lines.order_by("position")] == [
        (goods.mug, 2, D(3)), (goods.lamp, 1, D(12)),
    ]  # fmt: skip
    assert_proven()


def test_paid_arrives_before_placed(goods: Company) -> None:
    first = deliver(("order.updated", order("processing", 5)))
    assert first is not None
    last = deliver(("order.created", order("pending")))
    assert last is not None
    assert (last.pk, last.state, last.amount_paid, Payment.objects.count()) == (
        first.pk,
        first.state,
        D("29.35"),
        1,
    )
    assert ChannelFact.objects.count() == 2
    assert_proven()


def test_cancelled_arrives_before_placed(goods: Company) -> None:
    cancelled = deliver(("order.updated", order("cancelled", 9)))
    assert cancelled is not None
    again = deliver(("order.created", order("pending")))
    assert again is not None
    assert (cancelled.state, again.state, Order.objects.count()) == ("CANCELLED", "CANCELLED", 1)
    assert_proven()


def test_deleted_arrives_before_placed(goods: Company) -> None:
    assert deliver(("order.deleted", {"id": 727})) is None
    assert ChannelOrder.objects.get().pending == ["The order itself has not arrived."]
    placed = deliver(("order.created", order("pending")))
    assert placed is not None
    assert (placed.state, ChannelOrder.objects.get().pending) == ("CANCELLED", [])
    assert_proven()


def test_a_delivery_ten_times_is_one_order(goods: Company) -> None:
    for _ in range(10):
        deliver(("order.updated", order()))
    assert (Order.objects.count(), Payment.objects.count(), ChannelFact.objects.count()) == (1, 1, 1)
    assert_proven()


def test_a_line_that_is_raised_there_is_raised_here(goods: Company) -> None:
    deliver(("order.created", order("pending")))
    more = order("pending", 7, total="32.60", total_tax="1.60")
    more["line_items"][0] |= {"quantity": 3, "total": "9.00", "total_tax": "0.70"}
    raised = deliver(("order.updated", more))
    assert raised is not None
    assert (raised.lines.get(position=1).quantity_ordered, ChannelOrder.objects.get().pending) == (3, [])
    assert_proven()


def test_news_of_products_is_noted(goods: Company) -> None:
    assert (
        deliver(
            (
                "product.updated",
                {
                    "id": 93,
                    "manage_stock": True,
                    "stock_quantity": 3,
                    "date_modified_gmt": "2026-03-02T09:00:00",
                },
            )
        )
        is None
    )
    assert InboxMessage.objects.count() == 1
