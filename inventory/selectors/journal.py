"""How far is the stock journal, and what has it moved since a sequence, so that a reader who follows it misses nothing?

Sequences are drawn before they are committed, so the newest one seen says nothing about smaller ones that are still in flight.
Every posting holds STOCK_JOURNAL (shared) from before it draws until it ends: when none of those who held it while a
sequence was read holds it any more, all up to that sequence is final. A reader looks, and looks again later; nobody waits.
"""

from __future__ import annotations

from typing import NamedTuple

from erp.core.locks import AdvisoryLock
from erp.core.sql import query

_HEAD = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM inventory_stockevent_sequence_seq"
_HOLDERS = (
    "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
    "AND (classid::bigint << 32 | objid::bigint) = %s AND pid <> pg_backend_pid() "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1"
)
# What may be sold is what is AVAILABLE: other moves change nothing for a channel.
_MOVED = (
    "SELECT DISTINCT product_id FROM inventory_stockmove WHERE event_id > %s "
    "AND (from_status = 'AVAILABLE' OR to_status = 'AVAILABLE') ORDER BY 1 LIMIT %s"
)


class JournalHead(NamedTuple):
    """The last sequence drawn, and the transactions that were writing to the journal right after that."""

    sequence: int
    holders: tuple[str, ...]


def journal_head() -> JournalHead:
    """This function will return how far the journal is: first the sequence, then who is still writing."""
    sequence: int = query(_HEAD)[0][0]
    return JournalHead(sequence, tuple(row[0] for row in query(_HOLDERS, [int(AdvisoryLock.STOCK_JOURNAL)])))


def products_moved(after: int, *, most: int) -> list[int] | None:
    """This function will return the products whose available stock moved after a sequence; None for more than `most`."""
    rows = query(_MOVED, [after, most + 1])
    return None if len(rows) > most else [product for (product,) in rows]
