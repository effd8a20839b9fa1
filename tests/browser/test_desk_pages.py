"""Answers: do the desk, a case, its groups and statistics, the mentions, an order's timeline and the tower fit, and pass axe?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from erp.core.models import ExceptionCase
from erp.core.services.exception_case import CaseDraft, exception_open_many, exception_resolve_many
from erp.core.services.exception_desk import exception_assign_many, exception_escalate
from erp.core.services.note import note_add
from orders.models import Order
from orders.services import hold_open
from orders.services.late import order_flag_at_risk, order_flag_late
from tests.browser.looks import look, show_everywhere
from tests.cast import Company, company_create, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.fulfillment.test_pick import released

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def busy(db: Any) -> Company:
    """A company whose desk, floor and order book have something of everything."""
    company = company_create()
    now = timezone.now()
    stock_in(company, company.mug, 40)
    for units in (1, 3, 12):
        order_in(company, (company.lamp, units, "1234.50"), ordered_at=now - timedelta(days=units))
    held = order_in(company, (company.mug, 2), ordered_at=now - timedelta(hours=3))
    hold_open(order_id=held.pk, kind="FRAUD", reason="Odd card", actor=company.cora, at=now)
    promised(company, (company.mug, 1))
    story, _ = released(company, (company.mug, 4))
    note_add(
        document_type="orders.Order", document_id=story.pk, body="@fay is the deposit in?\nThe customer rang twice.",
        actor=company.cora, at=now,
    )  # fmt: skip
    order_flag_late(actor=company.system, at=now)
    order_flag_at_risk(actor=company.system, at=now)
    old = now - timedelta(days=9)
    drafts = [
        CaseDraft("SHORT_PICK", "inventory.BinStock", str(n), f"N-A-0{n} is {n} short of MUG-WITH-A-RATHER-LONG-SKU-{n}",
                  {"sku": "MUG", "missing": n, "reason": "Bin is empty"}, Decimal(n * 130)) for n in range(1, 7)
    ]  # fmt: skip
    ids = exception_open_many(drafts, actor=company.system, at=old)
    exception_resolve_many(case_ids=ids[:2], resolution="manual", reason="Counted", actor=company.pia, at=now)
    exception_assign_many(case_ids=ids[3:4], assignee_id=company.pia.pk, actor=company.olga, at=now)
    exception_escalate(actor=company.system, at=now)
    return company


def test_the_pages_fit_and_have_no_fault_of_access(browser_page: Page, login: Any, busy: Company) -> None:
    login(busy.olga)
    story = Order.objects.get(state="RELEASED")
    short = ExceptionCase.objects.filter(kind="SHORT_PICK", state="OPEN").latest("pk")
    late = ExceptionCase.objects.filter(kind="ORDER_LATE").latest("pk")
    settled = ExceptionCase.objects.filter(state="RESOLVED").latest("pk")
    pages = {
        "desk": reverse("exception_case_list"),
        "desk_empty": reverse("exception_case_list") + "?kind=VERIFY_FAILED",
        "groups": reverse("exception_case_groups"),
        "statistics": reverse("exception_case_statistics"),
        "case": reverse("exception_case_detail", args=[short.pk]),
        "case_late": reverse("exception_case_detail", args=[late.pk]),
        "case_settled": reverse("exception_case_detail", args=[settled.pk]),
        "mentions": reverse("mention_list"),
        "tower": reverse("reporting:tower"),
        "tower_node": reverse("reporting:tower") + "?by=node",
        "tower_rows": reverse("reporting:tower_rows") + "?stage=waiting",
        "order": reverse("orders:order_detail", args=[story.pk]),
    }
    show_everywhere(browser_page, pages.items())


def test_a_button_settles_a_case_and_a_chip_filters_the_timeline(
    browser_page: Page, login: Any, busy: Company
) -> None:
    login(busy.olga)
    case = ExceptionCase.objects.filter(kind="ORDER_LATE").latest("pk")
    browser_page.goto(reverse("exception_case_detail", args=[case.pk]))
    browser_page.get_by_role("button", name="Serve it first…").click()
    look(browser_page, "case_dialog")
    browser_page.locator("dialog[open]").get_by_role("button", name="Serve it first").click()
    expect(browser_page.locator(".k-toast")).to_contain_text("Served first")
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "orders.order_expedite")
    browser_page.goto(reverse("orders:order_detail", args=[case.subject_id]))
    chips = browser_page.get_by_role("navigation", name="Show on the timeline")
    chips.get_by_role("link", name="Notes").click()
    expect(browser_page.locator("#timeline .k-timeline-item")).to_have_count(2)
    expect(browser_page.locator("#timeline")).to_contain_text("priority 0 → 100")


def test_a_person_takes_the_next_case_and_the_bell_rings_for_who_is_named(
    browser_page: Page, login: Any, busy: Company
) -> None:
    login(busy.olga)
    browser_page.goto(reverse("exception_case_list"))
    browser_page.get_by_role("button", name="Take the next").click()
    expect(browser_page.locator(".k-toast")).to_contain_text("It is yours now.")
    browser_page.get_by_label("Write a note").fill("@fay what is this worth?")
    browser_page.get_by_role("button", name="Add note").click()
    expect(browser_page.locator("#timeline a.k-mention")).to_have_text("@fay")
    login(busy.fay)
    browser_page.goto(reverse("home"))
    expect(browser_page.locator("#mention-count")).to_contain_text("2")
    browser_page.get_by_role("link", name="Mentions").click()
    expect(browser_page.locator("main")).to_contain_text("what is this worth?")
    browser_page.get_by_role("button", name="Mark all as read").click()
    expect(browser_page.locator(".k-toast")).to_contain_text("All read.")
    expect(browser_page.locator("#mention-count")).to_have_text("")
