"""Who does the work of an import: the dry run, the writing, the taking back?

Each is a job of chunks that commit by themselves together with the place to go on from (`ImportRun.items_done`), so a worker
that dies in the middle of a chunk leaves whole chunks, and the next attempt neither repeats nor misses a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, Protocol

from django.core.files.storage import default_storage
from django.db import DataError, IntegrityError, transaction

from erp.core.errors import InvalidInput, KeelError, LostUpdate
from erp.core.imports.items import Keys, Source
from erp.core.imports.reader import Dialect
from erp.core.imports.target import (
    CHANGED,
    NEW,
    REFUSED,
    UNCHANGED,
    Done,
    Item,
    Plan,
    Problem,
    Scope,
    Target,
    require,
    target_of,
)  # fmt: skip
from erp.core.models import ImportRow, ImportRun, User
from erp.core.services.import_run import stored_name
from erp.core.services.progress import CancelRequested
from erp.core.services.state import change_state
from erp.core.sql import Statements, execute
from erp.core.states import ImportState
from erp.core.text import storable_json
from erp.core.work_registry import long_job

UNDO_BATCH = 200
_COLUMNS = {
    "run_id": "bigint", "is_trial": "boolean", "number": "integer", "action": "text", "key": "text", "subject_id": "bigint",
    "before": "jsonb", "after": "jsonb", "problems": "jsonb", "undo": "text", "undo_note": "text",
}  # fmt: skip
_ADVANCE = (
    "UPDATE core_importrun SET items_done = %s, count_new = count_new + %s, count_changed = count_changed + %s, "
    "count_unchanged = count_unchanged + %s, count_refused = count_refused + %s "
    "WHERE id = %s AND items_done = %s AND state = %s"
)
_Chunk = list[tuple[Item, InvalidInput | None]]


class Meter(Protocol):
    """What a job tells of its progress to: `erp.core.services.progress.Progress`, or a command's own."""

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None: ...

    def save(self, checkpoint: Any) -> None: ...


class _Rehearsed(Exception):
    """The dry run of a chunk is over: everything that it wrote is undone."""


@long_job
def import_check_run(*, run_id: int, progress: Meter, actor: User, at: datetime) -> dict[str, int]:
    """This function will do the dry run of an import; a file that can not be read to its end says so on the import."""
    try:
        _work(run_id, ImportState.CHECKING, progress, actor, at)
    except (CancelRequested, InvalidInput) as error:
        said = error.as_text() if isinstance(error, InvalidInput) else ""
        _settle(
            run_id, ImportState.CHECKING, ImportState.UPLOADED, "core.import_check_run", actor, at, error=said
        )
        if isinstance(error, CancelRequested):
            raise
        return {}
    return _settle(run_id, ImportState.CHECKING, ImportState.CHECKED, "core.import_check_run", actor, at)


@long_job
def import_commit_run(*, run_id: int, progress: Meter, actor: User, at: datetime) -> dict[str, int]:
    """This function will write the rows of an import, chunk by chunk, going on where an earlier attempt ended."""
    _work(run_id, ImportState.IMPORTING, progress, actor, at)
    with transaction.atomic():
        counts = _settle(
            run_id, ImportState.IMPORTING, ImportState.IMPORTED, "core.import_commit_run", actor, at
        )
        run = ImportRun.objects.get(pk=run_id)
        made = (
            run.rows.filter(is_trial=False, action=NEW)
            .order_by("number")
            .values_list("subject_id", flat=True)
        )
        ids = [subject_id for subject_id in made if subject_id is not None]
        target_of(run.kind).imported(ids, _scope(run, actor, at))
    return counts


@long_job
def import_undo_run(*, run_id: int, progress: Meter, actor: User, at: datetime) -> dict[str, int]:
    """This function will take back what an import wrote, the last row first, and name what it had to leave."""
    run = ImportRun.objects.get(pk=run_id)
    target = target_of(run.kind)
    require(target, actor=actor)
    rows = run.rows.filter(is_trial=False, action__in=[NEW, CHANGED])
    total, done = rows.count(), rows.exclude(undo="").count()
    while chunk := list(rows.filter(undo="").order_by("-number")[:UNDO_BATCH]):
        with transaction.atomic():
            progress.save({"undone": done + len(chunk)})
            _undo_chunk(run, target, chunk, _scope(run, actor, at))
        done += len(chunk)
        progress(done, total, "Taking back")
    return _settle(run_id, ImportState.UNDOING, ImportState.UNDONE, "core.import_undo_run", actor, at)


def _scope(run: ImportRun, actor: User, at: datetime) -> Scope:
    return Scope(run.options, actor, at, f"import #{run.pk}")


def _settle(
    run_id: int, source: ImportState, to: ImportState, action: str, actor: User, at: datetime, error: str = ""
) -> dict[str, int]:  # fmt: skip
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state == source:
            fields = {"error": error, "finished_at": None if to == ImportState.UPLOADED else at}
            change_state(run, to=to, actor=actor, at=at, action=action, fields=fields)
    names = ("count_new", "count_changed", "count_unchanged", "count_refused", "count_undone", "count_kept")
    return {name: getattr(run, name) for name in names}


