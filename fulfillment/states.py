"""What may happen to a fulfilment order, a pick list, a pick task and a shipment?"""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class FulfillmentState(models.TextChoices):
    PLANNED = "PLANNED", "Planned"
    RELEASED = "RELEASED", "Released"
    PICKING = "PICKING", "Picking"
    PICKED = "PICKED", "Picked"
    PACKED = "PACKED", "Packed"
    SHIPPED = "SHIPPED", "Shipped"
    DELIVERED = "DELIVERED", "Delivered"
    SHORT = "SHORT", "Short"
    CANCELLED = "CANCELLED", "Cancelled"


F = FulfillmentState
OPEN = (F.PLANNED, F.RELEASED, F.PICKING, F.PICKED, F.PACKED)
FULFILLMENT = Machine(
    document="fulfillment.FulfillmentOrder",
    states=FulfillmentState,
    initial=F.PLANNED,
    transitions={
        F.PLANNED: {F.RELEASED, F.CANCELLED},
        F.RELEASED: {F.PICKING, F.PICKED, F.SHORT, F.CANCELLED},
        F.PICKING: {F.PICKED, F.SHORT, F.CANCELLED},
        F.PICKED: {F.PACKED, F.CANCELLED},
        F.PACKED: {F.SHIPPED, F.CANCELLED},
        F.SHIPPED: {F.DELIVERED},
        F.DELIVERED: set(),
        F.SHORT: set(),
        F.CANCELLED: set(),
    },
    owners={
        F.PLANNED: Role.OPERATIONS,
        **dict.fromkeys((F.RELEASED, F.PICKING, F.PICKED, F.PACKED), Role.WAREHOUSE),
    },
    limits={F.RELEASED: timedelta(hours=8), F.PICKING: timedelta(hours=4), F.PICKED: timedelta(hours=4)},
)


class PickListState(models.TextChoices):
    OPEN = "OPEN", "Open"
    PICKING = "PICKING", "Picking"
    DONE = "DONE", "Done"
    CANCELLED = "CANCELLED", "Cancelled"


PICK_LIST = Machine(
    document="fulfillment.PickList",
    states=PickListState,
    initial=PickListState.OPEN,
    transitions={
        PickListState.OPEN: {PickListState.PICKING, PickListState.DONE, PickListState.CANCELLED},
        PickListState.PICKING: {PickListState.DONE, PickListState.CANCELLED},
        PickListState.DONE: set(),
        PickListState.CANCELLED: set(),
    },
    owners={PickListState.OPEN: Role.WAREHOUSE, PickListState.PICKING: Role.WAREHOUSE},
)


class PickTaskState(models.TextChoices):
    OPEN = "OPEN", "Open"
    PICKED = "PICKED", "Picked"
    SHORT = "SHORT", "Short"
    CANCELLED = "CANCELLED", "Cancelled"


PICK_TASK = Machine(
    document="fulfillment.PickTask",
    states=PickTaskState,
    initial=PickTaskState.OPEN,
    transitions={
        PickTaskState.OPEN: {PickTaskState.PICKED, PickTaskState.SHORT, PickTaskState.CANCELLED},
        PickTaskState.PICKED: set(),
        PickTaskState.SHORT: set(),
        PickTaskState.CANCELLED: set(),
    },
)
