"""What keeps an order waiting, whose work is it, and how is work of that kind done?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from erp.core.roles import Role
from orders.states import HOLD, HoldKind, HoldRelease, HoldState


class Hold(models.Model):
    """A reason why an order waits. The order is ON_HOLD while one is open."""

    MACHINE = HOLD

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=12, choices=HoldKind)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict, blank=True)
    owner_role = models.CharField(max_length=20, choices=Role.choices)
    state = models.CharField(max_length=20, choices=HoldState, default=HoldState.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text="When it went to the escalation role."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], condition=Q(state=HoldState.OPEN), name="hold_one_open"
            ),
            models.CheckConstraint(
                name="hold_closed_by_someone",
                condition=Q(state=HoldState.OPEN)
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(close_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner_role", "kind", "due_at"],
                condition=Q(state=HoldState.OPEN),
                name="hold_open_queue",
            )
        ]

    def __str__(self) -> str:
        return f"hold #{self.pk} on order {self.order_id}"


class HoldRule(models.Model):
    """How holds of a kind are worked, where it differs from the defaults in `orders.hold_rules`. New holds follow it."""

    kind = models.CharField(max_length=12, choices=HoldKind, unique=True)
    owner_role = models.CharField(max_length=20, choices=Role.choices)
    clock_hours = models.PositiveSmallIntegerField(help_text="Time to settle it.")
    playbook = models.TextField(blank=True, help_text="One step per line, the usual one first.")
    release_by = models.CharField(max_length=8, choices=HoldRelease, default=HoldRelease.PERSON)
    escalate_role = models.CharField(max_length=20, choices=Role.choices)
    escalate_after_hours = models.PositiveSmallIntegerField(help_text="How long past its clock.")
    history = HistoricalRecords()

    class Meta:
        constraints = [models.CheckConstraint(name="holdrule_clock", condition=Q(clock_hours__gte=1))]

    def __str__(self) -> str:
        return self.kind
