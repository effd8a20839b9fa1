"""What of the books waits for somebody?"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from ledger.models import ManualEntry, Period
from ledger.states import ManualEntryState, PeriodState


def _to_close(user: Any) -> int:
    return Period.objects.filter(end_date__lt=timezone.localdate()).exclude(state=PeriodState.CLOSED).count()


def _waiting(user: Any) -> int:
    return ManualEntry.objects.filter(state=ManualEntryState.PENDING_APPROVAL).count()


register_queue(
    Queue(
        "ledger.to_close", "Months to close", "ledger:period_list", count=_to_close, icon="lock",
        query="state=OPEN&state=CLOSING&state=REOPENED", roles=frozenset({Role.FINANCE}), text="They are over and not closed",
    )
)  # fmt: skip
register_queue(
    Queue(
        "ledger.by_hand", "Entries by hand to approve", "ledger:manual_entry_list", count=_waiting, icon="pencil-line",
        query="state=PENDING_APPROVAL", roles=frozenset({Role.FINANCE}), text="Written by one, approved by another",
    )
)  # fmt: skip
