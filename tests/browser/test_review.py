"""Reviewing in a real browser: the clip plays, boxes follow it, and every decision works by mouse and by key."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from analyzer.types import EventId
from pipelines.records import Decision, Grade, Review, ReviewState
from tests.api.builders import NOON, many_events, mask_event
from tests.browser.conftest import PASSWORD, Site, shots_folder


@pytest.fixture
def page(site: Site, context: BrowserContext) -> Page:
    return site.show(context)


def _open(page: Page, site: Site, number: int = 0, query: str = "?state=") -> None:
    page.goto(f"{site.address}/events/{site.events[number]}{query}")


def _ready(page: Page) -> None:
    expect(page.locator("#overlay")).to_have_attribute("data-drawn", "1")


def _state(site: Site, number: int) -> ReviewState:
    return site.builder.repository.event(EventId(site.events[number])).review_state


# --- the clip ------------------------------------------------------------------------------------


def test_h264_plays_in_this_browser(page: Page, site: Site) -> None:
    """The claim behind remuxing instead of re-encoding: what the cameras send is what the browser plays."""
    _open(page, site)
    assert page.locator("#clip").evaluate("""video => video.canPlayType('video/mp4; codecs="avc1.42E01E"')""") == "probably"
    _ready(page)
    before = page.locator("#clip").evaluate("video => video.currentTime")
    played = page.locator("#clip").evaluate(
        """video => new Promise((resolve, reject) => {
            const start = video.currentTime;
            video.addEventListener('error', () => reject(video.error.message));
            const look = (now, frame) => frame.mediaTime > start + 0.3
                ? resolve(frame.mediaTime) : video.requestVideoFrameCallback(look);
            video.requestVideoFrameCallback(look);
            video.play().catch(reject);
        })"""
    )
    assert played > before


def test_the_clip_waits_where_the_sign_begins(page: Page, site: Site) -> None:
    _open(page, site)
    _ready(page)
    expect(page.locator("#wall")).to_have_text("12:02:00")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#wall")).to_have_text("12:01:55")
    page.locator("#to-event").click()
    expect(page.locator("#wall")).to_have_text("12:02:00")
    expect(page.locator("#media")).to_have_text("0:05,0 / 0:12,0")


@pytest.mark.parametrize("height", [650, 768], ids=["in a window", "full screen"])
def test_a_small_laptop_shows_clip_and_verdicts_without_scrolling(page: Page, site: Site, height: int) -> None:
    page.set_viewport_size({"width": 1366, "height": height})
    _open(page, site)
    _ready(page)
    for shown in ("#clip", "#play", "#seek", *(f'button[value="{decision.value}"]' for decision in Decision)):
        box = page.locator(shown).bounding_box()
        assert box is not None
        assert box["y"] >= 0, shown
        assert box["y"] + box["height"] <= height, f"{shown} ends at {box['y'] + box['height']:.0f} px of {height}"
    if folder := shots_folder():
        page.screenshot(path=folder / f"event-laptop-{height}.png")


def test_a_narrow_page_puts_first_what_is_needed_to_decide(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    _open(page, site)
    tops = [page.locator(part).bounding_box() for part in (".player", "#decision", ".why-card", ".facts-card", ".strip-card")]
    ys = [box["y"] for box in tops if box is not None]
    assert len(ys) == 5
    assert ys == sorted(ys)
    expect(page.locator(".lead")).to_contain_text("Hành lang tầng 2 · 20/08/2021 12:02:00")


def test_boxes_follow_the_picture_and_can_be_hidden(page: Page, site: Site) -> None:
    _open(page, site)
    _ready(page)

    def reddest() -> int:
        """Column of the canvas with most of the sign's colour, in per cent of the width."""
        return page.locator("#overlay").evaluate(
            """canvas => {
                const { width, height } = canvas;
                const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
                let sum = 0, n = 0;
                for (let i = 0; i < data.length; i += 4)
                    if (data[i] > 230 && data[i + 1] > 80 && data[i + 1] < 130 && data[i + 2] < 100 && data[i + 3] > 200) {
                        sum += (i / 4) % width; n += 1;
                    }
                return n ? Math.round(sum / n / width * 100) : -1;
            }"""
        )

    # The painted person stands at 8 + 5.5 s per cent, 13 per cent wide.
    for second in (4.0, 8.0):
        page.locator("#clip").evaluate("(video, s) => { video.currentTime = s; }", second)
        expect(page.locator("#media")).to_contain_text(f"0:0{int(second)},0")
        assert abs(reddest() - (8 + 5.5 * second + 6.5)) <= 2
    page.keyboard.press("b")
    expect(page.locator("#overlay")).to_have_attribute("data-drawn", "0")
    expect(page.locator("#boxes")).to_have_attribute("aria-pressed", "false")
    assert reddest() == -1
    page.reload()  # the choice is kept
    expect(page.locator("#boxes")).to_have_attribute("aria-pressed", "false")
    page.locator("#boxes").click()
    expect(page.locator("#overlay")).to_have_attribute("data-drawn", "1")


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "Không quan sát (bản ghi bị hụt)"), ("en", "Not observed (hole in the recording)")]
)
def test_a_gap_within_the_clip_is_said_over_the_picture(
    page: Page, site: Site, context: BrowserContext, language: str, said: str
) -> None:
    event = site.builder.event(mask_event("four", 235 / 60))  # its clip begins ten seconds before the gap of the camera
    site.builder.evidence_of(event)
    context.add_cookies([{"name": "vigil_language", "value": language, "url": site.address}])
    page.goto(f"{site.address}/events/{event.id}")
    _ready(page)
    clip, unseen = page.locator("#clip"), page.locator("#unseen")
    clip.evaluate("video => { video.currentTime = 9; }")
    expect(page.locator("#media")).to_contain_text("0:09")
    expect(unseen).to_be_hidden()
    expect(page.locator("#overlay")).to_have_attribute("data-drawn", "1")
    clip.evaluate("video => { video.currentTime = 11; }")
    expect(unseen).to_be_visible()
    expect(unseen).to_have_text(said)
    expect(page.locator("#overlay")).to_have_attribute("data-drawn", "0")
    clip.evaluate("video => { video.currentTime = 8; }")
    expect(unseen).to_be_hidden()


