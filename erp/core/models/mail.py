"""Which mails went nowhere because no mail server is configured?"""

from __future__ import annotations

from django.db import models


class CaughtMail(models.Model):
    """A mail that the local catcher kept instead of sending it, whole, as it would have gone over the wire."""

    sent_at = models.DateTimeField(db_index=True)
    sender = models.CharField(max_length=320)
    recipients = models.TextField(help_text="One address per line.")
    subject = models.CharField(max_length=300, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    raw = models.TextField(help_text="The message, RFC 5322.")

    def __str__(self) -> str:
        return f"{self.subject[:60]} #{self.pk}"
