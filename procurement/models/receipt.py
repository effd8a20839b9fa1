"""What arrived, when, in which bin, at which cost?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from erp.core.triggers import append_only


class GoodsReceipt(models.Model):
    """The fact that goods of a purchase order arrived. It exists once it happened; it never changes."""

    number = models.CharField(max_length=20, unique=True)
    purchase_order = models.ForeignKey(
        "procurement.PurchaseOrder", on_delete=models.PROTECT, related_name="receipts"
    )
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, related_name="+")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    stock_sequence = models.BigIntegerField()
    value = models.DecimalField(max_digits=19, decimal_places=4, help_text="Base currency.")

    class Meta:
        indexes = [models.Index(fields=["-received_at"], name="goodsreceipt_received")]
        triggers = [append_only("goodsreceipt_append_only")]

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(models.Model):
    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.PROTECT, related_name="lines")
    purchase_order_line = models.ForeignKey(
        "procurement.PurchaseOrderLine", on_delete=models.PROTECT, related_name="receipt_lines"
    )
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    status = models.CharField(
        max_length=14,
        default="AVAILABLE",
        choices=[("AVAILABLE", "Available"), ("QUARANTINE", "Quarantine"), ("DAMAGED", "Damaged")],
    )
    quantity = models.BigIntegerField()
    value = models.DecimalField(max_digits=19, decimal_places=4, help_text="Base currency.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="goodsreceiptline_quantity", condition=Q(quantity__gt=0, value__gte=0)
            )
        ]
        triggers = [append_only("goodsreceiptline_append_only")]

    def __str__(self) -> str:
        return f"line #{self.pk} of receipt {self.receipt_id}"
