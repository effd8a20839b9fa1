"""Which events happened, who is told of them, and what did they answer?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from erp.core.event_triggers import kept_for_ever, numbered_once
from erp.core.states import WEBHOOK, WebhookState


class Event(models.Model):
    """Something that other programs may want to know. PostgreSQL writes it in the transaction that causes it.

    `position` is its number in the feed, without gaps, given after the commit: so a reader who remembers the last number it
    saw misses nothing.
    """

    position = models.BigIntegerField(null=True, blank=True, unique=True)
    kind = models.CharField(max_length=40, help_text="From erp.core.event_kinds.")
    document_type = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="event_unnumbered"),
            models.Index(fields=["kind", "position"], name="event_kind"),
        ]
        triggers = [numbered_once("event_numbered_once"), kept_for_ever("event_kept_for_ever")]

    def __str__(self) -> str:
        return f"evt_{self.position}" if self.position else f"event #{self.pk}"


class WebhookEndpoint(models.Model):
    """An address that is told of events, in order. `position` is the last one put down for it."""

    MACHINE = WEBHOOK

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list, blank=True, help_text="What it is told; none = everything.")
    state = models.CharField(max_length=20, choices=WebhookState, default=WebhookState.ACTIVE)
    secret = models.TextField(help_text="Sealed (erp.core.vault).")
    secret_before = models.TextField(blank=True, default="", help_text="Sealed; signs too until it ends.")
    secret_before_until = models.DateTimeField(null=True, blank=True)
    position = models.BigIntegerField(default=0)
    generation = models.PositiveIntegerField(
        default=1,
        help_text="One more for each time it was set back, so that a repeat is a message of its own.",
    )
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text="Blank = the last attempt went well."
    )
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    history = HistoricalRecords(
        excluded_fields=[
            "secret", "secret_before", "position", "generation", "failing_since", "delivered_at", "state",
        ]
    )  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        """Its outbox stream: what must stay in order."""
        return f"webhook:{self.pk}"


class WebhookAttempt(models.Model):
    """One try to tell an endpoint of an event, and what it answered. Kept for thirty days."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, db_index=False, related_name="attempts"
    )
    event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attempts",
        help_text="Blank: a test.",
    )
    kind = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField(help_text="Which try of this message it was.")
    at = models.DateTimeField()
    is_ok = models.BooleanField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Blank: there was no answer.")
    milliseconds = models.PositiveIntegerField()
    answer = models.CharField(
        max_length=500, blank=True, help_text="The first bytes of the answer, or the error."
    )
    message_id = models.BigIntegerField(help_text="The outbox message.")

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="webhookattempt_endpoint"),
            models.Index(fields=["at"], name="webhookattempt_at"),
        ]

    def __str__(self) -> str:
        return f"attempt #{self.pk}"
