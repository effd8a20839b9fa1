"""Answers: does the API page, version, limit, refuse and describe itself as HTTP's own documents ask?"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from erp.api import api
from erp.core.models import ApiKey, ApiKeyUse, ExceptionCase
from erp.core.roles import Role
from erp.core.services.api_key import (
    SCOPES,
    api_key_authenticate,
    api_key_create,
    api_key_revoke,
    api_key_rotate,
)
from erp.core.services.exception_case import exception_open
from orders.models import Order
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import order_in

pytestmark = pytest.mark.django_db


class Caller:
    """A program with a key."""

    def __init__(self, user: Any, company: Company, **more: Any) -> None:
        self.key, self.secret = api_key_create(
            name=str(uuid.uuid4()), user=user, actor=company.ada, at=timezone.now(), **more
        )
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.secret}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        kind = sent.pop("Content-Type", "application/json")
        return self.client.generic(method, f"/api/v1{path}", data, content_type=kind, headers=sent)


@pytest.fixture
def cora(company: Company) -> Caller:
    return Caller(company.cora, company)


@pytest.fixture
def order(company: Company) -> Order:
    stock_in(company, company.mug, 100)
    return order_in(company, (company.mug, 3))


def is_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )
    content = answer.json()
    assert (content["status"], content["code"]) == (status, code)
    assert content["title"] and content["instance"].startswith("/api/v1/")


def test_a_list_is_paged_by_opaque_cursors_and_rows_that_arrive_shift_nothing(
    company: Company, cora: Caller
) -> None:
    first_four = [order_in(company, (company.mug, 1)).number for _ in range(4)]
    first = cora("GET", "/orders?limit=2&channel=wholesale")
    if not first.json()["orders"]:
        first = cora("GET", "/orders?limit=2")
    page = first.json()
    assert [row["number"] for row in page["orders"]] == first_four[:2]
    assert first["Link"] == f'<{page["next"]}>; rel="next"' and "limit=2" in page["next"]
    late = order_in(company, (company.mug, 1)).number
    second = cora("GET", page["next"].removeprefix("/api/v1")).json()
    third = cora("GET", second["next"].removeprefix("/api/v1"))
    assert [row["number"] for row in second["orders"] + third.json()["orders"]] == [*first_four[2:], late]
    assert third.json()["next"] is None and "Link" not in third
    for cursor in ("17", "äh", "azE6LTE", "x" * 199):
        is_problem(cora("GET", f"/orders?after={cursor}"), 422, "invalid_input")


def test_an_order_is_changed_only_in_the_version_that_was_seen(cora: Caller, order: Order) -> None:
    read = cora("GET", f"/orders/{order.number}")
    change = {
        "reason": "they rang",
        "lines": [{"position": 1, "quantity": 2}],
        "warehouse_note": "ring twice",
    }
    path = f"/orders/{order.number}"
    is_problem(cora("PATCH", path, change), 428, "precondition_required")
    is_problem(cora("PATCH", path, change, If_Match='"0.0.0.0~x"'), 412, "precondition_failed")
    done = cora("PATCH", path, change, If_Match=read["ETag"])
    assert done.status_code == 200, done.content
    line = done.json()["lines"][0]
    assert line["quantity_ordered"] - line["quantity_cancelled"] == 2
    assert done["ETag"] != read["ETag"]
    is_problem(cora("PATCH", path, change, If_Match=read["ETag"]), 412, "precondition_failed")
    is_problem(
        cora("POST", f"{path}/cancel", {"reason": "x"}, If_Match=read["ETag"]), 412, "precondition_failed"
    )
    order.refresh_from_db()
    assert (order.state, order.warehouse_note) == ("ALLOCATED", "ring twice") or order.state == "CONFIRMED"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": []}, "reason"), ({"reason": "x", "lines": [{"position": 99, "quantity": 1}]}, "lines[1].position"),
        ({"reason": "x", "lines": [{"position": 1, "quantity": -1}]}, "lines[1].quantity"),
        ({"reason": "x", "lines": [{"position": 1, "quantity": False}]}, "lines[1].quantity"),
        ({"reason": "x", "lines": [{"position": 1}, {"position": 1}]}, "lines"), ({"reason": "x", "colour": 1}, "colour"),
        ({"reason": "x", "add": [{"sku": "NOPE", "quantity": 1}]}, None), ({"reason": "x", "priority": 101}, "priority"),
        ({"reason": "x", "ships_complete": "yes"}, "ships_complete"), ({"reason": "x"}, "lines"), ([], "body"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_refused_whole(cora: Caller, order: Order, body: Any, field: str | None) -> None:
    read = cora("GET", f"/orders/{order.number}")
    answer = cora("PATCH", f"/orders/{order.number}", body, If_Match=read["ETag"])
    is_problem(answer, 422, "invalid_input")
    assert field is None or answer.json()["field"] == field
    assert cora("GET", f"/orders/{order.number}").json()["lines"] == read.json()["lines"]


def test_an_order_is_held_and_released(company: Company, cora: Caller, order: Order) -> None:
    path = f"/orders/{order.number}"
    held = cora("POST", f"{path}/hold", {"reason": "call them"})
    assert (held.status_code, held.json()["state"]) == (200, "ON_HOLD")
    is_problem(cora("POST", f"{path}/hold", {"reason": "again"}), 409, "conflict")
    is_problem(cora("POST", f"{path}/hold", {"reason": "x", "kind": "PAYMENT"}), 422, "invalid_input")
    is_problem(cora("POST", f"{path}/release", {"reason": "called"}), 403, "permission_refused")
    olga = Caller(company.olga, company)
    free = olga("POST", f"{path}/release", {"reason": "called"})
    assert (free.status_code, free.json()["state"]) == (200, "CONFIRMED")
    is_problem(olga("POST", f"{path}/release", {"reason": "called"}), 409, "conflict")


def test_a_read_that_changed_nothing_is_not_sent_again(cora: Caller, order: Order) -> None:
    read = cora("GET", f"/orders/{order.number}")
    same = cora("GET", f"/orders/{order.number}", If_None_Match=read["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", read["ETag"])
    cora("POST", f"/orders/{order.number}/cancel", {"reason": "no"})
    assert cora("GET", f"/orders/{order.number}", If_None_Match=read["ETag"]).status_code == 200


def test_methods_and_formats_are_refused_as_problems(cora: Caller, order: Order, company: Company) -> None:
    path = f"/orders/{order.number}"
    head = cora("HEAD", path)
    assert (
        (head.status_code, head.content) == (200, b"") and int(head["Content-Length"]) > 100 and head["ETag"]
    )
    options = cora("OPTIONS", path)
    assert (options.status_code, options["Allow"]) == (204, "GET, HEAD, OPTIONS, PATCH")
    wrong = cora("DELETE", path)
    is_problem(wrong, 405, "method_not_allowed")
    assert wrong["Allow"] == "GET, HEAD, OPTIONS, PATCH"
    is_problem(cora("GET", path, Accept="text/html"), 406, "not_acceptable")
    is_problem(
        cora("POST", "/orders", b"<order/>", **{"Content-Type": "text/xml"}), 415, "unsupported_media_type"
    )
    is_problem(cora("GET", "/nothing/here"), 404, "not_found")
    is_problem(cora("GET", "/orders/SO-999999"), 404, "not_found")
    is_problem(cora("POST", "/orders", b"{"), 422, "invalid_input")
    is_problem(cora("POST", "/returns", {}), 400, "idempotency_key_missing")
    nobody = Client().get("/api/v1/orders")
    is_problem(nobody, 401, "not_authenticated")
    assert nobody["WWW-Authenticate"].startswith("Bearer")
    is_problem(Caller(company.rita, company)("POST", "/orders", {}), 403, "permission_refused")


def test_a_database_that_is_away_is_said_so(cora: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("orders.api.require", away)
    answer = cora("GET", "/orders")
    is_problem(answer, 503, "unavailable")
    assert answer["Retry-After"] == "5"
    monkeypatch.setattr("erp.core.api_edge.api_key_authenticate", away)
    is_problem(cora("GET", "/orders"), 503, "unavailable")


def test_a_key_that_asks_too_often_is_told_how_long_to_wait(company: Company) -> None:
    slow = Caller(company.cora, company, rate_per_minute=2)
    first = slow("GET", "/orders")
    assert (first["RateLimit-Policy"], first["RateLimit"].partition(";t=")[0]) == (
        '"minute";q=2;w=60',
        '"minute";r=1',
    )
    ApiKeyUse.objects.update(requests=2)
    ApiKeyUse.objects.update(minute=int(timezone.now().timestamp()) // 60)
    over = slow("GET", "/orders")
    if over.status_code == 200:  # the minute ended just now
        ApiKeyUse.objects.update(requests=2)
        over = slow("GET", "/orders")
    is_problem(over, 429, "rate_limited")
    assert 1 <= int(over["Retry-After"]) <= 60
    ApiKeyUse.objects.update(minute=0)
    assert slow("GET", "/orders").status_code == 200


def test_a_scope_narrows_what_the_user_may(company: Company, order: Order) -> None:
    reader = Caller(company.cora, company, scopes=["orders:read"])
    assert reader("GET", "/orders").status_code == 200
    is_problem(reader("POST", f"/orders/{order.number}/cancel", {"reason": "x"}), 403, "insufficient_scope")
    is_problem(reader("GET", "/returns"), 403, "insufficient_scope")
    order.refresh_from_db()
    assert order.state != "CANCELLED"
    assert reader("GET", "/orders").status_code == 200


def test_a_rotated_key_is_good_twice_until_the_old_secret_ends(company: Company) -> None:
    key, old = api_key_create(name="k", user=company.cora, actor=company.ada, at=NOW)
    _, new = api_key_rotate(api_key_id=key.pk, overlap=timedelta(hours=1), actor=company.ada, at=NOW)
    soon, later = NOW + timedelta(minutes=59), NOW + timedelta(hours=1)
    assert api_key_authenticate(secret=old, at=soon) == api_key_authenticate(secret=new, at=soon) == key
    assert api_key_authenticate(secret=old, at=later) is None
    assert api_key_authenticate(secret=new, at=later) == key
    api_key_revoke(api_key_id=key.pk, reason="left", actor=company.ada, at=NOW)
    assert api_key_authenticate(secret=new, at=soon) is None
    kept = ApiKey.objects.get()
    assert old not in (kept.key_hash, kept.previous_hash) and new not in (kept.key_hash, kept.previous_hash)


def test_exceptions_are_read_and_settled(company: Company, cora: Caller) -> None:
    case = exception_open(
        kind="QUEUE_STALE",
        subject_type="tests.Queue",
        subject_id="q",
        title="It stands",
        actor=company.system,
        at=NOW,
    )
    (listed,) = cora("GET", "/exceptions?state=OPEN&kind=QUEUE_STALE").json()["exceptions"]
    assert (listed["id"], listed["title"], listed["money_at_risk"]) == (case, "It stands", "0.00")
    assert cora("POST", f"/exceptions/{case}/resolve", {"reason": ""}).status_code == 422
    done = cora("POST", f"/exceptions/{case}/resolve", {"reason": "restarted"}).json()
    assert (done["state"], done["reason"]) == ("RESOLVED", "restarted")
    assert ExceptionCase.objects.get(pk=case).resolved_by == company.cora
    is_problem(cora("POST", f"/exceptions/{case}/resolve", {"reason": "x"}), 409, "illegal_transition")
    is_problem(cora("GET", f"/exceptions/{10**30}"), 404, "not_found")


def test_the_document_says_every_field_answer_and_scope() -> None:
    schema = api.get_openapi_schema()
    assert schema["openapi"].startswith("3.1")
    assert len(schema["paths"]) > 25
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["x-scope"] in SCOPES, where
            assert {"401", "403", "406", "422", "429", "503"} <= set(operation["responses"]), where
            for status, answer in operation["responses"].items():
                if status < "300":
                    said = answer["content"]["application/json"]["schema"]
                    assert "$ref" in said, f"{where} {status} has no schema"
            if method in ("post", "put", "patch"):
                body = operation["requestBody"]["content"]["application/json"]["schema"]
                assert "$ref" in body or body["properties"], where
                assert any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"]), (
                    where
                )


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_through_a_key_what_it_may_on_its_pages(company: Company, role: Role) -> None:
    people = {
        Role.OPERATIONS: company.olga, Role.WAREHOUSE: company.pia, Role.PROCUREMENT: company.ben, Role.FINANCE: company.fay,
        Role.CUSTOMER_SERVICE: company.cora, Role.ADMIN: company.ada, Role.READ_ONLY: company.rita,
    }  # fmt: skip
    user = people[role]
    ask = Caller(user, company)
    reads = {
        "/orders": "orders.view", "/orders/subscriptions": "orders.view", "/inventory/products": "inventory.view",
        "/fulfillment": "fulfillment.view", "/fulfillment/shipments": "fulfillment.view",
        "/procurement/orders": "procurement.view", "/returns": "returns.view", "/exceptions": "core.exception_view",
        "/events": "core.event_view",
    }  # fmt: skip
    writes = {
        "/orders": "orders.create", "/orders/SO-1/cancel": "orders.edit", "/orders/SO-1/hold": "orders.edit",
        "/orders/SO-1/release": "orders.hold_release", "/reservations": "orders.create", "/returns": "returns.authorize",
        "/procurement/orders": "procurement.edit", "/fulfillment/F-1/ship": "fulfillment.ship",
    }  # fmt: skip
    for path, permission in reads.items():
        assert ask("GET", path).status_code == (200 if user.may(permission) else 403), path
    for path, permission in writes.items():
        answer = ask("POST", path, {}, Idempotency_Key=str(uuid.uuid4()))
        assert (answer.status_code == 403) is not user.may(permission), f"{path}: {answer.content!r}"


def test_a_page_of_a_list_costs_the_same_whatever_its_length(
    company: Company, cora: Caller, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        order_in(company, (company.mug, 1))
    for path in (
        "/orders",
        "/fulfillment",
        "/fulfillment/shipments",
        "/returns",
        "/exceptions",
        "/inventory/products",
    ):
        cora("GET", path)
        with django_assert_max_num_queries(7):
            assert cora("GET", path).status_code == 200
