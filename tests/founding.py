"""Answers: how does every test get the same company without founding it anew, statement by statement?

The second time that a process founds it, the rows it consists of are kept as JSON; from then on a test gets those very rows
in one round trip. Sequences do not roll back, so their keys are never given out again. The first time is plain: a script
founds once, beside workers that write as well.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import transaction

from erp.core.sql import Statements, query

T = TypeVar("T")
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
 ORDER BY 1
"""
# Whoever was here before, a worker or another fixture, left one of these: then it is founded as the first time.
_EMPTY = "SELECT (SELECT count(*) FROM core_user), (SELECT count(*) FROM auth_group), (SELECT count(*) FROM inventory_node)"


@dataclass
class Founded(Generic[T]):
    """Something that `found` creates in an empty database, and how to have it again in as empty a one."""

    found: Callable[[], T]
    _times: int = 0
    _result: T | None = None
    _rows: dict[str, str] | None = None
    _emptiness: tuple[int, ...] = ()

    def again(self) -> T:
        """Return it, with its rows in the current transaction."""
        emptiness = tuple(query(_EMPTY)[0])
        self._times += 1
        if self._times == 1:
            return self.found()
        if self._rows is None or self._result is None:
            return self._keep(emptiness)
        if emptiness != self._emptiness:
            return self.found()
        batch = Statements()
        batch.add("SET LOCAL session_replication_role = replica")  # they were checked the first time
        for table, rows in self._rows.items():
            batch.add(
                f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", %s)', [rows]
            )
        batch.add("SET LOCAL session_replication_role = origin")
        with transaction.atomic():
            batch.run()
        return deepcopy(self._result)

    def _keep(self, emptiness: tuple[int, ...]) -> T:
        before = _content()
        self._result = self.found()
        rows = {}
        for table, now in _content().items():
            assert before[table] <= now, f"founding changes rows of {table}"
            if new := now - before[table]:
                rows[table] = f"[{','.join(sorted(new))}]"
        self._rows, self._emptiness = rows, emptiness
        return deepcopy(self._result)


def _content() -> dict[str, set[str]]:
    return {
        table: {row for (row,) in query(f'SELECT to_json(t)::text FROM "{table}" t')}
        for (table,) in query(_TABLES)
    }
