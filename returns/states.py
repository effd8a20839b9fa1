"""What may happen to a return, line by line: where the goods are, what was decided, whether the money went back?"""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class RmaState(models.TextChoices):
    AUTHORIZED = "AUTHORIZED", "Authorised"
    RECEIVED = "RECEIVED", "Received"
    CLOSED = "CLOSED", "Closed"
    CANCELLED = "CANCELLED", "Cancelled"


RMA = Machine(
    document="returns.Rma",
    states=RmaState,
    initial=RmaState.AUTHORIZED,
    transitions={
        RmaState.AUTHORIZED: {RmaState.RECEIVED, RmaState.CANCELLED},
        RmaState.RECEIVED: {RmaState.CLOSED},
        RmaState.CLOSED: set(),
        RmaState.CANCELLED: set(),
    },
    owners={RmaState.AUTHORIZED: Role.WAREHOUSE, RmaState.RECEIVED: Role.WAREHOUSE},
)


class RmaLineState(models.TextChoices):
    AUTHORIZED = "AUTHORIZED", "Authorised"
    RECEIVED = "RECEIVED", "Received"
    INSPECTED = "INSPECTED", "Inspected"
    DISPOSED = "DISPOSED", "Disposed"
    CANCELLED = "CANCELLED", "Cancelled"


L = RmaLineState
RMA_LINE = Machine(
    document="returns.RmaLine",
    states=RmaLineState,
    initial=L.AUTHORIZED,
    transitions={
        L.AUTHORIZED: {L.RECEIVED, L.CANCELLED},
        L.RECEIVED: {L.INSPECTED},
        L.INSPECTED: {L.DISPOSED},
        L.DISPOSED: set(),
        L.CANCELLED: set(),
    },
    owners={L.AUTHORIZED: Role.WAREHOUSE, L.RECEIVED: Role.WAREHOUSE, L.INSPECTED: Role.WAREHOUSE},
    limits={L.AUTHORIZED: timedelta(days=14), L.RECEIVED: timedelta(days=2), L.INSPECTED: timedelta(days=1)},
)


class Disposition(models.TextChoices):
    RESTOCK = "RESTOCK", "Restock"
    REFURBISH = "REFURBISH", "Refurbish"
    QUARANTINE = "QUARANTINE", "Quarantine"
    LIQUIDATE = "LIQUIDATE", "Liquidate"
    SCRAP = "SCRAP", "Scrap"
    RETURN_TO_VENDOR = "RETURN_TO_VENDOR", "Return to vendor"


class ReturnReason(models.TextChoices):
    UNWANTED = "UNWANTED", "Changed mind"
    DAMAGED = "DAMAGED", "Arrived damaged"
    WRONG_ITEM = "WRONG_ITEM", "Wrong item"
    DEFECTIVE = "DEFECTIVE", "Defective"
    OTHER = "OTHER", "Other"


class RefundState(models.TextChoices):
    PENDING_APPROVAL = "PENDING_APPROVAL", "Pending approval"
    APPROVED = "APPROVED", "Approved"
    PAID = "PAID", "Paid"
    REJECTED = "REJECTED", "Rejected"


REFUND = Machine(
    document="returns.Refund",
    states=RefundState,
    initial=RefundState.PENDING_APPROVAL,
    transitions={
        RefundState.PENDING_APPROVAL: {RefundState.APPROVED, RefundState.REJECTED},
        RefundState.APPROVED: {RefundState.PAID},
        RefundState.PAID: set(),
        RefundState.REJECTED: set(),
    },
    owners={RefundState.PENDING_APPROVAL: Role.FINANCE, RefundState.APPROVED: Role.FINANCE},
)