def test_the_clip_is_driven_by_keys(page: Page, site: Site) -> None:
    _open(page, site)
    _ready(page)
    clip = page.locator("#clip")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Dừng")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Phát")
    clip.evaluate("video => { video.currentTime = 6; }")
    page.keyboard.press(".")
    expect(page.locator("#media")).to_contain_text("0:06,2")  # the next analysed instant
    page.keyboard.press(",")
    page.keyboard.press(",")
    expect(page.locator("#media")).to_contain_text("0:05,8")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#media")).to_contain_text("0:10,8")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#media")).to_contain_text("0:00,8")


def test_the_bar_follows_the_clip_after_it_was_used(page: Page, site: Site) -> None:
    _open(page, site)
    _ready(page)
    clip, bar, media = page.locator("#clip"), page.locator("#seek"), page.locator("#media")
    box = bar.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(media).to_contain_text("0:06,")
    here = bar.input_value()
    clip.evaluate("video => { video.currentTime = 9; }")
    expect(media).to_contain_text("0:09,0")
    assert bar.input_value() == here  # a thumb that is held stays where the hand is
    page.mouse.up()
    expect(bar).to_have_value("750")
    clip.evaluate("video => { video.currentTime = 6; }")
    expect(bar).to_have_value("500")
    expect(bar).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Dừng")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Phát")
    clip.evaluate("video => { video.currentTime = 6; }")
    expect(media).to_contain_text("0:06,0")
    page.keyboard.press("ArrowRight")
    expect(media).to_contain_text("0:11,0")
    page.keyboard.press("ArrowLeft")
    expect(media).to_contain_text("0:06,0")


def test_a_broken_clip_is_said_and_not_a_black_box(page: Page, site: Site) -> None:
    event = site.builder.repository.event(EventId(site.events[0]))
    clip = next(item for item in site.builder.repository.evidence(event.id) if item.kind == "clip")
    (site.builder.evidence / clip.path).write_bytes(b"no film at all")
    _open(page, site)
    expect(page.locator("#cannot-play")).to_be_visible()
    expect(page.locator("#cannot-play")).to_contain_text("h264")


# --- decisions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "state"), [("y", ReviewState.CONFIRMED), ("n", ReviewState.REJECTED), ("u", ReviewState.UNCLEAR)]
)
def test_decides_by_key_with_a_reason(page: Page, site: Site, key: str, state: ReviewState) -> None:
    _open(page, site)
    page.keyboard.press("8")
    expect(page.locator('input[value="not_visible"]')).to_be_checked()
    page.keyboard.press(key)
    expect(page.locator("#decision")).to_have_attribute("data-state", state.value)
    assert _state(site, 0) is state
    review = site.builder.repository.reviews(EventId(site.events[0]))[0]
    assert (review.reason_code, review.reviewer) == ("not_visible", "inspector")