def _work(run_id: int, state: ImportState, progress: Meter, actor: User, at: datetime) -> None:
    run = ImportRun.objects.get(pk=run_id)
    target = target_of(run.kind)
    require(target, actor=actor)
    source = Source(target, Dialect(**run.dialect), run.mapping)
    with default_storage.open(stored_name(run.file_hash)) as file:
        keys = source.keys(file)
        ImportRun.objects.filter(pk=run_id).update(row_count=keys.rows, item_count=keys.items)
        progress(run.items_done, keys.items, "Reading")
        done = run.items_done
        scope = _scope(run, actor, at)
        for ready in _ahead(_chunks(source, file, keys, done, target.batch), target, scope):
            with transaction.atomic():
                progress.save({"items": done + len(ready.items)})
                _chunk(run, target, ready, done, state, scope)
            done += len(ready.items)
            progress(done, keys.items, "Dry run" if state == ImportState.CHECKING else "Importing")


def _chunks(source: Source, file: Any, keys: Keys, skip: int, size: int) -> Iterator[_Chunk]:
    items = islice(source.items(file, keys), skip, None)
    while chunk := list(islice(items, size)):
        yield chunk


class _Ready(NamedTuple):
    """A chunk that was read, and its plans where they could be made ahead."""

    items: _Chunk
    plans: list[Plan] | None


def _ahead(chunks: Iterator[_Chunk], target: Target, scope: Scope) -> Iterator[_Ready]:
    """Read the next chunk, and plan it where that asks nothing of the database, while PostgreSQL works on this one."""

    def prepare() -> _Ready | None:
        chunk = next(chunks, None)
        if chunk is None:
            return None
        return _Ready(chunk, None if target.plan_reads else _planned(target, chunk, scope))

    with ThreadPoolExecutor(1, thread_name_prefix="import") as reader:
        coming = reader.submit(prepare)
        while (ready := coming.result()) is not None:
            coming = reader.submit(prepare)
            yield ready


def _chunk(
    run: ImportRun, target: Target, ready: _Ready, done: int, state: ImportState, scope: Scope
) -> None:
    is_trial = state == ImportState.CHECKING
    plans: list[Plan] = []
    try:
        with transaction.atomic():
            plans = _planned(target, ready.items, scope) if ready.plans is None else ready.plans
            _write(target, [plan for plan in plans if plan.action in (NEW, CHANGED)], scope)
            target.refused([plan for plan in plans if plan.action == REFUSED], scope)
            if is_trial:
                raise _Rehearsed
    except _Rehearsed:
        for plan in plans:
            plan.subject_id = plan.subject_id if plan.action in (CHANGED, UNCHANGED) else None
    _record(run, plans, is_trial)
    counts = [sum(plan.action == action for plan in plans) for action in (NEW, CHANGED, UNCHANGED, REFUSED)]
    if execute(_ADVANCE, [done + len(ready.items), *counts, run.pk, done, state]) != 1:
        raise LostUpdate(f"{run} went on elsewhere", field="import", remedy="Nothing is to be done.")


def _planned(target: Target, chunk: _Chunk, scope: Scope) -> list[Plan]:
    sound = iter(target.plan([item for item, fault in chunk if fault is None], scope))
    plans = []
    for item, fault in chunk:
        if fault is None:
            plans.append(next(sound))
            continue
        plan = Plan(item, item.values.get(target.key_columns[0], ""))
        plan.refuse(fault, column="")
        plans.append(plan)
    return plans


def _write(target: Target, plans: Sequence[Plan], scope: Scope) -> None:
    """Write them all; when a service refuses, find out which of them it means, and write the others."""
    if not plans:
        return
    try:
        with transaction.atomic():
            target.write(plans, scope)
        return
    except LostUpdate:
        raise
    except (KeelError, IntegrityError, DataError) as error:
        refusal = error if isinstance(error, KeelError) else _not_storable(error)
    if len(plans) == 1:
        plans[0].refuse(refusal)
        return
    middle = len(plans) // 2
    _write(target, plans[:middle], scope)
    _write(target, plans[middle:], scope)


def _not_storable(error: Exception) -> InvalidInput:
    return InvalidInput(
        f"it can not be stored: {str(error).splitlines()[0][:120]}",
        remedy="Correct the row and send it again.",
    )


def _record(run: ImportRun, plans: Sequence[Plan], is_trial: bool) -> None:
    batch = Statements()
    batch.insert("core_importrow", _COLUMNS, [_row(run.pk, plan, is_trial) for plan in plans])
    batch.run()


def _row(run_id: int, plan: Plan, is_trial: bool) -> tuple[Any, ...]:
    problems = [_problem(problem) for problem in plan.problems]
    shows = plan.action in (NEW, CHANGED)
    return (
        run_id, is_trial, plan.item.number, plan.action, str(storable_json(plan.key))[:200], plan.subject_id,
        json.dumps(storable_json(plan.before)) if plan.before and shows else "{}",
        json.dumps(storable_json(plan.after)) if plan.after and shows else "{}",
        json.dumps(storable_json(problems)) if problems else "[]", "", "",
    )  # fmt: skip


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "row": problem.row, "column": problem.column, "value": problem.value, "message": problem.message[:400],
        "remedy": problem.remedy[:400],
    }  # fmt: skip


def _undo_chunk(run: ImportRun, target: Target, rows: Sequence[ImportRow], scope: Scope) -> None:
    done = [
        Done(row.pk, row.number, row.key, row.action, row.subject_id or 0, row.before, row.after)
        for row in rows
    ]
    notes = dict(target.undo(done, scope))
    for row in rows:
        row.undo = "KEPT" if notes[row.pk] else "UNDONE"
        row.undo_note = notes[row.pk][:300]
    ImportRow.objects.bulk_update(rows, ["undo", "undo_note"])
    kept = sum(row.undo == "KEPT" for row in rows)
    execute(
        "UPDATE core_importrun SET count_undone = count_undone + %s, count_kept = count_kept + %s WHERE id = %s",
        [len(rows) - kept, kept, run.pk],
    )
