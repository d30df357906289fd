"""D1: the file system fills up and gets room again. Needs root, to mount a small one."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.types import CameraId
from pipelines.disk import Disk
from pipelines.records import CoverageState, EventFilter, Evidence, EvidenceState, GapReason
from pipelines.ring import segments
from pipelines.sources.lifecycle import State
from pipelines.store import Repository
from tests.faults.matrix import judge
from tests.media import Film, make
from tests.pipelines.evidence_case import DiskStore
from tests.pipelines.evidence_victim import seal
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


def test_d2_the_disk_of_the_evidence_becomes_read_only(tmp_path: Path) -> None:
    """EROFS: a file system that cannot be written is laid over the folder (one in use is not mounted anew for reading)."""
    clip = write_clip(tmp_path / "gate.mp4", painted_walk(120, 5, seen=(6.0, 16.0)), rate=5, keyframe_every=5, bit_rate=500_000)
    data = tmp_path / "data"
    evidence = data / "evidence"
    with RtspCamera(load(clip)) as camera, running(data, [with_ring(plan_for(camera.url), tmp_path)]) as run:
        run.wait(lambda: run.live.status()[0].life.state is State.LIVE, 15)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", evidence], check=True)
        run.wait(lambda: bool(run.events()), 60)
        event = run.events()[-1]
        run.wait(lambda: run.repository.event(event.id).evidence_state is EvidenceState.FAILED, 90)
        failed = [row for row in run.repository.evidence(event.id) if row.state is EvidenceState.FAILED]
        alive = run.live.status()[0].life.state
        subprocess.run(["umount", "-l", evidence], check=True)
        known = len(run.events())
        run.wait(lambda: len(run.events()) > known, 60)
        later = run.events()[0]
        run.wait(lambda: run.repository.event(later.id).evidence_state is EvidenceState.READY, 90)
        run.stop()
        wrong = _wrong_files(run.repository, evidence)
    reasons = sorted({row.reason for row in failed})
    judge(
        "D2", "evidence on a file system that becomes read-only (EROFS)",
        f"camera stayed {alive}, {len(failed)} files failed ({'; '.join(reasons)}), {wrong} ready with a wrong hash, the next event after it was writable again is ready",
        "failed with the reason, 0 ready with a bad hash", passed=bool(failed) and not wrong and alive is State.LIVE,
    )  # fmt: skip


@pytest.mark.parametrize("fault", ["EIO", "short writes"])
def test_d2_the_disk_refuses_to_write(fault: str, tmp_path: Path) -> None:
    """Each twentieth write fails, or no file may grow over 20 kB; then a start without faults puts all of it in order."""
    if fault == "EIO" and shutil.which("fiu-run") is None:
        pytest.skip("apt-get install fiu-utils")
    recording = make(tmp_path / "a.mp4", Film(count=400, options={"bf": "3"}))
    places, limit = 10, 20_000 if fault != "EIO" else 0
    share = 0.05 if fault == "EIO" else 0.0
    command = [
        sys.executable,
        "-m",
        "tests.faults.sealing_victim",
        str(tmp_path),
        str(recording),
        str(places),
        str(limit),
        str(share),
    ]
    if share:
        command = ["fiu-run", "-x", *command]
    # A library that starts threads while it is loaded may block itself in the one that makes writes fail, one time in eight.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=240, cwd=Path(__file__).parents[2], env=environment
    )
    wrong = failed = ready = mended = 0
    reasons: set[str] = set()
    for number in range(places):
        folder = tmp_path / str(number)
        if not folder.exists():
            continue
        rows = list(DiskStore(folder / "store").rows.values())
        wrong += sum(_wrong(row, folder / "evidence") for row in rows)
        ready += sum(row.state is EvidenceState.READY for row in rows)
        failed += sum(row.state is EvidenceState.FAILED for row in rows)
        reasons |= {row.reason for row in rows if row.state is EvidenceState.FAILED}
        seal(folder, recording)  # now without faults
        again = list(DiskStore(folder / "store").rows.values())
        mended += all(row.state is EvidenceState.READY for row in again) and not any(
            _wrong(row, folder / "evidence") for row in again
        )
    parts = len(list(tmp_path.rglob("*.part")))
    judge(
        "D2", f"{fault} while evidence is written, {places} times",
        f"exit {done.returncode}, {ready} files ready, {failed} failed ({'; '.join(sorted(reasons)) or '-'}), {wrong} ready with a wrong hash; without faults {mended} of {places} completed, {parts} .part left",
        "failed with the reason, 0 ready with a bad hash", passed=not wrong and mended == places and not parts,
    )  # fmt: skip


def _wrong_files(repository: Repository, folder: Path) -> int:
    """Rows that say ready and whose file is another one, or none."""
    events = repository.events(EventFilter(), limit=200).events
    return sum(_wrong(row, folder) for event in events for row in repository.evidence(event.id))


def _wrong(row: Evidence, folder: Path) -> bool:
    if row.state is not EvidenceState.READY:
        return False
    path = folder / row.path
    return not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != row.sha256
