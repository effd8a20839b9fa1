"""How far is a job, how fast is it, and which jobs does a person want to see?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from erp.core.models import Job, User
from erp.core.states import WORK_OPEN, WorkState

SHOWN_FOR = timedelta(hours=8)
DRAWER_LIMIT = 12


@dataclass(frozen=True)
class JobProgress:
    """What a job's drawer shows: `rate` in units per second, `remaining` by the rate so far; None while unknown."""

    job: Job
    seconds: float | None
    rate: float | None
    remaining: timedelta | None

    @property
    def is_open(self) -> bool:
        return self.job.state in WORK_OPEN


def job_progress(job: Job, at: datetime) -> JobProgress:
    """This function will measure a job at a moment in time."""
    if job.started_at is None:
        return JobProgress(job, None, None, None)
    seconds = max(0.0, ((job.finished_at or at) - job.started_at).total_seconds())
    rate = job.units_done / seconds if job.units_done and seconds else None
    remaining = None
    if rate and job.units_total and job.state == WorkState.RUNNING:
        remaining = timedelta(seconds=round((job.units_total - job.units_done) / rate))
    return JobProgress(job, seconds, rate, remaining)


def jobs_of(user: User, at: datetime) -> list[JobProgress]:
    """This function will return the jobs this person started, the open ones first, and what finished in the
    last hours."""
    recent = Q(state__in=WORK_OPEN) | Q(finished_at__gte=at - SHOWN_FOR)
    jobs = Job.objects.filter(recent, created_by=user).order_by("finished_at", "-pk")[: DRAWER_LIMIT * 4]
    shown = sorted(jobs, key=lambda job: (job.state not in WORK_OPEN, -job.pk))[:DRAWER_LIMIT]
    return [job_progress(job, at) for job in shown]
