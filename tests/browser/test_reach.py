"""The page for whoever has no mouse, a small screen or weak eyes: focus, contrast, width, and refusals that say what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from analyzer.types import EventId
from pipelines.records import CoverageInterval, CoverageState, Grade, ReviewState, TimeBasis
from tests.api.builders import CORRIDOR, NOON, RUN
from tests.browser.conftest import PASSWORD, Site

AUDIT = """() => {
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const read = text => { const parts = text.match(/[\\d.]+/g).map(Number); return parts.length > 3 ? parts : [...parts, 1]; };
    const ground = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = read(getComputedStyle(e).backgroundColor);
            if (colour[3] > 0.99) return colour;
        }
        return [255, 255, 255, 1];
    };
    const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
    const weak = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement, text = texts.currentNode.textContent.trim();
        if (!text || !element.checkVisibility() || element.closest('svg, option, [disabled]')) continue;
        const found = ratio(read(getComputedStyle(element).color), ground(element));
        if (found < 4.5) weak.push(`${text.slice(0, 40)}: ${found.toFixed(2)} of 4.5`);
    }
    for (const control of document.querySelectorAll('button, .button, input:not([type=hidden]), select, textarea')) {
        if (!control.checkVisibility() || control.disabled || control.matches('.quiet, [type=radio], [type=checkbox], [type=range]')) continue;
        const style = getComputedStyle(control), around = ground(control.parentElement);
        const seen = [style.borderTopColor, style.backgroundColor].map(read).filter(c => c[3] > 0.5).map(c => ratio(c, around));
        if (Math.max(0, ...seen) < 3) weak.push(`${control.tagName} ${control.name}: ${Math.max(0, ...seen).toFixed(2)} of 3`);
    }
    return weak;
}"""
"""Measured from the colours the browser computed: text 4.5 to 1 (WCAG 1.4.3), edges or grounds of controls 3 to 1 (1.4.11)."""

FOCUS = """() => {
    const focused = document.activeElement;
    const row = focused.closest('.row') ?? focused;
    const place = row.getBoundingClientRect();
    const rim = element => getComputedStyle(element).outlineStyle !== 'none' && parseFloat(getComputedStyle(element).outlineWidth) >= 2;
    return { name: focused.outerHTML.slice(0, 80), rim: rim(focused) || rim(row),
             inside: place.width > 0 && place.bottom > 0 && place.top < innerHeight, last: focused === document.body };
}"""


@pytest.fixture
def page(site: Site, context: BrowserContext) -> Page:
    return site.show(context)


def _pages(site: Site) -> tuple[str, ...]:
    event = f"/events/{site.events[0]}?state="
    return "/queue?state=", "/queue?state=&rule=S05", event, "/coverage", "/cameras", "/events/nobody", "/login"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_controls_stand_out_on_every_page(page: Page, site: Site, context: BrowserContext, theme: str) -> None:
    context.add_cookies([{"name": "vigil_theme", "value": theme, "url": site.address}])
    for path in _pages(site):
        page.goto(site.address + path)
        assert page.evaluate(AUDIT) == [], path


def test_focus_is_seen_wherever_tab_leads(page: Page, site: Site) -> None:
    for path in _pages(site):
        page.goto(site.address + path)
        stops: list[Any] = []
        while len(stops) < 80:
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop["last"]:
                break
            stops.append(stop)
        assert stops, path
        assert [stop["name"] for stop in stops if not stop["rim"] or not stop["inside"]] == [], path


def test_the_second_link_of_an_event_skips_to_the_decision(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/events/{site.events[0]}?state=")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".skip").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator('button[value="confirm"]')).to_be_focused()


def test_tab_goes_on_from_the_decision_that_was_taken(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/events/{site.events[0]}?state=")
    page.locator("#auto-next").uncheck()
    page.locator('button[value="reject"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#decision")).to_have_attribute("data-decided", "reject")
    expect(page.locator("#decision")).to_be_focused()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_is_wider_than_a_telephone(page: Page, site: Site, context: BrowserContext, language: str) -> None:
    context.add_cookies([{"name": "vigil_language", "value": language, "url": site.address}])
    page.set_viewport_size({"width": 360, "height": 740})
    for path in _pages(site):
        page.goto(site.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    page.goto(f"{site.address}/queue")
    brand, sign_out = page.locator(".top .brand").bounding_box(), page.locator(".top .own form button").bounding_box()
    assert brand is not None
    assert sign_out is not None
    assert sign_out["y"] < brand["y"] + brand["height"]  # one line, not two


@pytest.mark.parametrize("minutes", [0.8, 40, 400])
@pytest.mark.parametrize("basis", [TimeBasis.ARGUMENT, TimeBasis.UNKNOWN], ids=["clock", "position"])
def test_times_under_a_strip_stand_apart_on_a_telephone(page: Page, site: Site, basis: TimeBasis, minutes: float) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC) if basis is TimeBasis.UNKNOWN else NOON + timedelta(days=1)
    builder = site.builder.run(basis, start)
    end = start + timedelta(minutes=minutes)
    builder.repository.put_coverage([CoverageInterval(CORRIDOR, start, end, CoverageState.LIVE, None, RUN)])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.address}/coverage?camera={CORRIDOR}&day={start.date().isoformat()}")
    for strip in page.locator(".chart").all():
        labels = strip.locator("text").evaluate_all(
            "texts => texts.map(text => text.getBoundingClientRect()).filter(box => box.width).map(box => [box.left, box.right])"
        )
        assert len(labels) >= 2
        assert all(left - right >= 6 for (_, right), (left, _) in pairwise(labels)), labels


def test_a_session_that_ends_under_a_decision_leads_back_to_its_event(page: Page, site: Site) -> None:
    address = f"/events/{site.events[0]}?state="
    page.goto(site.address + address)
    site.builder.repository.close_all_sessions("inspector")
    page.keyboard.press("y")
    page.wait_for_url("**/login?*")
    expect(page.get_by_role("alert")).to_contain_text("trước khi dữ liệu vừa gửi được ghi")
    page.get_by_label("Tên tài khoản").fill("inspector")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    assert site.builder.repository.event(EventId(site.events[0])).review_state is ReviewState.AWAITING


def test_a_page_of_an_earlier_session_says_that_trying_again_is_no_use(page: Page, site: Site, context: BrowserContext) -> None:
    page.goto(f"{site.address}/events/{site.events[0]}?state=")
    site.show(context, Grade.ADMIN)  # somebody signs in anew in the same browser
    page.keyboard.press("y")
    expect(page.locator("#decision-outdated")).to_be_visible()
    expect(page.locator("#decision-failed")).to_be_hidden()
    page.locator("#decision-outdated a").click()
    expect(page.locator("#decision-outdated")).to_be_hidden()
    page.locator("#auto-next").uncheck()  # or the next event is there before this one can be looked at
    page.locator('button[value="confirm"]').click()
    expect(page.locator("#decision")).to_have_attribute("data-decided", "confirm")


def test_after_a_wrong_password_the_password_is_asked_again(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.address}/login")
    expect(page.get_by_label("Tên tài khoản")).to_be_focused()
    page.get_by_label("Tên tài khoản").fill("inspector")
    page.get_by_label("Mật khẩu").fill("sai")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    expect(page.get_by_label("Mật khẩu")).to_be_focused()
