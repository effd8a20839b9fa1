"""Is only believed what our own event bus passes on, and does our order follow Amazon's in whatever order it came?"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from erp.core.services.user import system_user
from orders.channels.contract import Delivery
from orders.models import ChannelFact, ChannelOrder, Connection, Order, Payment, RefusedDelivery
from orders.services.channel_message import channel_message_store_many
from orders.services.connection import connection_secret_set
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.channels.desk import connect, handled, post, stored, turned_away
from tests.channels.fake_amazon import SELLER, examples, notification
from tests.factories import ListingFactory

pytestmark = pytest.mark.django_db
KEY = "bus-key"
ORDER_ID = "902-1845936-5435065"


@pytest.fixture
def amazon(company: Company) -> Connection:
    return connect(
        company, "amazon", SELLER, {"api_key": KEY, "refresh_token": "r"}, marketplaces="A1F83G8C2ARO7P"
    )


def notice(*, hours: float = 0, **changes: Any) -> dict[str, Any]:
    """The recorded notification, published so many hours ago; `changes` are of the order's summary."""
    found = deepcopy(notification())
    found["NotificationMetadata"]["PublishTime"] = (datetime.now(UTC) - timedelta(hours=hours)).strftime(
        "%Y-%m-%dT%H:%M:%S.000Z"
    )
    found["Payload"]["OrderChangeNotification"]["AmazonOrderId"] = ORDER_ID
    found["Payload"]["OrderChangeNotification"]["Summary"] |= changes
    return found


def sent(document: Any, key: str = KEY) -> tuple[bytes, dict[str, str]]:
    return json.dumps(document).encode(), {"X-Api-Key": key} if key else {}


def other_seller() -> dict[str, Any]:
    found = notice()
    found["Payload"]["OrderChangeNotification"]["SellerId"] = "A0000000000000"
    return found


def without(*path: str) -> dict[str, Any]:
    found = notice()
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return found


FORGED: list[tuple[str, Callable[[], tuple[bytes, dict[str, str]]], int, str]] = [
    ("no key", lambda: sent(notice(), ""), 401, "no_key"),
    ("another key", lambda: sent(notice(), "other"), 401, "forged"),
    ("a key with a blank", lambda: sent(notice(), KEY + "\x0b"), 401, "forged"),
    ("a key that is no ASCII", lambda: sent(notice(), "é"), 401, "forged"),
    ("the beginning of the key", lambda: sent(notice(), KEY[:-1]), 401, "forged"),
    ("of another seller", lambda: sent(other_seller()), 403, "wrong_seller"),
    (
        "of no seller",
        lambda: sent(without("Payload", "OrderChangeNotification", "SellerId")),
        403,
        "wrong_seller",
    ),
    (
        "of another kind",
        lambda: sent(notice() | {"NotificationType": "PRICING_HEALTH"}),
        400,
        "unknown_topic",
    ),
    ("of no kind", lambda: sent(without("NotificationType")), 400, "unknown_topic"),
    ("16 days old", lambda: sent(notice(hours=16 * 24)), 400, "stale"),
    ("from tomorrow", lambda: sent(notice(hours=-24)), 400, "from_the_future"),
    (
        "without a number",
        lambda: sent(without("NotificationMetadata", "NotificationId")),
        400,
        "not_readable",
    ),
    ("without a time", lambda: sent(without("NotificationMetadata", "PublishTime")), 400, "not_readable"),
    ("no JSON", lambda: (b"<xml/>", {"X-Api-Key": KEY}), 400, "not_readable"),
    ("a list", lambda: sent([notice()]), 400, "not_readable"),
    (
        "an envelope around nothing",
        lambda: sent({"detail-type": "ORDER_CHANGE", "detail": "x"}),
        400,
        "not_readable",
    ),
    ("too large", lambda: (b" " * (2**18 + 1), {"X-Api-Key": KEY}), 413, "too_large"),
]


def test_what_is_not_from_our_bus_is_refused(amazon: Connection) -> None:
    for name, make, status, reason in FORGED:
        turned_away(post(*make()), status, reason, name)


def test_the_control_of_the_forgeries_is_taken_as_it_is_and_in_the_envelope_of_the_bus(
    amazon: Connection,
) -> None:
    assert post(*sent(notice())).status_code == 200
    second = notice()
    second["NotificationMetadata"]["NotificationId"] = "second"
    envelope = {
        "version": "0",
        "id": "e",
        "detail-type": "ORDER_CHANGE",
        "source": "aws.partner/sellingpartnerapi.amazon.com/x",
        "detail": second,
    }
    assert post(*sent(envelope)).status_code == 200
    assert (len(stored()), RefusedDelivery.objects.count()) == (2, 0)
    (fetch,) = {handled(message) for message in stored()}  # one job for both
    assert fetch.startswith("core.Job:")