def test_decides_by_mouse_with_a_comment(page: Page, site: Site) -> None:
    _open(page, site)
    page.get_by_label("Nhận sai khẩu trang").check()
    page.locator("textarea").fill("Có đeo khẩu trang\nmàu xanh")
    page.get_by_role("button", name="Bác bỏ").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã ghi: Bác bỏ")
    expect(page.locator(".history")).to_contain_text("Có đeo khẩu trang")
    assert _state(site, 0) is ReviewState.REJECTED


def test_a_queue_is_worked_through_without_the_mouse(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/queue")
    expect(page.locator("#awaiting")).to_have_text("3 chờ xem xét")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/events/{site.events[2]}?state=awaiting")
    page.keyboard.press("n")
    page.wait_for_url(f"**/events/{site.events[1]}?state=awaiting")  # goes on by itself
    expect(page.locator("#toast")).to_be_visible()
    page.keyboard.press("y")
    page.wait_for_url(f"**/events/{site.events[0]}?state=awaiting")
    assert [_state(site, number) for number in (2, 1, 0)] == [ReviewState.REJECTED, ReviewState.CONFIRMED, ReviewState.AWAITING]
    page.keyboard.press("z")  # back to the decision just taken, to change it
    page.wait_for_url(f"**/events/{site.events[1]}?state=awaiting")
    page.keyboard.press("u")
    page.wait_for_url(f"**/events/{site.events[0]}?state=awaiting")
    assert _state(site, 1) is ReviewState.UNCLEAR
    assert len(site.builder.repository.reviews(EventId(site.events[1]))) == 2


def test_going_on_by_itself_can_be_switched_off(page: Page, site: Site) -> None:
    _open(page, site, 2)
    page.locator("#auto-next").uncheck()
    page.keyboard.press("y")
    expect(page.locator("#decision")).to_have_attribute("data-decided", "confirm")
    expect(page.locator("#heading")).to_have_text("Vi phạm đã xác nhận")  # named as what it is now
    expect(page).to_have_title(re.compile("Vi phạm đã xác nhận"))
    expect(page.locator("#auto-next")).not_to_be_checked()
    assert site.events[2] in page.url
    page.keyboard.press("j")
    page.wait_for_url(f"**/events/{site.events[1]}*")
    page.keyboard.press("k")
    page.wait_for_url(f"**/events/{site.events[2]}*")


def test_keys_are_letters_where_somebody_writes(page: Page, site: Site) -> None:
    _open(page, site)
    page.locator("textarea").click()
    page.keyboard.type("y n u j 1 b z ?")
    expect(page.locator("textarea")).to_have_value("y n u j 1 b z ?")
    expect(page.locator('input[value="not_stated"]')).to_be_checked()
    assert _state(site, 0) is ReviewState.AWAITING
    page.goto(f"{site.address}/queue")
    page.locator('input[name="since"]').click()
    page.keyboard.type("j1")
    expect(page.locator('input[name="since"]')).to_have_value("j1")


def test_keys_with_a_modifier_belong_to_the_browser(page: Page, site: Site) -> None:
    _open(page, site)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.keyboard.press("Control+y")
    page.keyboard.press("Alt+n")
    page.keyboard.press("?")  # comes after the others: when its dialog is open, they have been dealt with
    expect(page.get_by_role("dialog")).to_be_visible()
    assert sent == []
    assert _state(site, 0) is ReviewState.AWAITING


def test_the_list_of_keys_opens_and_silences_them(page: Page, site: Site) -> None:
    _open(page, site)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("y")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert _state(site, 0) is ReviewState.AWAITING


def test_somebody_else_was_faster(page: Page, site: Site) -> None:
    _open(page, site)
    event = EventId(site.events[0])
    site.builder.repository.decide(Review(event, Decision.CONFIRM, "clearly_seen", "Tôi thấy rõ", "admin", NOON), 1)
    page.keyboard.press("n")
    expect(page.get_by_role("alert").first).to_contain_text("Người khác vừa quyết định")
    expect(page.locator(".history")).to_contain_text("Tôi thấy rõ")
    assert _state(site, 0) is ReviewState.CONFIRMED
    page.keyboard.press("n")  # now on what he has seen
    expect(page.locator("#decision")).to_have_attribute("data-state", "rejected")


def test_a_session_that_ended_leads_to_the_sign_in_and_back(page: Page, site: Site) -> None:
    _open(page, site)
    site.builder.repository.close_all_sessions("inspector")
    page.keyboard.press("y")
    page.wait_for_url("**/login?*")
    expect(page.get_by_role("alert")).to_contain_text("hết hạn")
    assert _state(site, 0) is ReviewState.AWAITING


def _write(page: Page) -> None:
    page.locator('input[value="wrong_state"]').check()
    page.locator("textarea").fill("Có đeo khẩu trang\nmàu xanh")


def _written(page: Page) -> None:
    expect(page.locator('input[value="wrong_state"]')).to_be_checked()
    expect(page.locator("textarea")).to_have_value("Có đeo khẩu trang\nmàu xanh")


def test_what_is_written_outlasts_everything_but_the_decision(page: Page, site: Site) -> None:
    _open(page, site)
    _write(page)
    page.reload()
    _written(page)
    page.get_by_role("link", name="Chuyển sang tiếng Anh").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    _written(page)
    _open(page, site, 1)
    expect(page.locator("textarea")).to_have_value("")  # written about another event
    _open(page, site)
    event = EventId(site.events[0])
    site.builder.repository.decide(Review(event, Decision.CONFIRM, "clearly_seen", "", "admin", NOON), 1)
    page.locator('button[value="reject"]').click()
    expect(page.get_by_role("alert").first).to_contain_text("Somebody else")
    _written(page)
    site.builder.repository.close_all_sessions("inspector")
    page.locator('button[value="reject"]').click()
    page.wait_for_url("**/login?*")
    page.get_by_label("Account").fill("inspector")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/*")
    _written(page)
    page.locator("#auto-next").uncheck()
    page.locator('button[value="reject"]').click()
    expect(page.locator("#decision")).to_have_attribute("data-decided", "reject")
    page.reload()
    expect(page.locator("textarea")).to_have_value("")
    expect(page.locator('input[value="not_stated"]')).to_be_checked()
    assert site.builder.repository.reviews(event)[-1].comment == "Có đeo khẩu trang\nmàu xanh"


def test_what_one_person_wrote_is_not_shown_to_another(page: Page, site: Site, context: BrowserContext) -> None:
    _open(page, site)
    _write(page)
    site.show(context, Grade.ADMIN)  # somebody else signs in, in the same browser
    page.reload()
    expect(page.locator("textarea")).to_have_value("")


# --- the rest ------------------------------------------------------------------------------------


def test_signs_in_and_out_by_the_form(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.address}/queue?state=")
    page.get_by_label("Tên tài khoản").fill("inspector")
    page.get_by_label("Mật khẩu").fill("sai")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?state=")
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["vigil_session"]["httpOnly"]
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/login")
    page.goto(f"{site.address}/queue")
    assert "/login" in page.url


def test_filters_narrow_the_list_without_a_new_page(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/queue?state=")
    expect(page.locator(".row")).to_have_count(3)
    page.get_by_label("Mức độ").select_option("critical")
    expect(page.locator(".row")).to_have_count(1)
    assert "severity=critical" in page.url
    page.get_by_label("Mức độ").select_option("low")
    expect(page.locator("#list")).to_contain_text("Không có sự kiện không có nghĩa là tuân thủ")


def test_a_list_that_cannot_be_loaded_is_said_beside_the_old_one(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/queue?state=")
    page.route("**/queue?*", lambda route: route.fulfill(status=503, body=""))
    page.get_by_label("Mức độ").select_option("critical")
    expect(page.locator("#list-failed")).to_contain_text("chưa theo bộ lọc")
    page.unroute("**/queue?*")
    page.get_by_label("Mức độ").select_option("low")
    expect(page.locator("#list-failed")).to_be_hidden()


def test_more_of_the_list_goes_on_from_its_first_new_row(page: Page, site: Site) -> None:
    for event in many_events(30):
        site.builder.event(event)
    page.goto(f"{site.address}/queue")
    expect(page.locator(".row")).to_have_count(25)
    page.locator(".more a").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(33)
    expect(page.locator(".row .what a").nth(25)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".row .what a").nth(26)).to_be_focused()


