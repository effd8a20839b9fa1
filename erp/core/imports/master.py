"""How are rows of master data compared with what there is, written, and put back as they were?

A kind of master data says how to find its rows, how a file's row and one of ours read as text per field, and which services
write, restore and take back. A blank cell leaves what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from erp.core.errors import InvalidInput, KeelError
from erp.core.imports.target import CHANGED, NEW, UNCHANGED, Done, Item, Plan, Scope, Target, Undone
from erp.core.imports.values import shown

Value = TypeVar("Value")
Row = Any


def take(plan: Plan, read: Callable[[], Value], default: Value) -> Value:
    """This function will return what `read` reads, or note why not and return `default`: all that is wrong is said at once."""
    try:
        return read()
    except KeelError as error:
        plan.refuse(error)
        return default


class MasterTarget(Target):
    """Override the hooks; `fields` are the names that a diff shows and an undo compares."""

    def look_up(self, items: Sequence[Item], scope: Scope) -> Any:
        """This function will read all that planning these items needs, in a constant number of queries."""
        raise NotImplementedError

    def find(self, item: Item, context: Any) -> Row | None:
        """This function will return the row of ours that has the item's natural key."""
        raise NotImplementedError

    def read(self, plan: Plan, row: Row | None, context: Any, scope: Scope) -> Any:
        """This function will return the draft that the item describes, noting on the plan whatever is wrong."""
        raise NotImplementedError

    def texts(self, draft: Any) -> dict[str, str]:
        """This function will return a draft field by field, as text."""
        raise NotImplementedError

    def row_texts(self, row: Row) -> dict[str, str]:
        """This function will return one of our rows field by field, as text: the same text for the same value."""
        raise NotImplementedError

    def rows(self, ids: Sequence[int]) -> Mapping[int, Row]:
        """This function will return our rows by id, with what `row_texts` reads."""
        raise NotImplementedError

    def restore(self, row: Row, before: Mapping[str, str], scope: Scope) -> None:
        """This function will write the former values of one row by a service; KeelError when that can not be."""
        raise NotImplementedError

    def take_back(self, ids: Sequence[int], scope: Scope) -> dict[int, str]:
        """This function will remove rows that nothing refers to, and say of the others why they stay."""
        raise NotImplementedError

    def plan(self, items: Sequence[Item], scope: Scope) -> list[Plan]:
        context = self.look_up(items, scope) if items else None
        return [self._plan(item, context, scope) for item in items]

    def _plan(self, item: Item, context: Any, scope: Scope) -> Plan:
        plan = Plan(item, " · ".join(item.values[name] for name in self.key_columns if item.values[name]))
        row = self.find(item, context)
        draft = self.read(plan, row, context, scope)
        if plan.problems:
            return plan
        after = self.texts(draft)
        plan.payload, plan.action = draft, NEW
        plan.after = {name: text for name, text in after.items() if text}
        if row is not None:
            before = self.row_texts(row)
            plan.subject_id = row.pk
            plan.after = {name: text for name, text in after.items() if text != before[name]}
            plan.before = {name: before[name] for name in plan.after}
            plan.action = CHANGED if plan.after else UNCHANGED
        return plan

    def undo(self, rows: Sequence[Done], scope: Scope) -> list[Undone]:
        there = self.rows([row.subject_id for row in rows])
        notes: dict[int, str] = {}
        fresh: dict[int, int] = {}
        for row in rows:
            current = there.get(row.subject_id)
            if current is None:
                notes[row.row_id] = "" if row.action == NEW else "it is gone"
                continue
            notes[row.row_id] = self._since(row, current)
            if notes[row.row_id]:
                continue
            if row.action == NEW:
                fresh[row.subject_id] = row.row_id
            else:
                notes[row.row_id] = _refusal(partial(self.restore, current, row.before, scope))
        if fresh:
            kept = self.take_back(list(fresh), scope)
            notes |= {row_id: kept.get(subject, "") for subject, row_id in fresh.items()}
        return list(notes.items())

    def _since(self, row: Done, current: Row) -> str:
        """What somebody changed after the import, of the fields that it wrote."""
        now = self.row_texts(current)
        for name, text in row.after.items():
            if now.get(name, "") != text:
                return f"{name} was changed since: it is “{now.get(name, '')[:60]}” now"
        return ""


def _refusal(call: Callable[[], None]) -> str:
    try:
        call()
    except KeelError as error:
        return error.as_text()
    return ""


def texts_of(source: Any, names: Sequence[str]) -> dict[str, str]:
    """This function will return attributes of a row or a draft as text."""
    return {name: shown(getattr(source, name)) for name in names}


def unknown(what: str, value: str, field: str, remedy: str) -> InvalidInput:
    """This function will return the error of a reference that means nothing here."""
    return InvalidInput(f"there is no {what} “{value[:40]}”", field=field, remedy=remedy)
