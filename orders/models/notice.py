"""How does a channel speak to its customers, and in which words of its own?"""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

LANGUAGES = [("en", "English"), ("de", "German")]


class ChannelMail(models.Model):
    """A channel's sender, look and language, and what it tells its customers. Without a row it tells them nothing."""

    channel = models.OneToOneField("orders.Channel", on_delete=models.PROTECT, related_name="mail")
    from_name = models.CharField(max_length=80, blank=True, help_text="Blank = the channel's name.")
    reply_to = models.EmailField(blank=True, help_text="Where a customer's answer goes.")
    logo_text = models.CharField(max_length=40, blank=True, help_text="Blank = the channel's name.")
    colour = models.CharField(
        max_length=7, default="#1d4ed8", validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z")],
        help_text="Behind the logo and the buttons; white must be readable on it.",
    )  # fmt: skip
    language = models.CharField(max_length=5, choices=LANGUAGES, default="en")
    kinds = models.JSONField(default=list, blank=True, help_text="Codes of the notices that are sent.")
    notices_from = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is told of what happened before; blank = of nothing at all."
    )
    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"mail of channel #{self.channel_id}"


class MessageTemplate(models.Model):
    """A version of our own words for a kind of notice, in a language, for one channel or all. It is never changed."""

    kind = models.CharField(max_length=24)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    channel = models.ForeignKey(
        "orders.Channel", on_delete=models.PROTECT, null=True, blank=True, related_name="message_templates"
    )
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    text = models.TextField(help_text="The words; the HTML is made of them.")
    html = models.TextField(blank=True, help_text="HTML of one's own instead of that made of the text.")
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language", "channel", "version"], name="messagetemplate_version", nulls_distinct=False
            ),
            models.UniqueConstraint(
                fields=["kind", "language", "channel"], name="messagetemplate_one_active", nulls_distinct=False,
                condition=Q(is_active=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.language} v{self.version} #{self.pk}"
