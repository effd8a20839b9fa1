"""Answers: do the probes tell the truth about database, broker, queues, beat and dead leases?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from erp import health
from erp.core.management.commands.watch_queues import stand_in
from erp.core.models import Canary, ExceptionCase, Job
from erp.core.services import canary
from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.services.user import system_user
from erp.core.services.work import claim, job_enqueue
from erp.core.services.work_late import work_report_late
from erp.core.sql import execute

pytestmark = pytest.mark.django_db
QUEUES = ("default", "channel")


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.KEEL_QUEUES = QUEUES
    monkeypatch.setattr(canary, "wake", lambda *_: True)


def checks(client: Client) -> dict[str, str]:
    found: dict[str, str] = client.get("/readyz").json()["checks"]
    return found


def sent_for(seconds: int, now: datetime) -> None:
    """Send canaries every half minute for so long, the last one now."""
    for ago in [*range(seconds, 0, -30), 0]:
        canary.canary_send(queues=QUEUES, at=now - timedelta(seconds=ago))


def test_liveness_asks_nobody(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok"


def test_ready_once_every_queue_has_answered(client: Client) -> None:
    assert checks(client)["beat"] == "no canary was ever sent"
    now = timezone.now()
    canary.canary_send(queues=QUEUES, at=now)
    for queue in QUEUES:
        canary.canary_answer(queue=queue, at=now)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert set(answer.json()["checks"].values()) == {"ok"}


def test_a_queue_that_stops_answering_degrades_readiness_and_opens_one_case(client: Client) -> None:
    now = timezone.now()
    sent_for(130, now)
    canary.canary_answer(queue="default", at=now)
    canary.canary_answer(queue="channel", at=now - timedelta(seconds=121))
    assert checks(client)["queues"] == "not consumed: channel"
    assert client.get("/readyz").status_code == 200
    for _ in range(2):
        assert canary.canary_report(queues=QUEUES, actor=system_user(), at=now) == ["channel"]
    case = ExceptionCase.objects.get()
    assert (case.kind, case.subject_id, case.state) == ("QUEUE_STALE", "channel", "OPEN")
    canary.canary_answer(queue="channel", at=now)
    assert canary.canary_report(queues=QUEUES, actor=system_user(), at=now) == []
    assert ExceptionCase.objects.get().state == "RESOLVED"


def test_silence_from_before_a_start_says_nothing(client: Client) -> None:
    """Yesterday's answer, or none yet, is no alarm while the first canaries are on their way."""
    now = timezone.now()
    canary.canary_send(queues=QUEUES, at=now - timedelta(days=1))
    canary.canary_answer(queue="default", at=now - timedelta(days=1))
    sent_for(119, now)
    assert canary.canary_stale(queues=QUEUES, at=now) == []
    sent_for(30, now + timedelta(seconds=30))
    assert canary.canary_stale(queues=QUEUES, at=now + timedelta(seconds=30)) == ["channel", "default"]


def test_a_silent_beat_is_told_from_a_silent_queue(client: Client) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    canary.canary_send(queues=QUEUES, at=long_ago)
    found = checks(client)
    assert found["beat"].startswith("last canary 72")
    assert found["queues"] == "ok"
    assert Canary.objects.count() == 2


def test_work_past_its_lease_means_that_nobody_sweeps(client: Client) -> None:
    job = job_enqueue(kind="tests.none", key="1", actor=system_user())
    assert claim("job", job.pk) == 1
    assert checks(client)["sweeper"] == "ok"
    execute("UPDATE core_job SET lease_until = now() - interval '2 minutes'")
    assert checks(client)["sweeper"] == "1 rows past their lease"


def test_a_dead_broker_degrades_and_pending_migrations_refuse(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> str:
        raise ConnectionError("no such file: /secret/path")

    monkeypatch.setitem(health.WATCHED, "broker", gone)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "ConnectionError")
    assert b"secret" not in answer.content
    monkeypatch.setitem(health.NEEDED, "migrations", lambda: "2 pending")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")


def test_metrics_are_for_loopback_or_the_token(client: Client, settings: Any) -> None:
    job_enqueue(kind="tests.none", key="1", actor=system_user())
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b'keel_work_rows{table="job",state="PENDING"} 1' in answer.content
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403
    settings.METRICS_TOKEN = "t0ken"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


def test_a_stream_that_does_not_move_has_one_case_until_it_does() -> None:
    outbox_add_many([OutboxDraft("order:1", "tests.none", key, {}) for key in "abc"])
    job_enqueue(kind="tests.none", key="1", queue="channel", actor=system_user())
    now = timezone.now()
    assert work_report_late(actor=system_user(), at=now) == 0
    execute(
        "UPDATE core_outboxmessage SET created_at = now() - interval '11 minutes', next_at = now() + interval '1 hour'"
    )
    execute("UPDATE core_job SET next_at = now() - interval '11 minutes'")
    for _ in range(2):
        assert work_report_late(actor=system_user(), at=now) == 2
    cases = ExceptionCase.objects.filter(state="OPEN").order_by("subject_id")
    assert [(case.subject_id, case.title) for case in cases] == [
        ("core.Job:channel", "1 row waits in core.Job:channel"),
        ("core.OutboxMessage:order:1", "3 rows wait in core.OutboxMessage:order:1"),
    ]
    execute("UPDATE core_outboxmessage SET state = 'DONE', provider_ref = 'x'")
    assert work_report_late(actor=system_user(), at=now) == 1
    assert ExceptionCase.objects.get(state="RESOLVED").resolution == "core.work_report_late"


def test_the_watcher_restarts_a_deaf_worker_and_leaves_a_living_one(tmp_path: Path, settings: Any) -> None:
    now = timezone.now()
    sent_for(150, now)
    for queue in QUEUES:
        canary.canary_answer(queue=queue, at=now)
    mark = tmp_path / "restarted"
    call_command("watch_queues", "--once", "--restart", f"touch {mark}")
    assert not mark.exists()
    Canary.objects.filter(queue="channel").update(answered_at=now - timedelta(minutes=5))
    call_command("watch_queues", "--once", "--restart", f"touch {mark}")
    assert mark.exists()


def test_the_watcher_does_the_work_of_a_queue_that_has_gone_silent() -> None:
    now = timezone.now()
    sent_for(60, now)
    canary.canary_answer(queue="default", at=now - timedelta(seconds=20))
    canary.canary_answer(queue="channel", at=now - timedelta(seconds=40))
    jobs = [
        job_enqueue(
            kind="core.note_add", key=queue, queue=queue, actor=system_user(),
            arguments={"document_type": "tests.Queue", "document_id": 1, "body": queue},
        )
        for queue in QUEUES
    ]  # fmt: skip
    assert stand_in() == 1
    states = [Job.objects.get(pk=job.pk).state for job in jobs]
    assert states == ["PENDING", "DONE"]
