"""What may happen to an order, a hold and an allocation, and what follows from an order's quantities?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, Protocol

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class OrderState(models.TextChoices):
    RECEIVED = "RECEIVED", "Received"
    ON_HOLD = "ON_HOLD", "On hold"
    CONFIRMED = "CONFIRMED", "Confirmed"
    ALLOCATED = "ALLOCATED", "Allocated"
    RELEASED = "RELEASED", "Released"
    SHIPPED = "SHIPPED", "Shipped"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"


S = OrderState
OPEN = (S.RECEIVED, S.ON_HOLD, S.CONFIRMED, S.ALLOCATED, S.RELEASED)
ALLOCATABLE = (S.CONFIRMED, S.ALLOCATED, S.RELEASED)

# The header says how far the order has come at all; "partly" and "backordered" are derived from its lines.
ORDER = Machine(
    document="orders.Order",
    states=OrderState,
    initial=S.RECEIVED,
    transitions={
        S.RECEIVED: {S.CONFIRMED, S.ON_HOLD, S.CANCELLED},
        S.ON_HOLD: {S.CONFIRMED, S.CANCELLED},
        S.CONFIRMED: {S.ALLOCATED, S.ON_HOLD, S.CANCELLED},
        S.ALLOCATED: {S.RELEASED, S.CONFIRMED, S.ON_HOLD, S.CANCELLED},
        S.RELEASED: {S.SHIPPED, S.ALLOCATED, S.CONFIRMED, S.CANCELLED},
        S.SHIPPED: {S.COMPLETED},
        S.COMPLETED: set(),
        S.CANCELLED: set(),
    },
    owners={
        S.RECEIVED: Role.OPERATIONS,
        S.ON_HOLD: Role.CUSTOMER_SERVICE,
        S.CONFIRMED: Role.OPERATIONS,
        S.ALLOCATED: Role.OPERATIONS,
        S.RELEASED: Role.WAREHOUSE,
    },
    limits={
        S.RECEIVED: timedelta(minutes=15),
        S.ON_HOLD: timedelta(hours=24),
        S.RELEASED: timedelta(hours=24),
    },
)


class HoldKind(models.TextChoices):
    PAYMENT = "PAYMENT", "Payment"
    FRAUD = "FRAUD", "Fraud"
    ADDRESS = "ADDRESS", "Address"
    CREDIT = "CREDIT", "Credit"
    PRICE = "PRICE", "Price"
    TAX = "TAX", "Tax"
    COMPLIANCE = "COMPLIANCE", "Compliance"
    DUPLICATE = "DUPLICATE", "Duplicate"
    MANUAL = "MANUAL", "Manual"


class HoldRelease(models.TextChoices):
    """What lets an order go on by itself; a person with the owner's role may always."""

    PERSON = "PERSON", "By a person"
    PAID = "PAID", "When the order is paid"
    CREDIT = "CREDIT", "When the customer is within credit again"
    ADDRESS = "ADDRESS", "When the address is deliverable"


class HoldState(models.TextChoices):
    OPEN = "OPEN", "Open"
    RELEASED = "RELEASED", "Released"
    REJECTED = "REJECTED", "Rejected"


HOLD = Machine(
    document="orders.Hold",
    states=HoldState,
    initial=HoldState.OPEN,
    transitions={
        HoldState.OPEN: {HoldState.RELEASED, HoldState.REJECTED},
        HoldState.RELEASED: set(),
        HoldState.REJECTED: set(),
    },
    limits={HoldState.OPEN: timedelta(hours=24)},
)


