"""Answers: is a customer told once, in the right words, of what happened, and of nothing else?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import Note, OutboxMessage
from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from orders.models import ChannelMail, Order
from orders.services import (
    ChannelMailDraft,
    LineCommand,
    NoticeDraft,
    OrderCommand,
    PaymentCommand,
    ShipTo,
    TemplateDraft,
    channel_mail_save,
    message_template_retire,
    message_template_save,
    notice_resend,
    order_allocate_many,
    order_cancel,
    order_notice_add_many,
    order_receive_many,
    order_write_to_customer,
)
from orders.services.notice import notice_send
from returns.services import ReturnLine, RmaDraft, return_process_many
from tests import factories as make
from tests.cast import NOW, Company, stock_in


@pytest.fixture
def shop(company: Company) -> Company:
    """The company, whose web shop and wholesale tell their customers everything."""
    make.ChannelMailFactory(channel=company.web)
    make.ChannelMailFactory(channel=company.wholesale, language="de", from_name="Großhandel")
    return company


def command(number: int, channel: str = "web", **given: Any) -> OrderCommand:
    values: dict[str, Any] = {
        "channel": channel, "external_id": f"N-{number}", "ordered_at": NOW, "currency": "GBP",
        "lines": [LineCommand("MUG", 3, D("10.00")), LineCommand("LAMP", 1, D("10.00"))], "body": f"body {number}",
        "customer_number": "C-CAROL", "email": "carol@example.com",
        "ship_to": ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB"),
        "payment": PaymentCommand("card", f"pay-{number}", D("40.00")) if channel == "web" else None,
    }  # fmt: skip
    return OrderCommand(**{**values, **given})


def buy(company: Company, *commands: OrderCommand, at: Any = NOW) -> list[Order]:
    received = order_receive_many(commands, actor=company.olga, at=at)
    assert [one.error for one in received] == [None] * len(commands)
    return [Order.objects.get(pk=one.order_id) for one in received]


def told() -> list[tuple[str, str]]:
    """(kind of notice, order number) of what waits in the outbox, in its order."""
    rows = OutboxMessage.objects.filter(kind="orders.notice_send").order_by("pk")
    numbers = dict(Order.objects.values_list("pk", "number"))
    return [(row.payload["notice"], numbers[row.subject_id or 0]) for row in rows]


def send_last() -> Any:
    """Send the newest notice and return the mail."""
    notice_send(OutboxMessage.objects.filter(kind="orders.notice_send").latest("pk"))
    return mail.outbox[-1]


def test_five_hundred_orders_are_told_in_one_statement(shop: Company) -> None:
    with CaptureQueriesContext(connection) as one:
        buy(shop, command(0))
    commands = [command(number) for number in range(1, 501)]
    with CaptureQueriesContext(connection) as many:
        order_receive_many(commands, actor=shop.olga, at=NOW)
    assert OutboxMessage.objects.filter(kind="orders.notice_send").count() == 501
    inserts = [query["sql"].count("INSERT INTO core_outboxmessage") for query in many]
    assert sum(inserts) == 1
    assert len(many) <= len(one)
    assert [row.error for row in order_receive_many(commands, actor=shop.olga, at=NOW)] == [None] * 500
    assert OutboxMessage.objects.filter(kind="orders.notice_send").count() == 501


def test_a_notice_is_told_once_per_occurrence(shop: Company) -> None:
    (order,) = buy(shop, command(1))
    facts = {"promised_date": "2026-03-09"}
    for occurrence in ("2026-03-09", "2026-03-09", "2026-03-12"):
        order_notice_add_many("ORDER_DELAYED", [NoticeDraft(order.pk, occurrence, facts)], at=NOW)
    assert [kind for kind, _ in told()] == ["ORDER_RECEIVED", "ORDER_DELAYED", "ORDER_DELAYED"]


def test_who_is_not_to_be_told_is_not_told(shop: Company) -> None:
    ChannelMail.objects.filter(channel=shop.web).update(kinds=["ORDER_SHIPPED"])
    buy(shop, command(1), command(2, "wholesale", email=""))
    buy(shop, command(3, "wholesale"), at=NOW - timedelta(days=80))
    assert told() == []
    ChannelMail.objects.filter(channel=shop.wholesale).update(notices_from=None)
    buy(shop, command(4, "wholesale"))
    ChannelMail.objects.filter(channel=shop.wholesale).delete()
    buy(shop, command(5, "wholesale"))
    assert told() == []


def test_nobody_is_thanked_for_an_order_of_last_year(shop: Company) -> None:
    buy(shop, command(1, ordered_at=NOW - timedelta(days=3, seconds=1)))
    assert told() == []
    buy(shop, command(2, ordered_at=NOW - timedelta(days=3)))
    assert len(told()) == 1


def test_an_order_on_hold_was_received_all_the_same(shop: Company) -> None:
    (order,) = buy(shop, command(1, payment=None))
    assert order.state == "ON_HOLD"
    assert told() == [("ORDER_RECEIVED", order.number)]


def test_the_received_mail_has_lines_and_totals(shop: Company) -> None:
    (order,) = buy(shop, command(1))
    sent = send_last()
    assert (sent.to, sent.reply_to) == (["carol@example.com"], ["help@example.com"])
    assert sent.from_email == "Web shop <keel@localhost>"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"  # no machine should answer it
    assert sent.subject == f"Your order {order.number} has arrived"
    assert "3 × Blue mug (MUG)  £30.00\n1 × Desk lamp (LAMP)  £10.00" in sent.body
    assert "Total: £40.00" in sent.body and "LS1 1AA Leeds" in sent.body
    assert sent.alternatives[0][1] == "text/html"


def test_the_language_is_the_customers_then_the_channels(shop: Company) -> None:
    (order,) = buy(shop, command(1, "wholesale"))
    sent = send_last()
    assert sent.subject == f"Ihre Bestellung {order.number} ist eingegangen"
    assert sent.from_email == "=?utf-8?q?Gro=C3=9Fhandel?= <keel@localhost>"
    assert "Summe: 40,00\xa0£" in sent.body
    shop.carol.language = "en"
    shop.carol.save()
    assert send_last().subject == f"Your order {order.number} has arrived"


def test_a_mail_that_is_sent_twice_has_one_message_id(shop: Company) -> None:
    buy(shop, command(1))
    assert send_last().extra_headers["Message-ID"] == send_last().extra_headers["Message-ID"]


def test_each_parcel_is_told_with_what_is_in_it(shop: Company) -> None:
    stock_in(shop, shop.mug, 2)
    (order,) = buy(shop, command(1))
    ship(shop, order)
    sent = send_last()
    assert sent.subject == f"Part of your order {order.number} is on its way"
    assert "2 × Blue mug (MUG)  £20.00" in sent.body and "lamp" not in sent.body
    assert "The rest of your order follows" in sent.body
    stock_in(shop, shop.mug, 1)
    stock_in(shop, shop.lamp, 1)
    ship(shop, order)
    sent = send_last()
    assert sent.subject == f"Your order {order.number} is on its way"
    assert "1 × Blue mug (MUG)  £10.00\n1 × Desk lamp (LAMP)  £10.00" in sent.body
    assert [kind for kind, _ in told()] == [
        "ORDER_RECEIVED",
        "ORDER_BACKORDERED",
        "ORDER_SHIPPED",
        "ORDER_SHIPPED",
    ]


def ship(shop: Company, order: Order) -> list[int]:
    order_allocate_many(order_ids=[order.pk], actor=shop.olga, at=NOW)
    return fulfillment_ship_through_many(order_ids=[order.pk], carrier="DHL", actor=shop.pia, at=NOW)


def test_a_cancellation_tells_the_units_and_not_our_reason(shop: Company) -> None:
    (order,) = buy(shop, command(1))
    mug = order.lines.get(position=1)
    order_cancel(
        order_id=order.pk, quantities={mug.pk: 1}, reason="Looks like fraud", actor=shop.cora, at=NOW
    )
    sent = send_last()
    assert sent.subject == f"A part of your order {order.number} was cancelled"
    assert "1 × Blue mug (MUG)  £10.00" in sent.body and "lamp" not in sent.body
    assert "fraud" not in sent.body and "fraud" not in sent.alternatives[0][0]
    order_cancel(
        order_id=order.pk, reason="Same", told_reason="It is no longer made.", actor=shop.cora, at=NOW
    )
    sent = send_last()
    assert sent.subject == f"Your order {order.number} was cancelled"
    assert (
        "2 × Blue mug (MUG)  £20.00\n1 × Desk lamp" in sent.body
        and "The reason: It is no longer made." in sent.body
    )
    assert "you get back the way you paid" in sent.body


def test_a_refund_tells_what_was_paid_back(shop: Company) -> None:
    stock_in(shop, shop.mug, 3)
    stock_in(shop, shop.lamp, 1)
    (order,) = buy(shop, command(1))
    ship(shop, order)
    line = ShipmentLine.objects.get(order_line__position=1)
    return_process_many([RmaDraft(order.pk, [ReturnLine(line.pk, 2)], "DAMAGED")], actor=shop.cora, at=NOW)
    sent = send_last()
    assert sent.subject == f"We have paid back £20.00 for your order {order.number}"
    assert "credit note is CN-" in sent.body


def test_promises_are_told_with_their_dates(shop: Company) -> None:
    """What the promise engine calls, for many orders at once."""
    orders = buy(shop, command(1), command(2, "wholesale"))
    facts = {"promised_date": "2026-03-09", "previous_date": "2026-03-04", "reason": "The ship is late."}
    order_notice_add_many("ORDER_DELAYED", [NoticeDraft(o.pk, "2026-03-09", facts) for o in orders], at=NOW)
    assert "am 9. März 2026 statt am 4. März 2026" in send_last().body
    line = orders[0].lines.get(position=1)
    short = NoticeDraft(orders[0].pk, facts={"lines": {str(line.pk): 2}})
    for _ in range(2):
        order_notice_add_many("ORDER_BACKORDERED", [short], at=NOW)
    sent = send_last()
    assert "2 × Blue mug (MUG)  £20.00" in sent.body and "as soon as we know it" in sent.body
    assert [kind for kind, _ in told()].count("ORDER_BACKORDERED") == 1


def test_own_words_hold_for_their_channel_and_language(shop: Company) -> None:
    (order,) = buy(shop, command(1))
    save = {"actor": shop.olga, "at": NOW}
    for_all = TemplateDraft("ORDER_RECEIVED", "en", "Hurrah {{ order_number }}", "Thanks.")
    message_template_save(for_all, **save)  # type: ignore[arg-type]
    assert send_last().subject == f"Hurrah {order.number}"
    mine = TemplateDraft("ORDER_RECEIVED", "en", "Web says hello", "Thanks.", channel_id=shop.web.pk)
    assert message_template_save(mine, **save).version == 1  # type: ignore[arg-type]
    second = message_template_save(mine, **save)  # type: ignore[arg-type]
    assert second.version == 2
    assert send_last().subject == "Web says hello"
    message_template_retire(template_id=second.pk, **save)  # type: ignore[arg-type]
    assert send_last().subject == f"Hurrah {order.number}"
    with pytest.raises(InvalidInput, match="not in force"):
        message_template_retire(template_id=second.pk, **save)  # type: ignore[arg-type]


def test_a_channel_that_begins_to_write_leaves_the_past_alone(shop: Company) -> None:
    draft = ChannelMailDraft(shop.web.pk, colour="#7C2D12", kinds=["ORDER_SHIPPED", "ORDER_RECEIVED"])
    off = channel_mail_save(ChannelMailDraft(shop.web.pk, is_on=False), actor=shop.olga, at=NOW)
    assert off.notices_from is None
    saved = channel_mail_save(draft, actor=shop.olga, at=NOW)
    assert (saved.notices_from, saved.kinds, saved.colour) == (
        NOW,
        ["ORDER_RECEIVED", "ORDER_SHIPPED"],
        "#7c2d12",
    )
    assert [row.history_user for row in saved.history.order_by("pk")][1:] == [shop.olga, shop.olga]
    buy(shop, command(1), at=NOW - timedelta(minutes=1))
    assert told() == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"colour": "#ffff00"}, "colour"), ({"colour": "red"}, "colour"), ({"reply_to": "no"}, "reply_to"),
        ({"kinds": ["ORDER_MESSAGE"]}, "kinds"), ({"language": "fr"}, "language"), ({"from_name": "x" * 81}, "from_name"),
    ],
)  # fmt: skip
def test_a_channels_mail_is_checked(shop: Company, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        channel_mail_save(ChannelMailDraft(shop.web.pk, **given), actor=shop.olga, at=NOW)
    assert refused.value.field == field
    assert ChannelMail.objects.get(channel=shop.web).colour == "#1d4ed8"


def test_sent_again_goes_to_the_address_of_today(shop: Company) -> None:
    (order,) = buy(shop, command(1))
    Order.objects.filter(pk=order.pk).update(email="new@example.com")
    first = OutboxMessage.objects.get(kind="orders.notice_send")
    for _ in range(2):
        notice_resend(message_id=first.pk, reason="She lost it", actor=shop.cora, at=NOW)
    assert len(told()) == 3
    assert send_last().to == ["new@example.com"]
    assert Note.objects.filter(document_id=order.pk, author=shop.cora).count() == 2
    with pytest.raises(InvalidInput):
        notice_resend(message_id=first.pk, reason=" ", actor=shop.cora, at=NOW)
    with pytest.raises(NotFound):
        notice_resend(message_id=first.pk + 999, reason="x", actor=shop.cora, at=NOW)
    assert len(told()) == 3


def test_a_person_writes_to_the_customer(shop: Company) -> None:
    (order,) = buy(shop, command(1, "wholesale"))
    for _ in range(2):
        order_write_to_customer(
            order_id=order.pk,
            subject="Ihre Adresse",
            text="Wo?\n\n<b>Hier</b>",
            token="t",
            actor=shop.cora,
            at=NOW,
        )
    sent = send_last()
    assert (sent.subject, sent.to) == ("Ihre Adresse", ["carol@example.com"])
    assert "Wo?\n\n<b>Hier</b>\n\nFreundliche Grüße\nCora, Wholesale" in sent.body
    assert "<p>Wo?</p><p>&lt;b&gt;Hier&lt;/b&gt;</p>" in sent.alternatives[0][0]
    assert [kind for kind, _ in told()] == ["ORDER_RECEIVED", "ORDER_MESSAGE"]
    for subject, text in (("", "x"), ("x" * 151, "x"), ("x", " "), ("x", "x" * 5001)):
        with pytest.raises(InvalidInput):
            order_write_to_customer(
                order_id=order.pk, subject=subject, text=text, token="u", actor=shop.cora, at=NOW
            )
    Order.objects.filter(pk=order.pk).update(email="")
    with pytest.raises(InvalidInput, match="no e-mail address"):
        order_write_to_customer(order_id=order.pk, subject="x", text="x", token="v", actor=shop.cora, at=NOW)
