"""Answers: is every event told to whoever wants it, in order, signed, again when it failed, and never where it may not go?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from erp.core.errors import Conflict, InvalidInput, PermissionRefused
from erp.core.models import Event, ExceptionCase, OutboxMessage, WebhookAttempt, WebhookEndpoint
from erp.core.services import webhook_send as sending
from erp.core.services import work
from erp.core.services.api_key import api_key_create
from erp.core.services.event import event_relay
from erp.core.services.outbox import stream_deliver
from erp.core.services.webhook import (
    WebhookDraft,
    webhook_create,
    webhook_disable,
    webhook_enable,
    webhook_purge,
    webhook_replay_one,
    webhook_replay_since,
    webhook_rotate,
    webhook_save,
    webhook_test,
)
from erp.core.sql import execute
from orders.services import hold_open, order_cancel
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import order_in

pytestmark = pytest.mark.django_db


class Shop:
    """A receiver on this machine: what it was told, and what it answers next."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                shop.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(shop.status)
                if shop.status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                said = b"" if shop.status == 204 else b"said so"
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.told]


@pytest.fixture
def shop(settings: Any) -> Iterator[Shop]:
    settings.KEEL_PRIVATE_TARGETS = True
    found = Shop()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)
    monkeypatch.setattr("erp.core.services.outbox.connection", _NoTransaction())


class _NoTransaction:
    """The test's own transaction is not the worker's."""

    in_atomic_block = False


def deliver(endpoint: WebhookEndpoint, stream: str = "") -> int:
    """Let a worker send what waits: within the test's transaction the clock stands still."""
    execute("UPDATE core_outboxmessage SET next_at = now() WHERE state IN ('PENDING', 'FAILED')")
    return stream_deliver(stream=stream or endpoint.stream, actor=endpoint.created_by, at=NOW)


def endpoint_for(company: Company, shop: Shop, *kinds: str) -> tuple[WebhookEndpoint, str]:
    event_relay()
    return webhook_create(WebhookDraft("Shop", shop.url, kinds), actor=company.ada, at=NOW)


def test_events_are_told_in_order_and_the_standards_library_verifies_them(
    company: Company, shop: Shop
) -> None:
    endpoint, secret = endpoint_for(company, shop)
    order = order_in(company, (company.mug, 1))
    hold_open(order_id=order.pk, kind="MANUAL", reason="call them", actor=company.cora, at=NOW)
    order_cancel(order_id=order.pk, reason="they said no", actor=company.cora, at=NOW)
    assert event_relay() == 4
    assert deliver(endpoint) == 4
    assert shop.kinds() == ["order.received", "order.confirmed", "order.held", "order.cancelled"]
    for headers, body in shop.told:
        content = Webhook(secret).verify(body, headers)
        assert content["data"]["order"] == order.number and content["data"]["channel"] == order.channel.code
    ids = [headers["webhook-id"] for headers, _ in shop.told]
    first = Event.objects.order_by("position").exclude(position=None).filter(kind="order.received").last()
    assert ids[0] == f"evt_{first.position}" and len(set(ids)) == 4  # type: ignore[union-attr]
    assert event_relay() == 0 and deliver(endpoint) == 0
    endpoint.refresh_from_db()
    assert endpoint.delivered_at and WebhookAttempt.objects.filter(is_ok=True, status=204).count() == 4


def test_an_endpoint_is_told_only_of_what_it_chose(company: Company, shop: Shop) -> None:
    endpoint, _ = endpoint_for(company, shop, "order.cancelled")
    order = order_in(company, (company.mug, 1))
    order_cancel(order_id=order.pk, reason="no", actor=company.cora, at=NOW)
    event_relay()
    deliver(endpoint)
    assert shop.kinds() == ["order.cancelled"]


def test_an_event_that_is_rolled_back_never_happened(company: Company) -> None:
    event_relay()
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        order_in(company, (company.mug, 1))
        raise RuntimeError("no")
    assert Event.objects.count() == before


def test_stock_that_is_gone_and_back_is_told(company: Company) -> None:
    stock_in(company, company.mug, 5)
    stock_in(company, company.mug, 2)
    execute("UPDATE inventory_stocklevel SET quantity = 0 WHERE product_id = %s", [company.mug.pk])
    event_relay()
    found = Event.objects.filter(kind__startswith="stock.").order_by("position")
    assert [event.kind for event in found] == ["stock.back", "stock.out"]
    assert found[0].data == {"node_id": company.north.pk, "quantity": 5, "sku": "MUG"}


def test_an_event_is_numbered_once_and_never_changed(company: Company) -> None:
    order_in(company, (company.mug, 1))
    event_relay()
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    for statement in ("UPDATE core_event SET position = position + 100", "DELETE FROM core_event"):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(statement)


