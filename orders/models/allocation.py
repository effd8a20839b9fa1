"""Which stock is promised to which order line, by which policy, and why?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from erp.core.triggers import append_only
from orders.states import ALLOCATION, AllocationState


class AllocationDecision(models.Model):
    """Why an order's lines went where they went: candidates, scores, policy version, journal sequence. Append-only."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="decisions")
    policy = models.ForeignKey(
        "orders.AllocationPolicy", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    stock_sequence = models.BigIntegerField(
        null=True, help_text="StockEvent that wrote it; null when nothing could be assigned."
    )
    at = models.DateTimeField()
    explanation = models.JSONField(
        help_text="{policy, rule, strategy, wanted, nodes: [[node, units it covers, km, rank]] best first, "
        "lines: [[line, wanted, short, why?]], cost? (pence), refused?, split_refused?: [node], "
        "transfers?: [[line, from, to, units]], drop_ships?: [[line, units]], "
        "reason?}; the assignments are the stock moves of `stock_sequence`."
    )

    class Meta:
        triggers = [append_only("allocationdecision_append_only")]

    def __str__(self) -> str:
        return f"decision #{self.pk} for order {self.order_id}"


class Allocation(models.Model):
    """Units of a line promised from a node. Active until it is consumed by a shipment or released; each change happens once."""

    MACHINE = ALLOCATION

    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="allocations")
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    quantity = models.BigIntegerField()
    state = models.CharField(max_length=20, choices=AllocationState, default=AllocationState.ACTIVE)
    decision = models.ForeignKey(
        AllocationDecision, on_delete=models.PROTECT, db_index=False, related_name="allocations"
    )
    is_planned = models.BooleanField(default=False, help_text="A fulfilment order has taken it up.")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="allocation_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="allocation_closed_when_not_active",
                condition=Q(state=AllocationState.ACTIVE, closed_at__isnull=True)
                | ~Q(state=AllocationState.ACTIVE) & Q(closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "node"], condition=Q(state="ACTIVE"), name="allocation_active"),
        ]

    def __str__(self) -> str:
        return f"allocation #{self.pk}"
