"""Answers: is work done exactly once, and does none of it get lost, whatever the handler does?"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import ExceptionCase, Job, Note, StateChange, User
from erp.core.services import work
from erp.core.services.note import note_add
from erp.core.services.periodic import periodic, work_purge
from erp.core.services.progress import Progress
from erp.core.services.user import system_user
from erp.core.services.work import job_enqueue, work_cancel, work_retry
from erp.core.services.work_run import work_drain, work_run, work_sweep
from erp.core.sql import execute
from erp.core.work_registry import UnknownKind, address_resolve, handles, long_job

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@handles("tests.write_note")
def write_note(*, body: str, actor: User, at: datetime) -> int:
    return note_add(document_type="tests.Work", document_id=1, body=body, actor=actor, at=at).pk


@handles("tests.write_then_fail")
def write_then_fail(*, actor: User, at: datetime) -> None:
    note_add(document_type="tests.Work", document_id=2, body="never seen", actor=actor, at=at)
    raise RuntimeError("the provider said no")


@handles("tests.refuse")
def refuse(*, actor: User, at: datetime) -> None:
    raise InvalidInput("no such colour", field="colour", remedy="Choose red.")


@handles("tests.count")
@long_job
def count(*, until: int, stop_at: int, actor: User, at: datetime, progress: Progress) -> int:
    done = progress.checkpoint or 0
    while done < until:
        with transaction.atomic():
            note_add(document_type="tests.Count", document_id=done, body="chunk", actor=actor, at=at)
            done += 1
            progress.save(done)
        progress(done, until, f"{done} of {until}")
        if done == stop_at and not Note.objects.filter(document_type="tests.Crash").exists():
            note_add(document_type="tests.Crash", document_id=1, body="once", actor=actor, at=at)
            raise RuntimeError("crash between two chunks")
    return done


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Record wake-ups instead of publishing them."""
    seen: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        work.current_app, "send_task", lambda name, args, **options: seen.append((name, args)), raising=True
    )
    return seen


@pytest.fixture
def actor() -> User:
    return system_user()


def enqueue(kind: str, actor: User, key: str = "k", **arguments: Any) -> Job:
    return job_enqueue(kind=kind, key=key, arguments=arguments, actor=actor)


def run(job: Job) -> Job:
    work_run(table="job", row_id=job.pk, at=AT)
    job.refresh_from_db()
    return job


def due_now(job: Job) -> None:
    execute("UPDATE core_job SET next_at = now() WHERE id = %s", [job.pk])


def test_a_key_is_enqueued_once_and_the_first_writer_wins(wakes: list[Any], actor: User) -> None:
    first = enqueue("tests.write_note", actor, body="one")
    second = enqueue("tests.write_note", actor, body="two")
    assert second.pk == first.pk
    assert second.arguments == {"body": "one"}
    assert wakes == [("core.run_work", ["job", first.pk])]


def test_the_worker_is_woken_only_after_the_commit(wakes: list[Any], actor: User) -> None:
    with transaction.atomic():
        job = enqueue("tests.write_note", actor, body="x")
        assert wakes == []
    assert wakes == [("core.run_work", ["job", job.pk])]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue("tests.write_note", actor, key="undone", body="x")
        raise ZeroDivisionError
    assert len(wakes) == 1
    assert not Job.objects.filter(key="undone").exists()


def test_a_dead_broker_breaks_neither_the_request_nor_the_other_callbacks(
    monkeypatch: pytest.MonkeyPatch, actor: User
) -> None:
    def refuse_message(*_: Any, **__: Any) -> None:
        raise ConnectionError("broker is gone")

    monkeypatch.setattr(work.current_app, "send_task", refuse_message)
    called = []
    with transaction.atomic():
        job = enqueue("tests.write_note", actor, body="x")
        transaction.on_commit(lambda: called.append(1))
    assert called == [1]
    assert Job.objects.get(pk=job.pk).state == "PENDING"


def test_many_rows_wake_their_queue_once(wakes: list[Any], actor: User) -> None:
    drafts = [work.JobDraft("tests.write_note", str(n), {"body": "x"}, "channel") for n in range(30)]
    ids = work.job_enqueue_many(drafts, actor=actor)
    assert len(set(ids)) == 30
    assert wakes == [("core.drain_queue", ["channel"])]


