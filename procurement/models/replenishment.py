"""Why was this much of this product suggested on this day?"""

from __future__ import annotations

from django.db import models

from erp.core.triggers import append_only


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
    explanation = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "node", "run_date", "rule"], name="replenishment_once")
        ]
        triggers = [append_only("replenishment_append_only")]

    def __str__(self) -> str:
        return f"replenishment #{self.pk}"
