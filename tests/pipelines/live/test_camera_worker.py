"""A worker and its capture process against a camera that plays over TCP."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from pipelines.records import GapReason
from pipelines.ring import segments
from pipelines.sources.lifecycle import State
from tests.pipelines.live.watching import plan_for, watched
from tests.rtsp.camera import Auth, Behaviour, Mode, RtspCamera
from tests.rtsp.pictures import noisy, room, walk, walker, write_clip
from tests.rtsp.stream import Recording, load

RATE = 10


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", walk(50), rate=RATE, keyframe_every=10)


@pytest.fixture(scope="module")
def recording(clip: Path) -> Recording:
    return load(clip)


def test_pictures_arrive_at_the_asked_rate_and_add_up(recording: Recording, tmp_path: Path) -> None:
    with (
        RtspCamera(recording) as camera,
        watched(plan_for(camera.url, rate=5.0, gated=False, ring=tmp_path)) as (worker, notebook),
    ):
        notebook.wait(lambda: len(notebook.pictures) >= 20, 15)
        opened = worker.status.opened
    assert opened is not None
    assert (opened.codec, opened.width, opened.height) == ("h264", 320, 180)
    times = np.array([c.frame.ref.pts.total_seconds() for c in notebook.pictures])
    assert np.diff(times)[1:] == pytest.approx(0.2, abs=0.02)  # the first picture after PLAY has no timestamp
    assert notebook.pictures[0].frame.image.shape == (180, 320, 3)
    red = notebook.pictures[0].frame.image[72:108, :, 2].max()
    assert red > 150  # the block that walks
    (tally,) = notebook.tallies
    assert tally.captured == tally.sent + tally.rate + tally.quiet + tally.corrupt + tally.decode
    assert tally.sent == len(notebook.pictures)
    assert tally.corrupt == 0
    assert tally.decode <= 1  # a packet on its way when the process was ended
    assert len(segments(tmp_path)) == 1


@pytest.mark.parametrize("mode", [Mode.RESET, Mode.CLOSE])
def test_comes_back_after_a_lost_connection(mode: Mode, recording: Recording) -> None:
    with RtspCamera(recording) as camera, watched(plan_for(camera.url, gated=False)) as (worker, notebook):
        notebook.wait_for(State.LIVE, 8)
        camera.behave(Behaviour(mode))
        notebook.wait_for(State.STALE, 2)
        camera.behave(Behaviour())
        notebook.wait_for(State.LIVE, 6)
        assert worker.status.reconnects >= 1


def test_a_killed_process_is_replaced(recording: Recording) -> None:
    with RtspCamera(recording) as camera, watched(plan_for(camera.url, gated=False)) as (worker, notebook):
        notebook.wait_for(State.LIVE, 8)
        before = worker.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        notebook.wait_for(State.STALE, 2)
        assert GapReason.CRASHED in notebook.reasons
        notebook.wait_for(State.LIVE, 6)
        assert worker.pid != before


def test_a_refused_password_is_a_state_of_its_own(recording: Recording) -> None:
    with RtspCamera(recording, Behaviour(auth=Auth.DIGEST, password="right-one")) as camera:
        url = camera.url.replace("rtsp://", "rtsp://viewer:wrong-Canary@")
        with watched(plan_for(url)) as (worker, notebook):
            notebook.wait_for(State.AUTH_FAILED, 8)
            assert worker.status.life.retry_at is not None
            assert "Canary" not in repr(worker.status)
        with watched(plan_for(url.replace("wrong-Canary", "right-one"))) as (_, notebook):
            notebook.wait_for(State.LIVE, 8)


def test_nothing_that_moves_is_left_out_of_a_quiet_stream(tmp_path: Path) -> None:
    quiet = load(write_clip(tmp_path / "quiet.mp4", walk(100, moving=False), rate=RATE, keyframe_every=10))
    with RtspCamera(quiet) as camera, watched(plan_for(camera.url, rate=5.0)) as (_, notebook):
        notebook.wait(lambda: bool(notebook.glances) and not notebook.glances[-1].awake, 20)
        seen = len(notebook.pictures)
        notebook.wait(lambda: len(notebook.pictures) >= seen + 3, 10)
    tally = notebook.tallies[-1]
    assert tally.quiet > tally.captured / 4
    assert max(np.diff([c.frame.ref.pts.total_seconds() for c in notebook.pictures])) < 4.0


def test_a_recording_is_played_as_a_camera(clip: Path) -> None:
    with watched(plan_for(f"file:{clip}", gated=False)) as (_, notebook):
        notebook.wait(lambda: len(notebook.pictures) >= 30, 15)  # the file has 25 of them: it begins again
    times = np.array([c.frame.ref.pts.total_seconds() for c in notebook.pictures])
    assert np.diff(times) == pytest.approx(0.2, abs=0.1)


def test_a_synthetic_camera() -> None:
    with watched(plan_for("synthetic:walk")) as (_, notebook):
        notebook.wait(lambda: len(notebook.pictures) >= 5 and bool(notebook.glances), 8)
    assert notebook.pictures[0].frame.image.shape == (360, 640, 3)


@pytest.mark.slow
def test_what_the_gates_miss_of_somebody_who_comes_in(tmp_path: Path) -> None:
    """Twenty-five quiet seconds, then seven with a walker: person-seconds seen with the gates against all there are."""
    rng, background = np.random.default_rng(0), room()
    scene = [noisy(walker(background, (i - 250) / 70) if 250 <= i < 320 else background, rng, 2.0) for i in range(360)]
    recording = load(write_clip(tmp_path / "entry.mp4", scene, rate=RATE, keyframe_every=20))
    with RtspCamera(recording) as camera, watched(plan_for(camera.url, rate=5.0)) as (_, notebook):
        notebook.wait(lambda: bool(notebook.glances) and notebook.glances[-1].tally.captured >= 340, 60)
    quiet = notebook.glances[-1].tally.quiet
    seen = sum((np.abs(c.frame.image.astype(int) - (40, 60, 200)).max(axis=2) < 60).sum() > 150 for c in notebook.pictures)
    assert quiet > 50  # the gates did sleep
    assert seen >= 0.94 * 35, f"{seen} of 35 pictures with the walker"
