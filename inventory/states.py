"""Which statuses can stock be in, and what may happen to a transfer or an adjustment?"""

from __future__ import annotations

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class StockStatus(models.TextChoices):
    """The status part of a bucket. The last four are the outside world."""

    AVAILABLE = "AVAILABLE", "Available"
    RESERVED = "RESERVED", "Reserved"
    ALLOCATED = "ALLOCATED", "Allocated"
    PICKED = "PICKED", "Picked"
    QUARANTINE = "QUARANTINE", "Quarantine"
    DAMAGED = "DAMAGED", "Damaged"
    RETURN_PENDING = "RETURN_PENDING", "Return pending"
    IN_TRANSIT = "IN_TRANSIT", "In transit"
    SUPPLIER = "SUPPLIER", "Supplier"
    CUSTOMER = "CUSTOMER", "Customer"
    SHRINKAGE = "SHRINKAGE", "Shrinkage"
    ASSEMBLY = "ASSEMBLY", "Assembly"


S = StockStatus
OUTSIDE = frozenset({S.SUPPLIER, S.CUSTOMER, S.SHRINKAGE, S.ASSEMBLY})
PHYSICAL = frozenset(set(StockStatus) - OUTSIDE)
ON_HAND = frozenset(PHYSICAL - {S.IN_TRANSIT})
# Which condition a status has in a bin: a promise (RESERVED, ALLOCATED) does not move goods.
# PICKED and IN_TRANSIT are in no bin.
BIN_STATUS: dict[str, str] = {
    S.AVAILABLE: S.AVAILABLE,
    S.RESERVED: S.AVAILABLE,
    S.ALLOCATED: S.AVAILABLE,
    S.QUARANTINE: S.QUARANTINE,
    S.DAMAGED: S.DAMAGED,
    S.RETURN_PENDING: S.RETURN_PENDING,
}


class TransferState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    IN_TRANSIT = "IN_TRANSIT", "In transit"
    RECEIVED = "RECEIVED", "Received"
    CANCELLED = "CANCELLED", "Cancelled"


T = TransferState
TRANSFER = Machine(
    document="inventory.Transfer",
    states=TransferState,
    initial=T.DRAFT,
    transitions={
        T.DRAFT: {T.IN_TRANSIT, T.CANCELLED},
        T.IN_TRANSIT: {T.RECEIVED},
        T.RECEIVED: set(),
        T.CANCELLED: set(),
    },
    owners={T.DRAFT: Role.OPERATIONS, T.IN_TRANSIT: Role.WAREHOUSE},
)


class AdjustmentState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    PENDING_APPROVAL = "PENDING_APPROVAL", "Pending approval"
    POSTED = "POSTED", "Posted"
    REJECTED = "REJECTED", "Rejected"


A = AdjustmentState
ADJUSTMENT = Machine(
    document="inventory.Adjustment",
    states=AdjustmentState,
    initial=A.DRAFT,
    transitions={
        A.DRAFT: {A.PENDING_APPROVAL, A.POSTED, A.REJECTED},
        A.PENDING_APPROVAL: {A.POSTED, A.REJECTED},
        A.POSTED: set(),
        A.REJECTED: set(),
    },
    owners={A.DRAFT: Role.WAREHOUSE, A.PENDING_APPROVAL: Role.OPERATIONS},
)


class AdjustmentReason(models.TextChoices):
    COUNT = "COUNT", "Count variance"
    DAMAGED = "DAMAGED", "Damaged"
    LOST = "LOST", "Lost or stolen"
    FOUND = "FOUND", "Found"
    SAMPLE = "SAMPLE", "Sample or giveaway"
    DISPOSAL = "DISPOSAL", "Thrown away"
    OPENING = "OPENING", "Opening stock"
    OTHER = "OTHER", "Other (see note)"
