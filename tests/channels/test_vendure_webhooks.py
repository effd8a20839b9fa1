"""What does the shop's plugin send, what becomes of it, and who else is turned away?"""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erp.core.models import InboxMessage
from erp.core.services.user import system_user
from orders.channels.vendure import ADAPTER
from orders.channels.vendure.sign import sign
from orders.models import ChannelOrder, Listing, Order, RefusedDelivery
from orders.services.channel_poll import channel_poll
from orders.services.connection_switch import SyncDraft, channel_sync_set
from orders.states import OrderState
from tests.cast import NOW, Company, stock_in
from tests.channels.desk import connect, handled, post, stored, turned_away
from tests.channels.fake_vendure import Shop, order_recorded
from tests.channels.served import served

ACCOUNT = "shop.example"
SECRETS = {"username": "keel", "password": "right", "webhook": "whsec"}


def body_of(order: dict[str, Any], account: str = ACCOUNT) -> bytes:
    return json.dumps({"account": account, "order": order}).encode()


def headers_of(
    body: bytes, *, ident: str = "message-1", secret: str = "whsec", minutes: float = 0
) -> dict[str, str]:
    sent = str(int((timezone.now() - timedelta(minutes=minutes)).timestamp()))
    return {
        "webhook-id": ident, "webhook-timestamp": sent, "webhook-signature": f"v1,{sign(ident, sent, body, secret)}",
    }  # fmt: skip


def placed(name: str = "included__order_paid") -> dict[str, Any]:
    """A recorded order, placed now."""
    return {**order_recorded(name), "orderPlacedAt": NOW.isoformat()}


def sold(company: Company) -> None:
    """What the recorded orders are of: our mug and our lamp, under the shop's SKUs."""
    for sku, product in (("LIVE-1", company.mug), ("LIVE-3", company.lamp)):
        Listing.objects.create(channel=company.web, channel_sku=sku, product=product)
        stock_in(company, product, 50)


def test_a_signed_order_is_received_promised_and_paid_to_the_penny(company: Company) -> None:
    connect(company, "vendure", ACCOUNT, SECRETS)
    sold(company)
    order = placed()
    body = body_of(order)
    assert post(body, headers_of(body)).status_code == 200
    (message,) = stored()
    handled(message)
    found = Order.objects.get(external_id=order["id"])
    assert (found.total, found.amount_paid, found.state) == (
        Decimal("34.94"),
        Decimal("34.94"),
        OrderState.ALLOCATED,
    )
    assert ChannelOrder.objects.get().pending == []


