"""What does a kit consist of?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

MOST_PER_KIT = 10_000


class KitComponent(models.Model):
    """A line of a kit's bill of materials: `quantity` base units of the component make one kit.

    A kit is never a component and a component never a kit. Orders keep a snapshot (`orders.OrderKit`), so a change here
    concerns the orders that come in after it.
    """

    kit = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="kit_components")
    component = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="used_in_kits")
    quantity = models.PositiveIntegerField(help_text="Base units of the component in one kit.")
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kit", "component"], name="kitcomponent_once"),
            models.CheckConstraint(
                name="kitcomponent_quantity", condition=Q(quantity__gte=1, quantity__lte=MOST_PER_KIT)
            ),
            models.CheckConstraint(name="kitcomponent_not_itself", condition=~Q(kit=F("component"))),
        ]

    def __str__(self) -> str:
        return f"component #{self.pk} of kit {self.kit_id}"