def test_a_day_that_is_none_is_said_beside_its_field(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/queue?state=")
    for written, said, rows in (("31/02/2021", "không phải là một ngày", 3), ("2021-08-21", "", 0), ("20/08/2021", "", 3)):
        page.locator('input[name="since"]').fill(written)
        page.keyboard.press("Tab")
        expect(page.locator(".row")).to_have_count(rows)
        expect(page.locator("#fault-since")).to_contain_text(said) if said else expect(page.locator("#fault-since")).to_be_empty()


def test_going_back_after_filtering_gives_the_whole_page(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/queue?state=")
    page.get_by_label("Mức độ").select_option("critical")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_label("Quy tắc").select_option("Q01")
    expect(page.locator(".row")).to_have_count(0)
    page.go_back()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator("header.top")).to_be_visible()
    expect(page.get_by_label("Mức độ")).to_have_value("critical")
    expect(page.get_by_label("Quy tắc")).to_have_value("")
    page.locator("header.top [data-opens]").click()  # what the script does still works
    expect(page.get_by_role("dialog")).to_be_visible()


def test_language_and_theme_are_kept(page: Page, site: Site) -> None:
    _open(page, site)
    page.get_by_role("link", name="Chuyển sang tiếng Anh").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert site.events[0] in page.url
    page.goto(f"{site.address}/coverage")
    expect(page.locator("h1")).to_have_text("Observation coverage")


@pytest.mark.parametrize(("system", "chosen"), [("dark", "light"), ("light", "dark")])
def test_the_first_click_on_the_theme_changes_it(page: Page, site: Site, system: Literal["dark", "light"], chosen: str) -> None:
    page.emulate_media(color_scheme=system)
    page.goto(f"{site.address}/coverage")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    switch = page.get_by_role("link", name="Giao diện")
    expect(switch).to_have_count(1)
    switch.click()
    expect(page.locator("html")).to_have_attribute("data-theme", chosen)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_a_viewer_is_shown_no_picture(site: Site, context: BrowserContext) -> None:
    page = site.show(context, Grade.VIEWER)
    _open(page, site)
    expect(page.locator("video, img")).to_have_count(0)
    page.keyboard.press("y")
    expect(page.locator(".decision")).to_contain_text("chỉ được xem")


def test_everything_can_be_reached_by_tab(page: Page, site: Site) -> None:
    _open(page, site)
    reached = set()
    for _ in range(46):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.value || document.activeElement.textContent.trim()"
            )
        )
    assert {"play", "step", "boxes", "seek", "confirm", "reject", "cannot_tell", "not_stated", "auto-next"} <= reached


