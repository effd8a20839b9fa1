"""Answers: does a note tell the people it names, and nobody else?"""

import pytest
from django.test import Client

from erp.core.mentions import mentioned
from erp.core.models import ExceptionCase, Mention, Note, OutboxMessage, User
from erp.core.roles import Role
from erp.core.services.email import send_email
from erp.core.services.note import note_add
from erp.core.templatetags.keel import mentions
from tests.core.test_desk import AT, open_case
from tests.core.test_pages import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return person("olga", Role.OPERATIONS)


@pytest.fixture
def fay() -> User:
    fay = person("fay", Role.FINANCE)
    fay.email = "fay@example.com"
    fay.save()
    return fay


def test_a_name_after_an_at_is_found_and_an_address_is_not() -> None:
    assert mentioned("@fay, ask @pia.smith! not carol@example.com nor @ 5pm; @fay again") == [
        "fay",
        "pia.smith",
    ]
    assert mentioned("see me@olga or a.@x") == []


def test_a_mention_reaches_the_bell_and_the_mail_box_once(olga: User, fay: User) -> None:
    note = note_add(
        document_type="core.ExceptionCase", document_id=open_case(), body="@fay please pay, @fay! @olga too, @nobody",
        actor=olga, at=AT,
    )  # fmt: skip
    assert [(m.user.username, m.read_at) for m in note.mentions.order_by("pk")] == [
        ("fay", None),
        ("olga", AT),
    ]
    message = OutboxMessage.objects.get()
    assert (message.payload["to"], message.kind) == ("fay@example.com", "core.send_email")
    assert send_email(message)


def test_what_a_person_types_must_name_people_who_may_read_it(client: Client, olga: User, fay: User) -> None:
    pk = open_case()
    client.force_login(olga)
    User.objects.create_user("gone", is_active=False)
    form = {"document_type": "core.ExceptionCase", "document_id": pk}
    for name in ("nobody", "gone"):
        client.post("/notes/", form | {"body": f"@{name} look"})
    assert not Note.objects.filter(document_id=pk).exists()
    client.post("/notes/", form | {"body": "@fay <b>look</b>"})
    page = client.get(f"/exceptions/{pk}/").content.decode()
    assert '<a class="k-mention" href="/exceptions/?person=fay">@fay</a> &lt;b&gt;look&lt;/b&gt;' in page


def test_a_person_who_may_not_open_the_page_is_not_called_there(client: Client, fay: User) -> None:
    otto = person("otto", Role.CUSTOMER_SERVICE)
    client.force_login(fay)
    form = {"document_type": "procurement.Supplier", "document_id": 1, "body": f"@{otto.username} look"}
    answer = client.post("/notes/", form, follow=True)
    assert "otto may not open this page" in answer.content.decode()
    assert not Mention.objects.exists()


def test_the_bell_counts_and_mentions_are_read_by_their_own_person(
    client: Client, olga: User, fay: User
) -> None:
    pk = open_case()
    for word in ("one", "two"):
        note_add(document_type="core.ExceptionCase", document_id=pk, body=f"@fay {word}", actor=olga, at=AT)
    client.force_login(fay)
    assert ">2<" in client.get("/mentions/count/").content.decode()
    page = client.get("/mentions/?read=no").content.decode()
    assert f"/exceptions/{pk}/#timeline" in page
    first = Mention.objects.earliest("pk")
    client.post("/mentions/", {"stage": "run", "action": "read", "ids": first.pk})
    assert Mention.objects.filter(user=fay, read_at=None).count() == 1
    client.force_login(olga)
    client.post("/mentions/read/")
    client.post("/mentions/", {"stage": "run", "action": "read", "ids": Mention.objects.latest("pk").pk})
    assert Mention.objects.filter(user=fay, read_at=None).count() == 1


def test_a_reader_writes_no_note(client: Client) -> None:
    pk = open_case()
    client.force_login(person("rita", Role.READ_ONLY))
    form = {"document_type": "core.ExceptionCase", "document_id": pk, "body": "hello"}
    assert client.post("/notes/", form).status_code == 403
    assert "Add note" not in client.get(f"/exceptions/{pk}/").content.decode()
    assert ExceptionCase.objects.filter(pk=pk).exists()
    assert not Note.objects.filter(document_id=pk).exists()


def test_text_that_looks_like_a_name_stays_text() -> None:
    assert mentions("@fay & <@pia>", ["pia"]) == (
        '@fay &amp; &lt;<a class="k-mention" href="/exceptions/?person=pia">@pia</a>&gt;'
    )
