"""What do the import tests upload, run and count?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook

from erp.core.imports.target import target_of
from erp.core.models import ImportRow, ImportRun, Job, User
from erp.core.services.import_run import (
    ImportDraft,
    import_check,
    import_commit,
    import_map,
    import_undo,
    import_upload,
)
from erp.core.work_registry import address_resolve

AT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
ORDER_OPTIONS = {"channel": "wholesale", "time_zone": ""}


def text(rows: Sequence[Sequence[Any]], delimiter: str = ",") -> bytes:
    lines = io.StringIO()
    csv.writer(lines, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return lines.getvalue().encode()


def book(rows: Sequence[Sequence[Any]]) -> bytes:
    found, target = Workbook(), io.BytesIO()
    for row in rows:
        found.active.append(list(row))
    found.save(target)
    return target.getvalue()


def upload(
    kind: str, content: bytes, actor: User, options: Mapping[str, str] | None = None, name: str = "file.csv"
) -> ImportRun:
    return import_upload(ImportDraft(kind, io.BytesIO(content), name, options or {}), actor=actor, at=AT)[0]


class Quiet:
    """A meter for tests inside one transaction: a job's own writes by a second connection, which would not see the job."""

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        self.shown = (done, total, message)

    def save(self, checkpoint: Any) -> None:
        self.checkpoint = checkpoint


def work(run: ImportRun) -> dict[str, int]:
    """Do what the import's job would do (the jobs themselves: test_resume.py)."""
    run.refresh_from_db()
    job = Job.objects.get(pk=run.job_id)
    result: dict[str, int] = address_resolve(job.kind)(
        progress=Quiet(), actor=job.created_by, at=AT, **job.arguments
    )
    Job.objects.filter(pk=job.pk).update(state="DONE")
    run.refresh_from_db()
    return result


def checked(run: ImportRun, actor: User, mapping: Mapping[str, str] | None = None) -> ImportRun:
    import_map(run_id=run.pk, mapping=mapping or run.mapping, actor=actor, at=AT)
    import_check(run_id=run.pk, actor=actor, at=AT)
    work(run)
    return run


def committed(run: ImportRun, actor: User) -> ImportRun:
    import_commit(run_id=run.pk, actor=actor, at=AT)
    work(run)
    return run


def imported(kind: str, content: bytes, actor: User, options: Mapping[str, str] | None = None) -> ImportRun:
    """The whole way: upload, mapping as guessed, dry run, import."""
    return committed(checked(upload(kind, content, actor, options), actor), actor)


def undone(run: ImportRun, actor: User) -> ImportRun:
    import_undo(run_id=run.pk, reason="The wrong file", actor=actor, at=AT)
    work(run)
    return run


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.count_new, run.count_changed, run.count_unchanged, run.count_refused


def row_of(run: ImportRun, number: int, *, is_trial: bool = False) -> ImportRow:
    return ImportRow.objects.get(run=run, number=number, is_trial=is_trial)


def faults(row: ImportRow) -> list[tuple[int, str]]:
    return [(problem["row"], problem["column"]) for problem in row.problems]


def order_lines(orders: int, lines: int = 1, sku: str = "MUG") -> Iterator[bytes]:
    """A large file of orders, line by line: what the measurements and the kill test read."""
    yield (",".join(target_of("orders").names) + "\n").encode()
    for order in range(orders):
        for _ in range(lines):
            yield (
                f"G-{order},2026-03-02T10:00:00+00:00,GBP,,pat{order}@example.com,Pat Price,1 High Street,Leeds,LS1 1AA,GB,{sku},"
                f"2,3.50,,,,,\n"
            ).encode()
