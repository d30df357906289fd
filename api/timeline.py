"""A camera's time as a strip: watched, watched poorly, not watched, and where the signs lie.

Positions are percentages of the strip, so that the drawing needs neither a script nor a fixed width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analyzer.types import EventId
from pipelines.records import CoverageInterval, CoverageState, StoredEvent

UNRECORDED = "unrecorded"
FUTURE = "future"
_TICK_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400)
)
_MOST_TICKS = 7
_RIM = 3  # per cent; a label nearer to the rim would be cut off
_THINNEST = 0.25  # per cent; a shorter stretch is still drawn, because a gap must not vanish


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of the strip: ``state`` is a coverage state, ``unrecorded`` or ``future``."""

    state: str
    reason: str | None
    start: datetime
    end: datetime
    x: float
    width: float

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Mark:
    """An episode on the strip."""

    event: StoredEvent
    x: float
    width: float
    this: bool


@dataclass(frozen=True, slots=True)
class Tick:
    at: datetime
    x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """One strip over [since, until)."""

    since: datetime
    until: datetime
    stretches: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]

    @property
    def coarse(self) -> bool:
        """Whether the ticks stand on whole minutes."""
        return all(tick.at.second == 0 for tick in self.ticks)

    def total(self, *states: str) -> timedelta:
        return sum((part.duration for part in self.stretches if part.state in states), timedelta(0))

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    @property
    def past(self) -> timedelta:
        """How much of the strip has been."""
        return self.length - self.total(FUTURE)

    @property
    def observed(self) -> timedelta:
        return self.total(CoverageState.LIVE, CoverageState.DEGRADED)

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        return tuple(part for part in self.stretches if part.state == CoverageState.GAP)


def build_timeline(
    intervals: Iterable[CoverageInterval],
    events: Iterable[StoredEvent],
    since: datetime,
    until: datetime,
    *,
    this: EventId | None = None,
    now: datetime | None = None,
) -> Timeline:
    """Lay intervals and episodes on a strip; time that no interval covers is ``unrecorded``, or ``future`` from ``now`` on.

    Args:
        intervals: of one camera, in any order; what lies outside the strip is cut off.
        events: of the same camera, in any order.
        since: where the strip begins.
        until: where it ends; later than ``since``.
        this: the episode the page is about.
        now: what comes later cannot have been watched yet; None takes all of the strip for the past.

    Raises:
        ValueError: the strip is empty.
    """
    if until <= since:
        raise ValueError("a timeline needs a positive length")
    length = (until - since).total_seconds()

    def place(start: datetime, end: datetime) -> tuple[float, float]:
        x = (max(start, since) - since).total_seconds() / length * 100
        width = max((min(end, until) - max(start, since)).total_seconds() / length * 100, _THINNEST)
        return round(min(x, 100 - _THINNEST), 4), round(min(width, 100 - min(x, 100 - _THINNEST)), 4)

    stretches = tuple(
        Stretch(state, reason, start, end, *place(start, end))
        for state, reason, start, end in _partition(intervals, since, until, until if now is None else now)
    )
    marks = tuple(
        Mark(event, *place(event.since, event.ended_at or event.opened_at), event.id == this)
        for event in sorted(events, key=lambda event: (event.id == this, event.since))
        if event.since < until and (event.ended_at or event.opened_at) >= since
    )
    return Timeline(since, until, stretches, marks, tuple(_ticks(since, until)))


def window_around(event: StoredEvent, intervals: Sequence[CoverageInterval], reach: timedelta) -> tuple[datetime, datetime]:
    """What stretch of time to show around an event: ``reach`` on both sides, cut to what is recorded there.

    Never narrower than the episode with a tenth of its length (at least ten seconds) around it.
    """
    end = event.ended_at or event.opened_at
    margin = max((end - event.since) / 10, timedelta(seconds=10))
    wide_since, wide_until = event.since - reach, end + reach
    near = [part for part in intervals if part.end > wide_since and part.start < wide_until]
    since = max(wide_since, min((part.start for part in near), default=wide_since))
    until = min(wide_until, max((part.end for part in near), default=wide_until))
    return min(since, event.since - margin), max(until, end + margin)


def _partition(
    intervals: Iterable[CoverageInterval], since: datetime, until: datetime, now: datetime
) -> Iterable[tuple[str, str | None, datetime, datetime]]:
    at = since
    for part in sorted(intervals, key=lambda part: (part.start, part.end)):
        start, end = max(part.start, at), min(part.end, until)
        if end <= start:
            continue
        if start > at:
            yield UNRECORDED, None, at, start
        yield part.state.value, part.reason.value if part.reason else None, start, end
        at = end
    if at < (passed := min(now, until)):
        yield UNRECORDED, None, at, passed
        at = passed
    if at < until:
        yield FUTURE, None, at, until


def _ticks(since: datetime, until: datetime) -> Iterable[Tick]:
    length = until - since
    step = next((step for step in _TICK_STEPS if length / step <= _MOST_TICKS), _TICK_STEPS[-1])
    # Round times of the clock in the zone of `since`: a day's strip has 4, 8, 12 o'clock and not 3, 7, 11.
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + math.ceil((since - midnight) / step) * step
    while at <= until:
        x = (at - since) / length * 100
        if _RIM <= x <= 100 - _RIM:
            yield Tick(at, round(x, 4))
        at += step
