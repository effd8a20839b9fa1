"""Which money goes back to the customer, who approved it, and was it paid?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from returns.states import REFUND, RefundState


class Refund(models.Model):
    """A credit note and the payment of it. Amounts in the order's currency."""

    MACHINE = REFUND

    number = models.CharField(max_length=20, unique=True)
    rma = models.ForeignKey("returns.Rma", on_delete=models.PROTECT, related_name="refunds")
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="refunds")
    state = models.CharField(max_length=20, choices=RefundState, default=RefundState.PENDING_APPROVAL)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    deduction = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Kept back for wear or missing parts."
    )
    amount_paid = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Paid back; the rest lowered what was owed."
    )
    needs_approval = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="refund_amount",
                condition=Q(
                    amount__gt=0,
                    tax_amount__gte=0,
                    tax_amount__lte=F("amount"),
                    deduction__gte=0,
                    amount_paid__gte=0,
                    amount_paid__lte=F("amount"),
                ),
            ),
            models.CheckConstraint(
                name="refund_four_eyes",
                condition=Q(needs_approval=False)
                | Q(state__in=["PENDING_APPROVAL", "REJECTED"])
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("created_by"))),
            ),
        ]

    def __str__(self) -> str:
        return self.number
