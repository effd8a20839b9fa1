"""Who changed what, from what, to what, and why?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from erp.core.event_triggers import state_events
from erp.core.triggers import append_only


class StateChange(models.Model):
    """One transition of one document. Append-only; ordered by id within a document."""

    document_type = models.CharField(max_length=60, help_text='Model label, e.g. "orders.Order".')
    document_id = models.BigIntegerField()
    action = models.CharField(max_length=80, help_text="Address of the service, e.g. orders.order_confirm.")
    from_state = models.CharField(max_length=20, blank=True, help_text="Blank at creation.")
    to_state = models.CharField(max_length=20)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(help_text="When it happened in the business (simulated time in a replay).")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["document_type", "document_id", "id"], name="statechange_document")]
        triggers = [append_only("statechange_append_only"), state_events("statechange_events")]

    def __str__(self) -> str:
        return f"{self.document_type} {self.document_id}: {self.from_state} → {self.to_state} #{self.pk}"


class Note(models.Model):
    """What a person wrote on a document's timeline."""

    document_type = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["document_type", "document_id", "id"], name="note_document")]
        triggers = [append_only("note_append_only")]

    def __str__(self) -> str:
        return f"note #{self.pk} on {self.document_type} {self.document_id}"


class Mention(models.Model):
    """A person named in a note (@username): what their bell counts until they have read it."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="mention_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="mention_user"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="mention_unread"),
        ]

    def __str__(self) -> str:
        return f"mention #{self.pk}"


class NumberSeries(models.Model):
    """A gapless series: its row is locked last in a transaction, so a rollback gives the number back."""

    code = models.CharField(max_length=40, primary_key=True)
    prefix = models.CharField(max_length=12, blank=True)
    next_number = models.BigIntegerField(default=1)
    padding = models.PositiveSmallIntegerField(default=6)

    class Meta:
        constraints = [models.CheckConstraint(name="numberseries_positive", condition=Q(next_number__gte=1))]

    def __str__(self) -> str:
        return self.code
