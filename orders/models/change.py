"""What was changed on an order after intake, by whom, why, and within which limits?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from erp.core.roles import Role
from erp.core.triggers import append_only


class OrderChange(models.Model):
    """One change of one order, from what to what. Append-only; numbered from 1 per order, each starts where the last ended."""

    KINDS = [
        ("EDIT", "Edited"),
        ("ADDRESS", "Address changed"),
        ("CANCEL", "Units cancelled"),
        ("CHARGES", "Charges changed"),
        ("SUBSTITUTE", "Product substituted"),
        ("MERGE", "Merged"),
    ]

    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, db_index=False, related_name="changes"
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=KINDS)
    changes = models.JSONField(help_text="[{what, old, new}], in words and plain figures.")
    total_before = models.DecimalField(max_digits=19, decimal_places=4)
    total_after = models.DecimalField(max_digits=19, decimal_places=4)
    reason = models.CharField(max_length=300)
    reason_code = models.CharField(
        max_length=24, blank=True, help_text="Of a cancellation; see CancelReason."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    approval = models.ForeignKey(
        "core.ApprovalRequest", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    other_order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, null=True, db_index=False, related_name="+",
        help_text="The other side of a merge.",
    )  # fmt: skip
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="orderchange_number"),
            models.CheckConstraint(name="orderchange_number_positive", condition=Q(number__gte=1)),
        ]
        indexes = [
            models.Index(fields=["reason_code"], condition=~Q(reason_code=""), name="orderchange_reason_code")
        ]
        triggers = [append_only("orderchange_append_only")]

    def __str__(self) -> str:
        return f"change {self.number} of order {self.order_id}"


class PendingEdit(models.Model):
    """An edit that waits for the approval it asked for. Append-only: the approval says what became of it."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="pending_edits")
    approval = models.OneToOneField("core.ApprovalRequest", on_delete=models.PROTECT, related_name="+")
    draft = models.JSONField(help_text="The edit as it was asked for.")
    reason = models.CharField(max_length=300)
    hold = models.ForeignKey(
        "orders.Hold", on_delete=models.PROTECT, null=True, db_index=False, related_name="+",
        help_text="Opened for it; null when a price hold was open already.",
    )  # fmt: skip
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        triggers = [append_only("pendingedit_append_only")]

    def __str__(self) -> str:
        return f"pending edit #{self.pk} of order {self.order_id}"


class CancelReason(models.Model):
    """Why units are cancelled, as data, so that it can be counted."""

    code = models.CharField(max_length=24, unique=True)
    label = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.code


class PriceLimit(models.Model):
    """How far below what was agreed a role may go by itself: per line in percent, per order as an amount in base currency."""

    role = models.CharField(max_length=20, choices=Role.choices, unique=True)
    max_percent = models.DecimalField(max_digits=9, decimal_places=4)
    max_amount = models.DecimalField(max_digits=19, decimal_places=4)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pricelimit_bounds",
                condition=Q(max_percent__gte=0, max_percent__lte=100, max_amount__gte=0),
            )
        ]

    def __str__(self) -> str:
        return self.role
