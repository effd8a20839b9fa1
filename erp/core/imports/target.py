"""What must an app say about a kind of file, so that the machine can check it, write it and take it back?

An app subclasses `Target` in `<app>/imports/<noun>.py` and registers it. `plan` reads and never writes; `write` calls services
of the app and nothing else; `undo` says of each row whether it could be taken back and if not, why.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.apps import apps

from erp.core.errors import InvalidInput, KeelError, PermissionRefused
from erp.core.models import User

NEW, CHANGED, UNCHANGED, REFUSED = "NEW", "CHANGED", "UNCHANGED", "REFUSED"


@dataclass(frozen=True)
class Column:
    """A column of a kind of file. `kind`: text, whole, decimal, day, moment, flag. `aliases` are headers that mean it, too."""

    name: str
    label: str
    kind: str = "text"
    is_required: bool = False
    aliases: tuple[str, ...] = ()
    help_text: str = ""
    example: str = ""


@dataclass(frozen=True)
class Option:
    """What must be chosen beside the file: the channel of orders, the list of prices."""

    name: str
    label: str
    choices: Callable[[], Sequence[tuple[str, str]]]
    is_required: bool = True
    help_text: str = ""


@dataclass(frozen=True)
class Item:
    """One thing of the file: a row, or all rows of one document. `rows` are (row number, column → text)."""

    rows: Sequence[tuple[int, Mapping[str, str]]]

    @property
    def number(self) -> int:
        return self.rows[0][0]

    @property
    def values(self) -> Mapping[str, str]:
        return self.rows[0][1]


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what to do about it."""

    row: int
    column: str
    value: str
    message: str
    remedy: str

    @classmethod
    def of(cls, item: Item, error: KeelError) -> Problem:
        """This function will say where in the file a service's refusal lies: at the column of the same name, if there is one."""
        column = error.field.rsplit(".", 1)[-1]
        value = item.values.get(column, "")
        return cls(item.number, column, value[:80], error.message, error.remedy)


@dataclass
class Plan:
    """What would become of an item. `before` and `after` hold the fields that differ; `payload` is for `write`."""

    item: Item
    key: str = ""
    action: str = NEW
    subject_id: int | None = None
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    payload: Any = None
    is_kept: bool = False  # a service that refused it has kept the raw input

    def refuse(self, error: KeelError, *, row: int | None = None, column: str | None = None) -> None:
        """This function will note what is wrong with the item: it will not be written."""
        found = Problem.of(self.item, error)
        if row is not None or column is not None:
            number, name = row or found.row, found.column if column is None else column
            value = next((values.get(name, "") for n, values in self.item.rows if n == number), "")
            found = Problem(number, name, value[:80], error.message, error.remedy)
        self.problems.append(found)
        self.action = REFUSED


@dataclass(frozen=True)
class Scope:
    """What an import runs under: the chosen options, who acts, when, and the import's own name for the history."""

    options: Mapping[str, str]
    actor: User
    at: datetime
    name: str


@dataclass(frozen=True)
class Done:
    """A row that an import wrote, as it remembers it."""

    row_id: int
    number: int
    key: str
    action: str
    subject_id: int
    before: Mapping[str, str]
    after: Mapping[str, str]


# (row id, "" when it was taken back, else why not)
Undone = tuple[int, str]


class Target:
    """A kind of file. `key_columns` make an item's natural key; `grouped` says that rows of one key are one item."""

    kind: ClassVar[str]
    label: ClassVar[str]
    noun: ClassVar[str] = "row"
    help_text: ClassVar[str] = ""
    permission: ClassVar[str]
    view_permission: ClassVar[str]
    document: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    key_columns: ClassVar[tuple[str, ...]]
    grouped: ClassVar[bool] = False
    options: ClassVar[tuple[Option, ...]] = ()
    batch: ClassVar[int] = 500
    plan_reads: ClassVar[bool] = (
        True  # False: `plan` asks the database nothing, so it may be done ahead in another thread
    )

    def plan(self, items: Sequence[Item], scope: Scope) -> list[Plan]:
        """This function will say of every item what would become of it, in a constant number of queries."""
        raise NotImplementedError

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        """This function will write plans that are NEW or CHANGED by services and set their `subject_id`.

        A KeelError undoes all of them; a plan that only now turns out to be refused is refused in place.
        """
        raise NotImplementedError

    def undo(self, rows: Sequence[Done], scope: Scope) -> list[Undone]:
        """This function will take rows back as far as nothing else has happened since, newest first."""
        raise NotImplementedError

    def refused(self, plans: Sequence[Plan], scope: Scope) -> None:
        """This function will keep what was refused where people look for it, if the kind has such a place."""

    def imported(self, subject_ids: Sequence[int], scope: Scope) -> None:
        """This function will pass on what an import has made, once it is over and in its transaction, if anybody waits for it."""

    def key_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """This function will return the natural key of a row as two rows of a file compare."""
        return tuple(values[name].casefold() for name in self.key_columns)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """This function will return a column by its name."""
        return next((column for column in self.columns if column.name == name), None)


_TARGETS: dict[str, Target] = {}


def register_target(target: Target) -> None:
    """This function will make a kind of file known to the machine."""
    _TARGETS[target.kind] = target


@cache
def _load() -> None:
    """A worker has no URLs: whoever asks first imports what the apps registered."""
    for config in apps.get_app_configs():
        name = f"{config.name}.imports"
        if config.name == "erp.core" or importlib.util.find_spec(name) is None:
            continue
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{name}.{module.name}")


def targets() -> list[Target]:
    """This function will return every kind of file, in the order of their labels."""
    _load()
    return sorted(_TARGETS.values(), key=lambda target: target.label)


def target_of(kind: str) -> Target:
    """This function will return a kind of file; InvalidInput when there is none."""
    _load()
    if kind not in _TARGETS:
        raise InvalidInput(
            f"“{kind[:40]}” is no kind of import", field="kind", remedy=f"One of: {', '.join(sorted(_TARGETS))}."
        )  # fmt: skip
    return _TARGETS[kind]


def require(target: Target, *, actor: User) -> None:
    """This function will refuse an actor whose role does not cover the kind of file; programs may do all of them."""
    if not actor.is_system and not actor.may(target.permission):
        raise PermissionRefused(
            f"{actor} may not import {target.label.lower()}", field="kind", remedy="Ask somebody who may."
        )
