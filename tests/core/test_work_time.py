"""Does a long job that outlasts a worker's time for one task go on, however often, without being given up?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from erp.core.models import Job
from erp.core.services.progress import Progress
from erp.core.services.user import system_user
from erp.core.services.work import job_enqueue
from erp.core.services.work_run import work_run
from erp.core.work_registry import handles, long_job

pytestmark = pytest.mark.django_db
CHUNKS = 9


@handles("tests.long")
@long_job
def long_work(*, stuck: bool, progress: Progress, actor: Any, at: Any) -> int:
    """One chunk per worker's time; a stuck one never comes further."""
    done: int = progress.checkpoint or 0
    if done == CHUNKS:
        return done
    if not stuck:
        progress.save(done + 1)
    raise SoftTimeLimitExceeded


def run(*, stuck: bool) -> Job:
    """Have workers run the job until it is over, or thirty times."""
    job = job_enqueue(kind="tests.long", key=str(stuck), arguments={"stuck": stuck}, actor=system_user())
    for _ in range(30):
        Job.objects.filter(pk=job.pk).update(next_at=timezone.now() - timedelta(hours=1))
        work_run(table="job", row_id=job.pk, at=timezone.now())
    return Job.objects.get(pk=job.pk)


def test_a_job_that_comes_further_is_never_given_up() -> None:
    job = run(stuck=False)
    assert (job.state, job.result, job.attempts) == ("DONE", CHUNKS, CHUNKS + 1)
    assert job.max_attempts == 5 + CHUNKS


def test_a_job_that_does_not_is() -> None:
    job = run(stuck=True)
    assert (job.state, job.attempts, job.max_attempts) == ("DEAD", 5, 5)
    assert "SoftTimeLimitExceeded" in job.error
