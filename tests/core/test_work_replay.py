"""Answers: does an order that was refused become one when its cause is gone, by replay or because it came again?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from erp.core.models import ExceptionCase, InboxMessage
from erp.core.services import work
from erp.core.services.api_key import api_key_create
from erp.core.services.user import system_user
from erp.core.services.work import work_retry
from erp.core.services.work_run import work_run
from orders.models import Order
from orders.services.feed import order_import
from tests import factories as make
from tests.cast import NOW, Company, stock_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)


def content(sku: str = "JUG", external_id: str = "E-1") -> dict[str, Any]:
    return {
        "channel": "web", "external_id": external_id, "currency": "GBP", "ordered_at": "2026-03-01T10:00:00Z",
        "lines": [{"sku": sku, "quantity": 2, "unit_price": "10.00"}],
        "ship_to": {"name": "Carol", "line1": "1 High St", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"},
        "payment": {"provider": "card", "provider_ref": "PAY-1", "amount": "20.00"},
    }  # fmt: skip


@pytest.fixture
def post(company: Company) -> Any:
    stock_in(company, company.mug, 50)
    _, secret = api_key_create(name="shop", user=system_user("api"), actor=company.system, at=NOW)

    def send(body: Any, key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key else {})
        return Client().post("/api/v1/orders", body, content_type="application/json", headers=headers)

    return send


def jug(company: Company) -> None:
    make.ProductFactory(sku="JUG", name="Jug", category=company.goods, unit=company.each)


def test_an_order_comes_in_once_however_often_it_is_sent(post: Any) -> None:
    first = post(content("MUG"), key="k1")
    again, other_key = post(content("MUG"), key="k1"), post(content("MUG"), key="k2")
    assert (first.status_code, again.status_code, other_key.status_code) == (201, 201, 200)
    assert again.content == first.content
    assert other_key.json()["number"] == first.json()["number"]
    changed = content("MUG")
    changed["lines"][0]["quantity"] = 3
    assert post(changed, key="k3").status_code == 409
    assert Order.objects.count() == 1


def test_a_refused_order_is_kept_and_refused_again_without_a_second_message(post: Any) -> None:
    for _ in range(2):
        answer = post(content())
        assert answer.status_code == 422
        assert answer.json()["field"] == "lines[1].sku"
    message = InboxMessage.objects.get()
    assert (message.state, json.loads(message.body)["external_id"]) == ("DEAD", "E-1")
    assert not Order.objects.exists()


def test_it_becomes_an_order_when_it_comes_again_after_the_cause_is_gone(post: Any, company: Company) -> None:
    assert post(content()).status_code == 422
    jug(company)
    assert post(content()).status_code == 201
    message, order = InboxMessage.objects.get(), Order.objects.get()
    assert (message.state, message.result) == ("DONE", f"orders.Order:{order.pk}")
    assert not ExceptionCase.objects.exclude(state="RESOLVED").exists()


def test_it_becomes_an_order_by_replay(post: Any, company: Company) -> None:
    post(content())
    message = InboxMessage.objects.get()
    jug(company)
    work_retry(table="inbox", row_id=message.pk, reason="SKU created", actor=company.olga, at=NOW)
    assert work_run(table="inbox", row_id=message.pk, at=NOW) is True
    message.refresh_from_db()
    assert (message.state, message.result) == ("DONE", f"orders.Order:{Order.objects.get().pk}")
    assert not ExceptionCase.objects.exclude(state="RESOLVED").exists()


def test_a_replay_before_the_cause_is_gone_dies_again_with_a_case(post: Any, company: Company) -> None:
    post(content())
    message = InboxMessage.objects.get()
    work_retry(table="inbox", row_id=message.pk, actor=company.olga, at=NOW)
    work_run(table="inbox", row_id=message.pk, at=NOW)
    message.refresh_from_db()
    assert message.state == "DEAD"
    assert ExceptionCase.objects.filter(state="OPEN").exists()
    assert not Order.objects.exists()


def test_rows_of_a_file_are_replayed_with_their_commas(company: Company) -> None:
    rows = (
        "external_id,ordered_at,currency,sku,quantity,unit_price,ship_to_name,ship_to_line1,ship_to_city,"
        "ship_to_postcode,ship_to_country,payment_provider,payment_ref,payment_amount\n"
        'F-1,2026-03-01T10:00:00Z,GBP,JUG,2,10.00,"Carol, Customer",1 High St,Leeds,LS1 1AA,GB,card,PAY-1,20.00\n'
    )
    result = order_import(content=rows.encode(), channel="web", file_name="a.csv", actor=company.olga, at=NOW)
    assert (result.created, len(result.errors)) == ([], 1)
    jug(company)
    message = InboxMessage.objects.get()
    work_retry(table="inbox", row_id=message.pk, actor=company.olga, at=NOW)
    work_run(table="inbox", row_id=message.pk, at=NOW)
    message.refresh_from_db()
    assert message.state == "DONE", message.error
    assert Order.objects.get().ship_to_name == "Carol, Customer"


def test_the_raw_body_of_an_order_that_is_none_is_kept(post: Any) -> None:
    answer = post({"channel": "web", "lines": "none"})
    assert answer.status_code == 422
    message = InboxMessage.objects.get()
    assert (message.state, message.source) == ("DEAD", "api:shop")
    assert ExceptionCase.objects.get().kind == "INBOX_REJECTED"
