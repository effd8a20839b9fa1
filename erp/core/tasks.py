"""What can a Celery message make a worker do? Look at rows; no message carries content (DESIGN §9)."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from erp.core.services.canary import canary_answer, canary_report, canary_send
from erp.core.services.event import event_relay
from erp.core.services.outbox import due_streams, stream_drain
from erp.core.services.periodic import periodic
from erp.core.services.user import system_user
from erp.core.services.work import wake
from erp.core.services.work_late import work_report_late
from erp.core.services.work_run import work_drain, work_run, work_sweep

DELIVER_SECONDS = 20.0


@shared_task(name="core.run_work")
def run_work(table: str, row_id: int) -> None:
    """This function will execute one row of work if it is still due."""
    work_run(table=table, row_id=row_id, at=timezone.now())


@shared_task(name="core.drain_queue")
def drain_queue(queue: str) -> None:
    """This function will execute what is due in a queue, for a few seconds; the sweeper calls again."""
    work_drain(queue=queue, clock=timezone.now)


@shared_task(name="core.deliver_stream")
def deliver_stream(stream: str) -> None:
    """This function will send what waits in one outbox stream."""
    stream_drain(streams=[stream], clock=timezone.now, seconds=DELIVER_SECONDS)


@shared_task(name="core.deliver_due")
def deliver_due() -> None:
    """This function will send what waits in every stream whose head is due, for a limited time."""
    stream_drain(streams=due_streams(), clock=timezone.now, seconds=DELIVER_SECONDS)


@shared_task(name="core.sweep")
def sweep() -> None:
    """This function will give back the work of dead workers and wake whoever has due work."""
    work_sweep(at=timezone.now())


@shared_task(name="core.relay_events")
def relay_events() -> None:
    """This function will number what happened since and put it down for the webhook endpoints."""
    event_relay()


@shared_task(name="core.run_periodic")
def run_periodic(
    job: str, period_seconds: int, queue: str = "default", arguments: dict[str, Any] | None = None
) -> None:
    """This function will enqueue periodic work unless another beat has already done so for this period."""
    periodic(
        job=job,
        period_seconds=period_seconds,
        queue=queue,
        arguments=arguments,
        actor=system_user(),
        at=timezone.now(),
    )


@shared_task(name="core.send_canaries")
def send_canaries() -> None:
    """This function will send a canary down every queue, and report those that stopped answering and work
    that is late."""
    now = timezone.now()
    canary_report(queues=settings.KEEL_QUEUES, actor=system_user(), at=now)
    work_report_late(actor=system_user(), at=now)
    canary_send(queues=settings.KEEL_QUEUES, at=now)


@shared_task(name="core.canary_answer")
def answer_canary(queue: str) -> None:
    """This function will note that the worker consumes `queue`."""
    canary_answer(queue=queue, at=timezone.now())


@worker_ready.connect
def sweep_on_start(**_: Any) -> None:
    """This function will look for waiting work as soon as a worker is up: its broker may have lost everything."""
    wake("core.sweep", [])
    canary_send(queues=settings.KEEL_QUEUES, at=timezone.now())
