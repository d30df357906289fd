"""Whether a line gives what is asked of it: how many of the asked pictures come, and how late they come.

A line too thin for its stream either delivers everything ever later, or less than everything: the camera leaves out what
it cannot send. Both are looked for in the packets, before anything is decoded, so that they are known of a quiet camera
as well. Pure; the monotonic clock is an argument.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from pipelines.records import GapReason
from pipelines.sources.wire import Line

_WINDOW: Final = 10.0  # s over which pictures are counted
_LATE_WINDOW: Final = 5.0  # s in which not one packet may have been on time; a hiccup is over by then
_DRIFT: Final = 2e-4  # s per s by which a camera's clock may be slow: quartz is better than that by four times and more
_AHEAD: Final = 5.0  # s; a stream that runs further ahead of its arrival has a wrong timestamp


@dataclass(slots=True)
class LineWatch:
    """The packets of one connection, in decoding order.

    Attributes:
        rate: pictures a second that are asked for.
    """

    rate: float
    _stamp: float | None = None
    _arrival: float | None = None
    _at: float = 0.0  # stream time, by timestamps that can be right
    _late: float = 0.0
    _usable: deque[float] = field(default_factory=deque)  # stream time of pictures that can be used
    _waited: deque[tuple[float, float]] = field(default_factory=deque)  # arrival, lateness
    _told: float = 0.0

    def packet(self, stamp: float | None, arrival: float, *, waited: bool) -> None:
        """A packet came.

        Args:
            stamp: timestamp of the stream in seconds, ``None`` when it says nothing of time.
            arrival: monotonic seconds.
            waited: it was not there yet when it was asked for. One that had been there is late by our own fault.
        """
        passed = 0.0 if self._arrival is None else max(arrival - self._arrival, 0.0)
        step = passed if stamp is None or self._stamp is None else stamp - self._stamp
        if not 0.0 < step <= passed + self._late + _AHEAD:
            step = passed  # a wrap, a jump, a clock that was set: it says nothing of the line
        self._late = max(self._late + passed - step - _DRIFT * passed, 0.0)
        self._stamp, self._arrival, self._at = stamp, arrival, self._at + step
        if waited:
            self._waited.append((arrival, self._late))
        self._forget(arrival)
        self._usable.append(self._at)
        while len(self._usable) > 2 and self._at - self._usable[1] >= _WINDOW:
            self._usable.popleft()

    def damaged(self) -> None:
        """One of the latest pictures turned out to be of no use."""
        if len(self._usable) > 1:
            self._usable.pop()

    def state(self, now: float) -> Line:
        """What the line gives at the monotonic second ``now``."""
        self._forget(now)
        late = min((late for _, late in self._waited), default=0.0)
        if not self._waited or self._waited[-1][0] - self._waited[0][0] < _LATE_WINDOW / 2:
            late = min(late, self._told)  # the first packets after a pause: too early to say
        self._told = late
        return Line(arrival=now, filled=self._filled(), late=late)

    def _forget(self, now: float) -> None:
        while self._waited and now - self._waited[0][0] > _LATE_WINDOW:
            self._waited.popleft()

    def _filled(self) -> float:
        """The share of asked pictures that came. A gap between two pictures is as many asked ones as its length, and one that came."""
        if len(self._usable) < 2 or self._at - self._usable[0] < _WINDOW:
            return 1.0  # too early to say
        came = sum(min((b - a) * self.rate, 1.0) for a, b in pairwise(self._usable))
        return min(came / ((self._at - self._usable[0]) * self.rate), 1.0)


@dataclass(frozen=True, slots=True)
class LineLimits:
    """Where watching is hindered, and where it is no longer: far enough apart that nothing flickers.

    Attributes:
        filled: less than this share of the asked pictures is too little. A camera that gives four a second where five are
            asked (0.8) is none of these.
        filled_again: enough again.
        late: s; more is too late for an alarm to be of use.
        late_again: on time again.
    """

    filled: float = 0.75
    filled_again: float = 0.85
    late: float = 2.0
    late_again: float = 1.0


def line_fault(line: Line, before: GapReason | None, limits: LineLimits = LineLimits()) -> GapReason | None:
    """Why a line hinders watching now, ``None`` when it does not; ``before``: what was said last."""
    if line.late > (limits.late_again if before is GapReason.DELAYED else limits.late):
        return GapReason.DELAYED
    if line.filled < (limits.filled_again if before is GapReason.SPARSE else limits.filled):
        return GapReason.SPARSE
    return None
