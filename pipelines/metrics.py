"""Figures of the live pipeline for Prometheus. Labels are bounded: cameras, states, reasons, rules; never tracks or events."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from analyzer.types import CameraId, Event
from pipelines.records import DropReason
from pipelines.sources.lifecycle import State
from pipelines.sources.wire import Tally

_LATENCY: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)


class LiveMetrics:
    """One registry a process, so that tests do not share theirs."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._state = Gauge("vigil_camera_state", "1 for the state a camera is in", ["camera", "state"], registry=self.registry)
        self._captured = Counter("vigil_frames_captured", "Packets received", ["camera"], registry=self.registry)
        self._dropped = Counter("vigil_frames_dropped", "Frames not analysed", ["camera", "reason"], registry=self.registry)
        self._analysed = Counter("vigil_frames_analysed", "Frames judged", ["camera"], registry=self.registry)
        self._latency = Histogram(
            "vigil_capture_to_verdict_seconds", "Arrival of a picture to its verdict", buckets=_LATENCY, registry=self.registry
        )
        self._events = Counter("vigil_events", "Violations opened", ["rule", "severity"], registry=self.registry)
        self._clock = Gauge("vigil_clock_offset_seconds", "Wall clock against the clock of this process", registry=self.registry)
        self._capacity = Gauge("vigil_capacity_frames_per_second", "Pictures this machine can look at", registry=self.registry)

    def clock(self, seconds: float) -> None:
        """How far the wall clock has moved away from the one that times are taken from."""
        self._clock.set(seconds)

    def state(self, camera: CameraId, state: State) -> None:
        for one in State:
            self._state.labels(camera, one).set(1.0 if one is state else 0.0)

    def verdict(self, camera: CameraId, seconds: float) -> None:
        self._analysed.labels(camera).inc()
        self._latency.observe(seconds)

    def dropped(self, camera: CameraId, reason: DropReason) -> None:
        self._dropped.labels(camera, reason).inc()

    def counted(self, camera: CameraId, tally: Tally) -> None:
        """A connection is over."""
        self._captured.labels(camera).inc(tally.captured)
        for reason, count in (
            (DropReason.RATE, tally.rate),
            (DropReason.QUIET, tally.quiet),
            (DropReason.CORRUPT, tally.corrupt),
            (DropReason.DECODE, tally.decode),
        ):
            self._dropped.labels(camera, reason).inc(count)

    def event(self, event: Event) -> None:
        self._events.labels(event.rule, event.severity).inc()

    def capacity(self, rate: float | None) -> None:
        if rate is not None:
            self._capacity.set(rate)
