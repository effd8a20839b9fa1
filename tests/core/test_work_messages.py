"""Answers: is what came in kept as it came, and does what goes out go in order and at least once?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from erp.core.errors import InvalidInput, LostUpdate
from erp.core.models import ExceptionCase, InboxMessage, Note, OutboxMessage, User
from erp.core.services import email, work
from erp.core.services.inbox import (
    InboxDraft,
    inbox_done_many,
    inbox_reject_many,
    inbox_store,
    inbox_store_many,
)
from erp.core.services.note import note_add
from erp.core.services.outbox import OutboxDraft, due_streams, outbox_add_many, stream_deliver
from erp.core.services.user import system_user
from erp.core.services.work import work_retry
from erp.core.services.work_run import work_run, work_sweep
from erp.core.sql import execute
from erp.core.text import storable
from erp.core.work_registry import handles, handles_inbox
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENT: list[str] = []
DOWN: set[str] = set()


@handles("tests.send")
def send(message: OutboxMessage) -> str:
    if message.key in DOWN:
        raise TimeoutError("no answer")
    SENT.append(message.key)
    return f"ref-{message.key}"


@handles("tests.send_refused")
def send_refused(message: OutboxMessage) -> str:
    raise InvalidInput("no such address", field="to", remedy="Correct it.")


@handles_inbox("tests.message")
def handle(*, message: InboxMessage, actor: User, at: datetime) -> str:
    note_add(document_type="tests.Inbox", document_id=message.pk, body=message.body, actor=actor, at=at)
    if message.body == "bad":
        raise ValueError("not yet")
    return "tests.Thing:7"


@pytest.fixture(autouse=True)
def wakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """Record wake-ups instead of publishing them."""
    seen: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        work.current_app, "send_task", lambda name, args, **options: seen.append((name, args))
    )
    yield seen
    SENT.clear()
    DOWN.clear()


def draft(key: str, stream: str = "order:1", kind: str = "tests.send") -> OutboxDraft:
    return OutboxDraft(stream, kind, key, {"n": key})


def deliver(stream: str = "order:1") -> int:
    return stream_deliver(stream=stream, actor=system_user(), at=AT)


def states() -> dict[str, str]:
    return dict(OutboxMessage.objects.values_list("key", "state"))


def test_a_stream_goes_out_in_order_and_each_key_once(wakes: list[Any]) -> None:
    outbox_add_many([draft("a"), draft("b")])
    outbox_add_many([draft("b"), draft("c")])
    assert wakes == [("core.deliver_stream", ["order:1"])] * 2
    assert deliver() == 3
    assert deliver() == 0
    assert SENT == ["a", "b", "c"]
    assert OutboxMessage.objects.get(key="b").provider_ref == "ref-b"


def test_a_message_of_an_undone_transaction_is_never_sent(wakes: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox_add_many([draft("a")])
        raise ZeroDivisionError
    assert wakes == []
    assert not OutboxMessage.objects.exists()


def test_a_failing_head_holds_its_stream_back_and_no_other() -> None:
    outbox_add_many([draft("a"), draft("b"), draft("x", stream="order:2")])
    DOWN.add("a")
    assert (deliver(), deliver("order:2")) == (0, 1)
    assert SENT == ["x"]
    assert states() == {"a": "FAILED", "b": "PENDING", "x": "DONE"}
    assert due_streams() == []
    DOWN.clear()
    execute("UPDATE core_outboxmessage SET next_at = now()")
    assert due_streams() == ["order:1"]
    assert deliver() == 2
    assert SENT == ["x", "a", "b"]


def test_nothing_is_sent_inside_a_transaction() -> None:
    outbox_add_many([draft("a")])
    with pytest.raises(RuntimeError, match="no network"), transaction.atomic():
        deliver()
    assert SENT == []


def test_a_dead_head_opens_a_case_and_the_next_one_waits_a_while() -> None:
    outbox_add_many([draft("a"), draft("b")])
    DOWN.update("ab")
    execute("UPDATE core_outboxmessage SET attempts = 11 WHERE key = 'a'")
    assert deliver() == 0
    assert states() == {"a": "DEAD", "b": "PENDING"}
    case = ExceptionCase.objects.get()
    assert (case.kind, case.title) == ("OUTBOX_DEAD", "tests.send: TimeoutError: no answer")
    assert deliver() == 0
    assert OutboxMessage.objects.get(key="b").attempts == 0
    DOWN.clear()
    work_retry(table="outbox", row_id=OutboxMessage.objects.get(key="a").pk, actor=system_user(), at=AT)
    assert deliver() == 1
    assert SENT == ["a"]


def test_what_the_receiver_can_never_take_dies_at_once() -> None:
    outbox_add_many([draft("a", kind="tests.send_refused"), draft("b", kind="tests.nobody")])
    deliver(), deliver()
    assert states() == {"a": "DEAD", "b": "DEAD"}
    assert ExceptionCase.objects.count() == 2


def test_a_sender_that_died_sends_again_with_the_same_key() -> None:
    outbox_add_many([draft("a")])
    message = OutboxMessage.objects.get()
    assert work.claim("outbox", message.pk) == 1
    assert deliver() == 0
    execute("UPDATE core_outboxmessage SET lease_until = now() - interval '1 s'")
    assert work_sweep(at=AT)["expired"] == 1
    assert deliver() == 1
    assert SENT == ["a"]


def test_an_email_has_text_and_html_and_one_message_id(tmp_path: Path, settings: Any) -> None:
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    (tmp_path / "hello.subject.txt").write_text("Hello\n{{ name }}\n")
    (tmp_path / "hello.txt").write_text("Dear {{ name }}")
    (tmp_path / "hello.html").write_text("<p>Dear {{ name }}</p>")
    payload = {"to": "pia@example.com", "template": "hello", "context": {"name": "<Pia>"}}
    outbox_add_many([OutboxDraft("order:1", "core.send_email", "hello:1", payload)])
    assert deliver() == 1
    sent: Any = mail.outbox[0]
    assert sent.subject == "Hello &lt;Pia&gt;"
    assert sent.alternatives[0][0] == "<p>Dear &lt;Pia&gt;</p>"
    assert OutboxMessage.objects.get().provider_ref == sent.extra_headers["Message-ID"]


@pytest.mark.parametrize("to", ["", "nobody", "a@b.c\r\nBcc: x@y.z", "a@b.c,d@e.f"])
def test_an_email_without_a_usable_recipient_is_refused(to: str) -> None:
    with pytest.raises(InvalidInput):
        email.send_email(OutboxMessage(key="k", payload={"to": to, "template": "hello"}))
    assert mail.outbox == []


def test_a_message_is_stored_once_whatever_comes_after() -> None:
    first, again, other, new = inbox_store_many(
        [
            InboxDraft("shop", "tests.message", "1", "one"),
            InboxDraft("shop", "tests.message", "1", "one"),
            InboxDraft("shop", "tests.message", "1", "other"),
            InboxDraft("shop", "tests.message", "2", "two", result="orders.Order:5"),
        ],
        at=AT,
    )
    assert (first.is_new, again.is_new, other.is_new, new.is_new) == (True, False, False, True)
    assert (again.is_same_body, other.is_same_body) == (True, False)
    assert (new.state, new.result) == ("DONE", "orders.Order:5")
    assert again.id == first.id
    message, is_new = inbox_store(source="shop", kind="tests.message", external_id="1", body=b"late", at=AT)
    assert (message.pk, is_new, message.body) == (first.id, False, "one")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"\xff\xfeA\x00", "\\xff\\xfeA\\x00"),
        ("a\x00b", "a\\x00b"),
        ("\ud800!", "\\ud800!"),
        ("Zoë 😀", "Zoë 😀"),
    ],
)
def test_what_postgresql_refuses_is_kept_as_an_escape(body: Any, kept: str) -> None:
    message, _ = inbox_store(
        source="s\x00",
        kind="tests.message",
        external_id="\udfff",
        body=body,
        headers={"X\x00": ["\ud800", float("nan")]},
        at=AT,
    )
    message.refresh_from_db()
    assert (message.body, message.source, message.external_id) == (kept, "s\\x00", "\\udfff")
    assert message.headers == {"X\\x00": ["\\ud800", "nan"]}
    assert storable(kept) == kept


def test_a_stored_message_is_handled_once_and_replayed_after_its_cause_is_gone(wakes: list[Any]) -> None:
    message, _ = inbox_store(source="shop", kind="tests.message", external_id="1", body="bad", at=AT)
    execute("UPDATE core_inboxmessage SET attempts = 4")
    assert work_run(table="inbox", row_id=message.pk, at=AT) is True
    message.refresh_from_db()
    assert message.state == "DEAD"
    assert ExceptionCase.objects.get().kind == "INBOX_REJECTED"
    assert not Note.objects.exists()
    execute("UPDATE core_inboxmessage SET body = 'good'")
    work_retry(table="inbox", row_id=message.pk, actor=system_user(), at=AT)
    assert wakes[-1] == ("core.run_work", ["inbox", message.pk])
    assert work_run(table="inbox", row_id=message.pk, at=AT) is True
    assert work_run(table="inbox", row_id=message.pk, at=AT) is False
    message.refresh_from_db()
    assert (message.state, message.result, Note.objects.count()) == ("DONE", "tests.Thing:7", 1)


def test_messages_are_settled_together_or_not_at_all() -> None:
    stored = inbox_store_many([InboxDraft("s", "tests.message", str(n), "x") for n in range(3)], at=AT)
    inbox_reject_many({stored[0].id: '{"field": "sku"}'}, actor=system_user(), at=AT)
    with pytest.raises(LostUpdate):
        inbox_done_many({row.id: "tests.Thing:1" for row in stored})
    assert set(InboxMessage.objects.values_list("state", flat=True)) == {"DEAD", "PENDING"}
    inbox_done_many({row.id: "tests.Thing:1" for row in stored[1:]})
    assert InboxMessage.objects.filter(state="DONE", result="tests.Thing:1").count() == 2


def test_a_shipment_is_told_to_its_channel_line_by_line(settings: Any) -> None:
    make.ChannelFactory(code="uk-web", name="UK web")
    outbox_add_many(
        [
            OutboxDraft(
                "channel:uk-web", "orders.channel_shipment_publish", f"shipment:{n}", {"order": f"SO-{n}"}
            )
            for n in (1, 2)
        ]
    )
    assert deliver("channel:uk-web") == 2
    (feed,) = (Path(settings.MEDIA_ROOT) / "channels" / "uk-web").glob("shipments-*.jsonl")
    lines = [json.loads(line) for line in feed.read_text().splitlines()]
    assert [(line["key"], line["order"]) for line in lines] == [
        ("shipment:1", "SO-1"),
        ("shipment:2", "SO-2"),
    ]
    assert OutboxMessage.objects.order_by("pk").first().provider_ref == f"{feed.name}#shipment:1"  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["nowhere", "../../etc"])
def test_a_shipment_for_an_unknown_channel_is_not_written_anywhere(code: str, settings: Any) -> None:
    outbox_add_many([OutboxDraft(f"channel:{code}", "orders.channel_shipment_publish", "shipment:1", {})])
    deliver(f"channel:{code}")
    assert OutboxMessage.objects.get().state == "DEAD"
    assert not (Path(settings.MEDIA_ROOT) / "channels").exists()
