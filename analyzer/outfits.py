"""What somebody wore lately, and in which order it came off. Only fresh readings count."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from analyzer.types import Item, Need, Observation, Presence
from analyzer.wearing import wearing

LATELY = timedelta(seconds=10)
"""How far back the clothes of somebody who crosses a line are looked at."""

_FOLLOWED = frozenset({Need.GLOVES, Need.GOWN, Need.EYES, Need.MASK})
_PROBABILITY = 0.6
_IN_A_ROW = 3
_RATIO = 0.8


class Outfit:
    """The memory of one person's equipment."""

    __slots__ = ("_gown", "_runs", "_worn", "doffed")

    def __init__(self) -> None:
        self._gown: deque[tuple[datetime, bool]] = deque()
        self._runs: dict[Need, int] = {}
        self._worn: set[Need] = set()
        self.doffed: dict[Need, datetime] = {}
        """When each piece was taken off, in the present visit to a doffing zone."""

    def look(self, observation: Observation, at: datetime, *, doffing: bool) -> None:
        """Take in the readings of an instant; ``doffing``: in a zone where equipment is taken off."""
        for reading in observation.items:
            if not reading.fresh or reading.item is not Item.GOWN:
                continue
            if reading.state is not Presence.NOT_VISIBLE and reading.probability >= _PROBABILITY:
                self._gown.append((at, reading.state is Presence.PRESENT))
        while self._gown and at - self._gown[0][0] > LATELY:
            self._gown.popleft()
        if doffing:
            self._follow(observation, at)

    def _follow(self, observation: Observation, at: datetime) -> None:
        """Notice what comes off, once it was seen to be worn and then gone a few times in a row."""
        worn = wearing(observation, _FOLLOWED, _PROBABILITY)
        if not worn.fresh:
            return
        for need in worn.met:
            self._count(need, 1)
            if self._runs[need] >= _IN_A_ROW:
                self._worn.add(need)
                self.doffed.pop(need, None)
        for need, _ in worn.missing:
            self._count(need, -1)
            if self._runs[need] <= -_IN_A_ROW and need in self._worn:
                self._worn.remove(need)
                self.doffed[need] = at

    def gown(self, at: datetime) -> Presence:
        """Whether a gown or coverall was worn lately; not visible when the readings are few or disagree."""
        lately = [worn for when, worn in self._gown if at - when <= LATELY]
        if len(lately) >= _IN_A_ROW:
            share = sum(lately) / len(lately)
            if share >= _RATIO:
                return Presence.PRESENT
            if share <= 1 - _RATIO:
                return Presence.ABSENT
        return Presence.NOT_VISIBLE

    def _count(self, need: Need, step: int) -> None:
        run = self._runs.get(need, 0)
        self._runs[need] = run + step if run * step >= 0 else step
