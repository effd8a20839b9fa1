"""Which stock is kept for a cart, until when, and which order took it?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.states import RESERVATION, ReservationState


class Reservation(models.Model):
    """Units kept for somebody who is about to order: soft, and for a while. `key` is the channel's own name for the cart."""

    MACHINE = RESERVATION

    channel = models.ForeignKey(
        "orders.Channel", on_delete=models.PROTECT, db_index=False, related_name="reservations"
    )
    key = models.CharField(
        max_length=80, help_text="The channel's own id of the cart; unique in the channel."
    )
    state = models.CharField(max_length=20, choices=ReservationState, default=ReservationState.ACTIVE)
    wanted = models.JSONField(help_text="[[SKU, units]] as asked for; a kit's units are kits.")
    country = models.CharField(max_length=2, blank=True, help_text="Where it would go, as far as is known.")
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="reservations",
        help_text="The order that its units were handed to.",
    )  # fmt: skip
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="reservation_key"),
            models.CheckConstraint(name="reservation_key_not_blank", condition=~Q(key="")),
            models.CheckConstraint(
                name="reservation_closed_when_not_active",
                condition=Q(state=ReservationState.ACTIVE, closed_at__isnull=True)
                | ~Q(state=ReservationState.ACTIVE) & Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="reservation_order_when_consumed",
                condition=~Q(state=ReservationState.CONSUMED) | Q(order__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="ACTIVE"), name="reservation_due"),
            models.Index(fields=["-created_at", "id"], name="reservation_created"),
        ]

    def __str__(self) -> str:
        return f"{self.key} #{self.pk}"


class ReservationLine(models.Model):
    """Units of a product that are RESERVED at a node while their reservation is active. A kit's lines are its components."""

    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, db_index=False, related_name="lines"
    )
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    quantity = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "product", "node"], name="reservationline_once"),
            models.CheckConstraint(name="reservationline_quantity", condition=Q(quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of reservation {self.reservation_id}"
