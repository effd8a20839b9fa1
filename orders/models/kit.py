"""Which kits were ordered, and what did each consist of when it was?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class OrderKit(models.Model):
    """A line of an order as the channel sent it, for a kit. Its units and its price lie on the component lines below it.

    Written once at intake. How far it has come is derived from its lines (`orders.states.derive_kit_progress`).
    """

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, db_index=False, related_name="kits")
    position = models.PositiveIntegerField(help_text="That of its first component line.")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="order_kits")
    channel_sku = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    quantity = models.BigIntegerField(help_text="Kits ordered.")
    unit_price = models.DecimalField(max_digits=19, decimal_places=4, help_text="Per kit.")
    line_total = models.DecimalField(
        max_digits=19, decimal_places=4, help_text="quantity × price, to the minor unit."
    )
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    bill_of_materials = models.JSONField(help_text="[[product id, SKU, units per kit]] as it was at intake.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="orderkit_position"),
            models.CheckConstraint(name="orderkit_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="orderkit_price", condition=Q(unit_price__gte=0, line_total__gte=0)),
        ]

    def __str__(self) -> str:
        return f"kit #{self.pk} of order {self.order_id}"
