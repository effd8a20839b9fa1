"""What left the building, in which package, for how much revenue and at what cost?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Shipment(models.Model):
    """The fact that goods were handed to a carrier. It exists once it happened; it never changes."""

    number = models.CharField(max_length=20, unique=True)
    fulfillment = models.OneToOneField(
        "fulfillment.FulfillmentOrder", on_delete=models.PROTECT, related_name="shipment"
    )
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="shipments")
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    carrier = models.CharField(max_length=40)
    tracking_number = models.CharField(max_length=60, blank=True)
    shipped_at = models.DateTimeField()
    stock_sequence = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=19, decimal_places=4, help_text="Goods, order currency.")
    charges = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="Invoiced with it, order currency."
    )
    tax = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    cogs = models.DecimalField(max_digits=19, decimal_places=4, help_text="Base currency.")

    class Meta:
        indexes = [models.Index(fields=["shipped_at"], name="shipment_shipped_at")]

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """Units of an order line that left, with their revenue and their cost."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        "orders.OrderLine", on_delete=models.PROTECT, related_name="shipment_lines"
    )
    # The order line says which product, the pick task which lot; `verify` proves the copies.
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    quantity = models.BigIntegerField()
    quantity_returned = models.BigIntegerField(default=0, db_default=0)
    revenue = models.DecimalField(max_digits=19, decimal_places=4)
    tax = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    cogs = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shipmentline_quantities",
                condition=Q(quantity__gt=0, quantity_returned__gte=0, quantity_returned__lte=F("quantity")),
            )
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of shipment {self.shipment_id}"


class Package(models.Model):
    """A parcel of a fulfilment order."""

    number = models.CharField(max_length=20, unique=True)
    fulfillment = models.ForeignKey(
        "fulfillment.FulfillmentOrder", on_delete=models.PROTECT, related_name="packages"
    )
    weight_grams = models.PositiveIntegerField(default=0)
    packed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number
