"""The same camera worker against a server that is not ours: GStreamer's, as the distribution has it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pipelines.ring import segments
from pipelines.sources.lifecycle import State
from tests.pipelines.live.watching import plan_for, watched
from tests.rtsp.camera import Auth
from tests.rtsp.pictures import walk, write_clip

PYTHON = "/usr/bin/python3"  # the bindings belong to the distribution's Python
SERVER = Path(__file__).parents[2] / "rtsp" / "gstreamer_server.py"
NEEDED = 'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import Gst, GstRtspServer; Gst.init(None); '
MISSING = (
    "GStreamer's RTSP server is not here (Debian: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 "
    "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)"
)
PASSWORD = "s3cr3t-Canary"
LENGTH = 40  # s; like a camera, and unlike a file, the stream does not end in the middle of a test


@cache
def is_here() -> bool:
    elements = ("qtdemux", "h264parse", "h265parse", "rtph264pay", "rtph265pay")
    checks = f"import sys; sys.exit(not all(map(Gst.ElementFactory.find, {elements})))"
    try:
        return subprocess.run((PYTHON, "-c", NEEDED + checks), capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.fixture(autouse=True)
def needs_gstreamer() -> None:
    if not is_here():
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    h264 = write_clip(folder / "h264.mp4", walk(LENGTH * 10), rate=10, keyframe_every=10)
    h265 = write_clip(folder / "h265.mp4", walk(LENGTH * 10), rate=10, codec="libx265", keyframe_every=10)
    return {"/h264": h264, "/h265": h265}


@contextmanager
def serving(clips: dict[str, Path], auth: Auth = Auth.NONE, port: int = 0) -> Iterator[int]:
    """The port it listens on."""
    streams = [f"{path}={file}" for path, file in clips.items()]
    command = (PYTHON, str(SERVER), str(port), auth.value, PASSWORD, *streams)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("auth", list(Auth))
@pytest.mark.parametrize(("path", "codec"), [("/h264", "h264"), ("/h265", "hevc")])
def test_plays(path: str, codec: str, auth: Auth, clips: dict[str, Path], tmp_path: Path) -> None:
    user = "" if auth is Auth.NONE else f"viewer:{PASSWORD}@"
    with serving(clips, auth) as port:
        plan = plan_for(f"rtsp://{user}127.0.0.1:{port}{path}", rate=5.0, gated=False, ring=tmp_path)
        with watched(plan) as (worker, notebook):
            notebook.wait(lambda: len(notebook.pictures) >= 15, 60)
            opened = worker.status.opened
    assert opened is not None
    assert (opened.codec, opened.width, opened.height) == (codec, 320, 180)
    times = np.array([caught.frame.ref.pts.total_seconds() for caught in notebook.pictures])
    assert np.median(np.diff(times)) == pytest.approx(0.2, abs=0.02)
    (tally,) = notebook.tallies
    assert tally.corrupt == 0
    assert tally.captured == tally.sent + tally.rate + tally.quiet + tally.corrupt + tally.decode
    assert segments(tmp_path)


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.DIGEST])
def test_refuses_a_wrong_password(auth: Auth, clips: dict[str, Path]) -> None:
    with (
        serving(clips, auth) as port,
        watched(plan_for(f"rtsp://viewer:wrong-Canary@127.0.0.1:{port}/h264")) as (worker, notebook),
    ):
        notebook.wait_for(State.AUTH_FAILED, 30)
        assert "Canary" not in repr(worker.status)


def test_comes_back_after_the_server_was_killed(clips: dict[str, Path]) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(ExitStack())
        port = first.enter_context(serving(clips))
        worker, notebook = stack.enter_context(watched(plan_for(f"rtsp://127.0.0.1:{port}/h264", gated=False)))
        notebook.wait_for(State.LIVE, 30)
        first.close()
        notebook.wait_for(State.STALE, 20)
        stack.enter_context(serving(clips, port=port))
        notebook.wait_for(State.LIVE, 60)
        assert worker.status.reconnects == 1
