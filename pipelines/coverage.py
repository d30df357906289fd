"""The coverage ledger: what was watched, what was not, and why not. Unobserved time is not compliant time.

The ledger of a camera is a cursor that only moves forward: `mark` says what the time up to an instant was. Intervals
therefore partition time by construction, without hole and without overlap, and whatever is persisted stays true: time
is marked live only up to the last picture that was really seen, so a process that is killed has never claimed more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from analyzer.types import CameraId, RunId
from pipelines.records import CoverageInterval, CoverageState, DropReason, FrameCounts, GapReason

_LEDGER_LAG: Final = timedelta(seconds=10)
"""The ledger of a process at work is written every second, on a busy machine less often."""


class Quality(StrEnum):
    """Four questions about the same time, each stricter than the one before."""

    CONNECTED = "connected"  # the camera sent something
    FRESH = "fresh"  # ... that was not an old or frozen picture
    USABLE = "usable"  # ... and could be seen on
    ASSESSABLE = "assessable"  # ... and was analysed


_UNCONNECTED = frozenset(
    {
        GapReason.NOT_STARTED,
        GapReason.UNREACHABLE,
        GapReason.AUTH_FAILED,
        GapReason.STREAM_ENDED,
        GapReason.STALLED,
        GapReason.MAINTENANCE,
        GapReason.STOPPED,
        GapReason.CRASHED,
        GapReason.INTERRUPTED,
        GapReason.RECORDING_GAP,
        GapReason.RECORDING_CUT,
    }
)
_UNFRESH = frozenset({GapReason.FROZEN, GapReason.LOOPED})
_UNUSABLE = frozenset(
    {
        GapReason.CORRUPT,
        GapReason.BLACK,
        GapReason.TOO_DARK,
        GapReason.GLARE,
        GapReason.COVERED,
        GapReason.BLURRED,
        GapReason.MOVED,
    }
)


def holds(interval: CoverageInterval, quality: Quality) -> bool:
    """Whether the time of an interval had a quality. A degraded time lacks nothing but comfort."""
    if interval.state is not CoverageState.GAP:
        return True
    reason = interval.reason
    if reason is None or reason in _UNCONNECTED:
        return False
    if quality is Quality.CONNECTED:
        return True
    if reason in _UNFRESH:
        return False
    return quality is Quality.FRESH or (quality is Quality.USABLE and reason not in _UNUSABLE)


class CoverageLedger:
    """The ledger of one camera during one run."""

    def __init__(self, camera: CameraId, start: datetime, run: RunId | None = None) -> None:
        self._camera, self._run, self._cursor = camera, run, start
        self._settled: list[CoverageInterval] = []
        self._current: CoverageInterval | None = None
        self.spent: defaultdict[tuple[CoverageState, GapReason | None], float] = defaultdict(float)
        """Seconds of each state and reason so far."""

    @property
    def cursor(self) -> datetime:
        """Up to where the ledger is written."""
        return self._cursor

    def mark(self, until: datetime, state: CoverageState, reason: GapReason | None = None) -> None:
        """The time from the cursor to ``until`` was so. A time that lies behind the cursor changes nothing.

        Raises:
            ValueError: a gap or a degraded time without its reason, or a live one with a reason.
        """
        if (state is CoverageState.LIVE) == (reason is not None):
            raise ValueError(f"{state} cannot have the reason {reason}")
        if until <= self._cursor:
            return
        self.spent[state, reason] += (until - self._cursor).total_seconds()
        current = self._current
        if current is not None and (current.state, current.reason) == (state, reason):
            self._current = replace(current, end=until)
        else:
            if current is not None:
                self._settled.append(current)
            self._current = CoverageInterval(self._camera, self._cursor, until, state, reason, self._run)
        self._cursor = until

    def drain(self) -> tuple[CoverageInterval, ...]:
        """What is to be persisted now: everything new, the open interval as far as it is known."""
        out = (*self._settled, *((self._current,) if self._current is not None else ()))
        self._settled.clear()
        return out


def close_after_crash(
    known: Sequence[CoverageInterval], camera: CameraId, now: datetime, *, clean: bool, planned: bool = False
) -> CoverageInterval | None:
    """The gap between the last thing an earlier process wrote and now; ``None`` when nothing was ever written.

    Args:
        known: intervals of the camera, the last one decides.
        camera: whose they are.
        now: when this process takes over.
        clean: the earlier process said goodbye.
        planned: ... for maintenance.
    """
    last = max(known, key=lambda interval: interval.end, default=None)
    if last is None or last.end >= now:
        return None
    reason = GapReason.MAINTENANCE if clean and planned else GapReason.STOPPED if clean else GapReason.CRASHED
    return CoverageInterval(camera, last.end, now, CoverageState.GAP, reason, last.run)


def filled(known: Iterable[CoverageInterval], camera: CameraId, since: datetime, until: datetime) -> tuple[CoverageInterval, ...]:
    """[since, until) partitioned: what no interval speaks of was not watched either. Runs are not told apart."""
    out: list[CoverageInterval] = []

    def add(start: datetime, end: datetime, state: CoverageState, reason: GapReason | None) -> None:
        if out and (out[-1].state, out[-1].reason) == (state, reason):
            out[-1] = replace(out[-1], end=end)
        else:
            out.append(CoverageInterval(camera, start, end, state, reason))

    cursor = since
    for interval in sorted(known, key=lambda one: one.start):
        start, end = max(interval.start, cursor), min(interval.end, until)
        if start >= end:
            continue
        if start > cursor:
            add(cursor, start, CoverageState.GAP, GapReason.NOT_STARTED)
        add(start, end, interval.state, interval.reason)
        cursor = end
    if cursor < until:
        add(cursor, until, CoverageState.GAP, GapReason.NOT_STARTED)
    return tuple(out)


def told_until(ledgers: Iterable[Sequence[CoverageInterval]], until: datetime, now: datetime) -> datetime:
    """Where a stretch of time ends that reaches up to now: at what has been written, where a process is at work.

    Args:
        ledgers: of the cameras, cut off at ``until``.
        until: the end that was asked for.
        now: the time of asking.
    """
    if until < now - _LEDGER_LAG:
        return until
    ends = (max(interval.end for interval in ledger) for ledger in ledgers if ledger)
    return min((end for end in ends if until - _LEDGER_LAG <= end < until), default=until)


@dataclass(frozen=True, slots=True)
class CoverageSummary:
    """Sums over a period that add up to its length exactly."""

    total: timedelta
    live: timedelta
    degraded: timedelta
    gaps: tuple[tuple[GapReason, timedelta], ...]  # longest first
    qualities: tuple[tuple[Quality, timedelta], ...]

    @property
    def share(self) -> float | None:
        """Watched share of the period, 0..1."""
        return None if not self.total else (self.live + self.degraded) / self.total


def summed(intervals: Iterable[CoverageInterval]) -> CoverageSummary:
    """Add up disjoint intervals."""
    states = dict.fromkeys(CoverageState, timedelta(0))
    gaps: dict[GapReason, timedelta] = {}
    qualities = dict.fromkeys(Quality, timedelta(0))
    for interval in intervals:
        states[interval.state] += interval.duration
        if interval.state is CoverageState.GAP:
            reason = interval.reason or GapReason.NOT_STARTED
            gaps[reason] = gaps.get(reason, timedelta(0)) + interval.duration
        for quality in Quality:
            if holds(interval, quality):
                qualities[quality] += interval.duration
    return CoverageSummary(
        total=sum(states.values(), timedelta(0)),
        live=states[CoverageState.LIVE],
        degraded=states[CoverageState.DEGRADED],
        gaps=tuple(sorted(gaps.items(), key=lambda item: (-item[1], item[0]))),
        qualities=tuple(qualities.items()),
    )


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Begin and end of a local day in UTC; 23 or 25 hours long where summer time begins or ends."""
    start = datetime.combine(day, time(), zone)
    return start.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


@dataclass(slots=True)
class FrameAccount:
    """Counts of a live camera: what left the capture process is analysed, dropped or still waiting."""

    analysed: int = 0
    dropped: dict[DropReason, int] = field(default_factory=lambda: dict.fromkeys(DropReason, 0))

    def drop(self, reason: DropReason, count: int = 1) -> None:
        """``count`` frames were not analysed."""
        self.dropped[reason] += count

    @property
    def counts(self) -> FrameCounts:
        """Everything accounted for so far; what waits is not captured yet."""
        dropped = tuple((reason, count) for reason, count in self.dropped.items() if count)
        return FrameCounts(self.analysed + sum(count for _, count in dropped), self.analysed, dropped)
