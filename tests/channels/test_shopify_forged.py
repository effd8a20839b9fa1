"""Is a request that is not this shop's, not of now or not what it says turned away, logged and without effect?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erp.core.models import InboxMessage
from orders.channels.shopify import ADAPTER
from orders.models import Connection, RefusedDelivery
from orders.services.connection import ConnectionDraft, connection_save, connection_secret_set
from tests.cast import Company
from tests.channels.shopify_documents import BEYOND, Item, order_of
from tests.channels.shopify_fake import FakeShop

URL = "/channels/web/webhooks/"
Sent = tuple[bytes, dict[str, str]]


@pytest.fixture
def shop() -> FakeShop:
    found = FakeShop()
    found.now = timezone.now()
    return found


@pytest.fixture
def connected(company: Company, shop: FakeShop) -> Connection:
    at = timezone.now()
    draft = ConnectionDraft(company.web.pk, "shopify", shop.domain)
    connection = connection_save(draft, actor=company.ada, at=at)
    _secret(company, connection, shop.secret)
    return connection


def _secret(
    company: Company, connection: Connection, secret: str, overlap: timedelta = timedelta(days=2)
) -> None:
    connection_secret_set(
        connection_id=connection.pk,
        purpose="webhook",
        secret=secret,
        overlap=overlap,
        actor=company.ada,
        at=timezone.now(),
    )


def _order(shop: FakeShop) -> dict[str, Any]:
    return order_of(BEYOND, [Item("MUG", 1, "10.00")], at=shop.now)


def _good(shop: FakeShop, **how: Any) -> Sent:
    return shop.webhook("orders/create", _order(shop), **how)


def _with(sent: Sent, **headers: str | None) -> Sent:
    changed = sent[1] | {
        f"X-Shopify-{name.replace('_', '-')}": value for name, value in headers.items() if value is not None
    }
    gone = {f"X-Shopify-{name.replace('_', '-')}" for name, value in headers.items() if value is None}
    return sent[0], {name: value for name, value in changed.items() if name not in gone}


def _sealed(shop: FakeShop, algorithm: str, *, as_hex: bool = False) -> Sent:
    body, headers = _good(shop)
    made = hmac.new(shop.secret.encode(), body, algorithm)
    seal = made.hexdigest() if as_hex else base64.b64encode(made.digest()).decode()
    return body, headers | {"X-Shopify-Hmac-Sha256": seal}


def _stamped(shop: FakeShop, delta: timedelta) -> Sent:
    return _good(shop, at=shop.now + delta)


FORGED: dict[str, tuple[str, int, Callable[[FakeShop], Sent]]] = {
    "a signature made up": ("bad_signature", 401, lambda shop: _with(_good(shop), Hmac_Sha256="AAAA")),
    "a signature that is no base64": ("bad_signature", 401, lambda shop: _with(_good(shop), Hmac_Sha256="é½")),
    "another secret": ("bad_signature", 401, lambda shop: _good(shop, secret="psst")),
    "an empty secret": ("bad_signature", 401, lambda shop: _with(
        _good(shop), Hmac_Sha256=base64.b64encode(hmac.new(b"", _good(shop)[0], "sha256").digest()).decode())),
    "the plain digest": ("bad_signature", 401, lambda shop: _with(
        _good(shop), Hmac_Sha256=base64.b64encode(hashlib.sha256(_good(shop)[0]).digest()).decode())),
    "SHA-1": ("bad_signature", 401, lambda shop: _sealed(shop, "sha1")),
    "SHA-512": ("bad_signature", 401, lambda shop: _sealed(shop, "sha512")),
    "hex instead of base64": ("bad_signature", 401, lambda shop: _sealed(shop, "sha256", as_hex=True)),
    "no signature": ("no_signature", 401, lambda shop: _with(_good(shop), Hmac_Sha256=None)),
    "a body written anew": ("bad_signature", 401, lambda shop: (
        json.dumps(json.loads(_good(shop)[0]), indent=1).encode(), _good(shop)[1])),
    "a body with a blank more": ("bad_signature", 401, lambda shop: (_good(shop)[0] + b" ", _good(shop)[1])),
    "a price changed": ("bad_signature", 401, lambda shop: (_good(shop)[0].replace(b"10.00", b"01.00"), _good(shop)[1])),
    "another shop": ("wrong_shop", 401, lambda shop: _with(_good(shop), Shop_Domain="evil.myshopify.com")),
    "a shop that begins like ours": ("wrong_shop", 401, lambda shop: _with(
        _good(shop), Shop_Domain=f"{shop.domain}.evil.example")),
    "no shop": ("missing_header", 400, lambda shop: _with(_good(shop), Shop_Domain=None)),
    "no topic": ("missing_header", 400, lambda shop: _with(_good(shop), Topic=None)),
    "no time": ("missing_header", 400, lambda shop: _with(_good(shop), Triggered_At=None)),
    "no id at all": ("missing_header", 400, lambda shop: _with(_good(shop), Webhook_Id=None, Event_Id=None)),
    "a time that is none": ("bad_time", 400, lambda shop: _with(_good(shop), Triggered_At="now")),
    "a time without a zone": ("bad_time", 400, lambda shop: _with(_good(shop), Triggered_At="2026-03-02T09:00:00")),
    "four days old": ("stale", 400, lambda shop: _stamped(shop, timedelta(days=-4))),
    "of tomorrow": ("future", 400, lambda shop: _stamped(shop, timedelta(days=1))),
    "a topic nobody asked for": ("unknown_topic", 422, lambda shop: shop.webhook("products/delete", {"id": 1})),
    "an order sent as a stock level": ("topic_mismatch", 422, lambda shop: shop.webhook(
        "inventory_levels/update", _order(shop))),
    "an uninstallation of another shop": ("wrong_shop", 401, lambda shop: shop.webhook(
        "app/uninstalled", {"id": 1, "myshopify_domain": "evil.myshopify.com"})),
    "an order as if it were the shop's end": ("wrong_shop", 401, lambda shop: shop.webhook("app/uninstalled", _order(shop))),
    "a redaction of another shop": ("wrong_shop", 401, lambda shop: shop.webhook(
        "customers/redact", {"shop_domain": "evil.myshopify.com", "customer": {"id": 1}})),
    "an empty body": ("empty", 400, lambda shop: shop.webhook("orders/create", b"")),
    "no JSON": ("not_json", 400, lambda shop: shop.webhook("orders/create", b"id=1&total=2")),
    "no UTF-8": ("not_json", 400, lambda shop: shop.webhook("orders/create", b'{"id": "\xff"}')),
    "JSON too deep": ("not_json", 400, lambda shop: shop.webhook("orders/create", b"[" * 100_000)),
    "an array": ("not_an_object", 400, lambda shop: shop.webhook("orders/create", [_order(shop)])),
    "a number": ("not_an_object", 400, lambda shop: shop.webhook("orders/create", b"7")),
    "more than is read": ("too_large", 413, lambda shop: shop.webhook("orders/create", b" " * (ADAPTER.limits.body_bytes + 1))),
}  # fmt: skip


def _post(sent: Sent, url: str = URL) -> Any:
    body, headers = sent
    return Client().post(url, body, content_type="application/json", headers=headers)


def test_each_forged_request_is_refused_logged_and_without_effect(
    connected: Connection, shop: FakeShop
) -> None:
    answers = {}
    for number, (name, (_, _, make)) in enumerate(FORGED.items(), start=1):
        answer = _post(make(shop))
        answers[name] = (answer.json()["code"], answer.status_code)
        logged = RefusedDelivery.objects.latest("pk")
        assert ("web", *answers[name]) == (logged.channel_code, logged.reason, logged.status), name
        assert RefusedDelivery.objects.count() == number, name
    assert answers == {name: (reason, status) for name, (reason, status, _) in FORGED.items()}
    assert len(answers) >= 30
    assert InboxMessage.objects.count() == 0
    connected.refresh_from_db()
    assert connected.is_enabled


def test_the_good_request_is_taken_in_once(connected: Connection, shop: FakeShop) -> None:
    sent = _good(shop)
    first, again = _post(sent), _post(sent)
    assert (first.status_code, first.json()["new"]) == (200, True)
    assert (again.status_code, again.json()) == (200, {"message": first.json()["message"], "new": False})
    message = InboxMessage.objects.get()
    assert (message.body, message.headers["X-Keel-Topic"]) == (sent[0].decode(), "orders/create")
    assert "X-Shopify-Hmac-Sha256" not in message.headers
    assert RefusedDelivery.objects.count() == 0


def test_a_known_id_with_another_body_is_refused(connected: Connection, shop: FakeShop) -> None:
    _post(_good(shop, ref="the-same"))
    answer = _post(shop.webhook("orders/create", _order(shop) | {"note": "other"}, ref="the-same"))
    assert (answer.status_code, answer.json()["code"]) == (409, "id_reused")
    assert InboxMessage.objects.count() == 1
    assert RefusedDelivery.objects.get().reason == "id_reused"


def test_an_unknown_a_disconnected_and_a_disabled_channel_are_not_there(
    company: Company, connected: Connection, shop: FakeShop
) -> None:
    assert _post(_good(shop), "/channels/nobody/webhooks/").status_code == 404
    assert _post(_good(shop), f"/channels/{company.wholesale.code}/webhooks/").status_code == 404
    connection_save(
        ConnectionDraft(company.web.pk, "shopify", shop.domain, is_enabled=False),
        actor=company.ada,
        at=timezone.now(),
    )
    assert _post(_good(shop)).status_code == 404
    assert InboxMessage.objects.count() == 0
    assert RefusedDelivery.objects.filter(reason="no_connection", status=404).count() == 3


def test_without_a_secret_nobody_is_believed(company: Company, shop: FakeShop) -> None:
    connection_save(
        ConnectionDraft(company.web.pk, "shopify", shop.domain), actor=company.ada, at=timezone.now()
    )
    assert _post(_good(shop, secret=" ")).status_code == 401
    assert InboxMessage.objects.count() == 0


def test_only_post_is_answered(connected: Connection, shop: FakeShop) -> None:
    body, headers = _good(shop)
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        answer = Client().generic(method, URL, body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer["Allow"]) == (405, "POST"), method
    assert InboxMessage.objects.count() == 0
    assert set(RefusedDelivery.objects.values_list("reason", "status")) == {("wrong_method", 405)}
    assert RefusedDelivery.objects.count() == 5


def test_both_secrets_are_good_while_they_change_and_then_the_new_one_alone(
    company: Company, connected: Connection, shop: FakeShop
) -> None:
    _secret(company, connected, "newer")
    assert _post(_good(shop)).status_code == 200
    assert _post(_good(shop, secret="newer")).status_code == 200
    _secret(company, connected, "newest", overlap=timedelta(0))  # the one before is bad from now on
    assert _post(_good(shop, secret="newer")).status_code == 401
    assert _post(_good(shop, secret="newest")).status_code == 200
    assert InboxMessage.objects.count() == 3


def test_how_old_a_webhook_may_be_is_a_setting(
    company: Company, connected: Connection, shop: FakeShop
) -> None:
    late = _stamped(shop, timedelta(hours=-5))
    connection_save(
        ConnectionDraft(company.web.pk, "shopify", shop.domain, settings={"stale_hours": "4"}),
        actor=company.ada,
        at=timezone.now(),
    )
    assert _post(late).json()["code"] == "stale"
    connection_save(
        ConnectionDraft(company.web.pk, "shopify", shop.domain), actor=company.ada, at=timezone.now()
    )
    assert _post(late).status_code == 200
