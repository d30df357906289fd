"""How often a camera is looked at: as asked while something is undecided, less often while nothing is.

Undecided are a judgement that the next seconds may turn (`Engine.undecided`), somebody who has just come, people in front
of each other, and somebody who runs: the tracker carries everybody on from look to look by position and speed, which it
cannot when a person covers a long way in between. A mask that should be read and was not yet is waited for at the rate at
which masks are read. While everybody is settled, or nobody is there, the rate falls to `PaceLimits.settled`; whoever comes
in then is seen at most one such interval later, and looked at as often as asked from there on. Pure; times are stream times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from typing import Final

from analyzer.types import Box, MaskState, Observation, Reason, Scene, TrackId

_FORGOTTEN: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """Starting values.

    Attributes:
        settled: looks a second while nothing is undecided.
        awaited: looks a second while a mask is waited for; heads are read no oftener (`AttributeOptions.mask_every`).
        fresh: a track younger than this is undecided.
        reading: a mask that could be read and was not is waited for until the track is so old.
        running: heights of the person a second; faster ones are followed at the full rate.
        covering: share of the smaller of two boxes that the other may cover.
        linger: the full rate goes on for so long after the last reason for it.
    """

    settled: float = 2.0
    awaited: float = 2.5
    fresh: timedelta = timedelta(seconds=2)
    reading: timedelta = timedelta(seconds=6)
    running: float = 1.2
    covering: float = 0.3
    linger: timedelta = timedelta(seconds=1)


@dataclass(slots=True)
class _Known:
    first: timedelta
    last: timedelta
    box: Box


@dataclass(slots=True)
class Pace:
    """The pace of one camera."""

    limits: PaceLimits = PaceLimits()
    _tracks: dict[TrackId, _Known] = field(default_factory=dict)
    _until: timedelta = timedelta(0)

    def rate(self, asked: float, scene: Scene, *, undecided: bool) -> float:
        """Looks a second from now on.

        Args:
            asked: the rate that is asked for and can be had.
            scene: seen last, in the order of time.
            undecided: whether the rules say so.
        """
        now = scene.frame.pts
        unsettled = [self._unsettled(seen, now) for seen in scene.observations]  # all of them: each is remembered
        if undecided or any(unsettled) or self._crossing(scene.observations):
            self._until = now + self.limits.linger
        self._tracks = {track: known for track, known in self._tracks.items() if now - known.last <= _FORGOTTEN}
        if now < self._until:
            return asked
        awaited = any(_awaited(seen) and self._age(seen, now) < self.limits.reading for seen in scene.observations)
        return min(asked, self.limits.awaited if awaited else self.limits.settled)

    def _age(self, seen: Observation, now: timedelta) -> timedelta:
        return now - self._tracks[seen.track.id].first

    def _unsettled(self, seen: Observation, now: timedelta) -> bool:
        box = seen.track.box
        known = self._tracks.get(seen.track.id)
        if known is None:
            self._tracks[seen.track.id] = _Known(now, now, box)
            return True
        seconds = (now - known.last).total_seconds()
        (x, y), (before_x, before_y) = box.centre, known.box.centre
        way = ((x - before_x) ** 2 + (y - before_y) ** 2) ** 0.5
        known.last, known.box = now, box
        return self._age(seen, now) < self.limits.fresh or way > self.limits.running * seconds * max(box.height, 1.0)

    def _crossing(self, observations: Sequence[Observation]) -> bool:
        """Somebody stands before somebody else: who is who hangs on looking closely."""
        boxes = [seen.track.box for seen in observations]
        return any(_covered(first, second) > self.limits.covering for first, second in combinations(boxes, 2))


def _awaited(seen: Observation) -> bool:
    """The mask was not read, and another look may change that: a head that is too small stays so."""
    mask = seen.mask
    return mask is not None and mask.state is MaskState.NOT_VISIBLE and mask.reason is not Reason.FACE_TOO_SMALL


def _covered(first: Box, second: Box) -> float:
    """Share of the smaller box that the other one covers."""
    across = min(first.x2, second.x2) - max(first.x1, second.x1)
    down = min(first.y2, second.y2) - max(first.y1, second.y1)
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / max(min(first.width * first.height, second.width * second.height), 1.0)
