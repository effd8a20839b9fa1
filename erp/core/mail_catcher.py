"""Where does mail go when no server is configured? Into a table, to be read on the page “Sent mail”.

Rows and not files, because a page lists, searches and sorts them by index however many there are, every process and host
that shares the database shows the same, they go with the backup, and a purge is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from erp.core.services.caught_mail import CaughtDraft, caught_mail_store_many
from erp.core.services.user import system_user
from erp.core.text import storable


class CatcherBackend(BaseEmailBackend):
    """A Django e-mail backend that keeps what it is to send."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """This function will keep the messages that have a recipient and return how many."""
        drafts = []
        for mail in email_messages:
            if not mail.recipients():
                continue
            built = mail.message()
            raw = storable(built.as_bytes())
            drafts.append(
                CaughtDraft(
                    mail.from_email, mail.recipients(), str(mail.subject), str(built["Message-ID"] or ""), raw
                )
            )
        caught_mail_store_many(drafts, actor=system_user(), at=timezone.now())
        return len(drafts)
