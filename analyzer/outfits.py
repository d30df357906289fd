"""What somebody wore lately, and in which order it came off. Only fresh readings count."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

from analyzer.types import Item, Need, Presence
from analyzer.wearing import Worn, wearing

LATELY = timedelta(seconds=10)
"""How far back the clothes of somebody who crosses a line are looked at."""

_FOLLOWED = frozenset({Need.GLOVES, Need.GOWN, Need.EYES, Need.MASK})
_PROBABILITY = 0.6
_IN_A_ROW = 3
_RATIO = 0.8


class Off(NamedTuple):
    """When a piece was taken off: after it was last believed to be worn, and before it was first believed to be gone."""

    after: datetime
    before: datetime


class Outfit:
    """The memory of one person's equipment."""

    __slots__ = ("_gown", "_worn", "doffed")

    def __init__(self) -> None:
        self._gown: deque[tuple[datetime, bool]] = deque()
        self._worn: dict[Need, datetime] = {}
        self.doffed: dict[Need, Off] = {}
        """When each piece was taken off, in the present visit to a doffing zone."""

    def look(self, worn: Worn, at: datetime, *, doffing: bool) -> None:
        """Take in what is believed at an instant; ``doffing``: in a zone where equipment is taken off."""
        for reading in worn.items:
            if reading.fresh and reading.item is Item.GOWN and reading.state is not Presence.NOT_VISIBLE:
                self._gown.append((at, reading.state is Presence.PRESENT))
        while self._gown and at - self._gown[0][0] > LATELY:
            self._gown.popleft()
        if doffing:
            self._follow(worn, at)

    def _follow(self, readings: Worn, at: datetime) -> None:
        """Notice what comes off: it was believed to be worn, and is believed to be gone."""
        worn = wearing(readings, _FOLLOWED, _PROBABILITY)
        if not worn.fresh:
            return
        for need in worn.met:
            self._worn[need] = at
            self.doffed.pop(need, None)
        for need in {need for need, _ in worn.missing} & self._worn.keys():
            self.doffed[need] = Off(self._worn.pop(need), at)

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
