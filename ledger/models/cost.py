"""What did the goods on hand cost, and which cost left with which goods?

`CostMovement` is the append-only journal of cost; `CostLayer` is its projection: what each receipt has left,
in units and in money, so that rounding never leaks (the last unit out takes the remaining value).
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from erp.core.triggers import append_only


class ValuationMethod(models.TextChoices):
    FIFO = "FIFO", "First in, first out"
    AVERAGE = "AVERAGE", "Moving average"


class CostLayer(models.Model):
    """A receipt's cost (FIFO), or a product's single pool (AVERAGE). Base currency; company-wide, not per node."""

    product_id = models.BigIntegerField()
    method = models.CharField(max_length=8, choices=ValuationMethod)
    received_at = models.DateTimeField()
    quantity_in = models.BigIntegerField()
    value_in = models.DecimalField(
        max_digits=19, decimal_places=4, help_text="As received; true-ups are movements."
    )
    quantity_left = models.BigIntegerField()
    value_left = models.DecimalField(max_digits=19, decimal_places=4)
    source_type = models.CharField(max_length=60)
    source_id = models.BigIntegerField()
    # Indexes on `quantity_left > 0` itself would make every issue a new index entry; this changes once, when
    # the layer empties.
    is_open = models.GeneratedField(
        expression=Q(quantity_left__gt=0),  # type: ignore[arg-type]  # Q compiles; the stubs want an Expression
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="costlayer_left_within_in",
                condition=Q(quantity_left__gte=0, quantity_left__lte=F("quantity_in"), value_left__gte=0),
            ),
            models.CheckConstraint(
                name="costlayer_empty_has_no_value", condition=~Q(quantity_left=0) | Q(value_left=0)
            ),
            models.UniqueConstraint(
                fields=["product_id"],
                condition=Q(method=ValuationMethod.AVERAGE),
                name="costlayer_one_average_pool",
            ),
        ]
        indexes = [
            models.Index(fields=["product_id", "id"], condition=Q(is_open=True), name="costlayer_open"),
            models.Index(fields=["source_type", "source_id"], name="costlayer_source"),
        ]

    def __str__(self) -> str:
        return f"layer #{self.pk} of product {self.product_id}"


class CostMovement(models.Model):
    """Units and value into (positive) or out of (negative) a layer, for one document line. Append-only."""

    layer = models.ForeignKey(CostLayer, on_delete=models.PROTECT, related_name="movements")
    product_id = models.BigIntegerField()
    quantity = models.BigIntegerField(help_text="Signed units; 0 for a value-only true-up.")
    value = models.DecimalField(max_digits=19, decimal_places=4, help_text="Signed, base currency.")
    source_type = models.CharField(max_length=60)
    source_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["source_type", "source_id"], name="costmovement_source"),
            BrinIndex(fields=["at"], name="costmovement_at", autosummarize=True),
        ]
        triggers = [append_only("costmovement_append_only")]

    def __str__(self) -> str:
        return f"cost movement #{self.pk}"
