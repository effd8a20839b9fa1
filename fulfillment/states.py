"""What may happen to a fulfilment order and a pick list, and what do quantities say about a pick task?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

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


class TaskQuantities(Protocol):
    quantity: int
    quantity_picked: int
    short_reason: str
    closed_at: datetime | None


def derive_task_state(task: TaskQuantities) -> PickTaskState:
    """This function will return what a pick task's quantities say about it."""
    if task.closed_at is None:
        return PickTaskState.OPEN
    if task.short_reason:
        return PickTaskState.SHORT
    return PickTaskState.PICKED if task.quantity_picked else PickTaskState.CANCELLED


class ScanOutcome(models.TextChoices):
    """What a scan turned out to be. Only the first two did anything."""

    BIN_OK = "BIN_OK", "Right bin"
    PICKED = "PICKED", "Picked"
    WRONG_BIN = "WRONG_BIN", "Wrong bin"
    WRONG_PRODUCT = "WRONG_PRODUCT", "Wrong product"
    BIN_FIRST = "BIN_FIRST", "Scan the bin first"
    UNKNOWN = "UNKNOWN", "Unknown code"
    TASK_CLOSED = "TASK_CLOSED", "Task already done"


def derive_fulfillment_state(*, open_tasks: int, quantity_picked: int) -> FulfillmentState:
    """This function will return how far picking has brought a fulfilment order that was released."""
    if open_tasks:
        return F.PICKING
    return F.PICKED if quantity_picked else F.SHORT
