"""Who keeps the wording of notices, and how a channel's mail looks?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.note import note_add
from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.text import storable
from orders.mail import MailLook, Words, sample_mail, wording_check
from orders.mail.contrast import contrast_with_white
from orders.models import Channel, ChannelMail, MessageTemplate
from orders.models.notice import LANGUAGES
from orders.notices import AUTOMATIC, KINDS

LEAST_CONTRAST = 4.5  # WCAG 2.2 AA, white letters on the channel's colour


@dataclass(frozen=True)
class TemplateDraft:
    """Wording of a kind in a language; `channel_id` None = for every channel that has none of its own."""

    kind: str
    language: str
    subject: str
    text: str
    html: str = ""
    channel_id: int | None = None


@dataclass(frozen=True)
class ChannelMailDraft:
    """How a channel writes; `is_on` off = it tells nobody anything."""

    channel_id: int
    from_name: str = ""
    reply_to: str = ""
    logo_text: str = ""
    colour: str = "#1d4ed8"
    language: str = "en"
    kinds: Sequence[str] = AUTOMATIC
    is_on: bool = True


def template_check(draft: TemplateDraft) -> Words:
    """This function will return a draft's wording if a notice can be written with it; InvalidInput names the field."""
    if draft.kind not in KINDS:
        raise InvalidInput("there is no such message", field="kind", remedy="Choose from the list.")
    if draft.language not in dict(LANGUAGES):
        raise InvalidInput(
            "we do not write in that language", field="language", remedy="Choose from the list."
        )
    words = Words(storable(draft.subject.strip()), _lines(draft.text), _lines(draft.html))
    for name in ("subject", "text"):
        if not getattr(words, name):
            raise InvalidInput(f"a message needs a {name}", field=name, remedy="Write one.")
        wording_check(kind=draft.kind, field=name, source=getattr(words, name))
    if len(words.subject) > 200:
        raise InvalidInput("a subject has at most 200 characters", field="subject", remedy="Shorten it.")
    if words.html:
        wording_check(kind=draft.kind, field="html", source=words.html)
    sample_mail(draft.kind, MailLook("Sample", draft.language), words)
    return words


def _lines(text: str) -> str:
    return storable(text.replace("\r\n", "\n").strip())


@transaction.atomic
def message_template_save(
    draft: TemplateDraft, *, reason: str = "", actor: User, at: datetime
) -> MessageTemplate:
    """This function will put new wording in force as the next version and keep the one before; InvalidInput names the field."""
    words = template_check(draft)
    if (
        draft.channel_id
        and not Channel.objects.select_for_update(no_key=True).filter(pk=draft.channel_id).exists()
    ):
        raise NotFound(f"there is no channel #{draft.channel_id}", field="channel", remedy="Reload the page.")
    versions = MessageTemplate.objects.select_for_update().filter(
        Q(channel=draft.channel_id) if draft.channel_id else Q(channel=None),
        kind=draft.kind,
        language=draft.language,
    )
    last = versions.order_by("-version").first()
    versions.filter(is_active=True).update(is_active=False)
    return MessageTemplate.objects.create(
        kind=draft.kind, language=draft.language, channel_id=draft.channel_id, version=last.version + 1 if last else 1,
        subject=words.subject, text=words.text, html=words.html, created_by=actor, created_at=at,
        reason=storable(reason.strip())[:300],
    )  # fmt: skip


@transaction.atomic
def message_template_retire(*, template_id: int, actor: User, at: datetime) -> MessageTemplate:
    """This function will take wording out of force, so that the built-in wording (or all channels') holds again."""
    template = MessageTemplate.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise NotFound(f"there is no wording #{template_id}", field="template", remedy="Reload the list.")
    if not template.is_active:
        raise InvalidInput(
            "that version is not in force", field="template", remedy="Reload the page and look which one is."
        )
    template.is_active = False
    template.save(update_fields=["is_active"])
    note_add(
        document_type="orders.MessageTemplate",
        document_id=template.pk,
        body="Taken out of force.",
        actor=actor,
        at=at,
    )
    return template


@transaction.atomic
def channel_mail_save(draft: ChannelMailDraft, *, actor: User, at: datetime) -> ChannelMail:
    """This function will set how a channel writes to its customers and which notices it sends; InvalidInput names the field.

    A channel that begins to write tells of what happens from `at` on, never of the past.
    """
    _check_channel_mail(draft)
    if not Channel.objects.select_for_update(no_key=True).filter(pk=draft.channel_id).exists():
        raise NotFound(f"there is no channel #{draft.channel_id}", field="channel", remedy="Reload the page.")
    mail = ChannelMail.objects.filter(channel_id=draft.channel_id).first() or ChannelMail(
        channel_id=draft.channel_id
    )
    mail.from_name, mail.reply_to = storable(draft.from_name.strip()), draft.reply_to.strip()
    mail.logo_text, mail.colour = storable(draft.logo_text.strip()), draft.colour.lower()
    mail.language = draft.language
    mail.kinds = [code for code in AUTOMATIC if code in draft.kinds]
    mail.notices_from = (mail.notices_from or at) if draft.is_on else None
    mail._history_user, mail._history_date = actor, at  # type: ignore[attr-defined]
    mail.save()
    return mail


def _check_channel_mail(draft: ChannelMailDraft) -> None:
    if set(draft.kinds) - set(AUTOMATIC):
        raise InvalidInput("there is no such message", field="kinds", remedy="Choose from the list.")
    if draft.language not in dict(LANGUAGES):
        raise InvalidInput(
            "we do not write in that language", field="language", remedy="Choose from the list."
        )
    if len(draft.from_name) > 80 or len(draft.logo_text) > 40:
        field = "from_name" if len(draft.from_name) > 80 else "logo_text"
        raise InvalidInput("that name is too long", field=field, remedy="Shorten it.")
    if draft.reply_to:
        try:
            validate_email(draft.reply_to)
        except ValidationError as error:
            raise InvalidInput(
                "that is no e-mail address", field="reply_to", remedy="Correct it or leave it out."
            ) from error
    if not re.fullmatch(r"#[0-9a-f]{6}", draft.colour.lower()):
        raise InvalidInput("that is no colour", field="colour", remedy="Write it as #1d4ed8.")
    if contrast_with_white(draft.colour) < LEAST_CONTRAST:
        raise InvalidInput(
            "white letters can not be read on that colour", field="colour", remedy="Choose a darker one."
        )


@transaction.atomic
def message_test_send(draft: TemplateDraft, *, look: MailLook, token: str, actor: User, at: datetime) -> None:
    """This function will send a draft with the sample order to `actor`'s own address; `token` makes it one mail.

    InvalidInput when the actor has no address, or as `template_check`.
    """
    if not actor.email:
        raise InvalidInput("you have no e-mail address", field="email", remedy="Enter one in the admin.")
    mail = sample_mail(draft.kind, look, template_check(draft))
    payload = {
        "to": actor.email, "subject": f"[Test] {mail.subject}", "text": mail.text, "html": mail.html,
        "from_name": look.from_name or look.shop_name, "asked_at": at.isoformat(),
    }  # fmt: skip
    outbox_add_many([OutboxDraft(f"user:{actor.pk}:email", "core.send_email", f"test:{token}", payload)])
