"""What one camera writes into its ledger when its line is not up to it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analyzer.types import Box, CameraId, FrameRef, Scene, Thing
from pipelines.following import reports_of
from pipelines.health import Health
from pipelines.live_camera import LiveCamera
from pipelines.records import CoverageState, DropReason, GapReason
from pipelines.sources.camera import CameraStatus
from pipelines.sources.lifecycle import Life, State
from pipelines.sources.wire import Glance, Line, Receiver, Tally, send
from tests.pipelines.live.running import origin
from tests.pipelines.live.watching import plan_for

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
GOOD, LATE, FEW = Line(0.0, 1.0, 0.0), Line(0.0, 1.0, 6.0), Line(0.0, 0.3, 0.0)
GREY = np.random.default_rng(0).integers(0, 255, (90, 160), dtype=np.uint8)


def camera() -> LiveCamera:
    made = LiveCamera(plan_for("rtsp://127.0.0.1:1/x"), origin(["gate"]), T0, T0)
    made.connection(State.LIVE, GapReason.NOT_STARTED, T0 + timedelta(seconds=1))
    return made


def picture(seconds: float) -> Scene:
    pts = timedelta(seconds=seconds)
    return Scene(FrameRef(CameraId("gate"), 0, pts, T0 + pts, 640, 360), ())


def glance(seconds: float) -> Glance:
    return Glance(seconds, seconds, 160, 90, Tally(), 0.0, 0, awake=False, missed=0, anomalies=0)


def written(made: LiveCamera) -> list[tuple[float, float, CoverageState, GapReason | None]]:
    return [((i.start - T0).total_seconds(), (i.end - T0).total_seconds(), i.state, i.reason) for i in made.ledger.drain()]


@pytest.mark.parametrize(("planned", "reason"), [(True, GapReason.MAINTENANCE), (False, GapReason.STREAM_ENDED)])
def test_planned_time_ends_where_the_camera_is_back(planned: bool, reason: GapReason) -> None:
    made = camera()
    made.understood(picture(5))
    made.connection(State.STALE, GapReason.STREAM_ENDED, T0 + timedelta(seconds=5))
    made.elapsed(T0 + timedelta(seconds=7), planned=planned)
    made.connection(State.LIVE, GapReason.STREAM_ENDED, T0 + timedelta(seconds=7.6))
    assert written(made)[2:] == [(5, 7.6, CoverageState.GAP, reason)]  # its last second is as planned as the rest


@pytest.mark.parametrize(("line", "reason"), [(LATE, GapReason.DELAYED), (FEW, GapReason.SPARSE)])
def test_a_line_that_is_too_thin_is_degraded_time(line: Line, reason: GapReason) -> None:
    made = camera()
    made.understood(picture(5))
    assert made.lined(line)
    assert not made.lined(line)
    made.understood(picture(12))
    assert made.lined(GOOD)
    made.understood(picture(15))
    assert written(made)[1:] == [
        (1, 5, CoverageState.LIVE, None),
        (5, 12, CoverageState.DEGRADED, reason),
        (12, 15, CoverageState.LIVE, None),
    ]


def test_what_is_wrong_with_the_picture_or_the_machine_comes_first() -> None:
    made = camera()
    made.lined(LATE)
    made.health = Health(GapReason.COVERED)
    made.understood(picture(5))
    made.health, made.degraded = Health(), True
    made.understood(picture(8))
    assert written(made)[1:] == [
        (1, 5, CoverageState.GAP, GapReason.COVERED),
        (5, 8, CoverageState.DEGRADED, GapReason.OVERLOAD),
    ]


def test_what_a_line_had_held_up_and_gives_at_once_is_not_the_machine_s_overload() -> None:
    made = camera()
    made.lined(LATE)
    for _ in range(40):
        made.failed(T0 + timedelta(seconds=9), DropReason.LATE)
    made.understood(picture(10))
    made.lined(GOOD)
    made.understood(picture(12))
    assert [state for *_, state, _ in written(made)[1:]] == [CoverageState.DEGRADED, CoverageState.LIVE]


def test_the_next_connection_may_be_a_better_one() -> None:
    made = camera()
    made.lined(LATE)
    made.connection(State.STALE, GapReason.STALLED, T0 + timedelta(seconds=20))
    assert made.line is None
    assert made.behind == timedelta(0)


def test_quiet_time_is_watched_only_up_to_when_the_picture_was_taken() -> None:
    made = camera()
    made.understood(picture(4))
    made.lined(LATE)
    made.glanced(glance(12.0), GREY, T0 + timedelta(seconds=12))
    assert written(made)[1:] == [(1, 4, CoverageState.LIVE, None), (4, 6, CoverageState.DEGRADED, GapReason.DELAYED)]
    assert made.seen_at == T0 + timedelta(seconds=12)  # the camera is not silent


def test_the_next_run_knows_the_line() -> None:
    made = camera()
    made.lined(LATE)
    made.close(T0 + timedelta(seconds=30))
    after = made.successor(origin(["gate"]))
    assert (after.line, after.behind) == (GapReason.DELAYED, timedelta(seconds=6))


def test_it_goes_over_the_pipe() -> None:
    reading, writing = os.pipe()
    try:
        send(writing, LATE)
        assert Receiver(reading).poll(1.0) == (LATE, bytearray())
    finally:
        os.close(reading)
        os.close(writing)


def test_the_page_of_cameras_is_told_of_things_that_pass_for_people() -> None:
    made = camera()
    status = CameraStatus(CameraId("gate"), Life(State.LIVE), None, Tally(), 1, 0, "", None)
    made.understood(replace(picture(2), things=(Thing(Box(0, 0, 10, 30), T0),)))
    (said,) = reports_of([status], [], {}, T0, things={CameraId("gate"): made.things})
    assert (said.state, said.reason, said.text) == (State.LIVE, None, "things: 1")
    made.understood(picture(3))
    (said,) = reports_of([status], [], {}, T0, things={CameraId("gate"): made.things})
    assert said.text == ""


def test_the_page_of_cameras_is_told_what_is_wrong_with_a_live_one() -> None:
    made = camera()
    assert made.trouble is None
    made.lined(LATE)
    assert made.trouble is GapReason.DELAYED
    status = CameraStatus(CameraId("gate"), Life(State.LIVE), None, Tally(), 1, 0, "", None)
    (said,) = reports_of([status], [], {}, T0, {CameraId("gate"): made.trouble})
    assert (said.state, said.reason) == (State.LIVE, GapReason.DELAYED)
    (said,) = reports_of([replace(status, life=Life(State.DOWN, reason=GapReason.UNREACHABLE))], [], {}, T0)
    assert said.reason is GapReason.UNREACHABLE
