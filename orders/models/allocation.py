"""Which stock is promised to which order line, by which policy, and why?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from erp.core.triggers import append_only
from orders.states import ALLOCATION, AllocationState


class AllocationPolicy(models.Model):
    """How nodes are chosen: a strategy with weights, as data. A changed policy is a new version."""

    STRATEGIES = [
        ("PRIORITY", "Node rank"),
        ("NEAREST", "Nearest node first"),
        ("FEWEST_SPLITS", "Fewest shipments"),
        ("BALANCE", "Fullest node first"),
    ]

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=80)
    strategy = models.CharField(max_length=16, choices=STRATEGIES)
    allow_split = models.BooleanField(default=True, help_text="A line or order may ship from several nodes.")
    allow_backorder = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="allocationpolicy_version")]
        verbose_name_plural = "allocation policies"

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class AllocationDecision(models.Model):
    """Why an order's lines went where they went: candidates, scores, policy version, journal sequence. Append-only."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="decisions")
    policy = models.ForeignKey(AllocationPolicy, on_delete=models.PROTECT, db_index=False, related_name="+")
    stock_sequence = models.BigIntegerField(
        null=True, help_text="StockEvent that wrote it; null when nothing could be assigned."
    )
    at = models.DateTimeField()
    explanation = models.JSONField(
        help_text="{policy, strategy, wanted, nodes: [[node, units it covers, km, rank]] best first, "
        "lines: [[line, wanted, short]], refused?}; the assignments are the allocations that point here."
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
