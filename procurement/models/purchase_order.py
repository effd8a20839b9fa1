"""What have we ordered from whom, for when, and who approved it?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from procurement.states import PURCHASE_ORDER, PurchaseOrderState


class PurchaseOrder(models.Model):
    """An order to a supplier for delivery at one node. PostgreSQL refuses a maker who approves above the threshold."""

    MACHINE = PURCHASE_ORDER

    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey(
        "procurement.Supplier", on_delete=models.PROTECT, related_name="purchase_orders"
    )
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=PurchaseOrderState, default=PurchaseOrderState.DRAFT)
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(
        max_digits=18,
        decimal_places=8,
        default=1,
        help_text="Base currency per unit of this order's currency, from order to payment.",
    )
    total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    expected_date = models.DateField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    needs_approval = models.BooleanField(default=False, help_text="Total at or above the policy's threshold.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    customer_order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="purchase_orders",
        help_text="A drop-ship: the supplier sends it to this order's customer.",
    )  # fmt: skip
    ship_to = models.CharField(
        max_length=400,
        blank=True,
        default="",
        db_default="",
        help_text="The customer's address when it was written.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="purchaseorder_four_eyes",
                condition=Q(needs_approval=False)
                | Q(state__in=["DRAFT", "PENDING_APPROVAL", "CANCELLED"])
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("created_by"))),
            ),
            models.CheckConstraint(name="purchaseorder_amounts", condition=Q(rate__gt=0, total__gte=0)),
        ]
        indexes = [models.Index(fields=["state", "expected_date"], name="purchaseorder_due")]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    purchase_order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="purchase_lines")
    quantity_ordered = models.BigIntegerField()
    quantity_received = models.BigIntegerField(default=0)
    quantity_invoiced = models.BigIntegerField(default=0)
    unit_cost = models.DecimalField(max_digits=19, decimal_places=4)
    decision = models.ForeignKey(
        "procurement.ReplenishmentDecision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "position"], name="purchaseorderline_position"),
            models.CheckConstraint(
                name="purchaseorderline_quantities",
                condition=Q(
                    quantity_ordered__gt=0,
                    quantity_received__gte=0,
                    quantity_invoiced__gte=0,
                    quantity_invoiced__lte=F("quantity_received"),
                    unit_cost__gte=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of purchase order {self.purchase_order_id}"
