"""Who executes a row of work, and what is left when a worker dies in the middle?

Claim and attempt commit first. Then the effect and "done" commit together, so a crash leaves both or neither.
While it runs, a job's transaction keeps its row locked (KEY SHARE): the sweeper can tell a living worker from
a dead one.
"""

from __future__ import annotations

import contextlib
import json
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error as DatabaseFault
from django.db import connection, transaction

from erp.core.errors import InvalidInput
from erp.core.models import InboxMessage, Job
from erp.core.services.progress import CancelRequested, LeaseLost, Progress
from erp.core.services.user import system_user
from erp.core.services.work import claim, dead_open, fail, wake
from erp.core.sql import execute, query
from erp.core.text import storable_json
from erp.core.work_registry import UnknownKind, address_resolve, inbox_handler, is_long_job, wants_progress

log = structlog.get_logger(__name__)
HOPELESS = (UnknownKind, InvalidInput)  # the same again would fail the same way


def work_run(*, table: str, row_id: int, at: datetime) -> bool:
    """This function will execute one job or inbox message if it is due and nobody else has it; returns
    whether it did so.

    It never raises for what the handler did: that ends in the row, as FAILED with a next try or DEAD with an
    exception case.
    """
    attempt = claim(table, row_id)
    if attempt is None:
        return False
    try:
        if table == "job":
            _run_job(row_id, attempt, at)
        else:
            _run_message(row_id, attempt, at)
    except LeaseLost as error:
        log.warning("lease lost, effect undone", table=table, id=row_id, error=str(error))
    except CancelRequested:
        _cancelled(row_id, attempt)
    except Exception as error:  # noqa: BLE001 (whatever a handler does to us must end in the row)
        _failed(table, row_id, attempt, error, at)
    return True


def _run_job(job_id: int, attempt: int, at: datetime) -> None:
    job = Job.objects.select_related("created_by").get(pk=job_id)
    handler = address_resolve(job.kind)
    with Progress(job_id, attempt) as progress:
        arguments = {**job.arguments, "actor": job.created_by, "at": at}
        if wants_progress(handler):
            arguments["progress"] = progress
        if is_long_job(handler):
            try:
                result = handler(**arguments)
            except SoftTimeLimitExceeded:
                if not progress.has_saved:
                    raise
                _hand_on(job_id, attempt)
                return
            _done(job_id, attempt, result)
            return
        with transaction.atomic():
            _hold("core_job", job_id, attempt)
            _done(job_id, attempt, handler(**arguments))


def _run_message(message_id: int, attempt: int, at: datetime) -> None:
    message = InboxMessage.objects.get(pk=message_id)
    handler = inbox_handler(message.kind)
    with transaction.atomic():
        _hold("core_inboxmessage", message_id, attempt)
        result = handler(message=message, actor=system_user("channel"), at=at)
        touched = execute(
            "UPDATE core_inboxmessage SET state = 'DONE', result = %s, finished_at = now(), lease_until = NULL, error = '' "
            "WHERE id = %s AND (state = 'RUNNING' AND attempts = %s OR state = 'DONE')",
            [str(result), message_id, attempt],
        )
        if touched != 1:
            raise LeaseLost(f"message #{message_id}, attempt {attempt}")


def _hold(table: str, row_id: int, attempt: int) -> None:
    rows = query(
        f"SELECT 1 FROM {table} WHERE id = %s AND state = 'RUNNING' AND attempts = %s FOR KEY SHARE",
        [row_id, attempt],
    )
    if not rows:
        raise LeaseLost(f"{table} #{row_id}, attempt {attempt}")


def _done(job_id: int, attempt: int, result: Any) -> None:
    touched = execute(
        "UPDATE core_job SET state = 'DONE', percent = 100, result = %s, finished_at = now(), lease_until = NULL, "
        "error = '' "
        "WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
        [json.dumps(storable_json(_plain(result))), job_id, attempt],
    )
    if touched != 1:
        raise LeaseLost(f"job #{job_id}, attempt {attempt}")


def _hand_on(job_id: int, attempt: int) -> None:
    """A worker's time for one task is over, and the job has come further in it: another goes on, which is no failure."""
    execute(
        "UPDATE core_job SET state = 'PENDING', max_attempts = max_attempts + 1, next_at = now(), lease_until = NULL "
        "WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
        [job_id, attempt],
    )
    log.info("time is over, job goes on", id=job_id, attempt=attempt)


