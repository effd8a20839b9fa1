"""Answers: can people read, repeat, write and reword messages on pages, and only those who may?"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp.core.models import Note, OutboxMessage
from orders.models import ChannelMail, MessageTemplate, Order
from orders.services import order_receive_many
from tests import factories as make
from tests.cast import NOW, Company
from tests.orders.desk import Login, to, toasts
from tests.orders.test_notice import command

WORDS = {
    "subject": "New {{ order_number }}",
    "text": "# Yes\n\n{{ lines }}",
    "html": "",
    "channel": "",
    "reason": "Shorter",
}


@pytest.fixture
def order(company: Company) -> Order:
    """An order of which the customer was told."""
    make.ChannelMailFactory(channel=company.web)
    (received,) = order_receive_many([command(1)], actor=company.olga, at=NOW)
    return Order.objects.get(pk=received.order_id)


def notice() -> OutboxMessage:
    return OutboxMessage.objects.filter(kind="orders.notice_send").latest("pk")


def test_the_order_shows_what_was_told_whom(order: Order, as_: Login) -> None:
    page = as_("cora").get(to("order_detail", order.pk)).content.decode()
    assert to("notice_detail", notice().pk) in page
    assert "carol@example.com" in page and "Order received: pending" in page
    assert to("order_write", order.pk) in page
    assert to("order_write", order.pk) not in as_("pia").get(to("order_detail", order.pk)).content.decode()


def test_a_message_is_read_and_sent_again(order: Order, as_: Login) -> None:
    cora, first = as_("cora"), notice()
    assert to("notice_preview", first.pk) in cora.get(to("notice_detail", first.pk)).content.decode()
    frame = cora.get(to("notice_preview", first.pk))
    assert f"Your order {order.number} has arrived" in frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert toasts(cora.post(to("notice_resend", first.pk), {"reason": "Lost"}, follow=True)) == [
        "It goes out again."
    ]
    assert notice().key == f"{first.key}:again:1"
    assert as_("pia").post(to("notice_resend", first.pk), {"reason": "x"}).status_code == 403
    assert OutboxMessage.objects.filter(kind="orders.notice_send").count() == 2


def test_a_message_that_is_no_notice_is_not_found(company: Company, as_: Login) -> None:
    other = OutboxMessage.objects.create(stream="x", kind="core.send_email", key="x", payload={})
    assert as_("cora").get(to("notice_detail", other.pk)).status_code == 404
    assert as_("cora").get(to("notice_preview", other.pk)).status_code == 404


def test_a_person_writes_with_a_preview(order: Order, as_: Login) -> None:
    cora, words = as_("cora"), {"subject": "Street?", "text": "Which <number>?", "form_token": "t"}
    shown = cora.post(to("order_write_preview", order.pk), words).content.decode()
    assert "Street?" in shown and "&amp;lt;number&amp;gt;" in shown
    assert "1 to 150 characters" in cora.post(to("order_write_preview", order.pk), {}).content.decode()
    assert notice().payload["notice"] == "ORDER_RECEIVED"
    for _ in range(2):
        assert cora.post(to("order_write", order.pk), words).status_code == 302
    assert OutboxMessage.objects.filter(payload__notice="ORDER_MESSAGE").count() == 1
    assert Note.objects.get(document_id=order.pk).author.username == "cora"
    assert as_("fay").get(to("order_write", order.pk)).status_code == 403


def test_cancelling_may_tell_a_reason_of_its_own(order: Order, as_: Login) -> None:
    given = {"reason": "Fraud", "told_reason": "No longer made"}
    as_("cora").post(to("order_cancel", order.pk), given)
    assert notice().payload["facts"]["reason"] == "No longer made"


def test_wording_is_changed_previewed_and_taken_back(order: Order, as_: Login) -> None:
    olga, place = as_("olga"), ("ORDER_RECEIVED", "en")
    page = olga.get(to("wording_edit", *place))
    assert page.context["form"].initial["subject"] == "Your order {{ order_number }} has arrived"
    assert "New SO-004711" in olga.post(to("wording_preview", *place), WORDS).content.decode()
    bad = {**WORDS, "text": "{{ secret }}"}
    assert "“secret” means nothing" in olga.post(to("wording_preview", *place), bad).content.decode()
    assert olga.post(to("wording_edit", *place), bad).status_code == 422
    assert not MessageTemplate.objects.exists()
    assert olga.post(to("wording_edit", *place), {**WORDS, "form_token": "1"}).status_code == 302
    saved = MessageTemplate.objects.get()
    assert (saved.version, saved.created_by.username, saved.reason) == (1, "olga", "Shorter")
    assert f"New {order.number}" in olga.get(to("notice_preview", notice().pk)).content.decode()
    assert "version 1" in olga.get(to("message_template_list")).content.decode()
    assert "New SO-004711" in olga.get(to("message_template_preview", saved.pk)).content.decode()
    assert "Put in force" in olga.get(to("wording_edit", *place)).content.decode()
    assert olga.get(to("message_template_detail", saved.pk)).status_code == 200
    assert toasts(olga.post(to("message_template_retire", saved.pk), follow=True)) == ["It is out of force."]
    assert "has arrived" in olga.get(to("notice_preview", notice().pk)).content.decode()
    assert olga.get(to("wording_edit", "NOPE", "en")).status_code == 404
    for name in ("wording_edit", "wording_preview", "wording_test"):
        assert as_("cora").post(to(name, *place), WORDS).status_code == 403


def test_a_test_goes_to_the_writer(order: Order, as_: Login) -> None:
    said = (
        as_("olga")
        .post(to("wording_test", "ORDER_RECEIVED", "de"), {**WORDS, "channel": "web"})
        .content.decode()
    )
    assert "on its way to olga@example.com" in said
    message = OutboxMessage.objects.get(kind="core.send_email")
    assert (message.payload["to"], message.payload["subject"]) == ("olga@example.com", "[Test] New SO-004711")


def test_a_channel_is_told_how_to_write(company: Company, as_: Login) -> None:
    olga, url = as_("olga"), to("channel_mail", company.web.pk)
    given = {
        "is_on": "on", "kinds": ["ORDER_SHIPPED"], "language": "de", "from_name": "Becher", "reply_to": "", "logo_text": "",
        "colour": "#0b5f58", "form_token": "c",
    }  # fmt: skip
    assert olga.post(url, {**given, "colour": "#ffff00"}).status_code == 422
    assert olga.post(url, given).status_code == 302
    mail = ChannelMail.objects.get(channel=company.web)
    assert (mail.kinds, mail.language, mail.colour) == (["ORDER_SHIPPED"], "de", "#0b5f58")
    assert "1 of 6 messages, German" in olga.get(to("channel_detail", company.web.pk)).content.decode()
    assert olga.get(url).context["form"].initial["from_name"] == "Becher"
    assert as_("cora").get(url).status_code == 403


def test_the_list_of_wording_asks_a_constant_number_of_questions(company: Company, as_: Login) -> None:
    olga = as_("olga")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            olga.get(to("message_template_list"))
        return len(asked)

    def write(first: int, count: int) -> None:
        rows: Any = [
            MessageTemplate(
                kind="ORDER_RECEIVED", language="en", channel=company.web, version=n, subject="s", text="t",
                is_active=False, created_by=company.olga, created_at=NOW,
            )
            for n in range(first, first + count)
        ]  # fmt: skip
        MessageTemplate.objects.bulk_create(rows)

    write(1, 1)
    questions()
    before = questions()
    write(2, 30)
    assert questions() == before
