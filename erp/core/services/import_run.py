"""Who takes a file in, says what its columns mean, and starts, stops and takes back its import?

The work itself is three jobs in `erp.core.services.import_job`. The same file for the same purpose is one import: sent again
it is found, not done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from erp.core.imports.mapping import check_mapping, guess_mapping, header_hash
from erp.core.imports.reader import DELIMITERS, ENCODINGS, Dialect, check_size, inspect
from erp.core.imports.target import Target, require, target_of
from erp.core.imports.values import COMMA, POINT
from erp.core.models import ImportRun, User
from erp.core.services.state import change_state, record_creation
from erp.core.services.work import job_enqueue
from erp.core.states import IMPORT_OPEN, IMPORT_OVER, WORK_OPEN, ImportState
from erp.core.text import storable

FOLDER = "imports"
STEPS = {
    ImportState.CHECKING: "core.import_check_run", ImportState.IMPORTING: "core.import_commit_run",
    ImportState.UNDOING: "core.import_undo_run",
}  # fmt: skip


@dataclass(frozen=True)
class ImportDraft:
    """A file as it arrived, and what was chosen beside it."""

    kind: str
    file: IO[bytes]
    name: str
    options: Mapping[str, str] = field(default_factory=dict)


def stored_name(file_hash: str) -> str:
    """This function will return where the file with this hash lies in MEDIA_ROOT."""
    return f"{FOLDER}/{file_hash[:2]}/{file_hash}"


def import_upload(draft: ImportDraft, *, actor: User, at: datetime) -> tuple[ImportRun, bool]:
    """This function will keep a file and say what it is; returns the import and whether it is new.

    A file that is on its way already is found. Conflict when it was imported before: `detail["run"]` is that import.
    InvalidInput when it can not be read.
    """
    target = target_of(draft.kind)
    require(target, actor=actor)
    options = _options(target, draft.options)
    file_hash, size = _hash(draft.file)
    check_size(size)
    scope_hash = hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()
    known = _live(draft.kind, file_hash, scope_hash)
    if known is not None:
        return known, False
    sheet = inspect(draft.file)
    last = (
        ImportRun.objects.filter(kind=draft.kind, header_hash=header_hash(sheet.header), is_mapped=True)
        .order_by("-pk")
        .first()
    )
    mapping = guess_mapping(target, sheet.header)
    if last is not None:
        mapping = {name: theirs for name, theirs in last.mapping.items() if theirs in sheet.header}
    if not default_storage.exists(stored_name(file_hash)):
        draft.file.seek(0)
        default_storage.save(stored_name(file_hash), File(draft.file))
    with transaction.atomic():
        run, is_new = ImportRun.objects.get_or_create(
            kind=draft.kind, file_hash=file_hash, scope_hash=scope_hash, state__in=set(ImportState) - set(IMPORT_OVER),
            defaults={
                "state": ImportState.UPLOADED, "file_name": storable(draft.name)[-120:] or "file", "file_size": size,
                "options": options, "dialect": sheet.dialect.as_dict(), "header": list(sheet.header),
                "header_hash": header_hash(sheet.header), "mapping": mapping, "created_by": actor, "created_at": at,
            },
        )  # fmt: skip
        if is_new:
            record_creation(ImportRun, [run.pk], actor=actor, at=at, action="core.import_upload")
    return run, is_new


def _live(kind: str, file_hash: str, scope_hash: str) -> ImportRun | None:
    """The import of this file that is on its way; Conflict when it is over and was not taken back."""
    known = (
        ImportRun.objects.filter(kind=kind, file_hash=file_hash, scope_hash=scope_hash)
        .exclude(state__in=IMPORT_OVER)
        .select_related("created_by")
        .first()
    )
    if known is not None and known.state not in IMPORT_OPEN:
        raise Conflict(
            f"this file was imported on {known.created_at:%d %B %Y} by {known.created_by} (import #{known.pk})", field="file",
            remedy="Nothing was done. To import it again, take that import back first.", run=known.pk,
        )  # fmt: skip
    return known


def _options(target: Target, given: Mapping[str, str]) -> dict[str, str]:
    clean = {}
    for option in target.options:
        value = given.get(option.name, "")
        if value not in {code for code, _ in option.choices()} and (value or option.is_required):
            raise InvalidInput(
                f"{option.label}: {'“' + value[:40] + '” is not one' if value else 'nothing is chosen'}", field=option.name,
                remedy="Choose from the list.",
            )  # fmt: skip
        clean[option.name] = value
    return clean


def _hash(file: IO[bytes]) -> tuple[str, int]:
    file.seek(0)
    found, size = hashlib.sha256(), 0
    while piece := file.read(1 << 20):
        found.update(piece)
        size += len(piece)
        check_size(size)
    file.seek(0)
    return found.hexdigest(), size


def _locked(run_id: int, actor: User) -> ImportRun:
    run = ImportRun.objects.select_for_update(of=("self",)).select_related("job").filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"there is no import #{run_id}", field="import", remedy="Reload the list.")
    require(target_of(run.kind), actor=actor)
    return run


@transaction.atomic
def import_map(
    *, run_id: int, mapping: Mapping[str, str], dialect: Mapping[str, str] | None = None, actor: User, at: datetime
) -> ImportRun:  # fmt: skip
    """This function will say which column of the file is which of ours, and how the file is written when we guessed wrong.

    InvalidInput names the column. Another encoding, delimiter or sheet may change the headers: the mapping is guessed anew then.
    """
    run = _locked(run_id, actor)
    if run.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise IllegalTransition(
            f"{run} is {run.get_state_display().lower()}", field="state", remedy="Its columns can not be changed now."
        )  # fmt: skip
    target = target_of(run.kind)
    wanted = _dialect(run.dialect | {k: v for k, v in (dialect or {}).items() if v})
    if wanted.as_dict() != run.dialect:
        with default_storage.open(stored_name(run.file_hash)) as file:
            sheet = inspect(file, wanted=wanted)
        run.dialect, changed = sheet.dialect.as_dict(), list(sheet.header) != run.header
        if changed:
            run.header, run.header_hash = list(sheet.header), header_hash(sheet.header)
            mapping = guess_mapping(target, sheet.header)
    run.mapping = check_mapping(target, run.header, mapping)
    run.is_mapped = True
    run.save(update_fields=["mapping", "is_mapped", "dialect", "header", "header_hash"])
    return run


def _dialect(said: Mapping[str, str]) -> Dialect:
    dialect = Dialect(**{name: str(said.get(name, "")) for name in Dialect().as_dict()})
    known = {
        "encoding": {code for code, _ in ENCODINGS}, "delimiter": {code for code, _ in DELIMITERS}, "decimal": {POINT, COMMA},
    }  # fmt: skip
    for name, codes in known.items():
        if getattr(dialect, name) not in codes and (dialect.format == "csv" or name == "decimal"):
            raise InvalidInput("there is no such choice", field=name, remedy="Choose from the list.")
    return dialect


@transaction.atomic
def import_check(*, run_id: int, actor: User, at: datetime) -> ImportRun:
    """This function will start the dry run: every row is written and taken back at once, so it says what an import would say."""
    run = _locked(run_id, actor)
    if not run.is_mapped:
        raise InvalidInput(
            "the columns are not mapped yet", field="mapping", remedy="Say which column is which."
        )
    return _begin(run, ImportState.CHECKING, "core.import_check", "", actor, at)


@transaction.atomic
def import_commit(*, run_id: int, actor: User, at: datetime) -> ImportRun:
    """This function will start the import of a file that was checked (or whose mapping a program has given)."""
    run = _locked(run_id, actor)
    if not run.is_mapped:
        raise InvalidInput(
            "the columns are not mapped yet", field="mapping", remedy="Say which column is which."
        )
    return _begin(run, ImportState.IMPORTING, "core.import_commit", "", actor, at)


@transaction.atomic
def import_undo(*, run_id: int, reason: str, actor: User, at: datetime) -> ImportRun:
    """This function will start to take an import back: what it created and changed, as far as nothing has happened since."""
    if not reason.strip():
        raise InvalidInput(
            "taking an import back needs a reason", field="reason", remedy="Say why in a few words."
        )
    run = _locked(run_id, actor)
    if run.state == ImportState.IMPORTING and run.job is not None and run.job.state in WORK_OPEN:
        raise IllegalTransition(f"{run} is still running", field="state", remedy="Stop it first.")
    return _begin(run, ImportState.UNDOING, "core.import_undo", reason, actor, at)


@transaction.atomic
def import_continue(*, run_id: int, actor: User, at: datetime) -> ImportRun:
    """This function will go on with a step that was stopped or died, behind the last row that it wrote."""
    run = _locked(run_id, actor)
    if run.state not in STEPS:
        raise IllegalTransition(f"{run} is not interrupted", field="state", remedy="Reload the page.")
    if run.job is not None and run.job.state in WORK_OPEN:
        raise IllegalTransition(f"{run} is running", field="state", remedy="Wait for it.")
    return _enqueue(run, actor)


@transaction.atomic
def import_discard(*, run_id: int, actor: User, at: datetime) -> ImportRun:
    """This function will throw away a file that nothing was written from; it may be uploaded again."""
    run = _locked(run_id, actor)
    if run.job is not None and run.job.state in WORK_OPEN:
        raise IllegalTransition(f"{run} is running", field="state", remedy="Stop it first.")
    change_state(
        run,
        to=ImportState.DISCARDED,
        actor=actor,
        at=at,
        action="core.import_discard",
        fields={"finished_at": at},
    )
    return run


def _begin(run: ImportRun, to: ImportState, action: str, reason: str, actor: User, at: datetime) -> ImportRun:
    fields: dict[str, Any] = {"error": "", "finished_at": None}
    if to != ImportState.UNDOING:
        fields |= dict.fromkeys(
            ("count_new", "count_changed", "count_unchanged", "count_refused", "items_done"), 0
        )
    change_state(run, to=to, actor=actor, at=at, action=action, reason=reason, fields=fields)
    if to == ImportState.CHECKING:
        run.rows.filter(is_trial=True).delete()
    return _enqueue(run, actor)


def _enqueue(run: ImportRun, actor: User) -> ImportRun:
    run.steps += 1
    kind = STEPS[ImportState(run.state)]
    run.job = job_enqueue(kind=kind, key=f"{run.pk}:{run.steps}", arguments={"run_id": run.pk}, actor=actor)
    run.save(update_fields=["steps", "job"])
    return run
