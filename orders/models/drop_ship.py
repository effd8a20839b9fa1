"""Which units does a supplier send straight to the customer, and how far is that?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from orders.states import DROP_SHIP, DROP_SHIP_OPEN, DropShipState


class DropShip(models.Model):
    """Short units of a line that a supplier is to send. While it is open they want nothing from a shelf or another supply.

    The purchase order belongs to a higher app, so it is named by type, id and number. What is neither shipped nor cancelled
    is open: an ended one has nothing open.
    """

    MACHINE = DROP_SHIP

    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="drop_ships")
    quantity = models.PositiveBigIntegerField()
    quantity_shipped = models.PositiveBigIntegerField(default=0)
    quantity_cancelled = models.PositiveBigIntegerField(default=0, help_text="Called off, or refused.")
    state = models.CharField(max_length=20, choices=DropShipState, default=DropShipState.REQUESTED)
    reason = models.CharField(
        max_length=300, blank=True, default="", help_text="Why it was refused or cancelled."
    )
    purchase_type = models.CharField(max_length=60, blank=True, default="")
    purchase_id = models.BigIntegerField(null=True, blank=True)
    purchase_line_id = models.BigIntegerField(null=True, blank=True)
    purchase_number = models.CharField(max_length=20, blank=True, default="")
    requested_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dropship_quantity",
                condition=Q(quantity__gt=0, quantity__gte=F("quantity_shipped") + F("quantity_cancelled")),
            ),
            models.CheckConstraint(
                name="dropship_closed_when_not_open",
                condition=Q(state__in=DROP_SHIP_OPEN, closed_at__isnull=True)
                | ~Q(state__in=DROP_SHIP_OPEN) & Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="dropship_ordered_somewhere",
                condition=~Q(state__in=["ORDERED", "SHIPPED"])
                | Q(purchase_id__isnull=False, purchase_line_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["purchase_type", "purchase_line_id"],
                condition=Q(purchase_line_id__isnull=False),
                name="dropship_purchase_line",
            ),
        ]
        indexes = [
            models.Index(fields=["purchase_type", "purchase_id"], name="dropship_purchase"),
            models.Index(fields=["order_line"], condition=Q(state__in=DROP_SHIP_OPEN), name="dropship_open"),
        ]

    def __str__(self) -> str:
        return f"drop-ship #{self.pk}"

    @property
    def quantity_open(self) -> int:
        """Units still to be sent."""
        return self.quantity - self.quantity_shipped - self.quantity_cancelled
