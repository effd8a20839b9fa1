"""What would draft policies have done with past orders, order by order?"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from orders.states import REHEARSAL, RehearsalState


class Rehearsal(models.Model):
    """A span of trading that policies are tried on. Nothing live is touched."""

    MACHINE = REHEARSAL

    days = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    policies = models.ManyToManyField("orders.AllocationPolicy", related_name="rehearsals")
    state = models.CharField(max_length=20, choices=RehearsalState, default=RehearsalState.PENDING)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()
    job_id = models.BigIntegerField(null=True, blank=True)
    orders = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"rehearsal #{self.pk}"


class RehearsalTotal(models.Model):
    """A rehearsal in figures, for one policy; no policy = those that were in force."""

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="totals")
    policy = models.ForeignKey(
        "orders.AllocationPolicy", on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    orders = models.PositiveIntegerField()
    units = models.PositiveBigIntegerField()
    parcels = models.PositiveIntegerField()
    split_orders = models.PositiveIntegerField()
    freight = models.DecimalField(max_digits=19, decimal_places=4)
    late_orders = models.PositiveIntegerField()
    short_orders = models.PositiveIntegerField(help_text="Not served in full when they came.")
    unserved_orders = models.PositiveIntegerField(help_text="Not served in full within the span.")
    margin = models.DecimalField(max_digits=19, decimal_places=4, help_text="Goods less cost less freight.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rehearsal", "policy"], nulls_distinct=False, name="rehearsaltotal_once"
            )
        ]

    def __str__(self) -> str:
        return f"total #{self.pk} of rehearsal {self.rehearsal_id}"


class RehearsalOrder(models.Model):
    """An order that a draft would have treated otherwise: as it was in force, and as it would have been."""

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="changed")
    policy = models.ForeignKey(
        "orders.AllocationPolicy", on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, db_index=False, related_name="+")
    parcels_before = models.PositiveSmallIntegerField()
    parcels = models.PositiveSmallIntegerField()
    freight_before = models.DecimalField(max_digits=19, decimal_places=4)
    freight = models.DecimalField(max_digits=19, decimal_places=4)
    late_before = models.BooleanField()
    late = models.BooleanField()
    short_before = models.PositiveIntegerField()
    short = models.PositiveIntegerField()
    margin_change = models.DecimalField(max_digits=19, decimal_places=4)
    nodes_before = models.CharField(max_length=200)
    nodes = models.CharField(max_length=200)

    class Meta:
        indexes = [
            models.Index(fields=["rehearsal", "policy", "margin_change"], name="rehearsalorder_margin")
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} in rehearsal {self.rehearsal_id}"
