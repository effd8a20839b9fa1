"""Who puts work down as a row, wakes a worker for it, and moves it from state to state?

The row is the truth; a Celery message only carries its id and may be lost or doubled without harm. Work
changes state by the conditional UPDATEs of this file, thousands of times an hour, so it has no audit row of
its own except for what people do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import kombu.exceptions
import structlog
from celery import current_app
from django.db import transaction

from erp.core.errors import IllegalTransition, NotFound
from erp.core.models import ExceptionCase, InboxMessage, Job, OutboxMessage, User
from erp.core.models.work import Work
from erp.core.services.exception_case import CaseDraft, exception_open_many, exception_resolve
from erp.core.sql import execute, query, unnest
from erp.core.states import ExceptionState, WorkState
from erp.core.text import storable, storable_json

log = structlog.get_logger(__name__)

# A worker that dies gives its row back after this long; progress and the row lock of a running job extend it.
LEASE_SECONDS = 15
BACKOFF_SECONDS = 2
BACKOFF_LONGEST_SECONDS = 3600
WAKE_ONE_BY_ONE = 20  # more rows than this in one transaction wake the queue once instead

MODELS: dict[str, type[Work]] = {"job": Job, "inbox": InboxMessage, "outbox": OutboxMessage}
DEAD_KINDS = {"job": "WORK_DEAD", "inbox": "INBOX_REJECTED", "outbox": "OUTBOX_DEAD"}


@dataclass(frozen=True)
class JobDraft:
    """One unit of work: `kind` is the address of a service, `arguments` its keyword arguments (JSON), `key`
    makes it unique."""

    kind: str
    key: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    queue: str = "default"
    max_attempts: int = 5


_JOB_COLUMNS = {
    "kind": "text", "key": "text", "queue": "text", "arguments": "jsonb", "max_attempts": "smallint",
}  # fmt: skip
# No time given means "now" by the clock that a worker's claim compares with: PostgreSQL's.
_JOB_INSERT = (
    "INSERT INTO core_job (kind, key, queue, arguments, max_attempts, next_at, created_by_id, state, attempts, percent, "
    "units_done, message, cancel_requested) "
    "SELECT kind, key, queue, arguments, max_attempts, COALESCE(%s, now()), %s, 'PENDING', 0, 0, 0, '', false FROM "
    "{source} ON CONFLICT (kind, key) DO NOTHING RETURNING kind, key, id"
)


def job_enqueue_many(drafts: Sequence[JobDraft], *, actor: User, at: datetime | None = None) -> list[int]:
    """This function will put down every draft once and return the job ids in the order of the drafts.

    A draft whose (kind, key) already exists is that job: whoever wrote it first won. `at` is the earliest
    time to run (None: at once). The worker is woken when the transaction commits.
    """
    if not drafts:
        return []
    unique = {(draft.kind, draft.key): draft for draft in drafts}
    rows = [
        (
            draft.kind,
            draft.key,
            draft.queue,
            json.dumps(storable_json(dict(draft.arguments))),
            draft.max_attempts,
        )
        for draft in unique.values()
    ]
    source, parameters = unnest(_JOB_COLUMNS, rows)
    with transaction.atomic():
        inserted = query(_JOB_INSERT.format(source=source), [at, actor.pk, *parameters])
        found = {(kind, key): job_id for kind, key, job_id in inserted}
        fresh = [(found[pair], draft.queue) for pair, draft in unique.items() if pair in found]
        missing = [pair for pair in unique if pair not in found]
        if missing:
            for job in Job.objects.filter(
                kind__in={kind for kind, _ in missing}, key__in=[key for _, key in missing]
            ):
                found[job.kind, job.key] = job.pk
        if at is None and fresh:
            _wake_on_commit(fresh)
    return [found[draft.kind, draft.key] for draft in drafts]


def job_enqueue(
    *,
    kind: str,
    key: str,
    arguments: Mapping[str, Any] | None = None,
    actor: User,
    queue: str = "default",
    at: datetime | None = None,
) -> Job:
    """This function will put down one job (see `job_enqueue_many`) and return it, or the one that has its
    (kind, key) already."""
    (job_id,) = job_enqueue_many([JobDraft(kind, key, arguments or {}, queue)], actor=actor, at=at)
    return Job.objects.get(pk=job_id)


def enqueue_on_commit(kind: str, *, actor: User, queue: str = "default", **arguments: Any) -> int:
    """This function will put down a job in the caller's transaction whose effect key is made of its
    arguments; returns its id."""
    key = ",".join(f"{name}={value}" for name, value in sorted(arguments.items()))
    return job_enqueue_many([JobDraft(kind, key, arguments, queue)], actor=actor)[0]


def _wake_on_commit(jobs: Sequence[tuple[int, str]]) -> None:
    if len(jobs) <= WAKE_ONE_BY_ONE:
        for job_id, queue in jobs:
            transaction.on_commit(partial(wake, "core.run_work", ["job", job_id], queue), robust=True)
        return
    for queue in {queue for _, queue in jobs}:
        transaction.on_commit(partial(wake, "core.drain_queue", [queue], queue), robust=True)


def wake(task: str, arguments: Sequence[Any], queue: str = "default") -> bool:
    """This function will tell a worker by the broker that there is work and return whether the broker took
    the message.

    A broker that is down is no error here: the sweeper finds the row.
    """
    try:
        current_app.send_task(task, args=list(arguments), queue=queue, retry=False, expires=600)
    except (kombu.exceptions.OperationalError, OSError) as error:
        log.warning(
            "broker did not take a wake-up; the sweeper will", task=task, queue=queue, error=str(error)
        )
        return False
    return True


def claim(table: str, row_id: int, *, lease_seconds: int = LEASE_SECONDS) -> int | None:
    """This function will take a due row for this worker and return the number of the attempt, None when it
    is not to be had.

    One conditional UPDATE: of any number of workers exactly one gets it. It commits at once, so that the
    attempt counts even if the worker dies of it.
    """
    rows = query(
        f"UPDATE core_{_table(table)} SET state = 'RUNNING', attempts = attempts + 1, "
        "lease_until = now() + make_interval(secs => %s) "
        + (", started_at = COALESCE(started_at, now()) " if table == "job" else "")
        + "WHERE id = %s AND state IN ('PENDING', 'FAILED') AND next_at <= now() AND attempts < max_attempts "
        "RETURNING attempts",
        [lease_seconds, row_id],
    )
    return rows[0][0] if rows else None


def _table(table: str) -> str:
    return MODELS[table]._meta.db_table.removeprefix("core_")


def fail(
    table: str, row_id: int, *, attempt: int, error: str, final: bool, actor: User, at: datetime
) -> WorkState | None:
    """This function will give a row back after a failed attempt: FAILED with a later try, or DEAD with an
    exception case.

    `final` says that trying again can not help. None when the row is no longer this attempt's (its lease had
    ended).
    """
    delay = min(BACKOFF_LONGEST_SECONDS, BACKOFF_SECONDS * 2 ** (attempt - 1))
    error = storable(error)[:4000]
    with transaction.atomic():
        rows = query(
            f"UPDATE core_{_table(table)} SET state = CASE WHEN %s OR attempts >= max_attempts THEN 'DEAD' "
            "ELSE 'FAILED' END, finished_at = CASE WHEN %s OR attempts >= max_attempts THEN now() END, "
            "lease_until = NULL, error = %s, next_at = now() + make_interval(secs => %s) * (0.8 + 0.4 * random()) "
            "WHERE id = %s AND state = 'RUNNING' AND attempts = %s RETURNING state",
            [final, final, error, delay, row_id, attempt],
        )
        if not rows:
            return None
        if rows[0][0] == WorkState.DEAD:
            dead_open(table, [row_id], actor=actor, at=at)
    return WorkState(rows[0][0])


def dead_open(table: str, ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will open the exception case of every dead row of `table` in `ids`."""
    drafts = []
    rows: Iterable[Any] = MODELS[table]._default_manager.filter(pk__in=ids).order_by("pk")
    for row in rows:
        last_line = row.error.rstrip().rpartition("\n")[2]
        detail = {"error": row.error[-2000:], "attempts": row.attempts}
        title = f"{row.kind}: {last_line}"[:300]
        drafts.append(CaseDraft(DEAD_KINDS[table], row._meta.label, str(row.pk), title, detail))
    exception_open_many(drafts, actor=actor, at=at)


