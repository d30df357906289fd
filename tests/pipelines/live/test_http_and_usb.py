"""Cameras that send JPEG over HTTP, against a real server; and USB cameras, as far as a machine without one can show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.records import GapReason
from pipelines.ring import segments
from pipelines.sources.lifecycle import State
from tests.mjpeg.server import MjpegCamera, Mode
from tests.pipelines.live.watching import plan_for, watched
from tests.rtsp.pictures import walk

CANARY = "s3cr3t-Canary"


@pytest.fixture(scope="module")
def pictures() -> Sequence[bytes]:
    return [cv2.imencode(".jpg", picture)[1].tobytes() for picture in walk(50)]


@pytest.mark.parametrize("mode", [Mode.OK, Mode.NO_LENGTH])
@pytest.mark.parametrize("rate", [4.0, 10.0])
def test_plays_at_its_own_speed(mode: Mode, rate: float, pictures: Sequence[bytes], tmp_path: Path) -> None:
    """The stream says nothing about time; what it says of its rate (25 a second) is made up by the library."""
    with (
        MjpegCamera(pictures, rate, mode, password=CANARY) as camera,
        watched(plan_for(camera.url.replace("http://", f"http://viewer:{CANARY}@"), rate=5.0, gated=False, ring=tmp_path)) as (
            worker,
            notebook,
        ),
    ):
        notebook.wait(lambda: len(notebook.pictures) >= 25, 60)
        opened = worker.status.opened
        assert CANARY not in repr(worker.status)
    assert opened is not None
    assert (opened.codec, opened.width, opened.height) == ("mjpeg", 320, 180)
    lengths = [c.frame.ref.pts.total_seconds() - c.arrival for c in notebook.pictures[5:]]
    assert max(lengths) - min(lengths) < 0.6, "stream time does not go as fast as the pictures come"
    assert segments(tmp_path)
    (tally,) = notebook.tallies
    assert tally.captured == tally.sent + tally.rate + tally.quiet + tally.corrupt + tally.decode


def test_a_refused_password_is_a_state_of_its_own(pictures: Sequence[bytes]) -> None:
    with MjpegCamera(pictures, password="right") as camera:
        with watched(plan_for(camera.url.replace("http://", f"http://viewer:{CANARY}@"))) as (worker, notebook):
            notebook.wait_for(State.AUTH_FAILED, 30)
            assert CANARY not in repr(worker.status)
        assert camera.refused > 0


def test_a_stall_is_noticed_and_survived(pictures: Sequence[bytes]) -> None:
    with MjpegCamera(pictures) as camera, watched(plan_for(camera.url, gated=False)) as (worker, notebook):
        notebook.wait_for(State.LIVE, 30)
        camera.mode = Mode.STALL
        notebook.wait_for(State.STALE, 20)
        assert worker.status.life.reason is GapReason.STALLED
        camera.mode = Mode.OK
        notebook.wait_for(State.LIVE, 30)


def test_an_end_is_a_fault_and_it_comes_back(pictures: Sequence[bytes]) -> None:
    with MjpegCamera(pictures) as camera, watched(plan_for(camera.url, gated=False)) as (worker, notebook):
        notebook.wait_for(State.LIVE, 30)
        camera.mode = Mode.CLOSE
        notebook.wait_for(State.STALE, 20)
        camera.mode = Mode.OK
        notebook.wait_for(State.LIVE, 30)
        assert worker.status.reconnects == 1


@pytest.mark.parametrize("mode", [Mode.LOST_BOUNDARY, Mode.TORN])
def test_broken_parts_cost_those_pictures_at_most(mode: Mode, pictures: Sequence[bytes]) -> None:
    """Either the connection goes on with what is whole, or it is a fault that is mended; no half picture is ever judged."""
    with MjpegCamera(pictures, 10.0, mode, after=10) as camera, watched(plan_for(camera.url, gated=False)) as (_, notebook):
        notebook.wait(lambda: len(notebook.pictures) >= 20, 90)
        shots = [caught.frame.image for caught in notebook.pictures]
    for shot in shots:
        assert shot.shape == (180, 320, 3)
        lower = shot[100:].reshape(-1, 3).astype(int)
        grey = (np.abs(lower - 128).max(axis=1) < 4).mean()
        assert grey < 0.5, "the lower half of this picture was never sent"


def test_a_redirect_is_not_followed(pictures: Sequence[bytes]) -> None:
    with MjpegCamera(pictures) as inside, MjpegCamera(pictures, mode=Mode.REDIRECT, elsewhere=inside.url) as camera:
        with watched(plan_for(camera.url)) as (_, notebook):
            notebook.wait_for(State.DOWN, 30)
        assert camera.connections > 0
        assert inside.connections == 0


def test_a_usb_camera_that_is_not_there_is_said_so() -> None:
    """No camera is at hand: what can be shown is that the path leads to the device and the error names it."""
    assert not Path("/dev/video97").exists()
    with watched(plan_for("usb:97")) as (worker, notebook):
        notebook.wait_for(State.DOWN, 30)
        assert worker.status.life.reason is GapReason.UNREACHABLE
        assert "/dev/video97" in worker.status.text
        assert "no camera" in worker.status.text
