"""Everything ends under one deadline, whatever refuses to; what is left then is not lost."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from analyzer.types import (
    CameraId,
    CameraSubject,
    EventId,
    FacilityId,
    FacilitySubject,
    PairSubject,
    Scene,
    TrackId,
    TrackSubject,
    ZoneId,
    ZoneSubject,
)
from models.frame import Frame
from pipelines import live as live_module
from pipelines.live import LiveOptions
from pipelines.live_camera import LiveCamera
from pipelines.live_ending import Ending
from pipelines.live_resuming import subject_from
from pipelines.live_sealing import Sealing
from pipelines.records import EvidenceKind, EvidenceState, RunState
from pipelines.seeing import Blind, GuardedSeer, Hung, Seer
from pipelines.sources.camera import CameraWorker
from pipelines.sources.lifecycle import State
from pipelines.supervisor import Task, keep
from tests.pipelines.live.running import painted_walk, running, with_ring
from tests.pipelines.live.watching import plan_for
from tests.rtsp.camera import RtspCamera
from tests.rtsp.pictures import write_clip
from tests.rtsp.stream import load


@dataclass
class Stubborn:
    """A worker that goes on until it is abandoned."""

    waited: list[float] = field(default_factory=list)
    asked: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        self.asked = True

    def join(self, timeout: float) -> bool:
        self.waited.append(timeout)
        return self.ended.wait(timeout)

    def abandon(self) -> None:
        self.ended.set()


def test_workers_share_one_time_and_those_that_do_not_end_are_killed() -> None:
    workers = [Stubborn() for _ in range(20)]
    willing = Stubborn()
    willing.ended.set()
    Ending(time.monotonic() + 1.0).workers((*workers, willing))
    assert all(worker.asked and worker.ended.is_set() for worker in (*workers, willing))
    assert sum(worker.waited[0] for worker in workers) <= 0.31  # not each of them so long


def camera_with(*events: str) -> LiveCamera:
    camera = type("Camera", (), {"episodes": dict.fromkeys(map(EventId, events))})()
    return cast("LiveCamera", camera)


@dataclass
class Busy:
    """A sealer whose thread is at an event; ``ends``: it comes to an end in time."""

    ends: bool
    stopped: bool = False
    sealed: int = 0

    def stop(self) -> None:
        self.stopped = True

    def join(self, timeout: float) -> bool:
        return self.ends

    def seal_all(self, camera: LiveCamera, until: float) -> int:
        self.sealed += 1
        return 0


def test_nothing_is_sealed_beside_a_sealer_that_is_still_at_work() -> None:
    busy, idle = Busy(ends=False), Busy(ends=True)
    cameras = camera_with("a", "b"), camera_with("c")
    ending = Ending(time.monotonic() + 0.2)
    assert ending.seal(busy, cameras) == 3
    assert (busy.stopped, busy.sealed) == (True, 0)
    assert ending.seal(idle, cameras) == 0
    assert (idle.stopped, idle.sealed) == (True, 2)


def test_after_the_deadline_no_event_is_begun() -> None:
    nothing: Any = None
    sealing = Sealing(nothing, nothing, ())
    camera = camera_with("a", "b")
    assert sealing.seal_all(camera, time.monotonic()) == 2
    assert len(camera.episodes) == 2


@pytest.mark.parametrize(
    "subject",
    [
        TrackSubject(TrackId(12)),
        PairSubject(TrackId(3), TrackId(14)),
        ZoneSubject(ZoneId("hall:1")),
        CameraSubject(CameraId("gate")),
        FacilitySubject(FacilityId("kcl-01")),
    ],
)
def test_a_subject_is_known_by_its_key(
    subject: TrackSubject | PairSubject | ZoneSubject | CameraSubject | FacilitySubject,
) -> None:
    assert subject_from(subject.key) == subject


def test_a_key_of_no_subject_is_refused() -> None:
    with pytest.raises(ValueError, match="no subject"):
        subject_from("cat:1")


class Deaf(CameraWorker):
    """Does not hear that it is to stop."""

    def stop(self) -> None: ...


def test_cameras_that_refuse_to_stop_keep_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf: list[Deaf] = []

    def worker(*arguments: Any) -> Deaf:
        deaf.append(Deaf(*arguments))
        return deaf[-1]

    monkeypatch.setattr(live_module, "CameraWorker", worker)
    plans = [plan_for("synthetic:walk", name) for name in ("one", "two", "three", "four")]
    with running(tmp_path, plans, options=LiveOptions(stop_within=2.0)) as run:
        run.wait(lambda: all(status.life.state is State.LIVE for status in run.live.status()), 20)
        run.wait(lambda: len(run.events()) >= 4, 30)
        told = {event.id for event in run.events()}
        run.stop()
        stored = run.repository.runs()
        assert {one.state for one in stored if one.camera in {plan.camera for plan in plans}} == {RunState.FINISHED}
        assert told <= {event.id for event in run.events()}
        assert run.live.writer.backlog == 0
        assert len(deaf) == 4
    for one in deaf:
        CameraWorker.stop(one)
        assert one.join(60.0)


def test_processes_that_ignore_the_signal_are_killed_after_one_time_for_all(tmp_path: Path) -> None:
    def deaf(name: str) -> Task:
        program = (
            "import os, pathlib, signal, threading\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            f"path = pathlib.Path({str(tmp_path / name)!r})\n"
            "path.with_suffix('.new').write_text(str(os.getpid()))\n"
            "path.with_suffix('.new').rename(path)\n"
            "threading.Event().wait()\n"
        )
        return Task(name, (sys.executable, "-c", program))

    names, stopped = ("one", "two", "three"), threading.Event()

    def stop_when_all_run() -> None:
        while not all((tmp_path / name).exists() for name in names):
            threading.Event().wait(0.05)
        stopped.set()

    threading.Thread(target=stop_when_all_run, daemon=True).start()
    assert not keep([deaf(name) for name in names], stopped, stop_within=0.5)
    assert not any(psutil.pid_exists(int((tmp_path / name).read_text())) for name in names)


class Hanging:
    """Perception that never answers."""

    def __init__(self) -> None:
        self.called = threading.Event()

    def look(self, frames: Sequence[Frame]) -> Sequence[Scene | Blind]:
        self.called.set()
        threading.Event().wait()
        return ()


def test_perception_that_hangs_is_not_waited_for_when_everything_ends() -> None:
    hanging = Hanging()
    seer = GuardedSeer(cast("Seer", hanging), limit=3600.0)

    def hurry() -> None:
        hanging.called.wait()
        seer.hurry()

    threading.Thread(target=hurry, daemon=True).start()
    with pytest.raises(Hung):
        seer.look(())


def test_evidence_that_a_stop_cut_short_is_written_by_the_next_start(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "walk.mp4", painted_walk(225, 5, seen=(2.0, 44.0)), rate=5, keyframe_every=10, bit_rate=500_000)
    with RtspCamera(load(path)) as camera:
        plan = with_ring(plan_for(camera.url), tmp_path)
        with running(tmp_path, [plan], options=LiveOptions(stop_within=0.0)) as run:
            run.wait(lambda: bool(run.events()), 25)
            (event,) = run.events()[:1]
            run.wait(lambda: bool(run.repository.evidence(event.id)), 10)
            run.stop()
            left = run.repository.evidence(event.id)
        assert EvidenceState.READY not in {row.state for row in left}
        with running(tmp_path, [plan]) as run:
            run.wait(lambda: {row.state for row in run.repository.evidence(event.id)} == {EvidenceState.READY}, 45)
            rows = {row.kind: row for row in run.repository.evidence(event.id)}
            clip = rows[EvidenceKind.CLIP]
            boxes = json.loads((tmp_path / "evidence" / rows[EvidenceKind.BOXES].path).read_bytes())
    assert clip.starts_at is not None
    assert clip.starts_at <= event.opened_at
    # Who was seen is known from the scenes that lay beside the packets.
    assert any(track["of_event"] for instant in boxes["instants"] for track in instant["tracks"])