def test_effect_and_done_commit_together_and_a_second_delivery_does_nothing(
    wakes: list[Any], actor: User
) -> None:
    job = run(enqueue("tests.write_note", actor, body="hello"))
    assert (job.state, job.attempts, job.percent) == ("DONE", 1, 100)
    assert job.result == Note.objects.get(document_type="tests.Work").pk
    assert work_run(table="job", row_id=job.pk, at=AT) is False
    assert Note.objects.filter(document_type="tests.Work").count() == 1


def test_a_crash_between_effect_and_done_leaves_neither(
    wakes: list[Any], actor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from erp.core.services import work_run as runner

    real = runner._done
    monkeypatch.setattr(runner, "_done", lambda *_: (_ for _ in ()).throw(RuntimeError("kill -9")))
    job = run(enqueue("tests.write_note", actor, body="hello"))
    assert job.state == "FAILED"
    assert not Note.objects.filter(document_type="tests.Work").exists()
    monkeypatch.setattr(runner, "_done", real)
    due_now(job)
    assert run(job).state == "DONE"
    assert Note.objects.filter(document_type="tests.Work").count() == 1


def test_a_poison_job_dies_after_its_attempts_and_opens_one_exception_case(
    wakes: list[Any], actor: User
) -> None:
    job = enqueue("tests.write_then_fail", actor)
    for attempt in range(1, 6):
        due_now(job)
        assert run(job).attempts == attempt
    assert job.state == "DEAD"
    assert "the provider said no" in job.error
    assert not Note.objects.filter(document_type="tests.Work").exists()
    case = ExceptionCase.objects.get()
    assert (case.kind, case.subject_type, case.subject_id) == ("WORK_DEAD", "core.Job", str(job.pk))
    assert case.title == "tests.write_then_fail: RuntimeError: the provider said no"
    due_now(job)
    assert work_run(table="job", row_id=job.pk, at=AT) is False


def test_a_failed_attempt_waits_twice_as_long_each_time(wakes: list[Any], actor: User) -> None:
    job = enqueue("tests.write_then_fail", actor)
    delays = []
    for _ in range(4):
        due_now(job)
        before = datetime.now(UTC)
        delays.append((run(job).next_at - before).total_seconds())
    for delay, expected in zip(delays, (2, 4, 8, 16), strict=True):
        assert expected * 0.75 < delay < expected * 1.3


@pytest.mark.parametrize("kind", ["tests.nobody_knows_this", "tests.refuse"])
def test_what_repetition_cannot_cure_dies_at_once(kind: str, wakes: list[Any], actor: User) -> None:
    job = run(enqueue(kind, actor))
    assert (job.state, job.attempts) == ("DEAD", 1)
    assert ExceptionCase.objects.get().subject_id == str(job.pk)


def test_retry_gives_the_attempts_back_and_settles_the_case(wakes: list[Any], actor: User) -> None:
    job = run(enqueue("tests.refuse", actor))
    work_retry(table="job", row_id=job.pk, reason="colour added", actor=actor, at=AT)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at) == ("PENDING", 0, None)
    case = ExceptionCase.objects.get()
    assert (case.state, case.resolution, case.reason) == ("RESOLVED", "core.work_retry", "colour added")
    change = StateChange.objects.get(document_type="core.Job", document_id=job.pk)
    assert (change.from_state, change.to_state, change.action) == ("DEAD", "PENDING", "core.work_retry")
    assert wakes[-1] == ("core.run_work", ["job", job.pk])


def test_only_failed_or_dead_work_is_retried_and_only_waiting_work_cancelled(
    wakes: list[Any], actor: User
) -> None:
    job = run(enqueue("tests.write_note", actor, body="x"))
    with pytest.raises(IllegalTransition):
        work_retry(table="job", row_id=job.pk, actor=actor, at=AT)
    with pytest.raises(IllegalTransition):
        work_cancel(table="job", row_id=job.pk, actor=actor, at=AT)
    job.refresh_from_db()
    assert job.state == "DONE"
    waiting = enqueue("tests.write_note", actor, key="w", body="never")
    assert work_cancel(table="job", row_id=waiting.pk, actor=actor, at=AT) == "CANCELLED"
    assert work_run(table="job", row_id=waiting.pk, at=AT) is False
    assert not Note.objects.filter(body="never").exists()


