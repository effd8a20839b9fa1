"""Who takes the snapshot that as-of questions start from?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.locks import AdvisoryLock, advisory_lock
from erp.core.sql import execute, query


@transaction.atomic
def stock_snapshot_take(*, at: datetime) -> int:
    """This function will copy every level as of now and return the journal sequence it stands for.

    It waits for postings in flight and holds off new ones for the moment it takes, so every sequence up to its own is
    final. Taking one again at the same sequence changes nothing.
    """
    advisory_lock(AdvisoryLock.STOCK_JOURNAL)
    sequence: int = query("SELECT coalesce(max(sequence), 0) FROM inventory_stockevent")[0][0]
    execute(
        "INSERT INTO inventory_stocksnapshot (sequence, at, product_id, node_id, status, quantity) "
        "SELECT %s, %s, product_id, node_id, status, quantity FROM inventory_stocklevel WHERE quantity <> 0 "
        "ON CONFLICT DO NOTHING",
        [sequence, at],
    )
    return sequence
