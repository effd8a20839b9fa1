"""What did a piece of work change, in words that people read?

Each app says in its `witnesses.py` which of its documents are worth a word, which tables' new rows point at them, and what such
a document looks like. Whoever wants to know what an act would do runs it, asks which documents it touched, and undoes it; the
difference of the pictures after and before is the answer. Rows of other transactions that commit meanwhile are not ours and are
left out: PostgreSQL says of each new row which transaction wrote it.
"""

# ruff: noqa: S608 — table and column names are the witnesses' own literals
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.module_loading import autodiscover_modules

from erp.core.models import StateChange
from erp.core.sql import query
from erp.core.state_machine import MACHINES

NAMED = 200  # so many documents of a kind are told one by one; what a message does beyond that nobody reads


@dataclass(frozen=True)
class Picture:
    """A document as people know it: its name, and what there is to say of it, each under its own name."""

    title: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Witness:
    """One kind of document. `tables`: table → column that holds the document's id (its own primary key included).

    `permission`: without it nobody is shown these effects.
    """

    label: str
    group: str
    tables: Mapping[str, str]
    picture: Callable[[Sequence[int]], dict[int, Picture]]
    permission: str = "core.view"
    order: int = 50


@dataclass(frozen=True)
class Change:
    what: str
    old: str
    new: str


@dataclass(frozen=True)
class Effect:
    """What becomes of one document: made (`is_new`) or changed, and in what."""

    label: str
    document_id: int
    group: str
    title: str
    is_new: bool
    permission: str
    changes: list[Change]

    def as_json(self) -> dict[str, Any]:
        """This function will return the effect as JSON can hold it."""
        return asdict(self)


_WITNESSES: dict[str, Witness] = {}
_loaded: list[bool] = []
OTHER = "Other steps"


def register_witness(witness: Witness) -> None:
    """This function will let effects on a kind of document be told."""
    _WITNESSES[witness.label] = witness


def witnesses() -> list[Witness]:
    """This function will return every kind of document that can be told of, in the order that people read them."""
    if not _loaded:
        autodiscover_modules("witnesses")
        _loaded.append(True)
    return sorted(_WITNESSES.values(), key=lambda witness: (witness.order, witness.label))


@dataclass(frozen=True)
class Mark:
    """Where each watched table ended before the act."""

    last: Mapping[str, int]


def effects_mark() -> Mark:
    """This function will note where the watched tables end. Call it in the transaction of the act, before the act."""
    tables = _tables()
    columns = ", ".join(
        f"(SELECT coalesce(max({_key(table)}), 0) FROM {table}) AS t{n}" for n, table in enumerate(tables)
    )
    (row,) = query(f"SELECT {columns}")
    return Mark(dict(zip(tables, row, strict=True)))


# A row is ours when the transaction that wrote it still runs and is this one or a savepoint of it. Those of others are seen
# only when they are over; so it is enough to ask whether it runs. Row versions keep 32 bits of a transaction's 64.
_OURS = (
    "CASE WHEN ((t.xmin::text::bigint - (x.own & 4294967295)) & 4294967295) < 2147483648 THEN pg_xact_status("
    "(x.own + ((t.xmin::text::bigint - (x.own & 4294967295)) & 4294967295))::text::xid8) = 'in progress' ELSE false END"
)


def effects_touched(mark: Mark, became: Iterable[str] = ()) -> dict[str, list[int]]:
    """This function will return which documents this transaction has touched since `mark`: label → ids.

    `became`: what the act itself says it is about ("orders.Order:17"); such a document may have changed without a new row.
    """
    found: dict[str, set[int]] = {}
    for label, _, number in (text.partition(":") for text in became):
        if number.isdigit():
            found.setdefault(label, set()).add(int(number))
    for label, pk in _new("core_statechange", "document_type", "document_id", mark=mark):
        found.setdefault(label, set()).add(pk)
    for witness in witnesses():
        for table, column in witness.tables.items():
            ids = {row[0] for row in _new(table, column, mark=mark) if row[0] is not None}
            found.setdefault(witness.label, set()).update(ids)
    return {label: sorted(ids) for label, ids in found.items() if ids}


def _new(table: str, *columns: str, mark: Mark) -> list[Sequence[Any]]:
    named = ", ".join(f"t.{column}" for column in columns)
    return list(
        query(
            f"SELECT DISTINCT {named} FROM {table} t, (SELECT pg_current_xact_id()::text::bigint AS own) x "
            f"WHERE t.{_key(table)} > %s AND {_OURS}",
            [mark.last[table]],
        )
    )


def _tables() -> list[str]:
    return sorted({"core_statechange", *(table for witness in witnesses() for table in witness.tables)})


def _key(table: str) -> str:
    return "sequence" if table == "inventory_stockevent" else "id"


def pictures(touched: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], Picture]:
    """This function will return what the touched documents look like now, those that are not there left out."""
    found: dict[tuple[str, int], Picture] = {}
    for witness in witnesses():
        named = list(touched.get(witness.label, ()))[:NAMED]
        if named:
            found |= {(witness.label, pk): picture for pk, picture in witness.picture(named).items()}
    for label, ids in touched.items():
        if label not in _WITNESSES and label in MACHINES:
            found |= {(label, pk): picture for pk, picture in _states(label, list(ids)[:NAMED]).items()}
    return found


def _states(label: str, ids: Sequence[int]) -> dict[int, Picture]:
    """A document that no app tells of is told by its state."""
    last = (
        StateChange.objects.filter(document_type=label, document_id__in=ids)
        .order_by("document_id", "-pk")
        .distinct("document_id")
        .values_list("document_id", "to_state")
    )
    words = dict(MACHINES[label].states.choices)
    name = label.partition(".")[2]
    return {pk: Picture(f"{name} #{pk}", {"state": str(words.get(state, state))}) for pk, state in last}


def effects_between(
    before: Mapping[tuple[str, int], Picture], after: Mapping[tuple[str, int], Picture]
) -> list[Effect]:
    """This function will return what became of each document, those that look as before left out."""
    known = {witness.label: witness for witness in witnesses()}
    order = {label: place for place, label in enumerate(known)}
    found = []
    for key, picture in sorted(after.items(), key=lambda item: (order.get(item[0][0], 999), item[0])):
        old = before.get(key)
        was = old.fields if old else {}
        names = [*picture.fields, *(name for name in was if name not in picture.fields)]
        changes = [
            Change(name, was.get(name, ""), picture.fields.get(name, ""))
            for name in names
            if was.get(name, "") != picture.fields.get(name, "")
        ]
        witness = known.get(key[0])
        if old is None or changes:
            group, permission = (witness.group, witness.permission) if witness else (OTHER, "core.view")
            found.append(Effect(*key, group, picture.title, old is None, permission, changes))
    return found


def rehearse(act: Callable[[], str]) -> tuple[str, list[Effect]]:
    """This function will run `act`, say what it became and what it changed, and undo all of it.

    What would only be refused at the commit is refused here too. Whatever the act raises is raised; it is undone then as well.
    Numbers that sequences gave out stay given out, as with any transaction that is undone.
    """
    with transaction.atomic():
        mark = effects_mark()
        point = transaction.savepoint()
        try:
            became = act()
            _check_now()
            touched = effects_touched(mark, became.split(", "))
            after = pictures(touched)
        finally:
            transaction.savepoint_rollback(point)
        return became, effects_between(pictures(touched), after)


def _check_now() -> None:
    """Deferred checks are made now: who is undone never reaches the commit that would make them.

    Undoing the savepoint also puts them off again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
