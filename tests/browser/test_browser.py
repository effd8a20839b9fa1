"""Answers: does the browser that the tests drive start, type, and stay on this machine?"""

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.django_db(transaction=True)
def test_the_first_page_asks_who_you_are(browser_page: Page) -> None:
    browser_page.goto("/")
    assert "login" in browser_page.url
    assert browser_page.locator("input[type=password]").is_visible()
