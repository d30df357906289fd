"""Connection quality of cameras over a period: uptime, outages, how long, how often, and whose line it was.

Pure functions over coverage intervals. An outage is time in which a camera was not connected; pictures that were dark or
covered are a matter of picture quality, not of the connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from analyzer.types import CameraId
from pipelines.coverage import Quality, holds
from pipelines.records import CoverageInterval, GapReason

DEBOUNCE = timedelta(seconds=60)
"""Shorter outages are counted and raise no alarm."""

_TOGETHER = timedelta(seconds=30)


class Cause(StrEnum):
    """Who has to do something."""

    NETWORK = "network"
    ACCESS = "access"
    OURS = "ours"
    PLANNED = "planned"
    NOT_STARTED = "not_started"
    FACILITY_LINE = "facility_line"


_CAUSES = {
    GapReason.UNREACHABLE: Cause.NETWORK,
    GapReason.STALLED: Cause.NETWORK,
    GapReason.STREAM_ENDED: Cause.NETWORK,
    GapReason.AUTH_FAILED: Cause.ACCESS,
    GapReason.MAINTENANCE: Cause.PLANNED,
    GapReason.STOPPED: Cause.PLANNED,
    GapReason.CRASHED: Cause.OURS,
    GapReason.INTERRUPTED: Cause.OURS,
    GapReason.NOT_STARTED: Cause.NOT_STARTED,
}


@dataclass(frozen=True, slots=True)
class Outage:
    """Time without a connection, of one camera or (``cameras`` more than one) of a facility's line."""

    start: datetime
    end: datetime
    cause: Cause
    cameras: tuple[CameraId, ...]

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """One camera over one period. Planned time is neither up nor down; shares are of the rest.

    ``mttr`` is the mean length of an outage, ``mtbf`` the mean connected time per outage; ``None`` without one.
    """

    camera: CameraId
    period: timedelta
    planned: timedelta
    connected: timedelta
    outages: tuple[Outage, ...]
    longest: timedelta
    mttr: timedelta | None
    mtbf: timedelta | None

    @property
    def uptime(self) -> float | None:
        """0..1; ``None`` when all of the period was planned to be off."""
        asked = self.period - self.planned
        return self.connected / asked if asked else None


def outages_of(intervals: Sequence[CoverageInterval]) -> tuple[Outage, ...]:
    """Unconnected stretches in order. Reasons that change in the middle are one outage; the first names the cause.

    Planned time is an outage of its own and is not joined with what precedes or follows it.
    """
    found: list[Outage] = []
    for interval in sorted(intervals, key=lambda one: one.start):
        if holds(interval, Quality.CONNECTED):
            continue
        cause = _CAUSES.get(interval.reason or GapReason.NOT_STARTED, Cause.NETWORK)
        last = found[-1] if found else None
        joins = last is not None and last.end == interval.start and (last.cause is Cause.PLANNED) == (cause is Cause.PLANNED)
        if last is not None and joins:
            found[-1] = replace(last, end=interval.end)
        else:
            found.append(Outage(interval.start, interval.end, cause, (interval.camera,)))
    return tuple(found)


def report(camera: CameraId, intervals: Sequence[CoverageInterval]) -> ConnectionReport:
    """The report over the time that the (disjoint) intervals cover."""
    period = sum((i.duration for i in intervals), timedelta(0))
    connected = sum((i.duration for i in intervals if holds(i, Quality.CONNECTED)), timedelta(0))
    every = outages_of(intervals)
    real = tuple(outage for outage in every if outage.cause is not Cause.PLANNED)
    down = sum((outage.duration for outage in real), timedelta(0))
    return ConnectionReport(
        camera=camera,
        period=period,
        planned=period - connected - down,
        connected=connected,
        outages=real,
        longest=max((outage.duration for outage in real), default=timedelta(0)),
        mttr=down / len(real) if real else None,
        mtbf=connected / len(real) if real else None,
    )


def collapsed(reports: Mapping[CameraId, ConnectionReport]) -> tuple[Outage, ...]:
    """Outages of a facility: when all of its cameras went away together, that is one incident of its line.

    Together means: within 30 seconds, all cameras (two or more). Outages of planned time take no part.
    """
    every = sorted((outage for one in reports.values() for outage in one.outages), key=lambda one: (one.start, one.cameras))
    left, incidents = list(every), []
    while left:
        first = left[0]
        group = _one_a_camera(outage for outage in left if outage.start - first.start <= _TOGETHER)
        if len(reports) > 1 and len(group) == len(reports):
            cameras = tuple(sorted(camera for outage in group for camera in outage.cameras))
            incidents.append(Outage(first.start, max(one.end for one in group), Cause.FACILITY_LINE, cameras))
            left = [outage for outage in left if outage not in group]
        else:
            incidents.append(left.pop(0))
    return tuple(incidents)


def _one_a_camera(outages: Iterable[Outage]) -> tuple[Outage, ...]:
    first: dict[tuple[CameraId, ...], Outage] = {}
    for outage in outages:
        first.setdefault(outage.cameras, outage)
    return tuple(first.values())


def alarms(outages: Iterable[Outage], now: datetime, debounce: timedelta = DEBOUNCE) -> tuple[Outage, ...]:
    """Outages that still go on and have lasted long enough for somebody to be told."""
    return tuple(one for one in outages if one.end >= now and one.duration >= debounce and one.cause is not Cause.PLANNED)
