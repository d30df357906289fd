"""How a camera was looked at: how often, how often it should have been, and what its gates would have let pass.

While both gates of a camera see nothing, the detector looks all the same now and then (`Shot.unasked`). Such a look is
an audit: when it finds somebody, the gates had missed them since the look before, at most. The books are kept by the
hour, so that they can be added up over any day, and of each run by itself, so that writing one again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from analyzer.types import CameraId, RunId

_LONGEST: Final = timedelta(seconds=5)
"""A longer time between two looks was a gap of another kind, which the ledger tells of."""


@dataclass(frozen=True, slots=True)
class LookHour:
    """One hour of one camera.

    Args:
        camera: whose.
        hour: its beginning, UTC.
        audits: pictures in which both gates had seen nothing and the detector looked all the same.
        misses: those of them in which it found somebody.
        missed_seconds: people in them, each for the time since the look before: at most so many person-seconds were lost.
        judged: pictures that were judged.
        asked: pictures that the asked rate would have had judged in the same time.
        run: whose book it is; ``None`` for a sum of several.
    """

    camera: CameraId
    hour: datetime
    audits: int = 0
    misses: int = 0
    missed_seconds: float = 0.0
    judged: int = 0
    asked: float = 0.0
    run: RunId | None = None

    def plus(self, other: LookHour) -> LookHour:
        """Both together, under the hour of this one."""
        return replace(
            self,
            audits=self.audits + other.audits,
            misses=self.misses + other.misses,
            missed_seconds=self.missed_seconds + other.missed_seconds,
            judged=self.judged + other.judged,
            asked=self.asked + other.asked,
            run=self.run if self.run == other.run else None,
        )


def hour_of(at: datetime) -> datetime:
    """The beginning of the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def added_up(camera: CameraId, since: datetime, hours: Iterable[LookHour]) -> LookHour:
    """The sum of several hours."""
    total = LookHour(camera, since)
    for one in hours:
        total = total.plus(one)
    return total


class LookBook:
    """The books of one run of one camera."""

    def __init__(self, camera: CameraId, run: RunId, begins: datetime) -> None:
        self._camera, self._run, self._last = camera, run, begins
        self._hours: dict[datetime, LookHour] = {}

    def looked(self, at: datetime, people: int, rate: float, *, unasked: bool) -> float:
        """Note one judged picture.

        Args:
            at: of the picture; UTC, not going back.
            people: found in it.
            rate: pictures a second that are asked of this camera.
            unasked: both gates had seen nothing in it.

        Returns:
            Person-seconds that the gates may have missed until now.
        """
        since = max(min(at - self._last, _LONGEST), timedelta(0)).total_seconds()
        self._last = at
        missed = people * since if unasked else 0.0
        hour = hour_of(at)
        one = LookHour(self._camera, hour, int(unasked), int(unasked and people > 0), missed, 1, rate * since, self._run)
        self._hours[hour] = self._hours[hour].plus(one) if hour in self._hours else one
        return missed

    def drain(self) -> tuple[LookHour, ...]:
        """All that is not stored for good yet; the hour that goes on is given again when it has grown."""
        given = tuple(self._hours.values())
        now = hour_of(self._last)
        self._hours = {hour: book for hour, book in self._hours.items() if hour >= now}
        return given
