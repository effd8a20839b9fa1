"""Which acts need a second person, above which amount, and who said yes?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from erp.core.roles import Role
from erp.core.states import APPROVAL, ApprovalState


class ApprovalPolicy(models.Model):
    """At or above `threshold` (base currency) an act of this kind waits for someone of `role`."""

    kind = models.CharField(max_length=60, unique=True, help_text="Address of the guarded service.")
    threshold = models.DecimalField(max_digits=19, decimal_places=4)
    role = models.CharField(max_length=20, choices=Role.choices)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(name="approvalpolicy_threshold", condition=Q(threshold__gte=0))]

    def __str__(self) -> str:
        return self.kind


class ApprovalRequest(models.Model):
    """A waiting or decided approval. PostgreSQL refuses a maker who is also the checker, and a decision above the limit."""

    MACHINE = APPROVAL

    kind = models.CharField(max_length=60)
    document_type = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    role = models.CharField(max_length=20, choices=Role.choices)
    state = models.CharField(max_length=20, choices=ApprovalState, default=ApprovalState.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decider_limit = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "document_type", "document_id"],
                condition=Q(state=ApprovalState.PENDING),
                name="approval_one_pending",
            ),
            models.CheckConstraint(
                name="approval_maker_is_not_checker",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="approval_decided_by_someone",
                condition=~Q(state__in=[ApprovalState.APPROVED, ApprovalState.REJECTED])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="approval_within_limit",
                condition=~Q(state=ApprovalState.APPROVED)
                | Q(decider_limit__isnull=False, amount__lte=F("decider_limit")),
            ),
        ]
        indexes = [models.Index(fields=["document_type", "document_id"], name="approval_document")]

    def __str__(self) -> str:
        return f"approval #{self.pk} {self.kind}"
