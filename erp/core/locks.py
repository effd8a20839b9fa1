"""Which advisory locks are there, and in which order are locks taken?

Order everywhere: advisory key → orders by id → carts → transfer or purchase order → bins → stock levels by (product,
node, status) → expected supply by id → cost layers by (product, id) → number series last. Keys are never renumbered:
two releases may run side by side during a deploy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection

from erp.core.sql import execute, query


class AdvisoryLock(IntEnum):
    """The registry of advisory keys. Never reuse or renumber."""

    STOCK_JOURNAL = (
        1  # shared by every stock posting; exclusive for a snapshot, which must see no posting in flight
    )
    PERIOD_CLOSE = 2
    WORK_SWEEP = 3
    REPLENISHMENT = 4
    AVERAGE_POOL = 5
    DEMO_LOAD = 6
    EVENT_FEED = 7  # one gives events their numbers at a time


def advisory_lock(key: AdvisoryLock, *, shared: bool = False) -> None:
    """This function will take a transaction-scoped advisory lock and wait for it; RuntimeError outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("an advisory lock needs a transaction")
    execute(f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}(%s)", [int(key)])


def advisory_try_lock(key: AdvisoryLock) -> bool:
    """This function will take a transaction-scoped advisory lock if it is free and tell whether it got it."""
    return bool(query("SELECT pg_try_advisory_xact_lock(%s)", [int(key)])[0][0])


@contextmanager
def session_lock(key: AdvisoryLock) -> Iterator[bool]:
    """This function will hold a session-scoped advisory lock if it is free, and yield whether it got it.

    For a long command that commits many times; behind a transaction-pooling proxy use a transaction's lock instead.
    """
    got = bool(query("SELECT pg_try_advisory_lock(%s)", [int(key)])[0][0])
    try:
        yield got
    finally:
        if got:
            query("SELECT pg_advisory_unlock(%s)", [int(key)])
