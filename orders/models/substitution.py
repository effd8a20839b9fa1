"""Which product may be sent instead of which, in which ratio, at which price?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords


class Substitution(models.Model):
    """`quantity_product` units of the product may be replaced by `quantity_substitute` units of the substitute."""

    PRICE_RULES = [("KEEP", "Keep the original price"), ("LOWER", "The lower of both prices")]

    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    substitute = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    quantity_product = models.PositiveIntegerField(default=1)
    quantity_substitute = models.PositiveIntegerField(default=1)
    is_both_ways = models.BooleanField(default=False)
    needs_agreement = models.BooleanField(
        default=True, help_text="The customer is asked first, and what was said is recorded."
    )
    price_rule = models.CharField(max_length=8, choices=PRICE_RULES, default="LOWER")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True, help_text="The last day.")
    priority = models.SmallIntegerField(default=0, help_text="Higher is offered first.")
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "substitute"], name="substitution_pair"),
            models.CheckConstraint(name="substitution_two_products", condition=~Q(product=F("substitute"))),
            models.CheckConstraint(
                name="substitution_ratio", condition=Q(quantity_product__gte=1, quantity_substitute__gte=1)
            ),
            models.CheckConstraint(
                name="substitution_dates",
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lte=F("valid_to")),
            ),
        ]

    def __str__(self) -> str:
        return f"substitution #{self.pk}"
