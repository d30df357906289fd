"""The sheet of a camera: measured on a real stream, judged against the standard."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.health import Health
from pipelines.readiness import Grade, Measured, judge
from pipelines.records import GapReason
from pipelines.sources.address import parse_address
from pipelines.sources.lifecycle import State
from pipelines.sources.wire import Opened
from tests.rtsp.camera import Auth, Behaviour, RtspCamera
from tests.rtsp.pictures import walk, write_clip
from tests.rtsp.stream import load

ADDRESS = parse_address("rtsp://viewer:x@192.168.1.5/s", "x")


def good(**changes: object) -> Measured:
    seen = Measured(
        reached=0.01, state=State.LIVE, first_picture=1.0, opened=Opened("h264", 1920, 1080, 15.0), rate=15.0, bit_rate=3e6,
        keyframes=2.0, bad=0.0, mean=120.0, heads=(50.0, 60.0),
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
        ({"keyframes": 10.0}, "keyframes", Grade.WARN),
        ({"bad": 0.2}, "damaged pictures", Grade.FAIL),
        ({"anomalies": 9}, "timestamps", Grade.WARN),
        ({"health": Health(GapReason.COVERED)}, "picture", Grade.FAIL),
        ({"heads": (20.0, 22.0)}, "height of heads", Grade.FAIL),
        ({"heads": (30.0,)}, "height of heads", Grade.WARN),
        ({"heads": None}, "height of heads", Grade.NOT_MEASURED),
        ({"state": State.AUTH_FAILED, "reason": GapReason.AUTH_FAILED, "opened": None}, "access", Grade.FAIL),
        ({"state": State.DOWN, "reason": GapReason.UNREACHABLE, "opened": None}, "connection", Grade.FAIL),
    ],
)
def test_each_point_decides(changes: dict[str, object], point: str, grade: Grade) -> None:
    sheet = judge(ADDRESS, good(**changes))
    assert {one.point: one.grade for one in sheet.findings}[point] is grade
    assert sheet.verdict is (grade if grade is not Grade.NOT_MEASURED else Grade.PASS)


def test_looks_at_a_stream(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_ALLOW_LOOPBACK_CAMERAS", "true")
    recording = load(write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", walk(60), rate=10, keyframe_every=10))
    with RtspCamera(recording, Behaviour(auth=Auth.BASIC, password="Canary1")) as camera:
        url = camera.url.replace("rtsp://", "rtsp://viewer:Canary1@")
        result = CliRunner().invoke(app, ["camera", "check", url, "--seconds", "5", "--json"])
    assert "Canary1" not in result.output
    sheet = json.loads(result.stdout)
    points = {one["point"]: one for one in sheet["findings"]}
    assert result.exit_code == 3  # 180 lines
    assert points["connection"]["grade"] == "pass"
    assert points["codec"]["measured"] == "h264"
    assert float(points["picture rate"]["measured"].split()[0]) == pytest.approx(10, abs=1)
    assert points["keyframes"]["measured"] == "every 1.0 s"
    assert points["resolution"]["grade"] == "fail"


def test_refuses_this_machine_unless_allowed() -> None:
    result = CliRunner().invoke(app, ["camera", "check", "rtsp://127.0.0.1/s"])
    assert result.exit_code != 0
