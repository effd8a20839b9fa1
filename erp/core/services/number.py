"""Which number does the next document of a gapless series get?"""

from __future__ import annotations

from django.db import connection

from erp.core.sql import query


def number_take(code: str, count: int = 1) -> list[str]:
    """This function will draw `count` consecutive numbers of series `code`, e.g. ["JE-000041", "JE-000042"].

    The series' row stays locked until the transaction ends, so take numbers last; a rollback gives them back, which is what
    makes the series gapless. RuntimeError outside a transaction, LookupError for an unknown series.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a number is taken inside the transaction that uses it")
    rows = query(
        "UPDATE core_numberseries SET next_number = next_number + %s WHERE code = %s RETURNING next_number, prefix, padding",
        [count, code],
    )
    if not rows:
        raise LookupError(f"there is no number series {code!r}")
    following, prefix, padding = rows[0]
    return [f"{prefix}{number:0{padding}d}" for number in range(following - count, following)]
