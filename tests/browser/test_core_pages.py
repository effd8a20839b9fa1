"""Answers: can a person use the kernel's pages in a real browser, by keyboard, in both themes, without an error?"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from erp.core.models import ApprovalRequest, ExceptionCase, User
from erp.core.roles import Role
from erp.core.services.exception_case import exception_open
from erp.core.services.role import role_grant, role_sync
from tests.browser.looks import faults, look, look_everywhere, show

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough secret"
PAGES = [
    "/",
    "/exceptions/",
    "/exceptions/?state=OPEN&q=late",
    "/exceptions/?q=nothing-like-it",
    "/approvals/",
    "/profile/",
]


@pytest.fixture
def olga(db: Any) -> User:
    role_sync()
    user = User.objects.create_user("olga", password=PASSWORD, approval_limit=1000)
    role_grant(user=user, roles=[Role.OPERATIONS])
    return user


@pytest.fixture
def cases(olga: User) -> list[int]:
    now = timezone.now()
    return [
        exception_open(
            kind="ORDER_LATE" if number % 2 else "SHORT_PICK",
            subject_type="orders.Order",
            subject_id=number,
            title=f"Order {number} is late",
            detail={"channel": "uk-web", "ship_by": "yesterday"},
            money_at_risk=Decimal(number),
            actor=olga,
            at=now - timedelta(hours=number),
        )
        for number in range(60)
    ]


@pytest.fixture
def approval(olga: User) -> ApprovalRequest:
    return ApprovalRequest.objects.create(
        kind="tests.spend",
        document_type="core.ExceptionCase",
        document_id=1,
        title="Spend it",
        amount=5000,
        role=Role.OPERATIONS,
        requested_by=User.objects.create_user("max"),
        requested_at=timezone.now(),
    )


def test_a_person_logs_in_by_keyboard_and_lands_where_they_wanted(browser_page: Page, olga: User) -> None:
    browser_page.goto("/exceptions/")
    expect(browser_page).to_have_title("Log in · Keel")
    assert faults(browser_page) == []
    browser_page.keyboard.type("olga")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.type(PASSWORD)
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("heading", name="Exception desk")).to_be_visible()


def test_no_page_has_a_fault_of_access(
    browser_page: Page,
    login: Any,
    olga: User,
    cases: list[int],
    approval: ApprovalRequest,
) -> None:
    login(olga)
    for url in [*PAGES, f"/exceptions/{cases[3]}/", f"/approvals/{approval.pk}/"]:
        show(browser_page, url)
        look_everywhere(browser_page, url.strip("/").replace("/", "-") or "home")


def test_pages_that_the_account_wants_dark_have_no_fault_of_access(
    browser_page: Page, login: Any, olga: User, cases: list[int]
) -> None:
    olga.theme = "dark"
    olga.save()
    login(olga)
    for width in (1440, 390):
        browser_page.set_viewport_size({"width": width, "height": 900})
        for url in ("/", "/exceptions/", f"/exceptions/{cases[3]}/"):
            show(browser_page, url)
            assert browser_page.locator("html").get_attribute("data-bs-theme") == "dark"
            look(browser_page, f"account-dark{url.replace('/', '-')}")


def test_filtering_swaps_only_the_results_and_the_address_follows(
    browser_page: Page, login: Any, olga: User, cases: list[int]
) -> None:
    login(olga)
    browser_page.goto("/exceptions/")
    expect(browser_page.locator(".k-count")).to_contain_text("60 rows")
    browser_page.get_by_role("searchbox", name="Search this list").fill("Order 59 ")
    expect(browser_page.locator(".k-count")).to_contain_text("1 row")
    assert "q=Order%2059" in browser_page.url
    expect(browser_page.locator("#announcer")).to_contain_text("1 row")
    browser_page.get_by_role("link", name="Clear all").click()
    expect(browser_page.locator(".k-count")).to_contain_text("60 rows")


def test_all_that_match_are_selected_previewed_and_resolved(
    browser_page: Page, login: Any, olga: User, cases: list[int]
) -> None:
    login(olga)
    browser_page.goto("/exceptions/?kind=SHORT_PICK")
    browser_page.goto("/exceptions/")
    browser_page.get_by_role("checkbox", name="Select every row on this page").check()
    expect(browser_page.locator("[data-bulk-count]")).to_have_text("50 selected")
    browser_page.get_by_role("button", name="Select all 60 matching").click()
    browser_page.get_by_role("button", name="Resolve…").click()
    expect(browser_page.locator("main")).to_contain_text("60 cases will be closed")
    assert ExceptionCase.objects.filter(state="OPEN").count() == 60
    browser_page.get_by_label("Why, in a few words").fill("Every customer was called")
    browser_page.get_by_role("button", name="Resolve 60 rows").click()
    expect(browser_page.locator("main")).to_contain_text("60 done")
    assert ExceptionCase.objects.filter(state="OPEN").count() == 0


def test_a_record_is_worked_by_keyboard_and_the_next_one_follows(
    browser_page: Page, login: Any, olga: User, cases: list[int]
) -> None:
    login(olga)
    browser_page.goto("/exceptions/?sort=money_at_risk")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("heading", level=1)).to_contain_text("Order 0 is late")
    browser_page.get_by_role("button", name="Resolve…").click()
    browser_page.get_by_label("What was done and why").fill("Shipped by courier")
    browser_page.locator("dialog[open]").get_by_role("button", name="Resolve").click()
    expect(browser_page.locator(".k-toast")).to_contain_text("Case resolved.")
    browser_page.goto("/exceptions/?sort=money_at_risk")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/exceptions/*/?from=*")
    browser_page.keyboard.press("]")
    expect(browser_page.get_by_role("heading", level=1)).to_contain_text("Order 2 is late")


def test_the_palette_opens_by_key_and_goes_where_it_is_told(
    browser_page: Page, login: Any, olga: User
) -> None:
    login(olga)
    browser_page.goto("/")
    browser_page.keyboard.press("Control+k")
    browser_page.keyboard.type("approv")
    expect(browser_page.get_by_role("option", name="Approvals g a")).to_be_visible()
    assert faults(browser_page) == []
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("heading", name="Approvals")).to_be_visible()
    browser_page.keyboard.press("g")
    browser_page.keyboard.press("e")
    expect(browser_page.get_by_role("heading", name="Exception desk")).to_be_visible()


def test_what_was_typed_survives_an_ended_session(
    browser_page: Page, browser_context: BrowserContext, login: Any, olga: User
) -> None:
    login(olga)
    browser_page.goto("/profile/")
    browser_page.get_by_label("Dark").check()
    browser_page.get_by_label("Time zone").select_option("Asia/Tokyo")
    browser_context.clear_cookies(name="sessionid")
    browser_page.get_by_role("button", name="Save").click()
    expect(browser_page.locator("main")).to_contain_text("Your session had ended")
    browser_page.get_by_label("User name").fill("olga")
    browser_page.get_by_label("Password").fill(PASSWORD)
    browser_page.get_by_role("button", name="Log in").click()
    browser_page.wait_for_url("**/profile/")
    expect(browser_page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(browser_page.get_by_label("Dark")).to_be_checked()