def test_a_refused_message_waits_keeps_its_order_and_is_told_again(company: Company, shop: Shop) -> None:
    endpoint, _ = endpoint_for(company, shop)
    order_in(company, (company.mug, 1))
    event_relay()
    shop.status = 500
    assert deliver(endpoint) == 0
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.answer, attempt.is_ok, attempt.number) == (500, "said so", False, 1)
    shop.status = 204
    assert deliver(endpoint) == 2
    assert shop.kinds() == ["order.received", "order.received", "order.confirmed"]
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_a_redirect_is_not_followed(company: Company, shop: Shop) -> None:
    endpoint, _ = endpoint_for(company, shop)
    order_in(company, (company.mug, 1))
    event_relay()
    shop.status = 302
    assert deliver(endpoint) == 0
    assert len(shop.told) == 1 and WebhookAttempt.objects.get().status == 302


def test_three_days_of_failure_disable_it_with_a_case_and_enabling_loses_nothing(
    company: Company, shop: Shop
) -> None:
    endpoint, _ = endpoint_for(company, shop)
    order_in(company, (company.mug, 1))
    event_relay()
    shop.status = 500
    deliver(endpoint)
    WebhookEndpoint.objects.update(failing_since=timezone.now() - sending.GIVE_UP_AFTER - timedelta(hours=1))
    deliver(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.state == "DISABLED"
    case = ExceptionCase.objects.get(kind="WEBHOOK_DISABLED")
    assert case.subject_id == str(endpoint.pk)
    assert not OutboxMessage.objects.filter(stream=endpoint.stream, state__in=["PENDING", "FAILED"]).exists()
    order_in(company, (company.lamp, 1))
    event_relay()
    told = len(shop.told)
    assert deliver(endpoint) == 0 and len(shop.told) == told
    shop.status = 204
    webhook_enable(endpoint_id=endpoint.pk, reason="it was a certificate", actor=company.ada, at=NOW)
    event_relay()
    deliver(endpoint)
    orders = ["order.received", "order.confirmed"]
    assert shop.kinds()[told:] == [*orders, "exception.opened", *orders, "exception.resolved"]
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "core.webhook_enable")


def test_gone_disables_it_at_once(company: Company, shop: Shop) -> None:
    endpoint, _ = endpoint_for(company, shop)
    order_in(company, (company.mug, 1))
    event_relay()
    shop.status = 410
    deliver(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.state == "DISABLED"


def test_after_a_rotation_both_secrets_verify_until_the_old_one_ends(company: Company, shop: Shop) -> None:
    endpoint, old = endpoint_for(company, shop)
    _, new = webhook_rotate(endpoint_id=endpoint.pk, actor=company.ada, at=timezone.now())
    order_in(company, (company.mug, 1))
    event_relay()
    deliver(endpoint)
    headers, body = shop.told[0]
    assert len(headers["webhook-signature"].split()) == 2
    Webhook(old).verify(body, headers)
    Webhook(new).verify(body, headers)
    WebhookEndpoint.objects.update(secret_before_until=timezone.now() - timedelta(seconds=1))
    endpoint.refresh_from_db()
    later = sending.headers_of(endpoint, "evt_1", body, timezone.now())
    assert len(later["webhook-signature"].split()) == 1
    assert new not in endpoint.secret and old not in endpoint.secret_before


def test_one_or_all_since_is_told_again_under_the_same_id(company: Company, shop: Shop) -> None:
    began = timezone.now() - timedelta(minutes=5)
    endpoint, _ = endpoint_for(company, shop)
    order_in(company, (company.mug, 1))
    event_relay()
    deliver(endpoint)
    first = WebhookAttempt.objects.order_by("pk").first()
    assert first is not None
    webhook_replay_one(endpoint_id=endpoint.pk, event_id=first.event_id or 0, actor=company.ada, at=NOW)
    deliver(endpoint)
    assert shop.told[2][0]["webhook-id"] == shop.told[0][0]["webhook-id"]
    webhook_replay_since(endpoint_id=endpoint.pk, since=began, actor=company.ada, at=timezone.now())
    event_relay()
    deliver(endpoint)
    assert shop.kinds()[-2:] == ["order.received", "order.confirmed"]
    with pytest.raises(InvalidInput):
        webhook_replay_since(
            endpoint_id=endpoint.pk,
            since=timezone.now() + timedelta(days=1),
            actor=company.ada,
            at=timezone.now(),
        )
    webhook_disable(endpoint_id=endpoint.pk, reason="enough", actor=company.ada, at=NOW)
    with pytest.raises(Conflict):
        webhook_replay_one(endpoint_id=endpoint.pk, event_id=first.event_id or 0, actor=company.ada, at=NOW)


def test_a_test_is_sent_beside_the_queue(company: Company, shop: Shop) -> None:
    endpoint, secret = endpoint_for(company, shop)
    webhook_test(endpoint_id=endpoint.pk, actor=company.ada, at=NOW)
    deliver(endpoint, f"{endpoint.stream}:test")
    headers, body = shop.told[0]
    assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "https://user:pw@example.com/", "ftp://x/", "x"]
)
def test_an_address_that_keel_may_not_call_is_refused(company: Company, settings: Any, url: str) -> None:
    settings.KEEL_PRIVATE_TARGETS = False
    with pytest.raises(InvalidInput) as refusal:
        webhook_create(WebhookDraft("Shop", url), actor=company.ada, at=NOW)
    assert refusal.value.field == "url"
    assert not WebhookEndpoint.objects.exists()


