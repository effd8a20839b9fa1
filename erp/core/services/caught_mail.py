"""Who keeps the mail that goes nowhere, and for how long?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from erp.core.models import CaughtMail, User
from erp.core.sql import execute
from erp.core.text import storable

KEEP_DAYS = 30


class CaughtDraft(NamedTuple):
    sender: str
    recipients: Sequence[str]
    subject: str
    message_id: str
    raw: str


def caught_mail_store_many(drafts: Sequence[CaughtDraft], *, actor: User, at: datetime) -> None:
    """This function will keep mails as sent at `at`."""
    CaughtMail.objects.bulk_create(
        CaughtMail(
            sent_at=at, sender=storable(draft.sender)[:320], recipients=storable("\n".join(draft.recipients)),
            subject=storable(draft.subject)[:300], message_id=storable(draft.message_id)[:200], raw=storable(draft.raw),
        )
        for draft in drafts
    )  # fmt: skip


def caught_mail_purge(*, actor: User, at: datetime) -> int:
    """This function will delete caught mail that is older than 30 days and return how many there were."""
    return execute(
        "DELETE FROM core_caughtmail WHERE sent_at < %s::timestamptz - make_interval(days => %s)",
        [at, KEEP_DAYS],
    )
