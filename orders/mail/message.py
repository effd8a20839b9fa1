"""How does one notice become a mail: variables from order and facts, wording around them, the shop's look around it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from django.template.loader import get_template, render_to_string

from orders.mail import blocks
from orders.mail.render import escaped_lines, escaped_source, paragraphs_html, plain_text, wording_render
from orders.mail.terms import date_in, money_in, term
from orders.notices import KINDS, TRACKING_URLS


class MailLine(NamedTuple):
    """`price` and `amount` in the order's currency; `amount` is of `units`."""

    id: int
    name: str
    sku: str
    units: int
    price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class MailOrder:
    """What a mail says about an order. `charges` are (kind, description, amount)."""

    number: str
    external_id: str
    customer_name: str
    ordered_on: date
    currency: str
    lines: Sequence[MailLine]
    charges: Sequence[tuple[str, str, Decimal]]
    goods: Decimal
    tax: Decimal
    total: Decimal
    address: Sequence[str]


@dataclass(frozen=True)
class MailLook:
    """How the shop presents itself."""

    shop_name: str
    language: str = "en"
    logo_text: str = ""
    colour: str = "#1d4ed8"
    from_name: str = ""
    reply_to: str = ""


class Words(NamedTuple):
    """Wording: `html` blank = made of the text. `version` 0 = built in."""

    subject: str
    text: str
    html: str = ""
    version: int = 0


class Mail(NamedTuple):
    subject: str
    text: str
    html: str


def built_in(kind: str, language: str) -> Words:
    """This function will return the house's own wording of a kind in a language."""
    source: str = get_template(f"{KINDS[kind].file}.{language}.txt").template.source  # type: ignore[attr-defined]
    subject, _, text = source.partition("\n")
    return Words(subject.strip(), text.strip())


def mail_render(
    kind: str, order: MailOrder, facts: Mapping[str, Any], look: MailLook, words: Words | None = None
) -> Mail:
    """This function will write a notice of `kind`: subject, text and HTML."""
    words = words or built_in(kind, look.language)
    order = replace(order, lines=chosen_lines(order.lines, facts.get("lines")))
    plain = _variables(order, facts, look)
    text_blocks, html_blocks = _blocks(order, facts, plain, look.language)
    subject = " ".join(wording_render(words.subject, plain, is_html=False).split())[:200]
    text = plain_text(wording_render(words.text, {**plain, **text_blocks}, is_html=False))
    if words.html:
        body = wording_render(words.html, {**plain, **html_blocks}, is_html=True)
    else:
        source = escaped_source(words.text)
        body = paragraphs_html(wording_render(source, {**plain, **html_blocks}, is_html=True))
    footer = [
        term(look.language, "answer" if look.reply_to else "no_answer", shop=look.shop_name),
        term(look.language, "about", number=order.number, shop=look.shop_name),
    ]
    context = {
        "body": body,
        "subject": subject,
        "look": look,
        "logo": look.logo_text or look.shop_name,
        "footer": footer,
    }
    return Mail(
        subject,
        f"{text}\n-- \n{footer[0]}\n{footer[1]}\n",
        render_to_string("orders/email/layout.html", context),
    )


def chosen_lines(lines: Sequence[MailLine], units: Mapping[str, int] | None) -> list[MailLine]:
    """This function will return the lines a notice is about, with the units it is about; all of them without `units`."""
    if units is None:
        return list(lines)
    return [
        line._replace(units=count, amount=line.amount * count / line.units)
        for line in lines
        if (count := int(units.get(str(line.id), 0)))
    ]


def _variables(order: MailOrder, facts: Mapping[str, Any], look: MailLook) -> dict[str, Any]:
    language = look.language
    return {
        "order_number": order.number,
        "external_id": order.external_id,
        "order_date": date_in(language, order.ordered_on),
        "customer_name": order.customer_name,
        "shop_name": look.shop_name,
        "total": money_in(language, order.total, order.currency),
        "promised_date": _date(facts.get("promised_date"), language),
        "previous_date": _date(facts.get("previous_date"), language),
        "reason": str(facts.get("reason", "")),
        "shipment_number": str(facts.get("shipment", "")),
        "carrier": str(facts.get("carrier", "")),
        "tracking_number": str(facts.get("tracking_number", "")),
        "tracking_url": tracking_url(facts),
        "has_more": bool(facts.get("has_more")),
        "is_whole": bool(facts.get("is_whole")),
        "is_paid": bool(facts.get("is_paid")),
        "refund_number": str(facts.get("refund", "")),
        "amount": money_in(language, Decimal(facts.get("amount", "0")), order.currency),
        "amount_paid": money_in(language, Decimal(facts.get("amount_paid", "0")), order.currency),
        "is_paid_back": Decimal(facts.get("amount_paid", "0")) > 0,
        "message_subject": str(facts.get("subject", "")),
        "author": str(facts.get("author", "")),
    }


def _blocks(
    order: MailOrder, facts: Mapping[str, Any], plain: Mapping[str, Any], language: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    track, url, said = term(language, "track"), plain["tracking_url"], str(facts.get("message", ""))
    text = {
        "lines": blocks.lines_text(order.lines, order.currency, language),
        "totals": blocks.totals_text(order, language),
        "address": "\n".join([f"{term(language, 'deliver_to')}:", *order.address]),
        "tracking_link": f"{track}: {url}" if url else "",
        "message": said.strip(),
    }
    html = {
        "lines": blocks.lines_html(order.lines, order.currency, language),
        "totals": blocks.totals_html(order, language),
        "address": blocks.address_html(order.address, language),
        "tracking_link": blocks.button_html(track, url),
        "message": escaped_lines(said),
    }
    return text, html


def tracking_url(facts: Mapping[str, Any]) -> str:
    """This function will return where the parcel can be followed; nothing when we do not know."""
    given, number = str(facts.get("tracking_url", "")), str(facts.get("tracking_number", ""))
    if given.startswith(("https://", "http://")):
        return given
    pattern = TRACKING_URLS.get(str(facts.get("carrier", "")).strip().lower(), "")
    return pattern.format(number=quote(number, safe="")) if number and pattern else ""


def _date(value: Any, language: str) -> str:
    return date_in(language, date.fromisoformat(str(value)[:10])) if value else ""