@pytest.mark.django_db(transaction=True)
def test_the_same_order_by_message_and_by_catching_up_is_one(company: Company) -> None:
    shop = Shop()
    with served(shop.answer) as address:
        shop.address = address
        connect(company, "vendure", ACCOUNT, SECRETS, base_url=address)
        channel_sync_set(SyncDraft(company.web.pk, False, True), reason="opens", actor=company.ada, at=NOW)
        sold(company)
        moment = (NOW + timedelta(minutes=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        order = shop.add_order(placed(), updatedAt=moment)
        body = body_of(order)
        post(body, headers_of(body))
        handled(stored()[0])
        at = NOW + timedelta(minutes=30)
        assert channel_poll(channel_id=company.web.pk, actor=system_user(), at=at)["fetched"] == 1
    for message in stored():
        handled(message)
    assert (Order.objects.count(), len(stored())) == (1, 2)


def test_units_that_the_shop_takes_off_are_taken_off_here(company: Company) -> None:
    connect(company, "vendure", ACCOUNT, SECRETS)
    sold(company)
    order = placed()
    for number, kept in enumerate((3, 1)):
        changed = copy.deepcopy(order)
        if kept == 1:
            line = changed["lines"][1]
            line |= {"quantity": 1, "proratedLinePrice": 278, "proratedLinePriceWithTax": 333}
            changed["subTotal"], changed["subTotalWithTax"] = 1667 + 278, 2000 + 333
            changed["total"], changed["totalWithTax"] = 1667 + 278 + 413, 2000 + 333 + 495
            changed["updatedAt"] = "2098-01-01T00:00:00.000Z"
        body = body_of(changed)
        assert post(body, headers_of(body, ident=f"message-{number}")).status_code == 200
        handled(stored()[-1])
    found = Order.objects.get()
    assert [line.quantity_ordered - line.quantity_cancelled for line in found.lines.order_by("position")] == [
        2,
        1,
    ]
    assert ChannelOrder.objects.get().pending == []


def forgeries() -> list[tuple[str, bytes, dict[str, str], int, str]]:
    order = placed()
    body = body_of(order)
    good = headers_of(body)
    other = body_of({**order, "totalWithTax": 1})
    named = body_of(order, "another.example")
    lists, text = b"[1]", b"{no json"
    return [
        ("no signature", body, {**good, "webhook-signature": ""}, 401, "no_signature"),
        ("wrong secret", body, headers_of(body, secret="other"), 401, "bad_signature"),
        ("another body", other, good, 401, "bad_signature"),
        ("written anew with blanks", json.dumps(json.loads(body), indent=1).encode(), good, 401, "bad_signature"),
        ("another id", body, {**good, "webhook-id": "message-2"}, 401, "bad_signature"),
        ("another time", body, {**good, "webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)}, 401, "bad_signature"),
        ("no id", body, {**good, "webhook-id": ""}, 400, "missing_header"),
        ("no time", body, {**good, "webhook-timestamp": "now"}, 400, "missing_header"),
        ("stale", body, headers_of(body, minutes=6), 400, "stale"),
        ("of the future", body, headers_of(body, minutes=-6), 400, "future"),
        ("another shop", named, headers_of(named), 403, "wrong_shop"),
        ("no json", text, headers_of(text), 400, "not_json"),
        ("no object", lists, headers_of(lists), 400, "wrong_body"),
        ("no order", b"{}", headers_of(b"{}"), 400, "wrong_body"),
        ("another version", body, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}, 401,
         "bad_signature"),
    ]  # fmt: skip


def test_what_is_forged_stale_or_of_another_shop_has_no_effect_but_a_line_in_the_log(
    company: Company,
) -> None:
    connect(company, "vendure", ACCOUNT, SECRETS)
    for case, body, headers, status, reason in forgeries():
        turned_away(post(body, headers), status, reason, case)
    assert (InboxMessage.objects.count(), Order.objects.count()) == (0, 0)


def test_a_known_id_with_another_body_is_refused_and_the_same_one_answered_again(company: Company) -> None:
    connect(company, "vendure", ACCOUNT, SECRETS)
    order = placed()
    body, other = body_of(order), body_of({**order, "state": "Cancelled"})
    assert [post(body, headers_of(body)).status_code for _ in range(2)] == [200, 200]
    answer = post(other, headers_of(other))
    assert (answer.status_code, answer.json()["code"], len(stored())) == (409, "id_reused", 1)


def test_a_shop_without_the_plugin_may_not_write_to_us(company: Company) -> None:
    connect(company, "vendure", ACCOUNT, {"username": "keel", "password": "right"})
    body = body_of(placed())
    turned_away(post(body, headers_of(body)), 403, "no_secret")
    assert Client().get("/channels/web/webhooks/").status_code == 405
    assert RefusedDelivery.objects.get().status == 405


@pytest.mark.parametrize("minutes", ["", "0", "x", "60"])
def test_the_setting_says_how_old_a_message_may_be(company: Company, minutes: str) -> None:
    connect(company, "vendure", ACCOUNT, SECRETS, stale_minutes=minutes)
    body = body_of(placed())
    answer = post(body, headers_of(body, minutes=30))
    assert answer.status_code == (200 if minutes == "60" else 400)
    assert ADAPTER.limits.body_bytes > len(body)
