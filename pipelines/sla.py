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

TOGETHER = timedelta(seconds=30)


class Cause(StrEnum):
    """Who has to do something."""

    NETWORK = "network"
    ACCESS = "access"
    OURS = "ours"
    PLANNED = "planned"
    NOT_STARTED = "not_started"
    FACILITY_LINE = "facility_line"


CAUSES = {
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


NOT_THE_LINE = frozenset({Cause.ACCESS, Cause.OURS})
"""What may take away all cameras together while their line is whole."""

_APART = frozenset({Cause.PLANNED, Cause.NOT_STARTED})
"""Time that is nobody's failure: it is not joined with a failure after it, and with one before it only as far as `_goes_on` says."""


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
        return _uptime(self.period, self.planned, self.connected)


def outages_of(intervals: Sequence[CoverageInterval]) -> tuple[Outage, ...]:
    """Unconnected stretches in order. Reasons that change in the middle are one outage; the first names the cause.

    Planned time is an outage of its own and is not joined with what precedes or follows it. Time in which nothing had been
    started yet is no part of the failure that follows it, but of the one that made the start necessary.
    """
    found: list[Outage] = []
    for interval in sorted(intervals, key=lambda one: one.start):
        if holds(interval, Quality.CONNECTED):
            continue
        cause = _cause(interval)
        last = found[-1] if found else None
        if last is not None and last.end == interval.start and _goes_on(last.cause, cause):
            found[-1] = replace(last, end=interval.end)
        else:
            found.append(Outage(interval.start, interval.end, cause, (interval.camera,)))
    return tuple(found)


def _goes_on(before: Cause, cause: Cause) -> bool:
    """Whether time without a connection is the same outage as what it touches."""
    return before is cause or not {before, cause} & _APART or (before is Cause.OURS and cause is Cause.NOT_STARTED)


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
    """Outages of a facility in order: when all of its cameras went away together, that is one incident of its line.

    When all were refused, or it was this program that had ended, that is the cause and not the line. Together means: within 30 seconds, all cameras (two or more) that were not away before. The line is back with the first of them;
    one that stays away longer has an outage of its own from then on. Outages of planned time take no part.
    """
    every = [outage for one in reports.values() for outage in one.outages]
    incidents = [outage for outage in every if outage.cause is Cause.NOT_STARTED]
    left = sorted((outage for outage in every if outage.cause is not Cause.NOT_STARTED), key=_order)
    while left:
        first = left[0]
        group = _one_a_camera(outage for outage in left if outage.start - first.start <= TOGETHER)
        gone = {camera for one in incidents if one.start <= first.start < one.end for camera in one.cameras}
        away = {camera for outage in group for camera in outage.cameras}
        if len(away) > 1 and away == set(reports) - gone:
            back = min(one.end for one in group)
            same = first.cause if first.cause in NOT_THE_LINE and len({one.cause for one in group}) == 1 else None
            incidents.append(Outage(first.start, back, same or Cause.FACILITY_LINE, tuple(sorted(away))))
            later = [replace(outage, start=back) for outage in group if outage.end > back]
            left = sorted([*(outage for outage in left if outage not in group), *later], key=_order)
        else:
            incidents.append(left.pop(0))
    return tuple(sorted(incidents, key=_order))


def _order(outage: Outage) -> tuple[datetime, tuple[CameraId, ...]]:
    return outage.start, outage.cameras


def _one_a_camera(outages: Iterable[Outage]) -> tuple[Outage, ...]:
    first: dict[tuple[CameraId, ...], Outage] = {}
    for outage in outages:
        first.setdefault(outage.cameras, outage)
    return tuple(first.values())


def alarms(outages: Iterable[Outage], now: datetime, debounce: timedelta = DEBOUNCE) -> tuple[Outage, ...]:
    """Outages that still go on and have lasted long enough for somebody to be told."""
    return tuple(one for one in outages if one.end >= now and one.duration >= debounce and one.cause is not Cause.PLANNED)


@dataclass(frozen=True, slots=True)
class FacilityReport:
    """All cameras of a facility over one period. ``connected``: at least one of them was; ``planned``: none, as planned.

    ``incidents`` are the outages of its cameras, a line that failed collapsed into one; ``longest``, ``mttr`` and ``mtbf``
    are of the time in which no camera at all was connected, as the uptime is.
    """

    period: timedelta
    connected: timedelta
    planned: timedelta
    cameras: tuple[ConnectionReport, ...]
    incidents: tuple[Outage, ...]
    longest: timedelta
    mttr: timedelta | None
    mtbf: timedelta | None

    @property
    def uptime(self) -> float | None:
        """0..1; ``None`` when all of the period was planned to be off."""
        return _uptime(self.period, self.planned, self.connected)


def _uptime(period: timedelta, planned: timedelta, connected: timedelta) -> float | None:
    asked = period - planned
    return connected / asked if asked else None


def facility_report(intervals: Mapping[CameraId, Sequence[CoverageInterval]], since: datetime, until: datetime) -> FacilityReport:
    """The report over [since, until).

    Args:
        intervals: of each camera, partitioning the period (`pipelines.coverage.filled`).
        since: begin of the period.
        until: its end.
    """
    reports = {camera: report(camera, own) for camera, own in intervals.items()}
    down = [[i for i in own if not holds(i, Quality.CONNECTED)] for own in intervals.values()]
    apart = [[i for i in own if _cause(i) in _APART] for own in down]
    idle = [[i for i in own if _cause(i) is Cause.NOT_STARTED] for own in down]
    # A camera that was not there yet is no reason to call the planned stop of all the others a failure.
    planned = _without(_common(apart, since, until), _common(idle, since, until))
    dark = _without(_common(down, since, until), planned)
    off = sum((end - start for start, end in planned), timedelta(0))
    lost = sum((end - start for start, end in dark), timedelta(0))
    connected = until - since - off - lost
    return FacilityReport(
        period=until - since,
        connected=connected,
        planned=off,
        cameras=tuple(reports.values()),
        incidents=collapsed(reports),
        longest=max((end - start for start, end in dark), default=timedelta(0)),
        mttr=lost / len(dark) if dark else None,
        mtbf=connected / len(dark) if dark else None,
    )


def _cause(interval: CoverageInterval) -> Cause:
    """Why a camera was not connected then."""
    return CAUSES.get(interval.reason or GapReason.NOT_STARTED, Cause.NETWORK)


_Stretches = list[tuple[datetime, datetime]]


def _without(stretches: _Stretches, taken: _Stretches) -> _Stretches:
    """What of the stretches lies in none of the others; both disjoint and in order."""
    left: _Stretches = []
    for start, end in stretches:
        cursor = start
        for begin, stop in taken:
            if stop <= cursor or end <= begin:
                continue
            if cursor < begin:
                left.append((cursor, begin))
            cursor = stop
        if cursor < end:
            left.append((cursor, end))
    return left


def _common(groups: Sequence[Sequence[CoverageInterval]], since: datetime, until: datetime) -> _Stretches:
    """The stretches that lie in intervals of every group; touching ones are one."""
    common = [(since, until)] if groups else []
    for group in groups:
        merged: list[tuple[datetime, datetime]] = []
        for interval in sorted(group, key=lambda one: one.start):
            if merged and merged[-1][1] == interval.start:
                merged[-1] = (merged[-1][0], interval.end)
            else:
                merged.append((interval.start, interval.end))
        common = [(max(a, start), min(b, end)) for a, b in common for start, end in merged if max(a, start) < min(b, end)]
    return common
