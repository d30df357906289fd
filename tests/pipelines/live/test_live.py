"""Cameras in, events, coverage and evidence out."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.coverage import summed
from pipelines.records import CoverageState, EvidenceKind, EvidenceState, GapReason, RunState
from pipelines.sources.lifecycle import State
from pipelines.stages import Stage
from tests.pipelines.live.running import Running, painted_walk, running, with_ring
from tests.pipelines.live.watching import plan_for
from tests.rtsp.camera import Behaviour, Mode, RtspCamera
from tests.rtsp.pictures import write_clip
from tests.rtsp.stream import Recording, load


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = tmp_path_factory.mktemp("clips") / "walk.mp4"
    return load(write_clip(path, painted_walk(225, 5, seen=(2.0, 14.0)), rate=5, keyframe_every=10, bit_rate=500_000))


def test_a_person_without_a_mask_becomes_an_event_with_evidence(recording: Recording, tmp_path: Path) -> None:
    with RtspCamera(recording) as camera:
        plan = with_ring(plan_for(camera.url), tmp_path)
        with running(tmp_path, [plan]) as run:
            run.wait(lambda: bool(run.events()), 25)
            (event,) = run.events()[:1]
            run.wait(lambda: run.repository.event(event.id).evidence_state is EvidenceState.READY, 45)
            run.stop()
            timed = {stage: figure(run, "vigil_stage_seconds_count", stage=stage) for stage in Stage}
            spent = figure(run, "vigil_coverage_seconds_total", camera="gate", state="live", reason="")
            rows = run.repository.evidence(event.id)
            (stored,) = run.repository.runs()
            looks = run.repository.looks(stored.camera, stored.first_at, stored.first_at + timedelta(hours=1))
    assert sum(one.judged for one in looks) == stored.counts.analysed
    assert timed[Stage.JUDGE] == timed[Stage.DETECT] == timed[Stage.UNDERSTAND] == timed[Stage.WAIT] == stored.counts.analysed
    assert timed[Stage.WRITE] > 0
    assert timed[Stage.SEAL] == len(run.events())
    assert timed[Stage.CAPTURE] > 0
    assert spent > 10
    assert sum(one.asked for one in looks) > stored.counts.analysed  # nobody is looked at more often than asked
    clip = next(row for row in rows if row.kind is EvidenceKind.CLIP)
    assert clip.state is EvidenceState.READY
    assert clip.duration is not None
    assert clip.duration > timedelta(seconds=10)
    assert sum(row.kind is EvidenceKind.KEY_FRAME and row.state is EvidenceState.READY for row in rows) >= 2
    assert not list(tmp_path.rglob("*.part"))
    assert stored.state is RunState.FINISHED
    assert stored.counts.captured == stored.counts.analysed + sum(n for _, n in stored.counts.dropped)
    assert stored.counts.analysed > 20  # fewer while nothing is undecided


def figure(run: Running, name: str, **labels: str) -> float:
    """What Prometheus would be told."""
    return run.live.metrics.registry.get_sample_value(name, labels) or 0.0


def test_an_outage_is_a_gap_with_its_reason_and_time_adds_up(recording: Recording, tmp_path: Path) -> None:
    with RtspCamera(recording) as camera, running(tmp_path, [plan_for(camera.url)], evidence=False) as run:
        run.wait(lambda: run.live.status()[0].life.state is State.LIVE, 8)
        run.wait(lambda: run.live.camera(plan_for("usb:0").camera).account.analysed > 10, 8)
        camera.behave(Behaviour(Mode.CLOSE))
        run.wait(lambda: run.live.status()[0].life.state is State.STALE, 3)
        camera.behave(Behaviour())
        run.wait(lambda: run.live.status()[0].life.state is State.LIVE, 8)
        run.wait(lambda: run.live.camera(plan_for("usb:0").camera).account.analysed > 25, 8)
        run.stop()
        intervals = run.coverage("gate")
    told = [(i.state, i.reason) for i in intervals]
    if told[-1] == (CoverageState.GAP, GapReason.STOPPED):
        told.pop()  # on a loaded machine the way out takes long enough to be an interval
    assert told == [
        (CoverageState.GAP, GapReason.NOT_STARTED),
        (CoverageState.LIVE, None),
        (CoverageState.GAP, GapReason.STREAM_ENDED),
        (CoverageState.LIVE, None),
    ]
    assert all(a.end == b.start for a, b in pairwise(intervals))
    assert intervals[2].duration > timedelta(seconds=0.8)
    assert summed(intervals).total == intervals[-1].end - intervals[0].start


AGE = "vigil_camera_last_frame_age_seconds"


def test_cameras_come_and_go_without_touching_the_others(tmp_path: Path) -> None:
    first, second = plan_for("synthetic:still", "gate"), plan_for("synthetic:still", "yard")
    with running(tmp_path, [first, second], evidence=False) as run:
        run.wait(lambda: all(s.life.state is State.LIVE for s in run.live.status()), 10)
        untouched, told = run.live.worker(first.camera), run.live.metrics.registry.get_sample_value
        run.wait(lambda: told(AGE, {"camera": "yard"}) is not None, 10)
        run.live.reconcile([first])
        assert [s.camera for s in run.live.status()] == ["gate"]
        assert told(AGE, {"camera": "yard"}) is None  # it would stay as it was last for ever
        # A stop is told while it lasts, not only when it is over: until then it would look like an outage.
        run.wait(lambda: any(one.reason is GapReason.STOPPED for one in run.coverage("yard")), 10)
        stop = run.coverage("yard")[-1]
        run.wait(lambda: run.coverage("yard")[-1].end > stop.end, 10)
        assert run.coverage("yard")[-1].start == stop.start
        run.live.reconcile([first, second])
        run.wait(lambda: len(run.live.status()) == 2 and all(s.life.state is State.LIVE for s in run.live.status()), 10)
        assert run.live.worker(first.camera) is untouched
        states = {r.camera: [] for r in run.repository.runs()}
        run.stop()
        for stored in run.repository.runs():
            states[stored.camera].append(stored.state)
    assert states == {"gate": [RunState.FINISHED], "yard": [RunState.FINISHED] * 2}


def test_a_new_day_is_a_new_run_without_a_hole(tmp_path: Path) -> None:
    with running(tmp_path, [plan_for("synthetic:still")], evidence=False) as run:
        name = plan_for("usb:0").camera
        run.wait(lambda: run.live.camera(name).account.analysed > 3, 15)
        first = run.live.camera(name)
        worker = run.live.worker(name)
        tomorrow = first.ledger.cursor + timedelta(days=1)
        run.live.roll(first.ledger.cursor)  # the same day: nothing happens
        assert run.live.camera(name) is first
        first._begins -= timedelta(days=1)
        run.live.roll(tomorrow - timedelta(days=1))
        second = run.live.camera(name)
        assert second is not first
        assert second.begins == first.ledger.cursor
        run.wait(lambda: run.live.camera(name).account.analysed > 3, 15)
        assert run.live.worker(name) is worker
        run.stop()
        intervals, states = run.coverage("gate"), sorted(r.state for r in run.repository.runs())
    assert states == [RunState.FINISHED, RunState.FINISHED]
    assert all(a.end == b.start for a, b in pairwise(intervals))
    assert {i.run for i in intervals} == {first.run_id, second.run_id}
