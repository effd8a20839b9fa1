"""Who hands an e-mail of the outbox to the mail server?"""

from __future__ import annotations

from email.utils import make_msgid

from django.core.mail import EmailMultiAlternatives
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from erp.core.errors import InvalidInput
from erp.core.models import OutboxMessage


def send_email(message: OutboxMessage) -> str:
    """This function will send an e-mail and return its Message-ID.

    The payload has `to` (one address), `template` ("orders/email/order_confirmed": `.txt`, an optional
    `.html` and the subject in `.subject.txt`) and `context` (plain values). The Message-ID is made of the
    outbox key, so a mail that is sent twice after a crash is recognised as one. InvalidInput when the
    payload names no recipient or no template.
    """
    payload = message.payload
    to, template = payload.get("to"), payload.get("template")
    if not to or "@" not in to or any(mark in to for mark in "\r\n,"):
        raise InvalidInput("no usable recipient", field="to", remedy="Correct the customer's e-mail address.")
    context = payload.get("context", {})
    try:
        subject = " ".join(render_to_string(f"{template}.subject.txt", context).split())
        body = render_to_string(f"{template}.txt", context)
    except TemplateDoesNotExist as error:
        raise InvalidInput(
            f"no template {error}", field="template", remedy="Name one below templates/."
        ) from error
    reference = make_msgid(idstring=f"keel-{message.pk}", domain="keel.invalid")
    mail = EmailMultiAlternatives(
        subject,
        body,
        to=[to],
        headers={"Message-ID": reference, "X-Keel-Key": message.key.replace("\n", " ")},
    )
    try:
        mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    except TemplateDoesNotExist:
        mail.extra_headers["X-Keel-Format"] = "text"  # a template may do without HTML
    mail.send()
    return reference
