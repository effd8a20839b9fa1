"""Who looked at which messages again, what would a replay have changed, and what became of it?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Replay(models.Model):
    """A choice of messages that are tried first and, when somebody says so, handled again."""

    selection = models.CharField(max_length=300, help_text="What was chosen, in words.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was carried out.")
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    committed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="replay_committed_by_someone",
                condition=Q(committed_at__isnull=True, committed_by__isnull=True)
                | Q(committed_at__isnull=False, committed_by__isnull=False) & ~Q(reason=""),
            )
        ]

    def __str__(self) -> str:
        return f"Replay {self.pk}"


class ReplayItem(models.Model):
    """One message of a replay: what handling it again would do, and what it did."""

    replay = models.ForeignKey(Replay, on_delete=models.PROTECT, db_index=False, related_name="items")
    message = models.ForeignKey("core.InboxMessage", on_delete=models.PROTECT, related_name="replays")
    rehearsed_at = models.DateTimeField(null=True, blank=True)
    would_become = models.CharField(max_length=200, blank=True, default="")
    would_fail = models.TextField(blank=True, default="")
    effects = models.JSONField(default=list, help_text="What it would change; see erp.core.effects.")
    replayed_at = models.DateTimeField(null=True, blank=True)
    became = models.CharField(max_length=200, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["replay", "message"], name="replayitem_once"),
            models.CheckConstraint(
                name="replayitem_has_outcome",
                condition=Q(replayed_at__isnull=True, became="", error="")
                | Q(replayed_at__isnull=False) & (Q(became="") ^ Q(error="")),
            ),
        ]

    def __str__(self) -> str:
        return f"item #{self.pk} of replay {self.replay_id}"
