"""Where can stock be: which nodes does the company run, and which bins are in them?"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from mptt.models import MPTTModel, TreeForeignKey
from simple_history.models import HistoricalRecords


class Node(models.Model):  # type: ignore[django-manager-missing]  # mptt names its manager at run time
    """A place that holds stock and can ship: warehouse, store or third-party logistics provider."""

    DROPSHIP = "DROPSHIP"  # no place: what suppliers send straight to customers passes through it on paper
    KINDS = [("WAREHOUSE", "Warehouse"), ("STORE", "Store"), ("TPL", "3PL"), (DROPSHIP, "Drop-ship")]

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=KINDS)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2.")
    latitude = models.DecimalField(max_digits=9, decimal_places=6, default=0)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, default=0)
    can_ship = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(
        default=100, help_text="Lower is preferred when everything else is equal."
    )
    handling_cost = models.DecimalField(
        max_digits=9, decimal_places=4, default=0, help_text="Per order, base currency."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.code


class Location(MPTTModel):
    """A zone, aisle or bin inside a node. Stock lies in bins; a picker passes them in `walk_order`."""

    KINDS = [("ZONE", "Zone"), ("AISLE", "Aisle"), ("BIN", "Bin"), ("DOCK", "Dock"), ("STAGE", "Staging")]

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="locations")
    parent = TreeForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField(max_length=40, help_text="Scanned; unique in the company.", unique=True)
    kind = models.CharField(max_length=6, choices=KINDS)
    walk_order = models.PositiveIntegerField(default=0)
    is_pickable = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords(excluded_fields=["lft", "rght", "tree_id", "level"])

    class Meta:
        constraints = [models.CheckConstraint(name="location_code_not_blank", condition=~Q(code=""))]
        indexes = [models.Index(fields=["node", "walk_order"], name="location_walk")]

    def __str__(self) -> str:
        return self.code
