"""Who hands an e-mail of the outbox to the mail server?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from erp.core.errors import InvalidInput
from erp.core.models import OutboxMessage
from erp.core.text import digest


@dataclass(frozen=True)
class Email:
    """A mail that is written: `html` blank = text only; `from_name` stands before our own address."""

    to: str
    subject: str
    text: str
    html: str = ""
    from_name: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def email_deliver(mail: Email, message: OutboxMessage) -> str:
    """This function will hand a mail to the server and return its Message-ID.

    The Message-ID is made of the outbox message alone, so a mail that is sent twice after a crash is recognised as
    one. InvalidInput when there is no usable recipient.
    """
    if not mail.to or "@" not in mail.to or any(mark in mail.to for mark in "\r\n,"):
        raise InvalidInput("no usable recipient", field="to", remedy="Correct the customer's e-mail address.")
    reference = f"<keel-{message.pk}.{digest(f'{message.kind}:{message.key}')[:16]}@keel.invalid>"
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    built = EmailMultiAlternatives(
        " ".join(mail.subject.split()),
        mail.text,
        from_email=formataddr((" ".join(mail.from_name.split()), sender)) if mail.from_name else None,
        to=[mail.to],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={**mail.headers, "Message-ID": reference, "X-Keel-Key": message.key.replace("\n", " ")},
    )
    if mail.html:
        built.attach_alternative(mail.html, "text/html")
    else:
        built.extra_headers["X-Keel-Format"] = "text"  # a mail may do without HTML
    built.send()
    return reference


def send_email(message: OutboxMessage) -> str:
    """This function will send the e-mail that an outbox message holds and return its Message-ID.

    The payload has `to` (one address) and either `template` ("procurement/email/purchase_order": `.txt`, an optional
    `.html` and the subject in `.subject.txt`) with `context` (plain values), or `subject`, `text` and `html` as they
    are. InvalidInput when the payload names no recipient or no template.
    """
    payload = message.payload
    subject, text, html = _written(payload) if payload.get("template") else _given(payload)
    mail = Email(
        str(payload.get("to") or ""),
        subject,
        text,
        html,
        str(payload.get("from_name", "")),
        str(payload.get("reply_to", "")),
    )
    return email_deliver(mail, message)


def _given(payload: Mapping[str, Any]) -> tuple[str, str, str]:
    if not payload.get("subject") or not payload.get("text"):
        raise InvalidInput("the message has neither template nor text", field="template", remedy="Give one.")
    return str(payload["subject"]), str(payload["text"]), str(payload.get("html", ""))


def _written(payload: Mapping[str, Any]) -> tuple[str, str, str]:
    template, context = payload["template"], payload.get("context", {})
    try:
        subject = render_to_string(f"{template}.subject.txt", context)
        text = render_to_string(f"{template}.txt", context)
    except TemplateDoesNotExist as error:
        raise InvalidInput(
            f"no template {error}", field="template", remedy="Name one below templates/."
        ) from error
    try:
        return subject, text, render_to_string(f"{template}.html", context)
    except TemplateDoesNotExist:
        return subject, text, ""
