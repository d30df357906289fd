"""The page of cameras in a real browser: an administrator adds, changes and stops one; the state is plain to see."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from analyzer.types import CameraId
from pipelines.records import GapReason, Grade
from pipelines.sources.lifecycle import State
from pipelines.wanted import CameraReport
from tests.api.builders import CORRIDOR, GATE
from tests.browser.conftest import Site, shots_folder

PASSWORD = "s3cr3t-Canary"


@pytest.fixture
def page(site: Site, context: BrowserContext) -> Page:
    return site.show(context, Grade.ADMIN)


def _look(page: Page, name: str) -> None:
    if folder := shots_folder():
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_an_administrator_adds_changes_and_stops_a_camera(page: Page, site: Site) -> None:
    repository = site.builder.repository
    now = datetime.now(UTC)
    repository.put_reports(
        [
            CameraReport(CORRIDOR, now, State.LIVE, GapReason.DELAYED, State.LIVE, "h264", 640, 360),
            CameraReport(GATE, now, State.AUTH_FAILED, GapReason.AUTH_FAILED, text="401 Unauthorized rtsp://***@10.0.0.9/s"),
        ]
    )
    page.goto(f"{site.address}/cameras")
    expect(page.locator(f"#camera-{CORRIDOR} .state")).to_have_text("Đang quan sát")
    expect(page.locator(f"#camera-{CORRIDOR}")).to_contain_text("hình đến chậm")
    expect(page.locator(f"#camera-{CORRIDOR} .state")).to_have_class("state live troubled")
    expect(page.locator(f"#camera-{GATE} .state")).to_have_text("Sai mật khẩu")
    form = page.locator("form[action='/cameras/add']")
    form.get_by_label("Mã camera").fill("cong-sau")
    form.get_by_label("Tên").fill("Cổng sau")
    form.get_by_label("Luồng phân tích").fill("rtsp://viewer@10.0.0.21/Streaming/Channels/102")
    form.get_by_label("Luồng bằng chứng").fill("rtsp://viewer@10.0.0.21/Streaming/Channels/101")
    form.get_by_label("Mật khẩu").fill(PASSWORD)
    form.get_by_label("Số khung hình").fill("2,5")
    _look(page, "cameras-filled")
    form.get_by_role("button").click()
    row = page.locator("#camera-cong-sau")
    expect(row.locator(".state")).to_have_text("Không rõ")  # nobody watches in this test
    expect(row).to_contain_text("rtsp://***@10.0.0.21/Streaming/Channels/101")
    assert PASSWORD not in page.content()
    below = page.locator("#camera-cong-sau + tr")
    below.get_by_text("Sửa").click()
    below.get_by_label("Tên").fill("Cổng sau 2")
    _look(page, "cameras-change")
    below.get_by_role("button", name="Lưu").click()
    expect(row).to_contain_text("Cổng sau 2")
    below.get_by_role("button", name="Dừng").click()
    expect(row.locator(".state")).to_have_text("Đã dừng")
    wish = repository.wish(CameraId("cong-sau"))
    assert wish is not None
    assert (wish.name, wish.running, wish.rate) == ("Cổng sau 2", False, 2.5)
    _look(page, "cameras-stopped")
    below.get_by_role("button", name="Xóa camera").click()
    expect(row).to_have_count(0)


def test_a_refusal_is_said_and_what_was_written_stays(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/cameras")
    form = page.locator("form[action='/cameras/add']")
    form.get_by_label("Mã camera").fill("b")
    form.get_by_label("Tên").fill("B")
    form.get_by_label("Luồng phân tích").fill("file:/etc/passwd")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Không nhận yêu cầu này")
    expect(page.get_by_role("alert")).to_contain_text("Luồng phân tích")
    expect(form.get_by_label("Luồng phân tích")).to_have_value("file:/etc/passwd")
    _look(page, "cameras-refused")
    page.get_by_role("link", name="Chuyển sang tiếng Anh").click()  # from the answer to a form
    expect(page.locator("h1")).to_have_text("Cameras")
