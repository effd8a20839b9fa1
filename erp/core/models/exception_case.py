"""What could not go straight through, who owns it, and what does it cost to leave it?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from erp.core.ranking import RANK_SQL
from erp.core.roles import Role
from erp.core.states import EXCEPTION, ExceptionState


class ExceptionCase(models.Model):
    """One thing that needs a person. While it is open there is at most one per (kind, subject)."""

    MACHINE = EXCEPTION

    kind = models.CharField(max_length=60, help_text="From erp.core.exception_kinds.")
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    detail = models.JSONField(default=dict, blank=True)
    owner_role = models.CharField(max_length=20, choices=Role.choices)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    money_at_risk = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Base currency."
    )
    state = models.CharField(max_length=20, choices=ExceptionState, default=ExceptionState.OPEN)
    occurrences = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolution = models.CharField(
        max_length=60, blank=True, help_text="Address of the action that settled it."
    )
    reason = models.CharField(max_length=300, blank=True)
    cause = models.CharField(
        max_length=120,
        blank=True,
        default="",
        db_default="",
        help_text="Key of erp.core.causes: what groups it.",
    )
    escalate_at = models.DateTimeField(
        null=True, blank=True, help_text="When it changes hands; blank = no more."
    )
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_from = models.CharField(
        max_length=20,
        choices=Role.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Who owned it before.",
    )
    rank = models.GeneratedField(
        expression=RawSQL(RANK_SQL, ()),
        output_field=models.DecimalField(max_digits=20, decimal_places=4),
        db_persist=True,
        help_text="The smallest is worked first (erp.core.ranking).",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=~Q(state=ExceptionState.RESOLVED),
                name="exception_one_open_per_subject",
            ),
            models.CheckConstraint(
                name="exception_resolved_by_someone",
                condition=~Q(state=ExceptionState.RESOLVED)
                | (
                    Q(resolved_by__isnull=False, resolved_at__isnull=False)
                    & ~Q(resolution="")
                    & ~Q(reason="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="exception_state_due"),
            models.Index(fields=["subject_type", "subject_id"], name="exception_subject"),
            # What is not settled, in the order of the desk; the rest of the row serves its sums without the table.
            models.Index(
                fields=["state", "rank", "opened_at", "id"],
                include=[
                    "kind",
                    "owner_role",
                    "assignee",
                    "money_at_risk",
                    "due_at",
                    "cause",
                    "escalated_from",
                ],
                condition=~Q(state=ExceptionState.RESOLVED),
                name="exception_desk",
            ),
            models.Index(
                fields=["escalate_at"],
                condition=Q(state=ExceptionState.OPEN, escalate_at__isnull=False),
                name="exception_escalate",
            ),
            models.Index(
                fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="exception_resolved"
            ),
            models.Index(fields=["opened_at"], name="exception_opened"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
