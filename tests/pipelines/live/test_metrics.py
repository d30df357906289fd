"""Figures of the ledger go on over the end of a run, and nothing is counted twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.types import CameraId
from pipelines.metrics import LiveMetrics
from pipelines.records import CoverageState, GapReason
from pipelines.sources.wire import Tally
from pipelines.stages import Stage, timing

GATE = CameraId("gate")
LIVE, FROZEN = (CoverageState.LIVE, None), (CoverageState.GAP, GapReason.FROZEN)


def told(metrics: LiveMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_watched_time_is_counted_once_and_over_the_end_of_a_run() -> None:
    metrics = LiveMetrics()
    metrics.watched(GATE, {LIVE: 10.0}, None)
    metrics.watched(GATE, {LIVE: 11.0, FROZEN: 4.0}, timedelta(seconds=2))
    metrics.watched(GATE, {LIVE: 1.0}, timedelta(seconds=0))  # the next run begins
    metrics.watched(GATE, {LIVE: 3.0}, timedelta(seconds=0))
    live = told(metrics, "vigil_coverage_seconds_total", camera="gate", state="live", reason="")
    frozen = told(metrics, "vigil_coverage_seconds_total", camera="gate", state="gap", reason="frozen")
    assert (live, frozen) == (14.0, 4.0)
    assert told(metrics, "vigil_camera_last_frame_age_seconds", camera="gate") == 0.0


def test_nothing_is_said_of_a_camera_that_never_showed_anything() -> None:
    metrics = LiveMetrics()
    metrics.watched(GATE, {}, None)
    assert told(metrics, "vigil_camera_last_frame_age_seconds", camera="gate") is None


def test_nothing_is_said_of_a_camera_that_is_gone() -> None:
    metrics = LiveMetrics()
    metrics.watched(GATE, {}, timedelta(seconds=2))
    metrics.rates(GATE, 5.0, 4.0)
    metrics.clock_still(GATE, still=True)
    metrics.things(GATE, 2)
    figures = {"vigil_camera_last_frame_age_seconds", "vigil_camera_rate", "vigil_camera_clock_still", "vigil_camera_things"}
    assert figures <= {sample.name for family in metrics.registry.collect() for sample in family.samples}
    metrics.gone(GATE)
    assert not figures & {sample.name for family in metrics.registry.collect() for sample in family.samples}


def test_what_fails_takes_time_as_well() -> None:
    metrics = LiveMetrics()
    with pytest.raises(ValueError, match="no"), timing(metrics.stage, Stage.WRITE):
        raise ValueError("no")
    assert told(metrics, "vigil_stage_seconds_count", stage="write") == 1.0


def test_packets_are_counted_while_they_come_and_once() -> None:
    metrics = LiveMetrics()
    figures = lambda: [  # noqa: E731
        told(metrics, "vigil_frames_captured_total", camera="gate"),
        told(metrics, "vigil_frames_dropped_total", camera="gate", reason="quiet"),
        told(metrics, "vigil_frames_dropped_total", camera="gate", reason="rate"),
    ]
    metrics.counting(GATE, Tally(captured=100, sent=10, rate=50, quiet=40))
    assert figures() == [100, 40, 50]
    metrics.counting(GATE, Tally(captured=110, sent=30, rate=70, quiet=10))  # thirty were looked at after all
    assert figures() == [110, 40, 70]
    metrics.counted(GATE, Tally(captured=150, sent=30, rate=70, quiet=50))
    assert figures() == [150, 50, 70]
    metrics.counting(GATE, Tally(captured=5, sent=1, rate=4))  # the next connection
    assert figures() == [155, 50, 74]
