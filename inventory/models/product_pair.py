"""Which products looked like one thing twice when they were last compared?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class ProductPair(models.Model):
    """Two products that look alike, the lower id first. All rows are of the last comparison; the next one replaces them."""

    KINDS = (("GTIN", "GTIN"), ("SKU", "SKU"), ("TITLE", "Title"))

    first = models.ForeignKey("inventory.Product", on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey("inventory.Product", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=KINDS)
    why = models.CharField(max_length=120)
    rank = models.PositiveIntegerField(help_text="The surest first.")
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="productpair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="productpair_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.why}"
