"""Answers: does a repeat of a keyed API request get the first answer, and nothing else a second effect?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from ninja import Router, Schema, Status

from erp.api import api, build
from erp.core.errors import Conflict
from erp.core.models import ExceptionCase, IdempotencyKey, InboxMessage, Note
from erp.core.services.api_key import api_key_authenticate, api_key_create, api_key_revoke
from erp.core.services.idempotency import KeyInFlight, KeyReused, idempotency_begin, idempotency_finish
from erp.core.services.note import note_add
from erp.core.services.user import system_user
from erp.core.text import storable

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
router = Router()


class Body(Schema):
    body: str
    quantity: int = 1


@router.post("/notes", response={201: dict[str, Any]})
def write(request: Any, payload: Body) -> Status:
    if payload.body == "conflict":
        raise Conflict("no two of these", field="body", remedy="Send another.")
    if payload.body == "broken":
        note_add(document_type="tests.Api", document_id=1, body="half", actor=request.user, at=AT)
        raise RuntimeError("secret innards")
    note = note_add(document_type="tests.Api", document_id=1, body=payload.body, actor=request.user, at=AT)
    return Status(201, {"id": note.pk})


urlpatterns = [path("api/tests/", build({"": router}, "api-tests").urls)]


@pytest.fixture
def secret() -> str:
    return api_key_create(name="shop", user=system_user("api"), actor=system_user(), at=AT)[1]


@pytest.fixture
def post(secret: str, settings: Any) -> Any:
    settings.ROOT_URLCONF = __name__

    def send(content: Any, *, key: str | None = None, token: str = secret, raw: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key is not None else {})
        data = content if raw is None else raw
        return Client(raise_request_exception=False).post(
            "/api/tests/notes", data, content_type="application/json", headers=headers
        )

    return send


def test_a_repeat_gets_the_first_answer_and_makes_no_second_effect(post: Any) -> None:
    first = post({"body": "hello"}, key="a")
    again = post({"body": "hello"}, key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert Note.objects.filter(document_type="tests.Api").count() == 1


def test_another_body_under_the_same_key_is_refused(post: Any) -> None:
    post({"body": "hello"}, key="a")
    answer = post({"body": "other"}, key="a")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "idempotency_key_reused"
    assert Note.objects.filter(document_type="tests.Api").count() == 1


def test_a_request_in_flight_is_refused_until_its_lease_ends() -> None:
    assert idempotency_begin(client="c", key="k", request_hash="h", at=AT) is None
    with pytest.raises(KeyInFlight):
        idempotency_begin(client="c", key="k", request_hash="h", at=AT + timedelta(seconds=19))
    assert idempotency_begin(client="c", key="k", request_hash="h", at=AT + timedelta(seconds=21)) is None
    with pytest.raises(KeyReused):
        idempotency_begin(client="c", key="k", request_hash="other", at=AT + timedelta(hours=1))
    idempotency_finish(client="c", key="k", status=201, body="{}")
    kept = idempotency_begin(client="c", key="k", request_hash="h", at=AT + timedelta(hours=1))
    assert kept is not None
    assert (kept.status, kept.body) == (201, "{}")


def test_keys_of_two_clients_never_meet(post: Any) -> None:
    other = api_key_create(name="other", user=system_user("api"), actor=system_user(), at=AT)[1]
    assert post({"body": "hello"}, key="a").status_code == 201
    assert "Idempotency-Replayed" not in post({"body": "hello"}, key="a", token=other)
    assert Note.objects.filter(document_type="tests.Api").count() == 2


def test_a_refusal_is_an_answer_and_is_repeated(post: Any) -> None:
    first = post({"body": "conflict"}, key="a")
    assert (first.status_code, first.json()["field"], first.json()["remedy"]) == (
        409,
        "body",
        "Send another.",
    )
    assert post({"body": "conflict"}, key="a")["Idempotency-Replayed"] == "true"


def test_a_breakdown_of_ours_lets_the_key_go_and_tells_no_innards(post: Any) -> None:
    answer = post({"body": "broken"}, key="a")
    assert answer.status_code == 500
    assert b"innards" not in answer.content
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("token", ["", "keel_wrong", "keel_\x00", "é"])
def test_an_unknown_key_is_refused(post: Any, token: str) -> None:
    answer = post({"body": "x"}, key="a", token=token)
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert not Note.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_a_revoked_or_expired_key_is_worth_nothing() -> None:
    key, secret = api_key_create(
        name="k", user=system_user("api"), expires_at=AT + timedelta(days=1), actor=system_user(), at=AT
    )
    found = api_key_authenticate(secret=secret, at=AT)
    assert found is not None
    assert found.pk == key.pk
    assert secret not in (key.key_hash, key.prefix)
    assert api_key_authenticate(secret=secret, at=AT + timedelta(days=1)) is None
    api_key_revoke(api_key_id=key.pk, actor=system_user(), at=AT)
    assert api_key_authenticate(secret=secret, at=AT) is None


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"{", "body"),
        (b'{"body": "\xff"}', "body"),
        (b'{"body": NaN}', "body"),
        (b'{"body": -Infinity}', "body"),
        (b'{"body": "a", "body": "b"}', "body"),
        (b'{"body": "\\ud800"}', "body"),
        (b'{"body": "\\u0000"}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"body": "x", "quantity": ' + b"9" * 5000 + b"}", "body"),
        (b'{"body": "x", "quantity": 1.5}', "quantity"),
        (b'{"body": "x", "quantity": "many"}', "quantity"),
        (b'{"body": 5}', "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b"", "body"),
    ],
)
def test_a_hostile_body_is_refused_by_field_and_nothing_is_written(post: Any, raw: bytes, field: str) -> None:
    answer = post(None, raw=raw, key="a")
    assert answer.status_code == 422, answer.content[:300]
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert answer.json()["remedy"]
    assert not Note.objects.exists()
    kept = InboxMessage.objects.get()
    assert (kept.state, kept.source, kept.body) == ("DEAD", "api:shop", storable(raw))
    case = ExceptionCase.objects.get()
    assert (case.kind, case.subject_id) == ("INBOX_REJECTED", str(kept.pk))


def test_a_body_beyond_the_limit_is_refused(post: Any, settings: Any) -> None:
    assert post({"body": "x" * 3_000_000}).status_code == 422
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert post({"body": "x" * 2000}, key="a").status_code == 413
    assert not Note.objects.exists()


def test_the_schema_and_the_docs_are_served_from_here(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json")
    assert schema.status_code == 200
    assert schema.json()["info"]["title"] == "Keel"
    docs = client.get("/api/v1/docs")
    assert docs.status_code == 200
    assert b"https://" not in docs.content
    assert api.auth