def test_a_dead_workers_job_comes_back_and_a_living_ones_does_not(wakes: list[Any], actor: User) -> None:
    job = enqueue("tests.write_note", actor, body="x")
    assert work.claim("job", job.pk) == 1
    assert work_sweep(at=AT)["expired"] == 0
    execute("UPDATE core_job SET lease_until = now() - interval '1 s' WHERE id = %s", [job.pk])
    wakes.clear()
    assert work_sweep(at=AT) == {"expired": 1, "woken": 1}
    job.refresh_from_db()
    assert (job.state, job.error) == ("FAILED", "The worker vanished during attempt 1.")
    assert wakes == [("core.drain_queue", ["default"])]
    assert work_drain(queue="default", clock=lambda: AT) == 1
    assert Note.objects.filter(document_type="tests.Work").count() == 1


def test_a_job_that_kills_its_worker_dies_in_the_sweep_with_a_case(wakes: list[Any], actor: User) -> None:
    job = enqueue("tests.write_note", actor, body="x")
    execute("UPDATE core_job SET attempts = 4 WHERE id = %s", [job.pk])
    assert work.claim("job", job.pk) == 5
    execute("UPDATE core_job SET lease_until = now() - interval '1 s' WHERE id = %s", [job.pk])
    work_sweep(at=AT)
    job.refresh_from_db()
    assert job.state == "DEAD"
    assert ExceptionCase.objects.get().kind == "WORK_DEAD"


def test_a_long_job_resumes_after_its_last_chunk(wakes: list[Any], actor: User) -> None:
    job = run(enqueue("tests.count", actor, until=10, stop_at=4))
    assert (job.state, job.checkpoint) == ("FAILED", 4)
    due_now(job)
    run(job)
    assert (job.state, job.result, job.units_done, job.units_total, job.message) == (
        "DONE",
        10,
        10,
        10,
        "10 of 10",
    )
    chunks = Note.objects.filter(document_type="tests.Count").values_list("document_id", flat=True)
    assert sorted(chunks) == list(range(10))


def test_a_running_job_stops_when_asked(wakes: list[Any], actor: User) -> None:
    job = enqueue("tests.count", actor, until=10, stop_at=99)
    execute("UPDATE core_job SET cancel_requested = true WHERE id = %s", [job.pk])
    assert run(job).state == "CANCELLED"
    assert Note.objects.filter(document_type="tests.Count").count() < 10
    assert not ExceptionCase.objects.exists()


def test_addresses_lead_to_services_and_to_nothing_else() -> None:
    assert address_resolve("core.note_add") is note_add
    for address in (
        "core._table",
        "core.transaction",
        "os.system",
        "core.User",
        "nonsense",
        "subprocess.run",
    ):
        with pytest.raises(UnknownKind):
            address_resolve(address)


def test_work_in_the_future_waits(wakes: list[Any], actor: User) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    job = job_enqueue(kind="tests.write_note", key="later", arguments={"body": "x"}, actor=actor, at=later)
    assert wakes == []
    assert work_run(table="job", row_id=job.pk, at=AT) is False
    assert work_sweep(at=AT)["woken"] == 0


def test_everything_in_the_beat_table_can_run() -> None:
    from erp.celery import BEAT_SCHEDULE, app

    app.loader.import_default_modules()  # as a worker does
    for name, entry in BEAT_SCHEDULE.items():
        assert entry["task"] in app.tasks, name
        if entry["task"] == "core.run_periodic":
            address, seconds, queue = entry["args"]
            needed = {
                parameter.name
                for parameter in inspect.signature(address_resolve(address)).parameters.values()
                if parameter.default is inspect.Parameter.empty
            }
            assert needed <= {"actor", "at", "progress"}, name
            assert queue in settings.KEEL_QUEUES, name
            assert entry["schedule"] <= min(seconds, 300), name


def test_old_finished_work_is_cleared_away_and_nothing_else(wakes: list[Any], actor: User) -> None:
    old, recent, dead = (enqueue("tests.write_note", actor, key=key, body="x") for key in "abc")
    claimed = periodic(job="tests.write_note", period_seconds=60, arguments={"body": "x"}, actor=actor, at=AT)
    assert claimed is not None
    execute(
        "UPDATE core_job SET state = 'DONE', finished_at = now() - interval '31 days' WHERE id = ANY(%s)",
        [[old.pk, claimed.pk]],
    )
    execute(
        "UPDATE core_job SET state = 'DEAD', finished_at = now() - interval '31 days' WHERE id = %s",
        [dead.pk],
    )
    execute("UPDATE core_periodicclaim SET claimed_at = now() - interval '31 days'")
    assert work_purge(actor=actor, at=AT) == {"claims": 1, "jobs": 2, "keys": 0}
    assert set(Job.objects.values_list("pk", flat=True)) == {recent.pk, dead.pk}