def test_a_key_that_ran_out_is_refused(amazon: Connection, company: Company) -> None:
    connection_secret_set(
        connection_id=amazon.pk,
        purpose="api_key",
        secret="newer",
        overlap=timedelta(0),
        actor=company.ada,
        at=NOW,
    )
    turned_away(post(*sent(notice())), 401, "forged")


def test_the_same_notification_with_other_content_is_a_conflict(amazon: Connection) -> None:
    post(*sent(notice()))
    answer = post(*sent(notice(OrderStatus="Canceled")))
    assert (answer.status_code, answer.json()["code"], len(stored())) == (409, "id_reused", 1)
    assert RefusedDelivery.objects.count() == 1


# --- our order follows ---
def order(status: str, minute: int, **changes: Any) -> dict[str, Any]:
    """The recorded order with its recorded item, as it stands so many minutes after it was placed."""
    found = examples("ordersV0", "getOrder")[0]["payload"] | {
        "OrderStatus": status, "OrderTotal": {"CurrencyCode": "GBP", "Amount": "11.01"},
        "PurchaseDate": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "LastUpdateDate": (NOW + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ShippingAddress": {
            "Name": "Pat", "AddressLine1": "1 High Street", "City": "Leeds", "PostalCode": "LS1 4DY", "CountryCode": "GB",
        },
    } | changes  # fmt: skip
    item = examples("ordersV0", "getOrderItems")[0]["payload"]["OrderItems"][0]
    for name in ("ItemPrice", "ItemTax", "PromotionDiscount"):
        item[name]["CurrencyCode"] = "GBP"
    return {"order": found, "items": [item]}


def fetched(*documents: dict[str, Any]) -> Order | None:
    """Have the catch-up bring documents in this order, and a worker read each."""
    for document in documents:
        number = f"{document['order']['AmazonOrderId']}@{document['order']['LastUpdateDate']}"
        delivery = Delivery("order", number, json.dumps(document, sort_keys=True))
        (found,) = channel_message_store_many(
            channel="web", deliveries=[delivery], actor=system_user("channel"), at=NOW
        )
        handled(next(message for message in stored() if message.pk == found.id))
    return Order.objects.first()


@pytest.fixture
def goods(company: Company, amazon: Connection) -> Company:
    ListingFactory(channel=company.web, channel_sku="NABetaASINB00551Q3CS", product=company.mug)
    stock_in(company, company.mug, 10)
    return company


def test_an_order_is_none_until_amazon_has_the_money(goods: Company) -> None:
    assert fetched(order("Pending", 1)) is None
    placed = fetched(order("Unshipped", 30))
    assert placed is not None
    assert (placed.external_id, placed.total, placed.amount_paid) == (ORDER_ID, D("11.01"), D("11.01"))
    assert (placed.state, placed.needs_allocation) == ("ALLOCATED", False)
    assert (placed.ship_to_city, placed.lines.get().tax_amount) == ("Leeds", D("1.01"))
    assert_proven()


def test_an_older_version_after_a_newer_one_changes_nothing(goods: Company) -> None:
    newer = fetched(order("Unshipped", 30))
    older = fetched(order("Unshipped", 5))
    assert newer is not None
    assert older is not None
    assert (older.pk, Payment.objects.count(), ChannelFact.objects.count()) == (newer.pk, 1, 2)
    assert ChannelOrder.objects.get().applied_version == "2026-03-02T09:30:00.000000Z#3"
    assert_proven()


def test_cancelled_by_the_bus_before_the_order_was_fetched(goods: Company) -> None:
    post(*sent(notice(OrderStatus="Canceled")))
    handled(stored()[-1])
    assert (Order.objects.count(), ChannelOrder.objects.get().pending) == (
        0,
        ["The order itself has not arrived."],
    )
    cancelled = fetched(order("Unshipped", 5))
    assert cancelled is not None
    assert (
        cancelled.state,
        ChannelOrder.objects.get().pending,
        cancelled.lines.get().quantity_allocated,
    ) == ("CANCELLED", [], 0)
    assert_proven()


def test_the_catch_up_cancels_too(goods: Company) -> None:
    fetched(order("Unshipped", 5))
    gone = order("Canceled", 9)
    del gone["order"]["OrderTotal"]
    cancelled = fetched(gone | {"items": []})
    assert cancelled is not None
    assert cancelled.state == "CANCELLED"
    assert_proven()


def test_a_document_ten_times_is_one_order(goods: Company) -> None:
    fetched(*[order("Unshipped", 5)] * 10)
    assert (Order.objects.count(), Payment.objects.count(), len(stored())) == (1, 1, 1)
    assert_proven()
