"""What may happen to a purchase order and to a supplier's invoice?"""

from __future__ import annotations

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class PurchaseOrderState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    PENDING_APPROVAL = "PENDING_APPROVAL", "Pending approval"
    APPROVED = "APPROVED", "Approved"
    SENT = "SENT", "Sent to supplier"
    RECEIVED = "RECEIVED", "Received"
    CLOSED = "CLOSED", "Closed"
    CANCELLED = "CANCELLED", "Cancelled"


P = PurchaseOrderState
INBOUND = (P.APPROVED, P.SENT)
PURCHASE_ORDER = Machine(
    document="procurement.PurchaseOrder",
    states=PurchaseOrderState,
    initial=P.DRAFT,
    transitions={
        P.DRAFT: {P.PENDING_APPROVAL, P.APPROVED, P.CANCELLED},
        P.PENDING_APPROVAL: {P.APPROVED, P.DRAFT, P.CANCELLED},
        P.APPROVED: {P.SENT, P.CANCELLED},
        P.SENT: {P.RECEIVED, P.CANCELLED},
        P.RECEIVED: {P.CLOSED},
        P.CLOSED: set(),
        P.CANCELLED: set(),
    },
    owners={
        P.DRAFT: Role.PROCUREMENT,
        P.PENDING_APPROVAL: Role.FINANCE,
        P.APPROVED: Role.PROCUREMENT,
        P.SENT: Role.WAREHOUSE,
        P.RECEIVED: Role.FINANCE,
    },
)


class SupplierInvoiceState(models.TextChoices):
    RECEIVED = "RECEIVED", "Received"
    MATCHED = "MATCHED", "Matched and posted"
    DISPUTED = "DISPUTED", "Disputed"
    PAID = "PAID", "Paid"


V = SupplierInvoiceState
SUPPLIER_INVOICE = Machine(
    document="procurement.SupplierInvoice",
    states=SupplierInvoiceState,
    initial=V.RECEIVED,
    transitions={
        V.RECEIVED: {V.MATCHED, V.DISPUTED},
        V.DISPUTED: {V.MATCHED},
        V.MATCHED: {V.PAID},
        V.PAID: set(),
    },
    owners={V.RECEIVED: Role.FINANCE, V.DISPUTED: Role.PROCUREMENT, V.MATCHED: Role.FINANCE},
)