def _locked(table: str, row_id: int) -> Any:
    row = MODELS[table]._default_manager.select_for_update().filter(pk=row_id).first()
    if row is None:
        raise NotFound(f"there is no {table} #{row_id}", field="id", remedy="Reload the list.")
    return row


def _by_hand(row: Any, to: WorkState, *, actor: User, at: datetime, action: str, reason: str) -> None:
    execute(
        "INSERT INTO core_statechange (document_type, document_id, action, from_state, to_state, actor_id, reason, at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [row._meta.label, row.pk, action, row.state, to, actor.pk, storable(reason)[:300], at],
    )


@transaction.atomic
def work_retry(*, table: str, row_id: int, reason: str = "", actor: User, at: datetime) -> None:
    """This function will give dead work all its attempts back, or let failed work try at once; its exception
    case is resolved.

    IllegalTransition for work that is neither.
    """
    row = _locked(table, row_id)
    if row.state not in (WorkState.DEAD, WorkState.FAILED):
        raise IllegalTransition(
            f"{row} is {row.state}; only failed or dead work can be retried",
            field="state",
            remedy="Nothing is to be done.",
        )
    _by_hand(row, WorkState.PENDING, actor=actor, at=at, action="core.work_retry", reason=reason)
    execute(
        f"UPDATE core_{_table(table)} SET state = 'PENDING', attempts = 0, next_at = now(), finished_at = NULL, "
        "lease_until = NULL WHERE id = %s",
        [row_id],
    )
    for case in ExceptionCase.objects.exclude(state=ExceptionState.RESOLVED).filter(
        kind=DEAD_KINDS[table], subject_type=row._meta.label, subject_id=str(row_id)
    ):
        exception_resolve(
            case_id=case.pk, resolution="core.work_retry", reason=reason or "tried again", actor=actor, at=at
        )
    wake_row_on_commit(table, row)


