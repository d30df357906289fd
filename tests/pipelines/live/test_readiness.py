"""The sheet of a camera: measured on a real stream, judged against the standard."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands.camera import find
from pipelines.errors import BadInput
from pipelines.health import Health
from pipelines.onvif.client import Declared, Profile
from pipelines.readiness import Measured
from pipelines.readiness_sheet import About, sheet_html, write_sheet
from pipelines.readiness_standard import Grade, Point, judge
from pipelines.records import GapReason, Trouble
from pipelines.sources.address import parse_address
from pipelines.sources.lifecycle import State
from pipelines.sources.wire import Opened
from tests.onvif.responder import OnvifCamera, Stream
from tests.rtsp.camera import Auth, Behaviour, RtspCamera
from tests.rtsp.pictures import walk, write_clip
from tests.rtsp.stream import load

ADDRESS = parse_address("rtsp://viewer:x@192.168.1.5/s", "x")

MAIN = Profile("main", "Main", "h264", 1920, 1080, 15.0, 4e6, "rtsp://192.168.1.5:554/s")
ERROR = timedelta(seconds=0.6)


def good(**changes: object) -> Measured:
    seen = Measured(
        reached=0.01, state=State.LIVE, first_picture=1.0, opened=Opened("h264", 1920, 1080, 15.0), rate=15.0, bit_rate=3e6,
        late=0.2, keyframes=2.0, bad=0.0, mean=120.0, heads=(50.0, 60.0), declared=Declared(timedelta(0), timedelta(0), (MAIN,)),
    )  # fmt: skip
    for name, value in changes.items():
        setattr(seen, name, value)
    return seen


def test_a_good_camera_passes() -> None:
    sheet = judge(ADDRESS, good())
    assert sheet.verdict is Grade.PASS
    assert {one.grade for one in sheet.findings} == {Grade.PASS}


@pytest.mark.parametrize(
    ("changes", "point", "grade"),
    [
        ({"opened": Opened("h264", 352, 288, 15.0)}, "resolution", Grade.FAIL),
        ({"opened": Opened("mjpeg", 1920, 1080, 15.0)}, "codec", Grade.WARN),
        ({"rate": 2.0}, "picture rate", Grade.FAIL),
        ({"rate": 10.0, "opened": Opened("h264", 1920, 1080, 25.0)}, "picture rate", Grade.WARN),
        ({"bit_rate": 2e7}, "bit rate", Grade.WARN),
        ({"late": 1.4}, "delay", Grade.WARN),
        ({"late": 6.0}, "delay", Grade.FAIL),
        ({"late": None}, "delay", Grade.NOT_MEASURED),
        ({"keyframes": 10.0}, "keyframes", Grade.WARN),
        ({"bad": 0.2}, "damaged pictures", Grade.FAIL),
        ({"anomalies": 9}, "timestamps", Grade.WARN),
        ({"health": Health(GapReason.COVERED)}, "picture", Grade.FAIL),
        ({"heads": (20.0, 22.0)}, "height of heads", Grade.FAIL),
        ({"heads": (30.0,)}, "height of heads", Grade.WARN),
        ({"heads": None}, "height of heads", Grade.NOT_MEASURED),
        ({"declared": None}, "clock", Grade.NOT_MEASURED),
        ({"declared": Declared(text="no ONVIF answer")}, "clock", Grade.NOT_MEASURED),
        ({"declared": Declared(text="no ONVIF answer")}, "declared profile", Grade.NOT_MEASURED),
        ({"declared": Declared(timedelta(seconds=2.5), ERROR, (MAIN,))}, "clock", Grade.PASS),  # perhaps only 1.9
        ({"declared": Declared(timedelta(seconds=-2.7), ERROR, (MAIN,))}, "clock", Grade.WARN),
        ({"declared": Declared(timedelta(hours=-7), ERROR, (MAIN,))}, "clock", Grade.FAIL),
        (
            {"declared": Declared(timedelta(0), ERROR, (replace(MAIN, url="rtsp://x/other"),))},
            "declared profile",
            Grade.NOT_MEASURED,
        ),
        ({"declared": Declared(timedelta(0), ERROR, (replace(MAIN, codec="hevc"),))}, "declared profile", Grade.WARN),
        ({"declared": Declared(timedelta(0), ERROR, (replace(MAIN, width=1280, height=720),))}, "declared profile", Grade.WARN),
        ({"declared": Declared(timedelta(0), ERROR, (replace(MAIN, rate=25.0),))}, "declared profile", Grade.WARN),
        ({"state": State.AUTH_FAILED, "reason": GapReason.AUTH_FAILED, "opened": None}, "access", Grade.FAIL),
        ({"state": State.DOWN, "reason": GapReason.UNREACHABLE, "opened": None}, "connection", Grade.FAIL),
    ],
)
def test_each_point_decides(changes: dict[str, object], point: str, grade: Grade) -> None:
    sheet = judge(ADDRESS, good(**changes))
    assert {one.point: one.grade for one in sheet.findings}[point] is grade
    assert sheet.verdict is (grade if grade is not Grade.NOT_MEASURED else Grade.PASS)


def test_looks_at_a_stream_and_asks_the_camera(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIL_ALLOW_LOOPBACK_CAMERAS", "true")
    recording = load(write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", walk(60), rate=10, keyframe_every=10))
    streams = (Stream("sub", "rtsp://10.1.2.3/other"), Stream("main", "rtsp://10.1.2.3/stream", size=(320, 180), rate=25))
    page = tmp_path / "sheet.html"
    with (
        RtspCamera(recording, Behaviour(auth=Auth.BASIC, password="Canary1")) as camera,
        OnvifCamera(streams, password="Canary1", ahead=timedelta(seconds=40)) as says,
    ):
        url = camera.url.replace("rtsp://", "rtsp://viewer:Canary1@")
        command = [
            "camera",
            "check",
            url,
            "--seconds",
            "5",
            "--json",
            "--onvif",
            says.url,
            "--sheet",
            str(page),
            "--name",
            "Cổng <1>",
        ]
        result = CliRunner().invoke(app, command)
    assert "Canary1" not in result.output + page.read_text()
    sheet = json.loads(result.stdout)
    points = {one["point"]: one for one in sheet["findings"]}
    assert result.exit_code == 3  # 180 lines
    assert sheet["verdict"] == "fail"
    assert points["connection"]["grade"] == "pass"
    assert points["codec"]["measured"]["en"] == "h264"
    assert float(points["picture rate"]["measured"]["en"].split()[0]) == pytest.approx(10, abs=1)
    assert points["delay"]["grade"] != "not_measured"
    assert points["keyframes"]["measured"]["en"] == "every 1.0 s"
    assert points["resolution"]["grade"] == "fail"
    assert points["clock"]["grade"] == "warn"
    assert points["declared profile"]["grade"] == "warn"  # 25 a second declared, 10 measured
    assert "Cổng &lt;1&gt;" in page.read_text()


ABOUT = About(10.0, ZoneInfo("Asia/Ho_Chi_Minh"), "Sở TT&TT", "Khu cách ly 01", "Cổng sau")


def test_a_camera_that_cannot_be_reached_is_told_of_in_words() -> None:
    failed = {"state": State.DOWN, "reason": GapReason.UNREACHABLE, "opened": None}
    dead = judge(ADDRESS, good(**failed, trouble=Trouble.REFUSED, text="[Errno 111] '***'")).findings[0]
    assert "không nhận kết nối" in dead.measured.vi
    assert "accepts no connection" in dead.measured.en
    assert "Errno" not in dead.measured.vi + dead.measured.en
    odd = judge(ADDRESS, good(**failed, trouble=Trouble.OTHER, text="E17")).findings[0]
    assert "(E17)" in odd.measured.vi  # all that there is to go by

    silent = good(state=State.DOWN, reason=GapReason.UNREACHABLE, trouble=Trouble.SILENT, opened=Opened("h264", 0, 0, None))
    points = {one.point: one for one in judge(ADDRESS, silent).findings}
    assert points[Point.ACCESS].grade is Grade.PASS  # it was let in, and nothing came
    assert points[Point.RESOLUTION].grade is Grade.NOT_MEASURED


def test_a_password_in_the_query_is_a_password() -> None:
    findings = judge(parse_address("http://192.168.1.5/s?user=a&password=b", "x"), good()).findings
    assert next(one for one in findings if one.point is Point.TRANSPORT).grade is Grade.PASS


def test_a_relative_path_is_seen_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "a.mp4", walk(60), rate=10, keyframe_every=10)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["camera", "check", "file:a.mp4", "--seconds", "3", "--json"])
    points = {one["point"]: one for one in json.loads(result.stdout)["findings"]}
    assert points["codec"]["measured"]["en"] == "h264"


def test_the_sheet_says_what_decided_and_what_is_open() -> None:
    html = sheet_html(judge(ADDRESS, good(heads=None, opened=Opened("h264", 352, 288, 15.0))), ABOUT)
    assert "KHÔNG ĐẠT" in html
    assert "Độ phân giải: 352 x 288" in html
    assert "chưa kết luận: Chiều cao đầu người" in html
    assert "Sở TT&amp;TT" in html
    assert "ĐẠT ở những nội dung đã đo" in sheet_html(judge(ADDRESS, good()), ABOUT)


def test_the_sheet_becomes_a_pdf(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    target = tmp_path / "sheet.pdf"
    write_sheet(target, judge(ADDRESS, good(heads=None)), ABOUT)
    assert target.read_bytes().startswith(b"%PDF-")
    if (reader := shutil.which("pdftotext")) is not None:
        text = subprocess.run([reader, str(target), "-"], capture_output=True, text=True, check=True).stdout
        assert "PHIẾU KIỂM TRA KỸ THUẬT CAMERA" in unicodedata.normalize("NFC", text)


def test_a_sheet_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = judge(ADDRESS, good())
    with pytest.raises(BadInput, match="neither"):
        write_sheet(tmp_path / "sheet.docx", sheet, ABOUT)
    with pytest.raises(BadInput, match="cannot be written"):
        write_sheet(tmp_path / "missing" / "sheet.html", sheet, ABOUT)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="no Chromium"):
        write_sheet(tmp_path / "sheet.pdf", sheet, ABOUT)


def test_discovers_the_cameras_of_a_network() -> None:
    with OnvifCamera() as camera:
        host, port = camera.probed_at
        command = ["camera", "discover", "--seconds", "1", "--to", f"{host}:{port}", "--from", "127.0.0.1"]
        found = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
        assert [(one["host"], one["name"], one["service"]) for one in found] == [(host, "Cổng sau", camera.url)]
        assert "T-800" in CliRunner().invoke(app, command).stdout
    assert "nobody answered" in CliRunner().invoke(app, command).stdout


def test_a_host_that_cannot_be_resolved_is_not_called_the_network() -> None:
    with pytest.raises(BadInput) as caught:
        find(0.1, "nohost.invalid", "", as_json=False)
    assert "--to nohost.invalid" in str(caught.value)


def test_refuses_this_machine_unless_allowed() -> None:
    result = CliRunner().invoke(app, ["camera", "check", "rtsp://127.0.0.1/s"])
    assert result.exit_code != 0
