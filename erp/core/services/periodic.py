"""Who makes sure that periodic work happens once per period, however many beats fire?

The unique (job, period) row is the claim. It is written together with the job, so a claim without work can not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from erp.core.models import Job, PeriodicClaim, User
from erp.core.services.work import job_enqueue
from erp.core.sql import execute, query

KEEP_DAYS = 30


@transaction.atomic
def periodic(
    *,
    job: str,
    period_seconds: int,
    actor: User,
    at: datetime,
    queue: str = "default",
    arguments: Mapping[str, Any] | None = None,
) -> Job | None:
    """This function will enqueue the service `job` (an address) for the period that `at` lies in; None when
    that is already done.

    Periods are counted from the epoch in UTC: with 3600 one begins at every full hour.
    """
    period = str(int(at.timestamp()) // period_seconds * period_seconds)
    claimed = query(
        "INSERT INTO core_periodicclaim (job, period, claimed_at) VALUES (%s, %s, %s) "
        "ON CONFLICT (job, period) DO NOTHING RETURNING id",
        [job, period, at],
    )
    if not claimed:
        return None
    work = job_enqueue(kind=job, key=f"period:{period}", arguments=arguments, actor=actor, queue=queue)
    PeriodicClaim.objects.filter(pk=claimed[0][0]).update(work=work)
    return work


@transaction.atomic
def work_purge(*, actor: User, at: datetime) -> dict[str, int]:
    """This function will delete finished jobs and claims of periodic work, and lapsed idempotency keys, that are
    older than 30 days; returns how many.

    Messages stay: they are the evidence of what came in and went out.
    """
    old = f"< now() - interval '{KEEP_DAYS} days'"
    return {
        "claims": execute(f"DELETE FROM core_periodicclaim WHERE claimed_at {old}"),
        "jobs": execute(
            "DELETE FROM core_job j WHERE state IN ('DONE', 'CANCELLED') "
            f"AND finished_at {old} AND NOT EXISTS (SELECT 1 FROM core_periodicclaim c WHERE c.work_id = j.id)"
        ),
        "keys": execute(f"DELETE FROM core_idempotencykey WHERE created_at {old}"),
    }
