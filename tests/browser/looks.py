"""Answers: does what is shown fit its width, may everyone read it, and what did it look like?"""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def fits(page: Page) -> bool:
    """Say whether nothing is wider than the window. A page that is still arriving is waited for."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def grave(page: Page) -> list[str]:
    """Return the serious and critical faults axe finds, with the element at fault."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def shot(page: Page, name: str) -> None:
    """Keep a picture when somebody asked for one (KEEL_SHOTS names the folder)."""
    if folder := os.environ.get("KEEL_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def look(page: Page, name: str) -> None:
    """See that what is shown fits its width and has no grave fault of access; keep a picture."""
    width = (page.viewport_size or {}).get("width")
    shot(page, f"{name}-{width}")
    assert fits(page), f"{name} is wider than {width} px"
    assert grave(page) == [], name


def look_everywhere(page: Page, name: str) -> None:
    """See what is shown at a desk's width and a phone's, in light and dark; the desk and the light are left."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            look(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def show(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")


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