class AllocationState(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    CONSUMED = "CONSUMED", "Consumed"
    RELEASED = "RELEASED", "Released"


ALLOCATION = Machine(
    document="orders.Allocation",
    states=AllocationState,
    initial=AllocationState.ACTIVE,
    transitions={
        AllocationState.ACTIVE: {AllocationState.CONSUMED, AllocationState.RELEASED},
        AllocationState.CONSUMED: set(),
        AllocationState.RELEASED: set(),
    },
    audited=False,
)


class PolicyState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    PENDING_APPROVAL = "PENDING_APPROVAL", "Pending approval"
    ACTIVE = "ACTIVE", "In force"
    RETIRED = "RETIRED", "Retired"


POLICY = Machine(
    document="orders.AllocationPolicy",
    states=PolicyState,
    initial=PolicyState.DRAFT,
    transitions={
        PolicyState.DRAFT: {PolicyState.PENDING_APPROVAL, PolicyState.ACTIVE, PolicyState.RETIRED},
        PolicyState.PENDING_APPROVAL: {PolicyState.ACTIVE, PolicyState.DRAFT},
        PolicyState.ACTIVE: {PolicyState.RETIRED},
        PolicyState.RETIRED: set(),
    },
    owners={PolicyState.DRAFT: Role.OPERATIONS, PolicyState.PENDING_APPROVAL: Role.OPERATIONS},
)


class PromiseState(models.TextChoices):
    OPEN = "OPEN", "Open"
    KEPT = "KEPT", "Kept"
    LATE = "LATE", "Late"
    REPLACED = "REPLACED", "Replaced"
    CANCELLED = "CANCELLED", "Cancelled"


PROMISE = Machine(
    document="orders.Promise",
    states=PromiseState,
    initial=PromiseState.OPEN,
    transitions={
        PromiseState.OPEN: {
            PromiseState.KEPT,
            PromiseState.LATE,
            PromiseState.REPLACED,
            PromiseState.CANCELLED,
        },
        PromiseState.KEPT: set(),
        PromiseState.LATE: set(),
        PromiseState.REPLACED: set(),
        PromiseState.CANCELLED: set(),
    },
    owners={PromiseState.OPEN: Role.OPERATIONS},
)


class DropShipState(models.TextChoices):
    REQUESTED = "REQUESTED", "Requested"
    ORDERED = "ORDERED", "Ordered"
    SHIPPED = "SHIPPED", "Shipped"
    REFUSED = "REFUSED", "Refused"
    CANCELLED = "CANCELLED", "Cancelled"


# Refused: no supplier sends it, so the units want stock again. Cancelled: the customer does not want them any more.
DROP_SHIP_OPEN = (DropShipState.REQUESTED, DropShipState.ORDERED)
DROP_SHIP = Machine(
    document="orders.DropShip",
    states=DropShipState,
    initial=DropShipState.REQUESTED,
    transitions={
        DropShipState.REQUESTED: {DropShipState.ORDERED, DropShipState.REFUSED, DropShipState.CANCELLED},
        DropShipState.ORDERED: {DropShipState.SHIPPED, DropShipState.REFUSED, DropShipState.CANCELLED},
        DropShipState.SHIPPED: set(),
        DropShipState.REFUSED: set(),
        DropShipState.CANCELLED: set(),
    },
    owners={DropShipState.REQUESTED: Role.PROCUREMENT, DropShipState.ORDERED: Role.PROCUREMENT},
    limits={DropShipState.REQUESTED: timedelta(hours=4)},
)


class RehearsalState(models.TextChoices):
    PENDING = "PENDING", "Waiting"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


REHEARSAL = Machine(
    document="orders.Rehearsal",
    states=RehearsalState,
    initial=RehearsalState.PENDING,
    transitions={
        RehearsalState.PENDING: {RehearsalState.DONE, RehearsalState.FAILED},
        RehearsalState.FAILED: set(),
        RehearsalState.DONE: set(),
    },
)


class ReservationState(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    CONSUMED = "CONSUMED", "Ordered"
    EXPIRED = "EXPIRED", "Expired"
    RELEASED = "RELEASED", "Released"


RESERVATION = Machine(
    document="orders.Reservation",
    states=ReservationState,
    initial=ReservationState.ACTIVE,
    transitions={
        ReservationState.ACTIVE: {
            ReservationState.CONSUMED,
            ReservationState.EXPIRED,
            ReservationState.RELEASED,
        },
        ReservationState.CONSUMED: set(),
        ReservationState.EXPIRED: set(),
        ReservationState.RELEASED: set(),
    },
    limits={ReservationState.ACTIVE: timedelta(hours=6)},
)


class SubscriptionState(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused"
    CANCELLED = "CANCELLED", "Cancelled"
    ENDED = "ENDED", "Ended"


SUBSCRIPTION = Machine(
    document="orders.Subscription",
    states=SubscriptionState,
    initial=SubscriptionState.ACTIVE,
    transitions={
        SubscriptionState.ACTIVE: {
            SubscriptionState.PAUSED,
            SubscriptionState.CANCELLED,
            SubscriptionState.ENDED,
        },
        SubscriptionState.PAUSED: {
            SubscriptionState.ACTIVE,
            SubscriptionState.CANCELLED,
            SubscriptionState.ENDED,
        },
        SubscriptionState.CANCELLED: set(),
        SubscriptionState.ENDED: set(),
    },
    owners={SubscriptionState.PAUSED: Role.CUSTOMER_SERVICE},
)


class BreakerState(models.TextChoices):
    CLOSED = "CLOSED", "Answering"
    OPEN = "OPEN", "Not answering"
    HALF_OPEN = "HALF_OPEN", "Being tried"


BREAKER = Machine(
    document="orders.ChannelBreaker",
    states=BreakerState,
    initial=BreakerState.CLOSED,
    transitions={
        BreakerState.CLOSED: {BreakerState.OPEN},
        BreakerState.OPEN: {BreakerState.HALF_OPEN, BreakerState.CLOSED},
        BreakerState.HALF_OPEN: {BreakerState.CLOSED, BreakerState.OPEN},
    },
    owners={BreakerState.OPEN: Role.ADMIN},
)


class Quantities(Protocol):
    quantity_ordered: int
    quantity_allocated: int
    quantity_picked: int
    quantity_shipped: int
    quantity_cancelled: int
    quantity_returned: int


def derive_quantity_open(line: Quantities) -> int:
    """This function will return the units of a line that nobody has promised, shipped or cancelled yet."""
    return line.quantity_ordered - line.quantity_allocated - line.quantity_shipped - line.quantity_cancelled


class KitProgress(NamedTuple):
    """How many whole kits of an order kit are shippable (promised or gone already), shipped, cancelled."""

    shippable: int
    shipped: int
    cancelled: int

    @property
    def promised(self) -> int:
        """Whole kits that have stock and have not left."""
        return self.shippable - self.shipped


def derive_kit_progress(lines: Iterable[tuple[Quantities, int]]) -> KitProgress:
    """This function will return how far a kit is: the fewest whole kits that any of its (line, units per kit) makes."""
    found = [
        (
            (line.quantity_allocated + line.quantity_shipped) // per_kit,
            line.quantity_shipped // per_kit,
            line.quantity_cancelled // per_kit,
        )
        for line, per_kit in lines
    ]
    return KitProgress(*(min(counts) for counts in zip(*found, strict=True)))


def derive_progress(lines: Iterable[Quantities]) -> tuple[str, ...]:
    """This function will return what the header does not say: backordered, partly shipped, partly cancelled, returned."""
    lines = list(lines)
    shipped = sum(line.quantity_shipped for line in lines)
    left = sum(line.quantity_ordered - line.quantity_shipped - line.quantity_cancelled for line in lines)
    found = []
    if any(derive_quantity_open(line) > 0 for line in lines):
        found.append("backordered")
    if shipped and left:
        found.append("partly shipped")
    if any(line.quantity_cancelled for line in lines) and (shipped or left):
        found.append("partly cancelled")
    if any(line.quantity_returned for line in lines):
        found.append("returned")
    return tuple(found)
