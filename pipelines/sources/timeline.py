"""Stream time from timestamps that may be missing, wrap, jump or run backwards.

Durations are what rules live on, so the stream's own timestamps are used for as long as they agree with the time of
arrival; where they do not, arrival decides. Pure: the monotonic clock is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

_AHEAD = 5.0
"""s by which the stream may be ahead of its arrival; beyond that a timestamp is wrong (a wrap, a jump, a clock that was set)."""

_BEHIND = 20.0
"""s by which it may lie behind: a line too thin for its stream delivers everything ever later. What happened took as long as
the stream says all the same. Beyond that the camera's clock is taken to be slow."""

_JITTER = 1.0  # s by which a network may delay a picture
_LEAST_STEP = 0.001  # s; two pictures never share an instant


@dataclass(slots=True)
class StreamTimeline:
    """Places the pictures of one connection, in decoding order, on a line that only goes forward."""

    _last_pts: float | None = None
    _first_arrival: float | None = None
    _elapsed: float = 0.0
    _usual: float = 0.0
    anomalies: int = 0  # timestamps that were not believed

    def place(self, pts: float | None, arrival: float) -> float:
        """Seconds since the first picture of the connection; strictly increasing.

        Args:
            pts: timestamp of the stream in seconds, ``None`` when the stream gives none.
            arrival: monotonic seconds at which the packet arrived.
        """
        if self._first_arrival is None:
            self._first_arrival = arrival
            self._last_pts = pts
            return 0.0
        behind = arrival - self._first_arrival - self._elapsed
        delta: float | None = None
        if pts is not None and self._last_pts is not None:
            delta = pts - self._last_pts
            # A burst after a pause brings several seconds at once: the sum since the start decides, not the step.
            if delta <= 0 or not -_BEHIND <= delta - behind <= _AHEAD:
                self.anomalies += 1
                delta = None
            else:
                self._usual = delta
        if delta is None:
            # A step like those before, as long as that is about when it came; else the time that really went by.
            delta = self._usual if self._usual and abs(behind - self._usual) <= _JITTER else max(behind, 0.0)
        self._elapsed += max(delta, _LEAST_STEP)
        self._last_pts = pts if pts is not None else (None if self._last_pts is None else self._last_pts + delta)
        return self._elapsed


@dataclass(slots=True)
class Arrivals:
    """When the packets of a connection would have arrived without delay: stream time tied to the least delayed one so far.

    A process that is starved for seconds reads late what came in time; evidence is cut by these times.
    """

    _line: StreamTimeline = field(default_factory=StreamTimeline)
    _base: float = math.inf
    _last: float = -math.inf

    def place(self, stamp: float | None, arrival: float) -> float:
        """Monotonic seconds, never later than ``arrival`` but for strictly increasing."""
        at = self._line.place(stamp, arrival)
        self._base = min(self._base, arrival - at)
        self._last = max(self._base + at, self._last + _LEAST_STEP)
        return self._last


def dated_back(gathered: Sequence[tuple[float | None, float]]) -> list[float]:
    """Times of arrival of packets that had gathered and were then read in one go.

    Args:
        gathered: stream time (seconds, if the packet has one) and the moment at which each was read, in order.
    """
    stamped = [(stamp, read) for stamp, read in gathered if stamp is not None]
    anchor = min((read - stamp for stamp, read in stamped), default=math.inf)
    dated, following = [], math.inf
    for stamp, read in reversed(gathered):
        following = min(following, read if stamp is None else anchor + stamp)
        dated.append(following)
    return dated[::-1]
