"""Answers: how does a test get a page in a real Chromium, on any machine?"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import chromium_arguments, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one Chromium for the whole run."""
    program = find_chromium()
    if program is None:
        pytest.fail("No Chromium: run `make setup-browser`, which says what is missing.")
    # Playwright's sync API runs an event loop in this thread, which Django takes for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(program), args=chromium_arguments(), chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.fixture
def browser_context(browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    """Open a fresh profile at 1440 px whose relative addresses go to the live server."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def browser_page(browser_context: BrowserContext) -> Iterator[Page]:
    """Open a page, and fail the test when it logged an error, a CSP refusal, or asked a third party for anything."""
    page = browser_context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if not _local(request.url) else None)
    page.faults = faults  # type: ignore[attr-defined]  # a test that provokes an error clears it
    yield page
    assert not faults, faults


def _local(url: str) -> bool:
    return url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:", "about:"))


@pytest.fixture
def login(browser_context: BrowserContext, client: Any, live_server: Any) -> Any:
    """Return a function that signs a user in without the login page."""

    def sign_in(user: Any) -> None:
        client.force_login(user)
        cookie = client.cookies["sessionid"]
        browser_context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])

    return sign_in
