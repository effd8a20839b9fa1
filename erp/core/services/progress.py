"""How does a long job tell how far it is, and how does it learn that somebody wants it to stop?"""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from erp.core.sql import execute, query
from erp.core.text import storable, storable_json

WRITE_EVERY_SECONDS = 0.5
LEASE_SECONDS = 60


class CancelRequested(Exception):
    """Somebody asked this job to stop; what it did in its open transaction is undone, committed chunks stay."""


class LeaseLost(Exception):
    """Another worker has this job now: this attempt was thought dead. Whatever it did not commit is undone."""


class Progress:
    """The job's side of its drawer. Call it as `progress(done, total, "message")` as often as you like.

    It writes by a connection of its own, so that people see it while the job's transaction is open; each
    write extends the lease. `checkpoint` is what the last `save` of an earlier attempt left.
    """

    def __init__(self, job_id: int, attempt: int) -> None:
        row = query("SELECT checkpoint::text FROM core_job WHERE id = %s", [job_id])
        self.job_id = job_id
        self.attempt = attempt
        self.checkpoint: Any = json.loads(row[0][0]) if row and row[0][0] else None
        self.has_saved = False  # by this attempt
        self._connection: BaseDatabaseWrapper | None = None
        self._written = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        """This function will show `done` of `total` units; CancelRequested when the job is to stop,
        LeaseLost when it is not ours.

        At most two writes a second reach the database, except for the last one.
        """
        now = time.monotonic()
        if now - self._written < WRITE_EVERY_SECONDS and done != total:
            return
        self._written = now
        percent = min(100, max(0, done * 100 // total)) if total else 0
        if self._connection is None:
            self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
        with self._connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_job SET units_done = %s, units_total = %s, percent = %s, message = %s, "
                "lease_until = now() + make_interval(secs => %s) "
                # A row that this job's own chunk holds is skipped: waiting for it would be waiting for ourselves.
                "WHERE id = (SELECT id FROM core_job WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED) AND state = 'RUNNING' "
                "AND attempts = %s",
                [done, total, percent, storable(message)[:300], LEASE_SECONDS, self.job_id, self.attempt],
            )
            cursor.execute(
                "SELECT cancel_requested FROM core_job WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
                [self.job_id, self.attempt],
            )
            row = cursor.fetchone()
        if row is None:
            raise LeaseLost(f"job #{self.job_id}, attempt {self.attempt}")
        if row[0]:
            raise CancelRequested

    def save(self, checkpoint: Any) -> None:
        """This function will remember where to resume, in the caller's transaction: chunk and checkpoint
        commit together.

        LeaseLost when another worker has the job, so that no chunk is ever done twice.
        """
        touched = execute(
            "UPDATE core_job SET checkpoint = %s, lease_until = now() + make_interval(secs => %s) "
            "WHERE id = %s AND state = 'RUNNING' AND attempts = %s",
            [json.dumps(storable_json(checkpoint)), LEASE_SECONDS, self.job_id, self.attempt],
        )
        if touched != 1:
            raise LeaseLost(f"job #{self.job_id}, attempt {self.attempt}")
        self.checkpoint, self.has_saved = checkpoint, True
