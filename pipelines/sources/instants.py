"""Turns the time stamps of a recording into times that only go forward, finds holes, and chooses instants.

Pure arithmetic over ticks: no decoder in here. Exact fractions are used where a decision hangs on a time, so that
the same stream gives the same instants on every machine.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from statistics import median

from pipelines.records import GapReason
from pipelines.sources.items import Hole

_AGREEING = 3
"""So many time stamps in a row must agree on a new origin before the clock is believed to have been reset."""

_LONGEST_HOLE = Fraction(24 * 3600)
_MINIMUM_HOLE = Fraction(2)
_INTERVALS_TO_HOLE = 10
_USUAL_INTERVAL = Fraction(1, 25)


def as_timedelta(seconds: Fraction) -> timedelta:
    """Rounded to the microsecond, the resolution of every time in Vigil."""
    return timedelta(microseconds=round(seconds * 1_000_000))


class Clockwork:
    """Seconds since the start of the stream, strictly increasing.

    A time stamp that repeats or goes back is refused (`None`): two pictures cannot share an instant. When several in a
    row count on from an earlier (or absurdly later) value, the recorder's clock was reset: time goes on from the last
    good picture by one frame interval, and `jumps` holds the time at which.
    """

    def __init__(self, origin: int, time_base: Fraction, declared_rate: Fraction | None) -> None:
        self._origin, self._base = origin, time_base
        self._declared = 1 / declared_rate if declared_rate else None
        self._shift = 0
        self._last: Fraction | None = None
        self._suspects: deque[int] = deque(maxlen=_AGREEING)
        self._intervals: deque[Fraction] = deque(maxlen=31)
        self.jumps: list[Fraction] = []

    @property
    def last(self) -> Fraction | None:
        return self._last

    @property
    def interval(self) -> Fraction:
        """The usual distance of two pictures lately; declared or 1/25 s while there are too few."""
        if len(self._intervals) >= _AGREEING:
            return median(self._intervals)
        return self._declared or _USUAL_INTERVAL

    def place(self, ticks: int | None) -> Fraction | None:
        """Time of the next picture in presentation order, or ``None`` when its time stamp is unusable."""
        if ticks is None:
            return None
        at = (ticks - self._origin + self._shift) * self._base
        if self._plausible(at):
            self._suspects.clear()
            return self._accept(at)
        behind = (self._last or Fraction(0)) - at
        if 0 <= behind < _MINIMUM_HOLE:  # a stutter that will catch up by itself, not a reset
            return None
        self._suspects.append(ticks)
        step = max(_MINIMUM_HOLE, _INTERVALS_TO_HOLE * self.interval)
        if len(self._suspects) == _AGREEING and all(0 < (b - a) * self._base < step for a, b in pairwise(self._suspects)):
            return self._reset(ticks)
        return None

    def _plausible(self, at: Fraction) -> bool:
        if self._last is None:
            return 0 <= at < _LONGEST_HOLE
        return self._last < at < self._last + _LONGEST_HOLE

    def _accept(self, at: Fraction) -> Fraction:
        if self._last is not None:
            self._intervals.append(at - self._last)
        self._last = at
        return at

    def _reset(self, ticks: int) -> Fraction:
        resume = self._last + self.interval if self._last is not None else Fraction(0)
        self._shift = ceil(resume / self._base) - (ticks - self._origin)
        at = (ticks - self._origin + self._shift) * self._base
        self.jumps.append(at)
        self._suspects.clear()
        return self._accept(at)


class HoleFinder:
    """Reports stretches without a usable picture that are longer than two seconds and ten frame intervals."""

    def __init__(self) -> None:
        self._covered = Fraction(0)
        self._spoilt = False

    def spoil(self) -> None:
        """A picture was there since the last usable one, but could not be used."""
        self._spoilt = True

    def usable(self, at: Fraction, interval: Fraction) -> Hole | None:
        """The hole that a usable picture ends, if there was one."""
        hole = self._hole(at, interval, GapReason.CORRUPT if self._spoilt else GapReason.RECORDING_GAP)
        self._covered, self._spoilt = at + interval, False
        return hole

    def end(self, at: Fraction, interval: Fraction) -> Hole | None:
        """The hole between the last usable picture and the end that the container declares."""
        return self._hole(at, interval, GapReason.CORRUPT if self._spoilt else GapReason.RECORDING_CUT)

    def _hole(self, at: Fraction, interval: Fraction, reason: GapReason) -> Hole | None:
        if at - self._covered <= max(_MINIMUM_HOLE, _INTERVALS_TO_HOLE * interval) - interval:
            return None
        return Hole(as_timedelta(self._covered), as_timedelta(at), reason)


class Grid:
    """Chooses the first usable picture at or after each instant ``k / rate``; every picture when there is no rate."""

    def __init__(self, rate: float | None) -> None:
        if rate is not None and not 0 < rate < 1000:
            raise ValueError(f"rate must be above 0 and below 1000 a second: {rate}")
        self._rate = None if rate is None else Fraction(rate).limit_denominator(1000)
        self._next = 0

    def takes(self, at: Fraction) -> bool:
        """Whether the picture at this time is one; pictures must come in the order of time."""
        if self._rate is None:
            return True
        instant = floor(at * self._rate)
        if instant < self._next:
            return False
        self._next = instant + 1
        return True
