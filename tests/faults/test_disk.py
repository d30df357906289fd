"""D1: the file system fills up and gets room again. Needs root, to mount a small one."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.types import CameraId
from pipelines.disk import Disk
from pipelines.records import CoverageState, GapReason
from pipelines.ring import segments
from pipelines.sources.lifecycle import State
from tests.faults.matrix import judge
from tests.pipelines.live.running import painted_walk, running, with_ring
from tests.pipelines.live.watching import plan_for
from tests.rtsp.camera import RtspCamera
from tests.rtsp.pictures import write_clip
from tests.rtsp.stream import load

pytestmark = [
    pytest.mark.fault,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root"),
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_d1_a_full_file_system(small: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "gate.mp4", painted_walk(200, 5, seen=(18.0, 28.0)), rate=5, keyframe_every=5, bit_rate=500_000)
    held = small / "evidence" / "held.mp4"
    with (
        RtspCamera(load(clip)) as camera,
        running(small, [with_ring(plan_for(camera.url), small)], evidence=False, disk=Disk(small)) as run,
    ):
        held.parent.mkdir()
        held.write_bytes(b"x" * 100_000)
        run.wait(lambda: run.live.status()[0].life.state is State.LIVE, 15)
        run.wait(lambda: bool(segments(small / "ring" / "gate")), 15)
        filler = small / "filler"
        with filler.open("wb") as file:
            while True:
                try:
                    file.write(b"0" * 65536)
                    file.flush()
                except OSError:
                    break
        threading.Event().wait(30)  # somebody walks by meanwhile
        analysed = run.live.camera(CameraId("gate")).account.analysed
        alive = run.live.status()[0].life.state
        waiting, known = run.live.writer.backlog, len(run.live.camera(CameraId("gate")).episodes)
        filler.unlink()
        began = time.monotonic()
        run.wait(lambda: len(run.events()) >= max(known, 1) and run.live.writer.failures == 0, 40)
        recovered = time.monotonic() - began
        before = len(segments(small / "ring" / "gate"))
        run.wait(lambda: len(segments(small / "ring" / "gate")) > before, 40)
        recording = time.monotonic() - began
        run.stop()
        stored, intervals = len(run.events()), run.coverage("gate")
        kept = held.exists()
    holes = sum(a.end != b.start for a, b in pairwise(intervals))
    gaps = [i.reason for i in intervals if i.state is CoverageState.GAP and i.reason is not GapReason.NOT_STARTED]
    judge(
        "D1", "no space for 30 s on a file system of database and ring",
        f"camera stayed {alive} ({analysed} analysed), {waiting} events waited, {stored} of {known} stored, events {recovered:.0f} s and recording {recording:.0f} s after there was room, held file kept: {kept}, {holes} holes, gaps {gaps}",
        "0 lost, 0 held files deleted, recovery <= 30 s, no restart", passed=kept and stored >= known >= 1 and recovered <= 30 and alive is State.LIVE and not holes and not gaps,
    )  # fmt: skip
