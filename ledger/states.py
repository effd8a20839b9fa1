"""What may happen to an accounting period, and to an entry written by hand?"""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from erp.core.roles import Role
from erp.core.state_machine import Machine


class PeriodState(models.TextChoices):
    OPEN = "OPEN", "Open"
    CLOSING = "CLOSING", "Closing"
    CLOSED = "CLOSED", "Closed"
    REOPENED = "REOPENED", "Reopened"


P = PeriodState
POSTABLE = (P.OPEN, P.CLOSING, P.REOPENED)
PERIOD = Machine(
    document="ledger.Period",
    states=PeriodState,
    initial=P.OPEN,
    transitions={
        P.OPEN: {P.CLOSING},
        P.CLOSING: {P.OPEN, P.CLOSED},
        P.CLOSED: {P.REOPENED},
        P.REOPENED: {P.CLOSING},
    },
    owners=dict.fromkeys(PeriodState, Role.FINANCE),
)


class ManualEntryState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    PENDING_APPROVAL = "PENDING_APPROVAL", "Waiting for approval"
    POSTED = "POSTED", "Posted"
    REJECTED = "REJECTED", "Rejected"


M = ManualEntryState
MANUAL_ENTRY = Machine(
    document="ledger.ManualEntry",
    states=ManualEntryState,
    initial=M.DRAFT,
    transitions={
        M.DRAFT: {M.PENDING_APPROVAL, M.POSTED},
        M.PENDING_APPROVAL: {M.POSTED, M.REJECTED},
        M.POSTED: set(),
        M.REJECTED: set(),
    },
    owners={M.DRAFT: Role.FINANCE, M.PENDING_APPROVAL: Role.FINANCE},
    limits={M.PENDING_APPROVAL: timedelta(days=2)},
)