def test_no_two_elements_share_an_id(page: Page, site: Site) -> None:
    for path in ("/queue?state=", f"/events/{site.events[0]}", "/coverage", "/login"):
        page.goto(site.address + path)
        ids: list[str] = page.locator("[id]").evaluate_all("nodes => nodes.map(node => node.id)")
        assert sorted(set(ids)) == sorted(ids), path


def test_every_control_has_a_name(page: Page, site: Site) -> None:
    for path in ("/queue?state=", f"/events/{site.events[0]}", "/coverage"):
        page.goto(site.address + path)
        nameless = page.locator("button, a, input:not([type=hidden]), select, textarea, [role=img]").evaluate_all(
            """nodes => nodes.filter(node => node.checkVisibility()).filter(node => !(node.getAttribute('aria-label')
                || node.textContent.trim() || node.labels?.[0]?.textContent.trim() || node.title)).map(node => node.outerHTML)"""
        )
        assert nameless == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, site: Site, context: BrowserContext, theme: str) -> None:
    """WCAG AA, 4.5 to 1, for the inks of the style sheet on every ground they stand on."""
    context.add_cookies([{"name": "vigil_theme", "value": theme, "url": site.address}])
    page.goto(f"{site.address}/queue")
    colours: dict[str, str] = page.evaluate(
        """() => { const style = getComputedStyle(document.documentElement); const probe = document.createElement('i');
            document.body.append(probe);
            const read = name => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
            return Object.fromEntries(['ink', 'ink-soft', 'ink-faint', 'accent', 'critical', 'high', 'medium', 'low', 'assist',
                'violating', 'compliant', 'paper', 'card', 'sunken', 'accent-wash', 'accent-ink'].map(name => [name, read(name)])); }"""
    )
    weak = [
        (ink, ground, round(ratio, 2))
        for ink in (
            "ink",
            "ink-soft",
            "ink-faint",
            "accent",
            "critical",
            "high",
            "medium",
            "low",
            "assist",
            "violating",
            "compliant",
        )
        for ground in ("paper", "card")
        if (ratio := _contrast(colours[ink], colours[ground])) < 4.5
    ]
    weak += [("accent-ink", "accent", 0.0)] if _contrast(colours["accent-ink"], colours["accent"]) < 4.5 else []
    assert weak == []


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
