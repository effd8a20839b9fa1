"""Through which channels do we sell, and what are our products called there?"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords


class Channel(models.Model):
    """A place that orders come from. Its policy decides allocation unless the order says otherwise."""

    KINDS = [
        ("WEB", "Web shop"),
        ("MARKETPLACE", "Marketplace"),
        ("B2B", "Wholesale"),
        ("POS", "Store"),
        ("MANUAL", "Manual"),
    ]

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=KINDS)
    currency = models.CharField(max_length=3)
    is_prepaid = models.BooleanField(
        default=True, help_text="Orders arrive paid; otherwise they are invoiced."
    )
    ship_within_hours = models.PositiveSmallIntegerField(
        default=48, help_text="Service promise: ship-by = ordered + this."
    )
    policy = models.ForeignKey(
        "orders.AllocationPolicy", on_delete=models.PROTECT, null=True, blank=True, related_name="channels"
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.code


class Listing(models.Model):
    """A product's name in a channel."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="listings")
    channel_sku = models.CharField(max_length=80)
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="listings")
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint("channel", Lower("channel_sku"), name="listing_channel_sku")]

    def __str__(self) -> str:
        return f"{self.channel_sku} #{self.pk}"
