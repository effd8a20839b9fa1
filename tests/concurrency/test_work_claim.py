"""Answers: when many workers reach for the same work at the same moment, does exactly one do it?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction

from erp.core.models import Job, Note, OutboxMessage, PeriodicClaim, User
from erp.core.services import work
from erp.core.services.idempotency import KeyInFlight, idempotency_begin
from erp.core.services.note import note_add
from erp.core.services.outbox import OutboxDraft, outbox_add_many, stream_deliver
from erp.core.services.periodic import periodic
from erp.core.services.user import system_user
from erp.core.services.work import claim, job_enqueue
from erp.core.services.work_run import work_drain, work_run, work_sweep
from erp.core.sql import execute
from erp.core.work_registry import handles

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENT: list[str] = []


@handles("tests.race_note")
def race_note(*, actor: User, at: datetime) -> None:
    note_add(document_type="tests.Race", document_id=1, body="x", actor=actor, at=at)


@handles("tests.race_send")
def race_send(message: OutboxMessage) -> str:
    SENT.append(message.key)
    return "ref"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)
    SENT.clear()


def race(threads: int, act: Callable[[int], Any]) -> list[Any]:
    """Let `threads` threads start `act(n)` at one moment; returns what each returned or raised."""
    gate = threading.Barrier(threads)
    results: list[Any] = [None] * threads

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = act(number)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            results[number] = error
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    return results


def test_one_of_many_claims_wins() -> None:
    job = job_enqueue(kind="tests.race_note", key="1", actor=system_user())
    results = race(8, lambda _: claim("job", job.pk))
    assert sorted(results, key=str) == [1] + [None] * 7


def test_the_control_without_the_condition_shows_the_race() -> None:
    """Look, then write: what the conditional UPDATE of `claim` replaces does let several workers in."""
    job = job_enqueue(kind="tests.race_note", key="1", actor=system_user())
    looked = threading.Barrier(4)

    def naive(_: int) -> bool:
        found = Job.objects.get(pk=job.pk).state == "PENDING"
        looked.wait()
        if found:
            execute("UPDATE core_job SET state = 'RUNNING', attempts = attempts + 1 WHERE id = %s", [job.pk])
        return found

    assert race(4, naive) == [True] * 4


def test_a_message_delivered_eight_times_has_one_effect() -> None:
    job = job_enqueue(kind="tests.race_note", key="1", actor=system_user())
    results = race(8, lambda _: work_run(table="job", row_id=job.pk, at=AT))
    assert results.count(True) == 1
    assert Note.objects.filter(document_type="tests.Race").count() == 1


def test_many_workers_drain_a_queue_without_doubling() -> None:
    actor = system_user()
    work.job_enqueue_many([work.JobDraft("tests.race_note", str(n)) for n in range(60)], actor=actor)
    ran = race(4, lambda _: work_drain(queue="default", clock=lambda: AT))
    assert sum(ran) == 60
    assert Note.objects.filter(document_type="tests.Race").count() == 60
    assert set(Job.objects.values_list("state", "attempts")) == {("DONE", 1)}


def test_one_key_enqueued_by_many_is_one_job() -> None:
    actor = system_user()
    ids = race(8, lambda _: job_enqueue(kind="tests.race_note", key="same", actor=actor).pk)
    assert len(set(ids)) == 1
    assert Job.objects.count() == 1


def test_the_sweeper_leaves_a_living_worker_alone_even_past_its_lease() -> None:
    job = job_enqueue(kind="tests.race_note", key="1", actor=system_user())
    attempt = claim("job", job.pk)
    execute("UPDATE core_job SET lease_until = now() - interval '1 hour'")
    with transaction.atomic():  # as `work_run` holds it while the handler runs
        connection.cursor().execute("SELECT 1 FROM core_job WHERE id = %s FOR KEY SHARE", [job.pk])
        (swept,) = race(1, lambda _: work_sweep(at=AT)["expired"])
        assert swept == 0
    assert work_sweep(at=AT)["expired"] == 1
    assert attempt == 1


def test_two_beats_make_one_effect() -> None:
    actor = system_user()
    results = race(6, lambda _: periodic(job="tests.race_note", period_seconds=60, actor=actor, at=AT))
    assert len([found for found in results if found is not None]) == 1
    assert (PeriodicClaim.objects.count(), Job.objects.count()) == (1, 1)
    assert (
        periodic(job="tests.race_note", period_seconds=60, actor=actor, at=AT.replace(minute=1)) is not None
    )
    assert Job.objects.count() == 2


def test_a_stream_delivered_by_many_goes_out_once_and_in_order() -> None:
    actor = system_user()
    keys = [f"{n:03}" for n in range(40)]
    outbox_add_many([OutboxDraft("order:1", "tests.race_send", key, {}) for key in keys])

    def deliver(_: int) -> int:
        return sum(stream_deliver(stream="order:1", actor=actor, at=AT) for _ in range(20))

    race(4, deliver)
    stream_deliver(stream="order:1", actor=actor, at=AT)
    assert keys == SENT


def test_one_idempotency_key_is_claimed_once() -> None:
    results = race(8, lambda _: idempotency_begin(client="c", key="k", request_hash="h", at=AT))
    assert len([found for found in results if found is None]) == 1
    assert len([found for found in results if isinstance(found, KeyInFlight)]) == 7
