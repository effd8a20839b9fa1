"""Which stock was moved between nodes, and which was corrected, by whom and why?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.states import ADJUSTMENT, TRANSFER, AdjustmentReason, AdjustmentState, TransferState


class Transfer(models.Model):
    """Stock on its way between two nodes; it is IN_TRANSIT (at the destination node) between shipping and receipt."""

    MACHINE = TRANSFER

    number = models.CharField(max_length=20, unique=True)
    from_node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, related_name="+")
    to_node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=TransferState, default=TransferState.DRAFT)
    expected_date = models.DateField(null=True, blank=True)
    is_reserved = models.BooleanField(
        default=False, help_text="Its units were set aside (RESERVED) when it was raised for an order."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="transfer_two_nodes", condition=~Q(from_node=F("to_node")))
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    quantity = models.PositiveIntegerField()
    quantity_received = models.PositiveIntegerField(default=0)
    quantity_lost = models.PositiveIntegerField(default=0, help_text="Written off on the way.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transferline_quantities",
                condition=Q(quantity__gt=0, quantity__gte=F("quantity_received") + F("quantity_lost")),
            )
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of transfer {self.transfer_id}"


class Adjustment(models.Model):
    """A correction of stock with a reason; at or above the threshold it waits for a second person."""

    MACHINE = ADJUSTMENT

    number = models.CharField(max_length=20, unique=True)
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=AdjustmentReason)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=20, choices=AdjustmentState, default=AdjustmentState.DRAFT)
    value = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Signed cost, set when posted."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number


class AdjustmentLine(models.Model):
    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(
        max_length=14,
        choices=[
            ("AVAILABLE", "Available"),
            ("QUARANTINE", "Quarantine"),
            ("DAMAGED", "Damaged"),
            ("IN_TRANSIT", "In transit"),
        ],
        default="AVAILABLE",
    )
    transfer_line = models.ForeignKey(
        TransferLine,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="write_offs",
        help_text="The shipment on the way that these units were lost from.",
    )
    quantity_delta = models.BigIntegerField(help_text="Signed units; negative = loss.")
    unit_cost = models.DecimalField(
        max_digits=19,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Of found stock; else the latest known cost.",
    )
    value = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Signed, set when posted."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="adjustmentline_delta", condition=~Q(quantity_delta=0)),
            models.CheckConstraint(
                name="adjustmentline_lost_on_the_way",
                condition=Q(transfer_line__isnull=True) & ~Q(status="IN_TRANSIT")
                | Q(transfer_line__isnull=False, status="IN_TRANSIT", quantity_delta__lt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of adjustment {self.adjustment_id}"
