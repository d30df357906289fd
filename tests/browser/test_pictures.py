"""Pictures of every page in both languages and themes, wide and narrow, for a person to look at.

The test itself checks what can be checked without eyes: nothing runs out of the page sideways.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, shots_folder

WIDE = {"width": 1440, "height": 1000}
NARROW = {"width": 390, "height": 844}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_fit(site: Site, chromium: Browser, language: str, theme: str, size: dict[str, int]) -> None:
    context = chromium.new_context(viewport=size, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    context.add_cookies(
        [{"name": f"vigil_{k}", "value": v, "url": site.address} for k, v in (("language", language), ("theme", theme))]
    )
    page = context.new_page()
    page.goto(f"{site.address}/login")
    _look(page, f"login-{language}-{theme}-{size['width']}")
    page.close()
    page = site.show(context)
    for name, path in (
        ("queue", "/queue?state="),
        ("event", f"/events/{site.events[0]}?state="),
        ("no-clip", f"/events/{site.events[2]}?state="),
        ("coverage", "/coverage"),
        ("cameras", "/cameras"),
        ("missing", "/events/none"),
    ):
        page.goto(site.address + path)
        if name == "event":
            expect(page.locator("#overlay")).to_have_attribute("data-drawn", "1")
        _look(page, f"{name}-{language}-{theme}-{size['width']}")
    context.close()


def _look(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} runs {overflow} px out of the window"
    if folder := shots_folder():
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
