"""Answers: does the job drawer move by itself, and can a person stop a job and read a raw message, in a real browser?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from erp.core.models import InboxMessage, Job, User
from erp.core.roles import Role
from erp.core.services import work
from erp.core.services.inbox import InboxDraft, inbox_reject_many, inbox_store_many
from erp.core.services.role import role_grant, role_sync
from erp.core.services.work import JobDraft, job_enqueue_many

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def olga(db: Any, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(work.current_app, "send_task", lambda *_, **__: None)
    role_sync()
    user = User.objects.create_user("olga", password="a long enough secret")
    role_grant(user=user, roles=[Role.OPERATIONS])
    return user


@pytest.fixture
def job(olga: User) -> Job:
    job_enqueue_many(
        [JobDraft("orders.order_import", "orders.csv"), JobDraft("core.verify_periodic", "now")], actor=olga
    )
    running = Job.objects.get(kind="orders.order_import")
    started = datetime.now(UTC) - timedelta(seconds=20)
    Job.objects.filter(pk=running.pk).update(
        state="RUNNING",
        attempts=1,
        started_at=started,
        percent=40,
        units_done=400,
        units_total=1000,
        message="row 400",
    )
    return running


def test_the_drawer_follows_a_job_and_stops_it(browser_page: Page, login: Any, olga: User, job: Job) -> None:
    login(olga)
    browser_page.goto("/work/jobs/")
    browser_page.get_by_title("Your jobs").click()
    drawer = browser_page.locator("#job-drawer")
    expect(drawer).to_contain_text("400 of 1,000")
    expect(browser_page.locator("#job-count")).to_contain_text("2")
    Job.objects.filter(pk=job.pk).update(percent=90, units_done=900, message="row 900")
    expect(drawer).to_contain_text("900 of 1,000")
    drawer.locator("article", has_text="order_import").get_by_role("button", name="Cancel").click()
    expect(drawer).to_contain_text("Stops at its next step.")
    assert Job.objects.get(pk=job.pk).cancel_requested is True
    assert Axe().run(browser_page, context="#job-drawer").violations_count == 0


def test_a_refused_message_is_read_and_tried_again(browser_page: Page, login: Any, olga: User) -> None:
    at = datetime.now(UTC)
    (stored,) = inbox_store_many(
        [InboxDraft("web", "orders.order_receive", "E-1", '{"lines": [{"sku": "JUG"}]}')], at=at
    )
    inbox_reject_many({stored.id: "unknown SKU “JUG”"}, actor=olga, at=at)
    login(olga)
    browser_page.goto("/work/inbox/?state=DEAD")
    browser_page.get_by_role("link", name="E-1").click()
    expect(browser_page.locator("pre").first).to_contain_text("unknown SKU")
    assert Axe().run(browser_page).violations_count == 0
    browser_page.get_by_role("button", name="Try again").click()
    browser_page.get_by_role("dialog").get_by_role("button", name="Try again").click()
    expect(browser_page.locator("body")).to_contain_text("It waits for a worker.")
    assert InboxMessage.objects.get().state == "PENDING"
