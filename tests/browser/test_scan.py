"""Answers: does every scan reach the server once and in order, however it is sent, and does the picker see it?"""

from urllib.parse import parse_qs

import pytest
from django.templatetags.static import static
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FLOOR = f"""<!doctype html><html lang="en"><body><main>
<form data-scan method="post" hx-post="/scan-here" hx-trigger="scan" hx-target="#task">
<input name="code" data-scan-input inputmode="none" aria-label="Scan"><input type="hidden" name="scan_id" data-scan-id>
</form><div id="task">nothing yet</div><textarea aria-label="Remark"></textarea></main>
<p id="offline" hidden><span data-waiting></span></p><div id="flash"></div><div id="announcer" role="alert"></div>
<script src="{static("django_htmx/htmx-2.min.js")}" defer></script>
<script src="{static("keel/scan.js")}" defer></script></body></html>"""


class Server:
    """Stands in for a pick page: remembers each scan, answers A1 as right and everything else as wrong."""

    def __init__(self) -> None:
        self.scans: list[tuple[str, str]] = []
        self.is_down = False

    def page(self, route: Route) -> None:
        route.fulfill(body=FLOOR, content_type="text/html")

    def scan(self, route: Route) -> None:
        if self.is_down:
            route.abort()
            return
        form = parse_qs(route.request.post_data or "")
        code = form["code"][0]
        self.scans.append((code, form["scan_id"][0]))
        kind = "ok" if code == "A1" else "error"
        route.fulfill(body=f'<p data-feedback="{kind}">{code} was {kind}</p>', content_type="text/html")

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.scans]


@pytest.fixture
def server(browser_page: Page) -> Server:
    server = Server()
    browser_page.route("**/floor-test", server.page)
    browser_page.route("**/scan-here", server.scan)
    browser_page.goto("/floor-test")
    return server


def test_keys_typed_by_a_wedge_become_one_scan_with_feedback(browser_page: Page, server: Server) -> None:
    browser_page.keyboard.type("A1")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#task")).to_have_text("A1 was ok")
    expect(browser_page.locator("#flash")).to_have_class("f-flash is-ok is-on")
    browser_page.keyboard.type("B2")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#flash")).to_have_class("f-flash is-error is-on")
    assert server.codes == ["A1", "B2"]
    assert len({scan_id for _, scan_id in server.scans}) == 2


def test_scans_faster_than_the_server_are_kept_in_order(browser_page: Page, server: Server) -> None:
    for number in range(6):
        browser_page.keyboard.type(f"C{number}")
        browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#task")).to_have_text("C5 was error")
    assert server.codes == [f"C{number}" for number in range(6)]


def test_text_that_android_injects_without_keys_is_a_scan(browser_page: Page, server: Server) -> None:
    browser_page.keyboard.insert_text("5012345678900")
    expect(browser_page.locator("#task")).to_have_text("5012345678900 was error")
    assert server.codes == ["5012345678900"]


def test_a_scan_made_without_network_is_sent_with_the_same_id_later(
    browser_page: Page, server: Server
) -> None:
    server.is_down = True
    browser_page.keyboard.type("A1")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#offline")).to_be_visible()
    kept = browser_page.evaluate("JSON.parse(localStorage.getItem('keel-scans:/floor-test'))[0].id")
    server.is_down = False
    expect(browser_page.locator("#task")).to_have_text("A1 was ok")
    expect(browser_page.locator("#offline")).to_be_hidden()
    assert server.scans == [("A1", kept)]
    browser_page.faults.clear()  # type: ignore[attr-defined]  # the lost connection is the point


def test_typing_in_another_field_is_no_scan(browser_page: Page, server: Server) -> None:
    browser_page.get_by_label("Remark").fill("box is wet")
    browser_page.get_by_label("Remark").press("Enter")
    browser_page.wait_for_timeout(250)
    assert server.codes == []
