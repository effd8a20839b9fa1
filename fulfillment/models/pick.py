"""What does a picker take from which bin, in which order, and what was scanned?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from fulfillment.states import PICK_LIST, PickListState, PickTaskState, ScanOutcome, derive_task_state


class PickList(models.Model):
    """A walk through one node for one or more fulfilment orders."""

    MACHINE = PICK_LIST

    number = models.CharField(max_length=20, unique=True)
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=PickListState, default=PickListState.OPEN)
    picker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.number


class PickTaskQuerySet(models.QuerySet["PickTask"]):
    def open(self) -> PickTaskQuerySet:
        """This function will keep the tasks that a picker still has to do."""
        return self.filter(closed_at__isnull=True)


class PickTask(models.Model):
    """Take `quantity` of a product (and lot) out of one bin. `position` is the walk order within the list.

    A task has no state of its own: it follows from what was taken (`fulfillment.states.derive_task_state`), and
    the stock journal says who took it. While it is open the bin keeps its units back (BinStock.quantity_allocated).
    """

    pick_list = models.ForeignKey(PickList, on_delete=models.PROTECT, related_name="tasks")
    line = models.ForeignKey("fulfillment.FulfillmentLine", on_delete=models.PROTECT, related_name="tasks")
    # Read off a bin that is locked while the task is written, and proven by `verify`: no check per row.
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    position = models.PositiveIntegerField()
    quantity = models.BigIntegerField()
    quantity_picked = models.BigIntegerField(default=0, db_default=0)
    short_reason = models.CharField(max_length=120, blank=True, default="", db_default="")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Picked, short or cancelled.")

    objects = PickTaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="picktask_quantities",
                condition=Q(quantity__gt=0, quantity_picked__gte=0, quantity_picked__lte=F("quantity")),
            ),
            models.CheckConstraint(
                name="picktask_open_or_settled",
                condition=Q(closed_at__isnull=True, quantity_picked=0, short_reason="")
                | Q(closed_at__isnull=False)
                & (
                    Q(short_reason="") & (Q(quantity_picked=0) | Q(quantity_picked=F("quantity")))
                    | ~Q(short_reason="") & Q(quantity_picked__lt=F("quantity"))
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "location"], condition=Q(closed_at__isnull=True), name="picktask_open"
            ),
        ]

    def __str__(self) -> str:
        return f"pick task #{self.pk}"

    @property
    def state(self) -> PickTaskState:
        return derive_task_state(self)


class PickScan(models.Model):
    """A scan as the handheld sent it. The client's id makes a double scan or a replay one scan."""

    client_id = models.UUIDField(unique=True)
    task = models.ForeignKey(PickTask, on_delete=models.PROTECT, null=True, related_name="scans")
    pick_list = models.ForeignKey(PickList, on_delete=models.PROTECT, related_name="scans")
    code = models.CharField(max_length=200)
    outcome = models.CharField(max_length=20, choices=ScanOutcome)
    message = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"scan {self.client_id}"
