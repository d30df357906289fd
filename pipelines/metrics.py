"""Figures of the live pipeline for Prometheus. Labels are bounded: cameras, states, reasons, rules; never tracks or events."""

from __future__ import annotations

import contextlib
from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from analyzer.types import CameraId, Event
from analyzer.types import Tally as RuleTally
from pipelines.outages import OutageNotice
from pipelines.records import CoverageState, DropReason, GapReason
from pipelines.sla import Cause
from pipelines.sources.lifecycle import State
from pipelines.sources.wire import Glance, Line, Tally
from pipelines.stages import Stage

_STAGES: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
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
        self._stages = Histogram(
            "vigil_stage_seconds", "Parts of the way of a picture, of the store and of the evidence", ["stage"],
            buckets=_STAGES, registry=self.registry,
        )  # fmt: skip
        self._silent = Gauge("vigil_camera_last_frame_age_seconds", "Since the last picture", ["camera"], registry=self.registry)
        self._reconnects = Gauge(
            "vigil_camera_reconnects", "Connections that came back since the process began", ["camera"], registry=self.registry
        )
        self._coverage = Counter(
            "vigil_coverage_seconds", "Time of each state of the ledger", ["camera", "state", "reason"], registry=self.registry
        )
        self._covered: defaultdict[tuple[CameraId, CoverageState, GapReason | None], float] = defaultdict(float)
        self._tallies: dict[CameraId, Tally] = {}
        self._free = Gauge("vigil_disk_free_bytes", "On the file system of the data folder", registry=self.registry)
        self._backlog = Gauge("vigil_waiting_events", "Events that wait to be written", registry=self.registry)
        self._events = Counter("vigil_events", "Violations opened", ["rule", "severity"], registry=self.registry)
        self._clock = Gauge("vigil_clock_offset_seconds", "Wall clock against the clock of this process", registry=self.registry)
        self._rate = Gauge(
            "vigil_camera_rate",
            "Analysed pictures a second: asked, given, paced by need",
            ["camera", "kind"],
            registry=self.registry,
        )
        self._waiting = Gauge("vigil_waiting_pictures", "Pictures that wait to be looked at", registry=self.registry)
        self._unknown = Gauge("vigil_unknown_share", "Judgements that could not be made", ["rule"], registry=self.registry)
        self._awake = Gauge("vigil_gate_awake", "1 while every picture is decoded", ["camera"], registry=self.registry)
        self._gate_missed = Gauge(
            "vigil_gate_missed_pictures",
            "Moving pictures whose packets had been called quiet",
            ["camera"],
            registry=self.registry,
        )
        self._audits = Counter(
            "vigil_gate_audits", "Pictures looked at although both gates saw nothing", ["camera"], registry=self.registry
        )
        self._misses = Counter("vigil_gate_misses", "Those of them in which somebody was", ["camera"], registry=self.registry)
        self._unseen = Counter(
            "vigil_gate_missed_person_seconds",
            "At most so long people were there while the gates slept",
            ["camera"],
            registry=self.registry,
        )
        self._things = Gauge(
            "vigil_camera_things",
            "Things that pass for people and are not judged: nothing of them has moved for long",
            ["camera"],
            registry=self.registry,
        )
        self._late = Gauge("vigil_camera_late_seconds", "By which pictures come late", ["camera"], registry=self.registry)
        self._filled = Gauge(
            "vigil_camera_filled_share", "Of the asked pictures, those that the line gave", ["camera"], registry=self.registry
        )
        self._clock_still = Gauge(
            "vigil_camera_clock_still", "1 while the clock in the picture stands still", ["camera"], registry=self.registry
        )
        self._outages = Gauge("vigil_outages", "Outages that go on and were told of", ["kind"], registry=self.registry)
        self._capacity = Gauge("vigil_capacity_frames_per_second", "Pictures this machine can look at", registry=self.registry)

    def outages(self, told: Sequence[OutageNotice]) -> None:
        """Outages that go on: of single cameras, of the line of the facility, and of cameras whose line is too thin."""
        thin = sum(len(one.cameras) for one in told if one.thin)
        lost = [one for one in told if not one.thin]
        line = sum(one.cause is Cause.FACILITY_LINE for one in lost)
        self._outages.labels("line").set(line)
        self._outages.labels("camera").set(len(lost) - line)
        self._outages.labels("thin").set(thin)

    def gate(self, camera: CameraId, glance: Glance) -> None:
        """Whether the packet gate is awake, and how many moving pictures it had called quiet."""
        self._awake.labels(camera).set(glance.awake)
        self._gate_missed.labels(camera).set(glance.missed)

    def audited(self, camera: CameraId, missed_seconds: float) -> None:
        """A picture in which both gates had seen nothing was looked at; the person-seconds they may have missed, often 0."""
        self._audits.labels(camera).inc()
        if missed_seconds > 0:
            self._misses.labels(camera).inc()
            self._unseen.labels(camera).inc(missed_seconds)

    def things(self, camera: CameraId, number: int) -> None:
        self._things.labels(camera).set(number)

    def line(self, camera: CameraId, line: Line) -> None:
        """How late pictures come, and how many of those that are asked for."""
        self._late.labels(camera).set(line.late)
        self._filled.labels(camera).set(line.filled)

    def clock_still(self, camera: CameraId, *, still: bool) -> None:
        self._clock_still.labels(camera).set(still)

    def rates(self, camera: CameraId, asked: float, given: float) -> None:
        """Analysed pictures a second that were asked for, and that this machine gives."""
        self._rate.labels(camera, "asked").set(asked)
        self._rate.labels(camera, "given").set(given)

    def paced(self, camera: CameraId, rate: float) -> None:
        """Analysed pictures a second that are needed now: fewer while nothing is undecided."""
        self._rate.labels(camera, "paced").set(rate)

    def waiting(self, pictures: int, events: int) -> None:
        """Pictures of all cameras that wait to be looked at, and events that wait to be written."""
        self._waiting.set(pictures)
        self._backlog.set(events)

    def stage(self, stage: Stage, seconds: float) -> None:
        """A part of the way took so long. Implements `pipelines.stages.Timed`."""
        self._stages.labels(stage).observe(max(seconds, 0.0))

    def reconnects(self, camera: CameraId, count: int) -> None:
        self._reconnects.labels(camera).set(count)

    def disk(self, free: int) -> None:
        """Bytes that can still be written."""
        self._free.set(free)

    def watched(
        self,
        camera: CameraId,
        spent: Mapping[tuple[CoverageState, GapReason | None], float],
        silent: timedelta | None,
    ) -> None:
        """The ledger of the run of a camera so far, and how long no picture has come (``None``: never one)."""
        for (state, reason), seconds in spent.items():
            known = self._covered[camera, state, reason]
            # A run that has just begun counts from zero again.
            self._coverage.labels(camera, state, reason or "").inc(seconds - known if seconds >= known else seconds)
            self._covered[camera, state, reason] = seconds
        if silent is not None:
            self._silent.labels(camera).set(silent.total_seconds())

    def judged(self, tallies: Iterable[RuleTally]) -> None:
        """The share of judgements that could not be made, of the runs that go on, rule by rule."""
        unknown: Counts[str] = Counts()
        total: Counts[str] = Counts()
        for tally in tallies:
            here = sum(count for _, count in tally.votes.unknown)
            unknown[tally.rule] += here
            total[tally.rule] += here + tally.votes.violating + tally.votes.compliant
        for rule, count in total.items():
            if count:
                self._unknown.labels(rule).set(unknown[rule] / count)

    def clock(self, seconds: float) -> None:
        """How far the wall clock has moved away from the one that times are taken from."""
        self._clock.set(seconds)

    def state(self, camera: CameraId, state: State) -> None:
        for one in State:
            self._state.labels(camera, one).set(1.0 if one is state else 0.0)

    def gone(self, camera: CameraId) -> None:
        """A camera is watched no more: what was last measured of it would look like what is."""
        last = (self._silent, self._late, self._filled, self._clock_still, self._awake, self._gate_missed, self._things)
        for gauge in last:
            with contextlib.suppress(KeyError):
                gauge.remove(camera)
        for kind in ("asked", "given", "paced"):
            with contextlib.suppress(KeyError):
                self._rate.remove(camera, kind)

    def verdict(self, camera: CameraId, seconds: float) -> None:
        self._analysed.labels(camera).inc()
        self._latency.observe(seconds)

    def dropped(self, camera: CameraId, reason: DropReason) -> None:
        self._dropped.labels(camera, reason).inc()

    def counting(self, camera: CameraId, tally: Tally) -> None:
        """The packets of a connection so far.

        What is let pass as quiet may be looked at after all when the gates wake up; a counter cannot go back, so up to one nap
        of it (four seconds) may stand here twice.
        """
        known = self._tallies.get(camera, Tally())
        now = Tally(*(max(one) for one in zip(astuple(tally), astuple(known), strict=True)))
        self._tallies[camera] = now
        self._captured.labels(camera).inc(now.captured - known.captured)
        for reason, count in (
            (DropReason.RATE, now.rate - known.rate),
            (DropReason.QUIET, now.quiet - known.quiet),
            (DropReason.CORRUPT, now.corrupt - known.corrupt),
            (DropReason.DECODE, now.decode - known.decode),
        ):
            self._dropped.labels(camera, reason).inc(count)

    def counted(self, camera: CameraId, tally: Tally) -> None:
        """A connection is over; the next one counts from zero."""
        self.counting(camera, tally)
        self._tallies.pop(camera, None)

    def event(self, event: Event) -> None:
        self._events.labels(event.rule, event.severity).inc()

    def capacity(self, rate: float | None) -> None:
        if rate is not None:
            self._capacity.set(rate)
