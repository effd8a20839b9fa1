"""Answers: is every mail of a local installation there to be read, by those who may, and harmless in the browser?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from erp.core.models import CaughtMail, OutboxMessage
from erp.core.services.caught_mail import caught_mail_purge
from erp.core.services.outbox import OutboxDraft, outbox_add_many, stream_deliver
from erp.core.services.user import system_user
from erp.core.views.mail import CATCHER, mail_goes_to
from tests.cast import Company, company_create

EVIL = '<p>Grüße</p><script>alert(1)</script><img src="https://spy.example/x">'


@pytest.fixture
def company(db: None) -> Company:
    return company_create()


@pytest.fixture
def caught(company: Company, settings) -> CaughtMail:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND = CATCHER
    built = EmailMultiAlternatives(
        "Grüße “an” alle", "Liebe Grüße", "Keel <keel@localhost>", ["pat@example.com"], cc=["bo@example.com"]
    )
    built.attach_alternative(EVIL, "text/html")
    assert get_connection().send_messages([built, EmailMultiAlternatives("to nobody", "x")]) == 1
    return CaughtMail.objects.get()


def test_a_mail_is_kept_whole(caught: CaughtMail) -> None:
    assert (caught.subject, caught.recipients) == ("Grüße “an” alle", "pat@example.com\nbo@example.com")
    assert mail_goes_to() == "" and not getattr(mail, "outbox", [])


def test_operations_reads_it_and_others_do_not(caught: CaughtMail, company: Company, client: Client) -> None:
    client.force_login(company.olga)
    listed = client.get(reverse("caught_mail_list"), {"q": "pat@"}).content.decode()
    assert "Grüße “an” alle" in listed and "No mail server is configured" in listed
    assert "Grüße" not in client.get(reverse("caught_mail_list"), {"q": "zoe"}).content.decode()
    page = client.get(reverse("caught_mail_detail", args=[caught.pk])).content.decode()
    assert reverse("caught_mail_preview", args=[caught.pk]) in page and "multipart/alternative" in page
    for person in (company.pia, company.otto):
        client.force_login(person)
        for name in ("detail", "preview", "raw"):
            assert client.get(reverse(f"caught_mail_{name}", args=[caught.pk])).status_code == 403


def test_the_preview_can_do_nothing(caught: CaughtMail, company: Company, client: Client) -> None:
    client.force_login(company.ada)
    answer = client.get(reverse("caught_mail_preview", args=[caught.pk]))
    said = answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said and "<script" not in said
    rules = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:" and "sandbox" in rules
    assert "script-src" not in rules and rules["frame-ancestors"] == "'self'"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "Liebe Grüße" in said


def test_the_raw_mail_is_a_file(caught: CaughtMail, company: Company, client: Client) -> None:
    client.force_login(company.olga)
    answer = client.get(reverse("caught_mail_raw", args=[caught.pk]))
    assert answer["Content-Type"] == "message/rfc822" and b"Subject: =?utf-8?" in answer.content


def test_with_a_server_the_page_says_which(company: Company, client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "mail.example.com", 587,
    )  # fmt: skip
    client.force_login(company.olga)
    assert "mail.example.com:587" in client.get(reverse("caught_mail_list")).content.decode()


def test_the_list_asks_a_constant_number_of_questions(
    caught: CaughtMail, company: Company, client: Client
) -> None:
    client.force_login(company.olga)
    client.get(reverse("caught_mail_list"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("caught_mail_list"))
    CaughtMail.objects.bulk_create(
        CaughtMail(sent_at=caught.sent_at, sender="a@b", recipients="c@d", subject=f"{n}", raw="x")
        for n in range(60)
    )
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("caught_mail_list"))
    assert len(many) == len(one)


def test_old_mail_is_purged(caught: CaughtMail) -> None:
    now, actor = timezone.now(), system_user()
    assert caught_mail_purge(actor=actor, at=now) == 0
    CaughtMail.objects.update(sent_at=now - timedelta(days=31))
    assert caught_mail_purge(actor=actor, at=now) == 1
    assert not CaughtMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_outbox_delivers_into_the_catcher(settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND = CATCHER
    payload = {"to": "pat@example.com", "subject": "Hello", "text": "There"}
    outbox_add_many([OutboxDraft("order:1:email", "core.send_email", "k", payload)])
    assert stream_deliver(stream="order:1:email", actor=system_user(), at=timezone.now()) == 1
    kept, message = CaughtMail.objects.get(), OutboxMessage.objects.get()
    assert (kept.subject, message.state, kept.message_id) == ("Hello", "DONE", message.provider_ref)
