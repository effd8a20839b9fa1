"""Which part of an order does one node fulfil, and how far is it?"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fulfillment.states import FULFILLMENT, FulfillmentState


class FulfillmentOrder(models.Model):
    """The part of an order that one node ships in one go."""

    MACHINE = FULFILLMENT

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="fulfillments")
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    pick_list = models.ForeignKey(
        "fulfillment.PickList", on_delete=models.PROTECT, null=True, blank=True, related_name="fulfillments"
    )
    state = models.CharField(max_length=20, choices=FulfillmentState, default=FulfillmentState.PLANNED)
    ship_by = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["node", "state", "ship_by"], name="fulfillment_node_state")]

    def __str__(self) -> str:
        return self.number


class FulfillmentLine(models.Model):
    """Units of one allocation inside a fulfilment order. picked + short <= quantity; shipped <= picked.

    An allocation stands on at most one line that is not cancelled: cancelling a fulfilment lets it be planned again.
    """

    FILLFACTOR = 60  # picked, then shipped

    fulfillment = models.ForeignKey(FulfillmentOrder, on_delete=models.PROTECT, related_name="lines")
    allocation = models.ForeignKey(
        "orders.Allocation", on_delete=models.PROTECT, db_index=False, related_name="fulfillment_lines"
    )
    # The allocation says both; `verify` proves the copies, and a check per row here would cost more than the row.
    order_line = models.ForeignKey(
        "orders.OrderLine", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    quantity = models.BigIntegerField()
    quantity_picked = models.BigIntegerField(default=0, db_default=0)
    quantity_short = models.BigIntegerField(default=0, db_default=0)
    quantity_shipped = models.BigIntegerField(default=0, db_default=0)
    is_cancelled = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["allocation"],
                condition=Q(is_cancelled=False),
                name="fulfillmentline_one_per_allocation",
            ),
            models.CheckConstraint(
                name="fulfillmentline_quantities",
                condition=Q(
                    quantity__gt=0,
                    quantity_picked__gte=0,
                    quantity_short__gte=0,
                    quantity_shipped__gte=0,
                    quantity__gte=F("quantity_picked") + F("quantity_short"),
                    quantity_shipped__lte=F("quantity_picked"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of fulfilment {self.fulfillment_id}"
