"""What may happen to an accounting period?"""

from __future__ import annotations

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