def test_only_an_administrator_says_who_is_told(company: Company, shop: Shop) -> None:
    endpoint, _ = endpoint_for(company, shop)
    with pytest.raises(PermissionRefused):
        webhook_create(WebhookDraft("Mine", shop.url), actor=company.olga, at=NOW)
    with pytest.raises(PermissionRefused):
        webhook_disable(endpoint_id=endpoint.pk, reason="x", actor=company.olga, at=NOW)
    webhook_save(
        endpoint_id=endpoint.pk,
        draft=WebhookDraft("Shop 2", shop.url, ["order.held"]),
        actor=company.ada,
        at=NOW,
    )
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.kinds, endpoint.history.count()) == ("Shop 2", ["order.held"], 2)


def test_the_log_is_kept_for_thirty_days(company: Company, shop: Shop) -> None:
    endpoint, _ = endpoint_for(company, shop)
    order_in(company, (company.mug, 1))
    event_relay()
    deliver(endpoint)
    assert webhook_purge(actor=company.ada, at=timezone.now()) == 0
    assert webhook_purge(actor=company.ada, at=timezone.now() + timedelta(days=31)) == 2


def test_the_feed_is_read_from_any_point_on(client: Client, company: Company) -> None:
    secret = api_key_create(
        name="puller", user=company.rita, scopes=["events:read"], actor=company.ada, at=NOW
    )[1]
    head = {"Authorization": f"Bearer {secret}"}
    order_in(company, (company.mug, 1))
    event_relay()
    first = client.get("/api/v1/events", {"limit": 1}, headers=head).json()
    assert first["events"][0]["type"] == "order.received" and first["next"]
    rest = client.get(first["next"], headers=head).json()
    assert [event["type"] for event in rest["events"]] == ["order.confirmed"]
    nothing = client.get("/api/v1/events", {"after": rest["next_cursor"]}, headers=head).json()
    assert nothing == {"events": [], "next": None, "next_cursor": rest["next_cursor"]}
    order_in(company, (company.lamp, 1))
    assert client.get("/api/v1/events", {"after": rest["next_cursor"]}, headers=head).json()["events"] == []
    event_relay()
    later = client.get("/api/v1/events", {"after": rest["next_cursor"]}, headers=head).json()
    assert [event["type"] for event in later["events"]] == ["order.received", "order.confirmed"]
    assert client.get("/api/v1/orders", headers=head).json()["code"] == "insufficient_scope"


def test_pages_show_do_and_show_a_secret_once(
    client: Client, company: Company, shop: Shop, django_assert_max_num_queries: Any
) -> None:
    client.force_login(company.ada)
    answer = client.post(
        reverse("webhook_endpoint_create"), {"name": "Shop", "url": shop.url, "kinds": ["order.held"]}
    )
    assert b"whsec_" in answer.content and answer["Cache-Control"].startswith("no-store")
    endpoint = WebhookEndpoint.objects.get()
    page = reverse("webhook_endpoint_detail", args=[endpoint.pk])
    assert b"whsec_" not in client.get(page).content
    again = client.post(reverse("webhook_endpoint_create"), {"name": "Shop", "url": shop.url})
    assert again.status_code == 422 and WebhookEndpoint.objects.count() == 1
    client.post(reverse("webhook_endpoint_test", args=[endpoint.pk]))
    deliver(endpoint, f"{endpoint.stream}:test")
    order = order_in(company, (company.mug, 1))
    hold_open(order_id=order.pk, kind="MANUAL", reason="x", actor=company.cora, at=NOW)
    event_relay()
    deliver(endpoint)
    attempt = WebhookAttempt.objects.get(kind="order.held")
    for name in ("webhook_attempt_list", "event_list", "webhook_endpoint_list"):
        with django_assert_max_num_queries(14):
            assert client.get(reverse(name)).status_code == 200
    assert order.number in client.get(reverse("webhook_attempt_detail", args=[attempt.pk])).content.decode()
    assert client.post(reverse("webhook_attempt_again", args=[attempt.pk])).status_code == 302
    deliver(endpoint)
    assert shop.kinds() == ["webhook.test", "order.held", "order.held"]
    since = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    client.post(reverse("webhook_endpoint_replay", args=[endpoint.pk]), {"since": since})
    event_relay()
    deliver(endpoint)
    assert shop.kinds()[3:] == ["order.held"]
    assert b"whsec_" in client.post(reverse("webhook_endpoint_rotate", args=[endpoint.pk])).content
    client.post(reverse("webhook_endpoint_disable", args=[endpoint.pk]), {"reason": "moved"})
    endpoint.refresh_from_db()
    assert endpoint.state == "DISABLED"
    assert b"moved" in client.get(page).content
    client.force_login(company.olga)
    assert client.get(page).status_code == 200
    assert (
        client.post(reverse("webhook_endpoint_enable", args=[endpoint.pk]), {"reason": "x"}).status_code
        == 403
    )
