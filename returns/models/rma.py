"""Which shipped goods come back, why, in which condition, and what becomes of them?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from returns.states import RMA, RMA_LINE, Disposition, ReturnReason, RmaLineState, RmaState


class Rma(models.Model):
    """A return authorised against one order."""

    MACHINE = RMA

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="rmas")
    node = models.ForeignKey(
        "inventory.Node", on_delete=models.PROTECT, related_name="+", help_text="Where the goods go."
    )
    external_id = models.CharField(max_length=80, blank=True, help_text="The channel's own credit id.")
    state = models.CharField(max_length=20, choices=RmaState, default=RmaState.AUTHORIZED)
    reason = models.CharField(max_length=12, choices=ReturnReason)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number


class RmaLine(models.Model):
    """Units of one shipped line. Three axes: `state` (goods), `disposition` (decision), `refund_amount` (money)."""

    MACHINE = RMA_LINE

    rma = models.ForeignKey(Rma, on_delete=models.PROTECT, related_name="lines")
    shipment_line = models.ForeignKey(
        "fulfillment.ShipmentLine", on_delete=models.PROTECT, related_name="rma_lines"
    )
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="rma_lines")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=20, choices=RmaLineState, default=RmaLineState.AUTHORIZED)
    quantity = models.BigIntegerField(help_text="Authorised.")
    quantity_received = models.BigIntegerField(default=0)
    condition = models.CharField(max_length=120, blank=True, help_text="What the inspector saw.")
    disposition = models.CharField(max_length=16, choices=Disposition, blank=True)
    location = models.ForeignKey(
        "inventory.Location",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="Where the goods wait for inspection.",
    )
    refund_amount = models.DecimalField(
        max_digits=19, decimal_places=4, help_text="Order currency, with tax."
    )
    refund_tax = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="The tax in it, order currency."
    )
    refund = models.ForeignKey(
        "returns.Refund", on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )
    original_cost = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="COGS taken back at receipt, base currency."
    )
    cost_layer = models.ForeignKey(
        "ledger.CostLayer", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rmaline_quantities",
                condition=Q(
                    quantity__gt=0,
                    quantity_received__gte=0,
                    quantity_received__lte=F("quantity"),
                    refund_amount__gte=F("refund_tax"),
                    refund_tax__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="rmaline_disposed_has_disposition",
                condition=~Q(state=RmaLineState.DISPOSED) | ~Q(disposition=""),
            ),
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of RMA {self.rma_id}"
