"""Why was this much of this product suggested on this day?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from erp.core.triggers import append_only


class ReplenishmentRule(models.Model):
    """How much is enough: the terms of a replenishment run, as data. A changed rule is a new version."""

    code = models.CharField(max_length=30, default="reorder-point")
    version = models.PositiveIntegerField(default=1)
    service_level = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        default="0.9500",
        help_text="Wanted chance that a lead time passes without a shortage.",
    )
    window_days = models.PositiveSmallIntegerField(
        default=28, help_text="Days of demand looked at, the latest weigh most."
    )
    review_days = models.PositiveSmallIntegerField(
        default=7, help_text="An order covers the lead time and this many days."
    )
    is_automatic = models.BooleanField(
        default=True, help_text="The daily run drafts purchase orders right away."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="replenishmentrule_version"),
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="replenishmentrule_one_active"
            ),
            models.CheckConstraint(
                name="replenishmentrule_terms",
                condition=Q(
                    service_level__gte="0.5",
                    service_level__lt=1,
                    window_days__gte=7,
                    window_days__lte=365,
                    review_days__gte=1,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}/{self.version}"


class ReplenishmentDecision(models.Model):
    """One product's answer of a replenishment run, with every figure it was computed from. Append-only."""

    run_date = models.DateField()
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="replenishments")
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    rule = models.CharField(max_length=40, help_text="Rule and version, e.g. reorder-point/1.")
    stock_sequence = models.BigIntegerField(help_text="Journal sequence it looked at.")
    daily_velocity = models.DecimalField(max_digits=12, decimal_places=4)
    lead_time_days = models.PositiveSmallIntegerField()
    safety_stock = models.BigIntegerField()
    reorder_point = models.BigIntegerField()
    position = models.BigIntegerField(help_text="On hand + on order − backordered.")
    quantity = models.BigIntegerField(help_text="Suggested, after minimum and pack size.")
    supplier = models.ForeignKey(
        "procurement.Supplier", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    unit_cost = models.DecimalField(max_digits=19, decimal_places=4, help_text="Supplier's currency.")
    explanation = models.JSONField(
        default=dict, help_text="The other figures: demand, deviation, supply, terms."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "node", "run_date", "rule"], name="replenishment_once")
        ]
        indexes = [models.Index(fields=["node", "-run_date"], name="replenishment_latest")]
        triggers = [append_only("replenishment_append_only")]

    def __str__(self) -> str:
        return f"replenishment #{self.pk}"
