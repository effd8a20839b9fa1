"""Who supplies what, how fast, and at what price?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class Supplier(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(
        max_digits=18,
        decimal_places=8,
        default=1,
        help_text="Base currency per unit of the supplier's currency; a purchase order keeps the one of its day.",
    )
    lead_time_days = models.PositiveSmallIntegerField(default=7)
    payment_days = models.PositiveSmallIntegerField(default=30)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [models.CheckConstraint(name="supplier_rate", condition=Q(rate__gt=0) & ~Q(code=""))]

    def __str__(self) -> str:
        return self.code


class SupplierProduct(models.Model):
    """A supplier's terms for a product; the one with the lowest rank is bought from."""

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="products")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="suppliers")
    supplier_sku = models.CharField(max_length=60, blank=True)
    unit_cost = models.DecimalField(
        max_digits=19, decimal_places=4, help_text="Supplier's currency, per base unit."
    )
    minimum_quantity = models.PositiveIntegerField(default=1)
    pack_size = models.PositiveIntegerField(
        default=1, help_text="Order in multiples of this many base units."
    )
    rank = models.PositiveSmallIntegerField(default=1)
    is_dropship = models.BooleanField(
        default=False, help_text="Sends it straight to our customers when asked to."
    )
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier", "product"], name="supplierproduct_once"),
            models.UniqueConstraint(fields=["product", "rank"], name="supplierproduct_rank"),
            models.CheckConstraint(
                name="supplierproduct_terms",
                condition=Q(unit_cost__gte=0, pack_size__gte=1, minimum_quantity__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"terms #{self.pk}"
