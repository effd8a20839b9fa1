"""Answers: does what is shown fit its width, may everyone read it, and what did it look like?"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

OF_COLOUR = ("color-contrast", "link-in-text-block")  # axe's rules that a scheme of colours can break


def fits(page: Page) -> bool:
    """Say whether nothing is wider than the window. What is still arriving, or drawn anew after a turn, is waited for."""
    page.wait_for_load_state()
    for _ in range(20):
        if page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            return True
        page.wait_for_timeout(100)
    return False


def faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return the faults of access that axe finds by these rules, by all of them if none is named, with the element at fault."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options: dict[str, Any] = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = page.evaluate("options => axe.run(options).then(result => result.violations)", options)
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]}"
        for fault in found
        for node in fault["nodes"]
    ]


def shot(page: Page, name: str) -> None:
    """Keep a picture when somebody asked for one (KEEL_SHOTS names the folder)."""
    if folder := os.environ.get("KEEL_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def look(page: Page, name: str, rules: Sequence[str] = ()) -> None:
    """See that what is shown fits its width and has no fault of access; keep a picture."""
    width = (page.viewport_size or {}).get("width")
    shot(page, f"{name}-{width}")
    assert fits(page), f"{name} is wider than {width} px"
    assert faults(page, rules) == [], name


def look_everywhere(page: Page, name: str) -> None:
    """See what is shown at a desk's width and a phone's, in light and dark; the desk and the light are left.

    A person whose theme is "auto" must be looking. Dark differs by its colours only: the other rules saw it in light.
    """
    for scheme, rules in (("light", ()), ("dark", OF_COLOUR)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            look(page, f"{name}-{scheme}", rules)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def show(page: Page, url: str) -> None:
    """Go to a page and wait until what it fetches by itself has arrived."""
    page.goto(url)
    for _ in range(200):
        if not page.evaluate("document.querySelector('.htmx-request')"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{url} is still fetching")


def show_everywhere(page: Page, pages: Iterable[tuple[str, str]]) -> None:
    """Go to each page, given by a name and its address, and look at it everywhere."""
    for name, url in pages:
        show(page, url)
        look_everywhere(page, name)


def tab_to(page: Page, css: str, words: str = "") -> None:
    """Press Tab until the element that `css` names and that holds these words has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(
            "([css, words]) => document.activeElement.matches(css) && document.activeElement.textContent.includes(words)",
            [css, words],
        ):
            return
    raise AssertionError(f"Tab never reaches {css} {words}")


def write(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name={name}]")
    page.keyboard.type(text)