def _plain(result: Any) -> Any:
    return (
        result
        if result is None or isinstance(result, (dict, list, tuple, str, int, float, bool))
        else str(result)
    )


def _cancelled(job_id: int, attempt: int) -> None:
    execute(
        "UPDATE core_job SET state = 'CANCELLED', finished_at = now(), lease_until = NULL "
        "WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
        [job_id, attempt],
    )


def _failed(table: str, row_id: int, attempt: int, error: Exception, at: datetime) -> None:
    if isinstance(error, DatabaseFault):
        connection.close()  # the server may be gone; the next statement opens a new connection
    last = "".join(traceback.format_exception(error))[-3500:]
    with contextlib.suppress(DatabaseFault):  # no database, no record: the lease ends and the sweeper tells
        fail(
            table,
            row_id,
            attempt=attempt,
            error=last,
            final=isinstance(error, HOPELESS),
            actor=system_user(),
            at=at,
        )
    log.warning(
        "work failed", table=table, id=row_id, attempt=attempt, error=f"{type(error).__name__}: {error}"
    )


def work_drain(*, queue: str, clock: Callable[[], datetime], seconds: float = 4.5) -> int:
    """This function will execute due jobs of a queue, oldest first, until none is left or `seconds` have
    passed; returns how many.

    Inbox messages belong to the default queue. So after the broker lost its memory the backlog goes at the
    database's speed.
    """
    deadline = time.monotonic() + seconds
    ran = 0
    while time.monotonic() < deadline:
        due = due_ids(queue, 50)
        if not due:
            break
        for table, row_id in due:
            ran += work_run(table=table, row_id=row_id, at=clock())
            if time.monotonic() >= deadline:
                break
    return ran


def due_ids(queue: str, limit: int) -> list[tuple[str, int]]:
    """This function will return (table, id) of due work that nobody is just taking."""
    due = (
        "state IN ('PENDING', 'FAILED') AND next_at <= now() ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    with transaction.atomic():
        jobs = query(f"SELECT 'job', id FROM core_job WHERE queue = %s AND {due}", [queue, limit])
        if queue == "default":
            jobs += query(f"SELECT 'inbox', id FROM core_inboxmessage WHERE {due}", [limit])
    return [(table, row_id) for table, row_id in jobs]


def work_sweep(*, at: datetime) -> dict[str, int]:
    """This function will give back the work of dead workers and wake every queue and stream that has due work.

    Returns how many rows it gave back and how many wake-ups it published. Any number of sweepers may run at once.
    """
    expired = sum(_expire(table, at) for table in ("job", "inbox", "outbox"))
    due = "state IN ('PENDING', 'FAILED') AND next_at <= now()"
    queues = {row[0] for row in query(f"SELECT DISTINCT queue FROM core_job WHERE {due}")}
    if query(f"SELECT 1 FROM core_inboxmessage WHERE {due} LIMIT 1"):
        queues.add("default")
    woken = sum(wake("core.drain_queue", [queue], queue) for queue in sorted(queues))
    if query(f"SELECT 1 FROM core_outboxmessage WHERE {due} LIMIT 1"):
        woken += wake("core.deliver_due", [])
    return {"expired": expired, "woken": woken}


_EXPIRE = (
    "UPDATE {table} SET state = CASE WHEN {cancelled} THEN 'CANCELLED' "
    "WHEN attempts >= max_attempts THEN 'DEAD' ELSE 'FAILED' END, "
    "finished_at = CASE WHEN {cancelled} OR attempts >= max_attempts THEN now() END, "
    "lease_until = NULL, next_at = now(), "
    "error = 'The worker vanished during attempt ' || attempts || '.' "
    "WHERE id IN (SELECT id FROM {table} WHERE state = 'RUNNING' AND lease_until < now() FOR UPDATE SKIP LOCKED) "
    "AND state = 'RUNNING' RETURNING id, state"
)


def _expire(table: str, at: datetime) -> int:
    name = {"job": "core_job", "inbox": "core_inboxmessage", "outbox": "core_outboxmessage"}[table]
    with transaction.atomic():
        rows = query(_EXPIRE.format(table=name, cancelled="cancel_requested" if table == "job" else "false"))
        dead = [row_id for row_id, state in rows if state == "DEAD"]
        if dead:
            dead_open(table, dead, actor=system_user(), at=at)
    return len(rows)
