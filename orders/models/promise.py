"""Which units did we promise for a day, out of which supply on its way, and did we keep it?"""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from orders.states import PROMISE, PromiseState


class Promise(models.Model):
    """Units of a line that are to leave by a day, tied to named supply. (Units on the shelf are promised by an allocation.)

    `is_covered`: the units have since been allocated, so the supply is free for somebody else; the day still counts.
    """

    MACHINE = PROMISE
    DOCK_TO_STOCK = timedelta(days=1)  # what arrives today can leave tomorrow

    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="promises")
    supply = models.ForeignKey(
        "inventory.ExpectedSupply", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Purchase order line or transfer line; null = a person named the day.",
    )  # fmt: skip
    quantity = models.PositiveBigIntegerField()
    promised_date = models.DateField(help_text="The units leave on this day at the latest.")
    is_covered = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=PromiseState, default=PromiseState.OPEN)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the customer was told this day.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="promise_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="promise_closed_when_not_open",
                condition=Q(state=PromiseState.OPEN, closed_at__isnull=True)
                | ~Q(state=PromiseState.OPEN) & Q(closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["supply"],
                condition=Q(state=PromiseState.OPEN, is_covered=False),
                name="promise_pegged",
            ),
            models.Index(fields=["promised_date"], condition=Q(state=PromiseState.OPEN), name="promise_due"),
        ]

    def __str__(self) -> str:
        return f"promise #{self.pk}"
