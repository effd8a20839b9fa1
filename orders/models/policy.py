"""By which rules is stock promised, who approved them, and what does freight cost?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from orders.states import POLICY, PolicyState


class AllocationPolicy(models.Model):
    """How orders get stock: rules in order, the first that fits decides. A change is a new, approved version."""

    MACHINE = POLICY
    SEQUENCES = [
        ("SHIP_BY", "Earliest ship-by first"),
        ("ORDERED", "Oldest order first"),
        ("VALUE", "Dearest order first"),
        ("MARGIN", "Highest margin first"),
    ]

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=80)
    sequence = models.CharField(
        max_length=10, choices=SEQUENCES, default="SHIP_BY",
        help_text="Who is served first when stock is scarce, after the order's priority. The default policy's counts.",
    )  # fmt: skip
    state = models.CharField(max_length=20, choices=PolicyState, default=PolicyState.DRAFT)
    note = models.CharField(max_length=300, blank=True, help_text="Why this version.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(db_default=models.functions.Now())
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="allocationpolicy_version"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(state=PolicyState.ACTIVE), name="allocationpolicy_one_active"
            ),
        ]
        verbose_name_plural = "allocation policies"

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class AllocationRule(models.Model):
    """Conditions and what holds under them. Rules change with their policy's version only."""

    STRATEGIES = [
        ("PRIORITY", "Node rank"),
        ("NEAREST", "Nearest node first"),
        ("FASTEST", "Shortest way first"),
        ("FEWEST_SPLITS", "Fewest parcels"),
        ("CHEAPEST", "Cheapest: freight and handling"),
        ("WEIGHTED", "Freight, parcels, distance and days, weighted"),
        ("BALANCE", "Fullest node first"),
    ]

    policy = models.ForeignKey(AllocationPolicy, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    conditions = models.JSONField(
        default=dict, blank=True,
        help_text="channels, countries, segments, tiers: lists; min_total, max_total: amounts; min_priority. Empty = all.",
    )  # fmt: skip
    strategy = models.CharField(max_length=16, choices=STRATEGIES)
    allow_split = models.BooleanField(default=True, help_text="An order may ship from several nodes.")
    allow_backorder = models.BooleanField(
        default=True, help_text="What is short waits; otherwise the order waits whole."
    )
    allow_transfer = models.BooleanField(
        default=False, help_text="A sister node that may not ship it sends it to one that may."
    )
    allow_substitution = models.BooleanField(default=False, help_text="What is short is replaced by rule.")
    allow_dropship = models.BooleanField(
        default=False, help_text="What is short is ordered to the customer's door."
    )
    max_shipments = models.PositiveSmallIntegerField(default=0, help_text="Parcels per order; 0 = no limit.")
    split_worth = models.PositiveSmallIntegerField(
        default=0,
        help_text="A further parcel must carry goods worth this percentage of its freight; 0 = any.",
    )
    weight_parcel = models.DecimalField(
        max_digits=9, decimal_places=2, default=0, help_text="Per parcel, base currency."
    )
    weight_distance = models.DecimalField(max_digits=9, decimal_places=2, default=0, help_text="Per 100 km.")
    weight_day = models.DecimalField(
        max_digits=9, decimal_places=2, default=0, help_text="Per day on the way."
    )
    nodes = models.ManyToManyField(
        "inventory.Node", blank=True, related_name="+", help_text="None chosen = every node."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="allocationrule_position"),
        ]

    def __str__(self) -> str:
        return f"rule #{self.pk} of policy {self.policy_id}"

    @property
    def condition_words(self) -> list[str]:
        """The conditions as a page says them: "tiers KEY", "order total from 50"."""
        words = {
            "min_total": "order total from", "max_total": "order total to", "min_priority": "priority from",
            "channels": "channels", "countries": "countries", "segments": "segments", "tiers": "tiers",
        }  # fmt: skip
        return [
            f"{words[key]} {', '.join(value) if isinstance(value, list) else value}"
            for key, value in self.conditions.items()
        ]


class FreightRate(models.Model):
    """What a parcel from a node to a country costs, and how long it takes. Blank country = every other one."""

    node = models.ForeignKey("inventory.Node", on_delete=models.CASCADE, related_name="freight_rates")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2; blank = any other.")
    base = models.DecimalField(max_digits=9, decimal_places=2, help_text="Per parcel, base currency.")
    per_kg = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    days = models.PositiveSmallIntegerField(default=2, help_text="On the way.")
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "country"], name="freightrate_once"),
            models.CheckConstraint(name="freightrate_amounts", condition=Q(base__gte=0, per_kg__gte=0)),
        ]

    def __str__(self) -> str:
        return f"freight rate #{self.pk}"