def wake_row_on_commit(table: str, row: Any) -> None:
    """This function will wake a worker for one row when the transaction commits."""
    if table == "outbox":
        transaction.on_commit(partial(wake, "core.deliver_stream", [row.stream]), robust=True)
    else:
        queue = getattr(row, "queue", "default")
        transaction.on_commit(partial(wake, "core.run_work", [table, row.pk], queue), robust=True)


@transaction.atomic
def work_cancel(*, table: str, row_id: int, reason: str = "", actor: User, at: datetime) -> WorkState:
    """This function will cancel waiting work at once and ask a running job to stop at its next sign of progress.

    IllegalTransition for finished work, and for a message that is just being handled.
    """
    row = _locked(table, row_id)
    if row.state == WorkState.RUNNING and table == "job":
        execute("UPDATE core_job SET cancel_requested = true WHERE id = %s", [row_id])
        return WorkState.RUNNING
    if row.state not in (WorkState.PENDING, WorkState.FAILED):
        raise IllegalTransition(
            f"{row} is {row.state}", field="state", remedy="Only waiting work can be cancelled."
        )
    _by_hand(row, WorkState.CANCELLED, actor=actor, at=at, action="core.work_cancel", reason=reason)
    execute(
        f"UPDATE core_{_table(table)} SET state = 'CANCELLED', finished_at = now(), lease_until = NULL WHERE id = "
        f"%s",
        [row_id],
    )
    return WorkState.CANCELLED
