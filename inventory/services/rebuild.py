"""Do the projections still say what the journal says, and who is told when they do not?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from erp.core.locks import AdvisoryLock, advisory_lock
from erp.core.models import User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from erp.core.sql import query
from inventory.invariants import BIN_DRIFT, LEVEL_DRIFT


class Drift(NamedTuple):
    """A projection row that differs from the journal; `place` names node and status, or bin and condition."""

    sku: str
    place: str
    journal: int
    projection: int


@transaction.atomic
def stock_rebuild_check(*, actor: User, at: datetime) -> list[Drift]:
    """This function will compare every level and bin with the journal and open one STOCK_DRIFT case per difference.

    It changes no level: a drift is a fault to be understood, and is corrected by an adjustment. No posting is in flight
    while it looks.
    """
    advisory_lock(AdvisoryLock.STOCK_JOURNAL)
    drifts = [Drift(sku, f"{node} {status}", int(journal), int(level))
              for sku, node, status, journal, level in query(LEVEL_DRIFT)]  # fmt: skip
    drifts += [Drift(sku, f"{bin_code} {status}", int(journal), int(quantity))
               for sku, bin_code, _, status, journal, quantity in query(BIN_DRIFT)]  # fmt: skip
    exception_open_many(
        [
            CaseDraft(
                "STOCK_DRIFT", "inventory.StockLevel", f"{drift.sku} {drift.place}",
                f"{drift.sku} at {drift.place}: the journal says {drift.journal}, the projection {drift.projection}",
                drift._asdict(),
            )
            for drift in drifts
        ],
        actor=actor,
        at=at,
    )  # fmt: skip
    return drifts
