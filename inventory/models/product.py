"""What do we trade, in which unit, how is it classified and valued?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from mptt.models import MPTTModel, TreeForeignKey
from simple_history.models import HistoricalRecords

from ledger.models import ValuationMethod


class Category(MPTTModel):
    """A node of the merchandise tree; products inherit its valuation method."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    parent = TreeForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    valuation_method = models.CharField(max_length=8, choices=ValuationMethod, default=ValuationMethod.FIFO)
    history = HistoricalRecords(excluded_fields=["lft", "rght", "tree_id", "level"])

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class UnitOfMeasure(models.Model):
    """A unit that quantities are spoken in; stock is always counted in a product's base unit."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.code


class Product(models.Model):
    """A stock-keeping unit. `sku` is unique ignoring case; `search_text` is folded for search."""

    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    category = TreeForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    unit = models.ForeignKey(UnitOfMeasure, on_delete=models.PROTECT, related_name="+")
    gtin = models.CharField(max_length=14, blank=True, help_text="GTIN-8/12/13/14 of the base unit.")
    weight_grams = models.PositiveIntegerField(default=0)
    is_lot_tracked = models.BooleanField(default=False)
    is_kit = models.BooleanField(
        default=False, help_text="Has no stock of its own: it is sold as its components (KitComponent)."
    )
    is_active = models.BooleanField(default=True)
    list_price = models.DecimalField(max_digits=19, decimal_places=4, default=0, help_text="Base currency.")
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The product it turned out to be: its SKU means that one.",
    )
    search_text = models.TextField(blank=True, help_text="Lower case, accents folded; kept by product_save.")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("sku"), name="product_sku"),
            models.UniqueConstraint(fields=["gtin"], condition=~Q(gtin=""), name="product_gtin"),
            models.CheckConstraint(name="product_sku_not_blank", condition=~Q(sku="")),
            models.CheckConstraint(
                name="product_merged_is_out_of_use",
                condition=Q(merged_into__isnull=True) | (Q(is_active=False) & ~Q(merged_into=F("id"))),
            ),
            models.CheckConstraint(
                name="product_kit_has_no_lots", condition=~Q(is_kit=True, is_lot_tracked=True)
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class ProductUnit(models.Model):
    """A pack of a product: `factor` base units, with a barcode of its own."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="units")
    unit = models.ForeignKey(UnitOfMeasure, on_delete=models.PROTECT, related_name="+")
    factor = models.PositiveIntegerField()
    gtin = models.CharField(max_length=14, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "unit"], name="productunit_once"),
            models.CheckConstraint(name="productunit_factor", condition=Q(factor__gte=1)),
        ]

    def __str__(self) -> str:
        return f"unit #{self.pk} of product {self.product_id}"


class Lot(models.Model):
    """A batch of a lot-tracked product."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=40)
    expiry_date = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="lot_code")]

    def __str__(self) -> str:
        return f"{self.code} #{self.pk}"
