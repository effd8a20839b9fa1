"""Which money did customers pay us, under which reference of the provider?"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from erp.core.event_triggers import row_event


class Payment(models.Model):
    """A captured payment (or a refund when `is_refund`). Amounts are positive, in the order's currency."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=40)
    provider_ref = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    is_refund = models.BooleanField(default=False)
    captured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_ref"], name="payment_provider_ref"),
            models.CheckConstraint(name="payment_amount", condition=Q(amount__gt=0)),
        ]
        triggers = [
            row_event(
                "payment_refunded", kind="order.refunded", document="orders.Order", key="NEW.order_id",
                data="jsonb_build_object('amount', trim_scale(NEW.amount)::text, 'currency', NEW.currency, "
                "'provider_ref', NEW.provider_ref)",
                at="NEW.captured_at", operation=pgtrigger.Insert, condition="NEW.is_refund",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.provider}:{self.provider_ref}"
