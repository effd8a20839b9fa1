"""Which products were found to be one and the same, and which only look like it?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from erp.core.triggers import append_only


class ProductMerge(models.Model):
    """A product that was taken up into another: what moved, who said so and why. Append-only."""

    kept = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=list, help_text="What moved, in words.")
    stock_sequence = models.BigIntegerField(null=True, help_text="The stock event, when it had stock.")
    reason = models.CharField(max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="productmerge_two", condition=~Q(kept=F("merged"))),
            models.CheckConstraint(name="productmerge_reason", condition=~Q(reason="")),
        ]
        triggers = [append_only("productmerge_append_only")]

    def __str__(self) -> str:
        return f"merge #{self.pk}"


class ProductDistinct(models.Model):
    """Two products that look alike and are two, as somebody said: they are not reported again. `first` has the lower id."""

    first = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+")
    second = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="productdistinct_once"),
            models.CheckConstraint(name="productdistinct_ordered", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"distinct pair #{self.pk}"
