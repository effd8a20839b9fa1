"""What is on its way to a node, and what is kept for some buyers?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class ExpectedSupply(models.Model):
    """Units that a document will bring to a node on a day: a purchase order or transfer line. Kept by its app."""

    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    source_type = models.CharField(
        max_length=60, help_text="procurement.PurchaseOrderLine, inventory.TransferLine."
    )
    source_id = models.BigIntegerField()
    document_type = models.CharField(max_length=60, help_text="The document a person opens.")
    document_id = models.BigIntegerField()
    reference = models.CharField(max_length=40, help_text="Its number.")
    quantity_open = models.BigIntegerField(help_text="Units still to come.")
    expected_date = models.DateField()
    first_expected_date = models.DateField(
        help_text="What was expected at first; the difference is the slip."
    )
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "expected supplies"
        constraints = [
            models.UniqueConstraint(fields=["source_type", "source_id"], name="expectedsupply_source"),
            models.CheckConstraint(name="expectedsupply_quantity", condition=Q(quantity_open__gte=0)),
        ]
        indexes = [
            models.Index(
                fields=["product", "expected_date", "id"],
                condition=Q(quantity_open__gt=0),
                name="expectedsupply_open",
            ),
            models.Index(fields=["document_type", "document_id"], name="expectedsupply_document"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} #{self.pk}"


class StockPool(models.Model):
    """Units at a node that only its members may be promised: a channel's, a country's, a customer tier's. Blank = any."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    node = models.ForeignKey(
        "inventory.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="pools"
    )
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.CASCADE, null=True, blank=True, related_name="pools"
    )
    quantity = models.PositiveIntegerField(help_text="Per product and node: others leave so many untouched.")
    channel_code = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    tier = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stockpool_has_members", condition=~Q(channel_code="", country="", tier="")
            ),
        ]

    def __str__(self) -> str:
        return self.code
