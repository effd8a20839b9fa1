"""How are sets written in a constant number of statements and one round trip?

The journals are written by SQL over whole sets: PostgreSQL takes a column of values as one array, and several statements
travel together. `Statements` collects them; `demand` makes PostgreSQL itself insist on the row count, so that a lost
update can not pass in the middle of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from erp.core.errors import KeelError, LostUpdate

Row = Sequence[Any]
# What PostgreSQL refuses → the typed error a person gets, given PostgreSQL's own detail. Keys: the first argument of
# `keel_refuse`, or the name of a constraint (or of a trigger that raises with CONSTRAINT = its name).
REFUSALS: dict[str, Callable[[str], KeelError]] = {}


def refusal(error: DatabaseError) -> KeelError | None:
    """This function will return the typed error behind a database error, or None when it is not one we foresaw."""
    cause = error.__cause__
    code, said = getattr(cause, "pgcode", None), getattr(cause, "diag", None)
    if code is None or said is None:
        return None
    if code == "KL001":
        return LostUpdate(str(error).split("\n", 1)[0], remedy="Load the record again and retry.")
    key = said.message_primary if code == "KL002" else said.constraint_name
    factory = REFUSALS.get(key or "")
    return factory(said.message_detail or said.message_primary or "") if factory else None


def _text(value: object) -> str:
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _plain(value: object) -> str:
    return str(value)


def _boolean(value: object) -> str:
    return "t" if value else "f"


def _moment(value: object) -> str:
    assert isinstance(value, (datetime, date))
    return f'"{value.isoformat()}"'


_ENCODERS = {
    "bigint": _plain,
    "integer": _plain,
    "smallint": _plain,
    "numeric": _plain,
    "boolean": _boolean,
    "timestamptz": _moment,
    "date": _moment,
}


def array(values: Iterable[Any], kind: str) -> str:
    """This function will return a PostgreSQL array literal of `values` (None → NULL) to be cast to `kind[]`.

    One literal parses in microseconds where ARRAY[…] of thousands of elements would build thousands of parse nodes.
    """
    encode = _ENCODERS.get(kind, _text)
    return "{" + ",".join(["NULL" if value is None else encode(value) for value in values]) + "}"


def unnest(columns: Mapping[str, str], rows: Sequence[Row], alias: str = "v") -> tuple[str, list[str]]:
    """This function will return `unnest(…) AS alias(columns)` with its parameters; `columns` maps name → PostgreSQL type."""
    parts = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    names = ", ".join(columns)
    data: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(columns)
    parameters = [array(values, kind) for values, kind in zip(data, columns.values(), strict=True)]
    return f"unnest({parts}) AS {alias}({names})", parameters


def insert(
    table: str, columns: Mapping[str, str], rows: Sequence[Row], suffix: str = ""
) -> tuple[str, list[Any]]:
    """This function will return an INSERT of `rows` into `table` (trusted names) with its parameters."""
    source, parameters = unnest(columns, rows)
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {source} {suffix}", parameters  # noqa: S608


class Statements:
    """Statements that travel to PostgreSQL together, in order, inside the caller's transaction."""

    def __init__(self, using: str = DEFAULT_DB_ALIAS) -> None:
        self.using = using
        self._parts: list[tuple[str, Sequence[Any]]] = []

    def add(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """This function will append a statement; nothing is sent before `run`."""
        self._parts.append((sql, parameters))

    def insert(self, table: str, columns: Mapping[str, str], rows: Sequence[Row], suffix: str = "") -> None:
        """This function will append an INSERT of `rows`, or nothing when there are none."""
        if rows:
            self.add(*insert(table, columns, rows, suffix))

    def demand(self, sql: str, parameters: Sequence[Any], expected: int, what: str) -> None:
        """This function will append a data-modifying statement that must touch exactly `expected` rows.

        `sql` must end in RETURNING 1 (any column) and may not start with WITH: data-modifying CTEs live at the top level,
        which `demand_last` is for. LostUpdate naming `what` otherwise.
        """
        self.demand_last(f"WITH touched AS ({sql})", "touched", parameters, expected, what)

    def demand_last(self, ctes: str, last: str, parameters: Sequence[Any], expected: int, what: str) -> None:
        """This function will append `ctes` (WITH …) whose CTE `last` must have exactly `expected` rows."""
        self.add(
            f"{ctes} SELECT keel_demand(count(*), %s, %s) FROM {last}",  # noqa: S608
            [*parameters, expected, what],
        )

    def run(self) -> list[Row]:
        """This function will send all statements in one round trip and return the last one's rows, if it has any."""
        if not self._parts:
            return []
        with connections[self.using].cursor() as cursor:
            statement = ";\n".join(sql for sql, _ in self._parts)
            parameters = [value for _, values in self._parts for value in values]
            self._parts.clear()
            try:
                cursor.execute(statement, parameters or None)
            except DatabaseError as error:
                typed = refusal(error)
                if typed is None:
                    raise
                raise typed from error
            return list(cursor.fetchall()) if cursor.description else []


def query(
    sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), using: str = DEFAULT_DB_ALIAS
) -> list[Row]:
    """This function will return all rows of one statement."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall())


def execute(
    sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), using: str = DEFAULT_DB_ALIAS
) -> int:
    """This function will run one statement and return the number of rows it touched."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.rowcount


def reserve_ids(counts: Mapping[str, int], using: str = DEFAULT_DB_ALIAS) -> dict[str, list[int]]:
    """This function will draw `counts[table]` new ids for each table in one round trip, ascending.

    Knowing the ids beforehand lets a whole document graph travel in one batch of statements. Gaps are harmless: these ids
    carry no meaning, the gapless numbers are `erp.core.services.number`'s.
    """
    wanted = [(table, count) for table, count in counts.items() if count]
    found: dict[str, list[int]] = {table: [] for table in counts}
    if not wanted:
        return found
    parts = " UNION ALL ".join(
        f"SELECT '{table}', array_agg(nextval(pg_get_serial_sequence('{table}', '{_key(table)}')::regclass)) "  # noqa: S608
        "FROM generate_series(1, %s)"
        for table, _ in wanted
    )
    for table, ids in query(parts, [count for _, count in wanted], using):
        found[table] = sorted(ids)
    return found


def _key(table: str) -> str:
    return "sequence" if table == "inventory_stockevent" else "id"


def cents(value: Decimal | None) -> str | None:
    """This function will return a decimal as PostgreSQL's numeric input, without an exponent."""
    return None if value is None else format(value, "f")
