"""Over what is a closed month sealed, and does the chain still hold?

seal = sha256(previous month's seal ‖ canonical text of this month's balances). Whoever changes a closed
figure would have to change every later seal too, and the seals are printed on the close's page and exports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from erp.core.sql import query


class Balance(NamedTuple):
    """What an account moved in a period and a currency: gross sides, in that currency and in base currency."""

    account_id: int
    code: str
    currency: str
    debit: Decimal
    credit: Decimal
    base_debit: Decimal
    base_credit: Decimal


_FROM_LINES = """
SELECT a.id, a.code, l.currency, sum(l.debit), sum(l.credit), sum(l.base_debit), sum(l.base_credit)
FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id JOIN ledger_account a ON a.id = l.account_id
WHERE e.posting_date BETWEEN %s AND %s GROUP BY a.id, a.code, l.currency ORDER BY a.code, l.currency
"""
_FROM_SNAPSHOT = """
SELECT a.id, a.code, b.currency, b.debit, b.credit, b.base_debit, b.base_credit
FROM ledger_periodbalance b JOIN ledger_account a ON a.id = b.account_id
WHERE b.period_id = %s AND b.revision = (SELECT max(revision) FROM ledger_periodbalance WHERE period_id = %s)
ORDER BY a.code, b.currency
"""


def period_balances(first: date, last: date) -> list[Balance]:
    """This function will return what each account moved between two days (both in), summed from the lines."""
    return [Balance(*row) for row in query(_FROM_LINES, [first, last])]


def snapshot_balances(period_id: int) -> list[Balance]:
    """This function will return the latest balances kept at a close of the period."""
    return [Balance(*row) for row in query(_FROM_SNAPSHOT, [period_id, period_id])]


def seal_of(previous: str, code: str, balances: Iterable[Balance]) -> str:
    """This function will return the seal of a period as 64 hex digits.

    The account's id stands for it, not its code: an account may be renamed after the close.
    """
    lines = [
        f"{row.account_id}|{row.currency}|{row.debit:.4f}|{row.credit:.4f}|{row.base_debit:.4f}|{row.base_credit:.4f}"
        for row in sorted(balances, key=lambda row: (row.account_id, row.currency))
    ]
    text = "\n".join([previous, code, *lines])
    return sha256(text.encode()).hexdigest()


def broken_seals() -> Sequence[tuple[str, str, str]]:
    """This function will recompute the whole chain from the kept balances and return (period, seal,
    recomputed) of each break.
    """
    broken, previous = [], ""
    for period_id, code, seal in query(
        "SELECT id, code, seal FROM ledger_period WHERE state = 'CLOSED' ORDER BY start_date"
    ):
        recomputed = seal_of(previous, code, snapshot_balances(period_id))
        if recomputed != seal:
            broken.append((code, seal, recomputed))
        previous = seal
    return broken
