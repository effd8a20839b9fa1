"""Answers: can wording say what a shop wants to say, and nothing else? Is every notice written in both languages?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp.core.errors import InvalidInput
from orders.mail import MailLook, Words, mail_render, sample_mail, wording_check
from orders.mail.contrast import contrast_with_white
from orders.mail.message import built_in, tracking_url
from orders.mail.sample import SAMPLE
from orders.mail.terms import date_in, money_in
from orders.models.notice import LANGUAGES
from orders.notices import KINDS
from orders.services.message_template import TemplateDraft, template_check
from tests.factories import TODAY

SHOP = MailLook("Mugs & More", "en", reply_to="help@example.com")
EVERY = [(kind, language) for kind in KINDS for language, _ in LANGUAGES]


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_every_notice_is_written_in_every_language(kind: str, language: str) -> None:
    words = built_in(kind, language)
    assert template_check(TemplateDraft(kind, language, *words[:2])).subject == words.subject
    mail = sample_mail(kind, MailLook("Mugs & More", language))
    assert f'<html lang="{language}">' in mail.html
    assert ("Guten Tag" in mail.text) == (language == "de")
    assert not {"{{", "{%", "None"} & set(mail.text.split())
    assert "Mugs &amp; More" in mail.html and "Mugs & More" in mail.text


def test_a_mail_says_what_was_bought_in_its_language() -> None:
    english = sample_mail("ORDER_RECEIVED", SHOP)
    assert english.subject == "Your order SO-004711 has arrived"
    assert "2 × Blue mug (MUG)  £20.00" in english.text
    assert "Discount: −£5.00\nTax: £252.10\nTotal: £1,512.55" in english.text
    assert "20 November 2026" in english.text
    assert "Questions? Just answer this e-mail." in english.text
    german = sample_mail("ORDER_RECEIVED", MailLook("Mugs", "de"))
    assert "Rabatt: −5,00\xa0£\nSteuer: 252,10\xa0£\nSumme: 1.512,55\xa0£" in german.text
    assert "20. November 2026" in german.text


def test_amounts_and_dates_follow_the_language() -> None:
    assert money_in("en", Decimal("1234567.5"), "EUR") == "€1,234,567.50"
    assert money_in("de", Decimal("-1234567.5"), "EUR") == "−1.234.567,50\xa0€"
    assert money_in("en", Decimal(5), "CHF") == "CHF 5.00"
    assert date_in("de", TODAY) == "2. März 2026"


def test_what_a_customer_typed_can_not_become_html() -> None:
    words = Words("Hi {{ customer_name }}", "# Hello <b>\n\n1 < 2 & {{ reason }}\n\n{{ tracking_link }}")
    facts = {"reason": "<script>alert(1)</script>", "carrier": "DHL", "tracking_number": "a/../b?<x>"}
    mail = mail_render("ORDER_SHIPPED", SAMPLE, facts, SHOP, words)
    assert "<h1>Hello &lt;b&gt;</h1>" in mail.html
    assert "1 &lt; 2 &amp;" in mail.html and "<script" not in mail.html
    assert "tracking-id=a%2F..%2Fb%3F%3Cx%3E" in mail.html
    assert mail.text.startswith(
        "Hello <b>\n\n1 < 2 & <script>alert(1)</script>\n\nTrack your parcel: https://www.dhl"
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% load static %}", "Invalid block tag"),
        ("{% include 'x' %}", "Invalid block tag"),
        ("{% for x in lines %}{% endfor %}", "Invalid block tag"),
        ("{% debug %}", "Invalid block tag"),
        ("{{ order_number|safe }}", "Invalid filter"),
        ("{{ order_number.upper }}", "order_number.upper"),
        ("{{ settings }}", "“settings”"),
        ("{{ order_number|default:secret }}", "“secret”"),
        ("{% if secret %}x{% endif %}", "“secret”"),
        ("{% if order_number == secret and 1 %}x{% endif %}", "“secret”"),
        ("{% if order_number %}x", "Unclosed tag"),
        ("{{ promised_date }}", "“promised_date”"),
        ("{% if total %}" * 9 + "x" + "{% endif %}" * 9, "too many ifs"),
        ("x" * 20_001, "longer than"),
    ],
)
def test_wording_reaches_nothing_but_its_words(source: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wording_check(kind="ORDER_RECEIVED", field="text", source=source)
    assert said in refused.value.message and refused.value.field == "text"


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>", "<p onclick='x()'>a</p>", "<a href='javascript:x()'>a</a>", "<iframe src='https://x'>",
        "<form action='https://x'>", "<a href=' javascript:x'>a</a>", "<!doctype html><p>a</p>", "<{{ reason }}>",
        "<img src='{{ reason }}'>", "<link rel='stylesheet' href='https://x'>", "<?php ?>",
    ],
)  # fmt: skip
def test_html_of_ones_own_holds_only_what_a_mail_may_hold(html: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        template_check(TemplateDraft("ORDER_DELAYED", "en", "A subject", "Some text", html))
    assert refused.value.field == "html"


def test_html_of_ones_own_stands_in_the_shops_frame() -> None:
    draft = TemplateDraft(
        "ORDER_SHIPPED",
        "en",
        "Off it goes",
        "Text",
        '<h1>Gone</h1>{{ lines }}<a href="{{ tracking_url }}">Where?</a>',
    )
    mail = sample_mail("ORDER_SHIPPED", SHOP, template_check(draft))
    assert (
        '<a href="https://www.royalmail.com/track-your-item#/tracking-results/AB123456789GB">Where?</a>'
        in mail.html
    )
    assert "<h1>Gone</h1><table" in mail.html and mail.text.startswith("Text\n")


@pytest.mark.parametrize("field", ["subject", "text"])
def test_a_message_needs_its_parts(field: str) -> None:
    words = {"subject": "S", "text": "T", field: "  "}
    with pytest.raises(InvalidInput) as refused:
        template_check(TemplateDraft("ORDER_RECEIVED", "en", **words))
    assert refused.value.field == field
    with pytest.raises(InvalidInput, match="block"):
        template_check(TemplateDraft("ORDER_RECEIVED", "en", "{{ lines }}", "T"))


def test_a_carrier_we_do_not_know_gives_no_link() -> None:
    assert tracking_url({"carrier": "Pigeon Post", "tracking_number": "1"}) == ""
    assert tracking_url({"carrier": "x", "tracking_url": "https://x.example/1"}) == "https://x.example/1"
    assert tracking_url({"carrier": "x", "tracking_url": "javascript:alert(1)"}) == ""


def test_white_must_be_readable_on_the_shops_colour() -> None:
    assert round(contrast_with_white("#1d4ed8"), 1) == 6.7
    assert contrast_with_white("#ffffff") == 1
    assert round(contrast_with_white("#000000")) == 21
