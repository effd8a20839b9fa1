"""To whom and where may a product not simply be sold?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class ProductRestriction(models.Model):
    """Limits on the sale of one product; a product without a row has none."""

    product = models.OneToOneField("inventory.Product", on_delete=models.PROTECT, related_name="restriction")
    min_age = models.PositiveSmallIntegerField(default=0, help_text="0 = none.")
    hazmat_class = models.CharField(
        max_length=10, blank=True, help_text="UN class such as 3 or 2.1; goes only to the allowed countries."
    )
    allowed_countries = models.CharField(
        max_length=800, blank=True, help_text="Two-letter codes; blank = all."
    )
    forbidden_countries = models.CharField(max_length=800, blank=True)
    is_business_only = models.BooleanField(
        default=False, help_text="Only to business customers, e.g. lots that must be traced to their user."
    )
    history = HistoricalRecords()

    class Meta:
        constraints = [models.CheckConstraint(name="productrestriction_age", condition=Q(min_age__lte=99))]

    def __str__(self) -> str:
        return f"restriction of product {self.product_id}"
