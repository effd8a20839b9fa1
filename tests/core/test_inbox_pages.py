"""Answers: can a message be read whatever it is, are its bytes those that came, and may only those replay who may?"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from erp.core import work_registry
from erp.core.models import InboxMessage, Replay, User
from erp.core.readable import exact_bytes, readable
from erp.core.services.inbox import InboxDraft, inbox_store_many
from erp.core.text import storable
from tests.cast import NOW, Company

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*0900*U*00401*000000001*0*P*>~"


@pytest.mark.parametrize(
    ("body", "kind", "holds"),
    [
        ('{"b": [1, 2.50], "a": "ü"}', "JSON", '"b": [\n    1,\n    2.50\n  ]'),
        ("[not json", "text", "[not json"),
        (ISA + "GS*PO*A*B~ST*850*1~", "X12", "~\nGS*PO*A*B~\nST*850*1~"),
        ("UNB+UNOC:3+A+B'UNH+1+ORDERS'FTX+it?'s'", "EDIFACT", "UNH+1+ORDERS'\nFTX+it?'s'"),
        ("UNA:+.? ;UNB+UNOC:3;UNZ+1;", "EDIFACT", "UNB+UNOC:3;\nUNZ+1;"),
        ("<order><id>1, 2</id></order>", "text", "<order>"),
        ("", "text", ""),
        ("ISA*short", "text", "ISA*short"),
    ],
)
def test_a_message_is_laid_out(body: str, kind: str, holds: str) -> None:
    found = readable(body)
    assert found.kind == kind and holds in found.text


def test_a_table_is_one_only_when_its_rows_are_alike() -> None:
    assert readable('a;b\n1;"x;y"\n').rows == [["a", "b"], ["1", "x;y"]]
    assert readable("a,b\n1\n").kind == "text"
    assert readable("a,b\n" * 60).cut == 60
    assert readable("x" * 30_000).cut == 30_000 and len(readable("x" * 30_000).text) == 20_000


@pytest.mark.parametrize(
    "body",
    [b"plain", "grün".encode(), b"\xff\xfe binary \x80", rb"a literal \xff in a text", b"nul \x00 byte"],
)
def test_the_bytes_are_those_that_came(body: bytes) -> None:
    assert exact_bytes(storable(body), hashlib.sha256(body).hexdigest()) == (body, True)


def test_bytes_that_nothing_proves_are_said_to_be_so() -> None:
    assert exact_bytes("changed", "0" * 64) == (b"changed", False)


def message(kind: str = "tests.page", body: str = "x", **fields: Any) -> InboxMessage:
    (stored,) = inbox_store_many(
        [InboxDraft("shop", kind, f"m-{InboxMessage.objects.count()}", body, result="nothing to do")], at=NOW
    )
    InboxMessage.objects.filter(pk=stored.id).update(**fields)
    return InboxMessage.objects.get(pk=stored.id)


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_who_may_look_may_not_therefore_replay(company: Company) -> None:
    found = message()
    for name in ("fay", "cora"):
        client = log_in(getattr(company, name))
        page = client.get(f"/work/inbox/{found.pk}/")
        assert page.status_code == 200 and b"Replay\xe2\x80\xa6" not in page.content
        assert client.post(f"/work/inbox/{found.pk}/replay/").status_code == 403
        assert client.get("/work/replays/").status_code == 200
        assert client.get("/work/replays/new/").status_code == 403
    assert log_in(company.pia).get("/work/replays/").status_code == 403
    assert not Replay.objects.exists()


@pytest.mark.django_db
def test_a_kind_that_nobody_handles_is_told_and_changes_nothing(company: Company) -> None:
    found = message()
    client = log_in(company.olga)
    answer = client.post(f"/work/inbox/{found.pk}/replay/")
    replay = Replay.objects.get()
    assert answer["Location"] == f"/work/replays/{replay.pk}/"
    items = client.get(f"/work/replays/{replay.pk}/items/").content.decode()
    assert "Would be refused" in items and "nothing replays messages of kind" in items
    assert client.post(f"/work/replays/{replay.pk}/commit/", {"reason": ""}).status_code == 302
    replay.refresh_from_db()
    assert replay.committed_at is None
    client.post(f"/work/replays/{replay.pk}/commit/", {"reason": "try"})
    page = client.get(f"/work/replays/{replay.pk}/").content.decode()
    assert "Carried out" in page and "It was carried out." in page
    assert "Refused" in client.get(f"/work/replays/{replay.pk}/items/?only=failed").content.decode()
    assert InboxMessage.objects.get().state == "DONE"
    assert "Replayed: it was refused" in client.get(f"/work/inbox/{found.pk}/").content.decode()


@pytest.mark.django_db
def test_what_a_role_may_not_see_is_left_out_and_counted(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = message()
    monkeypatch.setitem(work_registry._INBOX, "tests.page", lambda **_: "noted")
    log_in(company.olga).post(f"/work/inbox/{found.pk}/replay/")
    replay = Replay.objects.get()
    effect = {"label": "ledger.JournalEntry", "document_id": 1, "group": "Books", "title": "Journal entry: secret",
              "is_new": True, "permission": "ledger.view", "changes": []}  # fmt: skip
    replay.items.update(effects=[effect])
    url = f"/work/replays/{replay.pk}/items/"
    hidden = log_in(company.olga).get(url).content.decode()
    assert "secret" not in hidden and "1 more that your role is not shown" in hidden
    assert "secret" in log_in(company.fay).get(url).content.decode()


@pytest.mark.django_db
def test_a_channel_and_a_day_are_chosen_by_form_or_by_rows(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(work_registry._INBOX, "tests.page", lambda **_: "noted")
    first, second = message(), message()
    client = log_in(company.olga)
    assert client.post("/work/replays/new/", {}).status_code == 422
    assert (
        client.post("/work/replays/new/", {"since": "2026-03-03", "until": "2026-03-01"}).status_code == 422
    )
    assert client.post("/work/replays/new/", {"source": "shop", "since": "2026-04-01"}).status_code == 422
    assert client.post("/work/replays/new/", {"source": "shop", "since": "2026-03-02"}).status_code == 302
    replay = Replay.objects.get()
    assert replay.selection == "messages from shop since 2026-03-02" and replay.items.count() == 2
    asked = {"action": "replay", "ids": [first.pk, second.pk]}
    assert b"2 will be tried out and undone" in client.post("/work/inbox/?source=shop", asked).content
    run = client.post("/work/inbox/?source=shop", {"action": "replay", "stage": "run", "ids": f"{first.pk}"})
    assert b"See what would change" in run.content
    assert Replay.objects.order_by("-pk").first().selection == "source=shop"  # type: ignore[union-attr]
    assert b"messages from shop" in client.get("/work/replays/").content


@pytest.mark.django_db
def test_a_message_without_a_home_is_not_found(company: Company) -> None:
    client = log_in(company.olga)
    for url in ("/work/inbox/999999/", "/work/inbox/999999/raw/", "/work/replays/999999/", "/orders/turned-away/9999/",
                "/orders/channel-orders/99999/"):  # fmt: skip
        assert client.get(url).status_code == 404, url
