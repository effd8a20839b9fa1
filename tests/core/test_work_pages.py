"""Answers: can people see what waits, failed, came in and goes out, and act on it if they may?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from erp.core.models import InboxMessage, Job, OutboxMessage, User
from erp.core.roles import Role
from erp.core.selectors import job_progress, jobs_of
from erp.core.services import work
from erp.core.services.inbox import InboxDraft, inbox_store_many
from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.services.role import role_grant, role_sync
from erp.core.services.work import JobDraft, job_enqueue, job_enqueue_many
from erp.core.sql import execute

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LISTS = ["/work/jobs/", "/work/inbox/", "/work/outbox/"]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)


def person(name: str, *roles: Role) -> User:
    role_sync()
    user = User.objects.create_user(name, password="a long enough secret")
    role_grant(user=user, roles=list(roles))
    return user


@pytest.fixture
def olga() -> User:
    return person("olga", Role.OPERATIONS)


@pytest.fixture
def olgas(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def job(actor: User, state: str = "PENDING", **fields: Any) -> Job:
    made = job_enqueue(kind="tests.page", key=str(Job.objects.count()), arguments={"order": 17}, actor=actor)
    Job.objects.filter(pk=made.pk).update(state=state, **fields)
    return Job.objects.get(pk=made.pk)


def fill(olga: User, rows: int) -> None:
    job_enqueue_many([JobDraft("tests.page", f"k{n}") for n in range(rows)], actor=olga)
    inbox_store_many([InboxDraft("shop", "tests.page", f"<{n}>", "x") for n in range(rows)], at=AT)
    outbox_add_many([OutboxDraft("s", "tests.page", f"k{n}", {}) for n in range(rows)])


@pytest.mark.parametrize("url", LISTS)
def test_a_list_asks_as_much_for_forty_rows_as_for_two(
    url: str, olgas: Client, olga: User, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    fill(olga, 2)
    with django_assert_max_num_queries(15) as few:
        assert olgas.get(url).status_code == 200
    (
        execute("DELETE FROM core_job"),
        execute("DELETE FROM core_inboxmessage"),
        execute("DELETE FROM core_outboxmessage"),
    )
    fill(olga, 40)
    with django_assert_num_queries(len(few)):
        assert olgas.get(url).status_code == 200


@pytest.mark.parametrize("url", LISTS)
def test_lists_filter_by_state_and_kind(url: str, olgas: Client, olga: User) -> None:
    fill(olga, 1)
    assert b"tests.page" in olgas.get(f"{url}?state=PENDING&kind=tests").content
    assert b"k-row-link" not in olgas.get(f"{url}?state=DEAD").content


@pytest.mark.parametrize("url", [*LISTS, "/work/jobs/1/"])
def test_who_may_not_see_work_is_refused(url: str, client: Client) -> None:
    client.force_login(person("wanda", Role.WAREHOUSE))
    assert client.get(url).status_code == 403


def test_a_record_shows_the_raw_message_and_escapes_it(olgas: Client) -> None:
    inbox_store_many(
        [InboxDraft("shop", "tests.page", "7", b"<script>alert(1)</script>\xff", headers={"X-Id": "9"})],
        at=AT,
    )
    answer = olgas.get(f"/work/inbox/{InboxMessage.objects.get().pk}/")
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;\\xff" in answer.content
    assert b"X-Id" in answer.content


def test_an_outbox_record_shows_what_is_sent(olgas: Client) -> None:
    outbox_add_many([OutboxDraft("order:1", "core.send_email", "hello:1", {"to": "pia@example.com"})])
    answer = olgas.get(f"/work/outbox/{OutboxMessage.objects.get().pk}/")
    assert b"pia@example.com" in answer.content


def test_a_dead_job_is_retried_from_its_page(olgas: Client, olga: User) -> None:
    dead = job(olga, "DEAD", attempts=5, error="Traceback\nKeyError: 7")
    page = olgas.get(f"/work/jobs/{dead.pk}/").content
    assert b"KeyError: 7" in page
    assert olgas.post(f"/work/job/{dead.pk}/retry/", {"reason": "fixed"}).status_code == 302
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("PENDING", 0)
    assert olgas.post("/work/sandwich/1/retry/").status_code == 404


def test_looking_does_not_entitle_to_retry(client: Client, olga: User) -> None:
    client.force_login(person("fay", Role.FINANCE))
    dead = job(olga, "DEAD", attempts=5)
    assert client.get(f"/work/jobs/{dead.pk}/").status_code == 200
    assert client.post(f"/work/job/{dead.pk}/retry/").status_code == 403
    assert client.post(f"/work/job/{dead.pk}/cancel/").status_code == 403
    dead.refresh_from_db()
    assert dead.state == "DEAD"


def test_dead_work_is_retried_in_bulk_and_the_rest_left_alone(olgas: Client, olga: User) -> None:
    dead, done = job(olga, "DEAD", attempts=5), job(olga, "DONE")
    preview = olgas.post("/work/jobs/", {"action": "retry", "ids": [dead.pk, done.pk]})
    assert b"1 will be tried again" in preview.content
    result = olgas.post("/work/jobs/", {"action": "retry", "stage": "run", "ids": f"{dead.pk},{done.pk}"})
    assert b"waits for a worker" in result.content
    assert set(Job.objects.values_list("pk", "state")) == {(dead.pk, "PENDING"), (done.pk, "DONE")}


def test_the_drawer_shows_my_jobs_with_rate_and_time_left(olgas: Client, olga: User) -> None:
    job(
        olga,
        "RUNNING",
        started_at=datetime.now(UTC) - timedelta(seconds=10),
        percent=25,
        units_done=50,
        units_total=200,
        message="rows read",
    )
    job(person("otto", Role.OPERATIONS), "RUNNING", message="not mine")
    answer = olgas.get("/work/drawer/").content.decode()
    assert "rows read" in answer
    assert "50 of 200" in answer
    assert 'hx-trigger="every 2s"' in answer
    assert "not mine" not in answer


def test_an_idle_drawer_asks_rarely(olgas: Client) -> None:
    assert b'hx-trigger="every 60s"' in olgas.get("/work/drawer/").content
    assert b'id="job-drawer"' in olgas.get("/").content


def test_rate_and_remaining_time_are_measured(olga: User) -> None:
    found = job_progress(
        job(olga, "RUNNING", started_at=AT, units_done=50, units_total=200), AT + timedelta(seconds=10)
    )
    assert (found.seconds, found.rate, found.remaining) == (10.0, 5.0, timedelta(seconds=30))
    unknown = job_progress(job(olga), AT)
    assert (unknown.seconds, unknown.rate, unknown.remaining) == (None, None, None)


def test_open_jobs_come_first_and_old_ones_not_at_all(olga: User) -> None:
    old = job(olga, "DONE", finished_at=AT - timedelta(hours=9))
    done = job(olga, "DONE", finished_at=AT - timedelta(hours=1))
    waiting = job(olga)
    assert [item.job.pk for item in jobs_of(olga, AT)] == [waiting.pk, done.pk]
    assert old.pk


def test_only_the_owner_stops_a_job_from_the_drawer(olgas: Client, olga: User, client: Client) -> None:
    running = job(olga, "RUNNING")
    assert olgas.post(f"/work/jobs/{running.pk}/stop/").status_code == 200
    running.refresh_from_db()
    assert (running.state, running.cancel_requested) == ("RUNNING", True)
    client.force_login(person("otto", Role.OPERATIONS))
    other = job(olga)
    assert client.post(f"/work/jobs/{other.pk}/stop/").status_code == 403
    other.refresh_from_db()
    assert other.state == "PENDING"


def test_a_jobs_file_goes_to_its_owner_only_and_never_outside_its_folder(
    olgas: Client, olga: User, settings: Any
) -> None:
    made = job(olga, "DONE", result={"file": "rows.csv", "name": "orders.csv"})
    folder = Path(settings.MEDIA_ROOT) / "jobs" / str(made.pk)
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text("a,b\n")
    answer: Any = olgas.get(f"/work/jobs/{made.pk}/file/")
    assert b"".join(answer.streaming_content) == b"a,b\n"
    assert answer["Content-Disposition"] == 'attachment; filename="orders.csv"'
    Job.objects.filter(pk=made.pk).update(result={"file": "../../secret_key"})
    assert olgas.get(f"/work/jobs/{made.pk}/file/").status_code == 404
    olgas.force_login(person("wanda", Role.WAREHOUSE))
    assert olgas.get(f"/work/jobs/{made.pk}/file/").status_code == 403
