"""What somebody wears, believed from all readings so far and the known rates of misreading.

One reading is weak evidence: a mask under the nose is read as worn properly two times in five, a proper mask as under
the nose once in forty. A share of votes cannot tell these apart; the likelihood of all readings together can. Only fresh
readings that tell something count, so what was not seen makes nobody believed to lack anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from analyzer.misreadings import FULL_PX, ITEMS, MASK_FULL, MASK_SMALL, MASK_STATES, PRESENCES, Table
from analyzer.types import Item, ItemReading, MaskReading, MaskState, Observation, Presence, Reason

SURE_READING = 0.5
"""A reading its own network does not believe is no evidence."""

FADED = timedelta(seconds=30)
"""After so long without a reading what was believed says nothing any more."""


class _Care(NamedTuple):
    """How carefully readings are believed: a state less credible than ``told`` is not told; none is ever less credible than
    ``doubt``, so that a change is noticed after a few readings.
    """

    told: float
    doubt: float


_MASK = _Care(told=0.6, doubt=0.02)
_ITEM = _Care(told=0.8, doubt=0.03)
"""Masks are moved often and read often. A face shield is read wrongly one time in four, and read once a second."""

_State = TypeVar("_State")


class Belief(Generic[_State]):
    """How credible each of a few states is.

    Attributes:
        state: what is told after the latest reading; ``None`` while no state is credible enough, or the most credible one was
            never read.
        probability: that the state told was last read with.
        backed: the latest reading itself speaks for the state told.
    """

    __slots__ = ("_at", "_care", "_read", "_shares", "_states", "_steady", "backed", "probability", "state")

    def __init__(self, states: tuple[_State, ...], care: _Care) -> None:
        self._states = states
        self._shares = [1 / len(states)] * len(states)
        self._care = care
        self._read: dict[_State, float] = {}
        self._at: datetime | None = None
        self._steady: tuple[float, ...] | None = None
        """How probable the latest reading was in each state, when it left the shares as they were."""
        self.state: _State | None = None
        self.probability = 0.0
        self.backed = False

    @property
    def empty(self) -> bool:
        """Nothing was heard yet."""
        return self._at is None

    def hear(self, table: Table, state: _State, probability: float, crops: int, at: datetime) -> None:
        """Weigh one reading.

        Args:
            table: how crops are misread.
            state: what was read.
            probability: how sure the network is of it.
            crops: how many were put together for it.
            at: not before the reading before.
        """
        count = len(self._states)
        crops = max(crops, 1)
        new = 1
        if self._at is None or at - self._at > FADED:
            self._shares = [1 / count] * count
            self._steady = None
            new = crops
        self._at = at
        self._read[state] = probability
        read = self._states.index(state)
        probable = table.likelihoods(read, crops, new)
        if probable is self._steady:
            # The same reading again changes nothing any more, but for how sure its network is.
            self.probability = 0.0 if self.state is None else self._read[self.state]
            return
        before = self._shares
        weighed = [share * one for share, one in zip(before, probable, strict=True)]
        total = sum(weighed)
        told, doubt = self._care
        scale = (1 - count * doubt) / total
        self._shares = [doubt + scale * one for one in weighed]
        self._steady = probable if self._shares == before else None
        most = max(weighed)
        index = weighed.index(most)
        believed = self._states[index]
        if most < told * total or believed not in self._read:
            self.state, self.probability, self.backed = None, 0.0, False
            return
        self.state, self.probability = believed, self._read[believed]
        # Usually the state told is the one just read: only otherwise the others have to be ranked.
        self.backed = index == read or (most > before[index] * total and _second(weighed) != read)


def _second(shares: Sequence[float]) -> int:
    """The place of the second greatest; of two as great, the first."""
    return sorted(range(len(shares)), key=shares.__getitem__, reverse=True)[1]


class Beliefs:
    """What one person is believed to wear. ``mask`` and ``items`` are told as perception tells its readings; one that speaks
    against what is believed is told as carried along, so that it is no vote. ``carried``: all items are.
    """

    __slots__ = ("_items", "_masks", "carried", "items", "mask")

    def __init__(self) -> None:
        self._masks = Belief(MASK_STATES, _MASK)
        self._items: dict[Item, Belief[Presence]] = {}
        self.carried = False
        self.mask: MaskReading | None = None
        self.items: tuple[ItemReading, ...] = ()

    def look(self, observation: Observation, at: datetime) -> None:
        """Take in the readings of an instant."""
        self.mask = None if observation.mask is None else self._believed_mask(observation.mask, at)
        readings = observation.items
        if not readings or any(reading.fresh for reading in readings):
            self.items = tuple([self._believed_item(reading, at) for reading in readings])
            self.carried = False
        elif not self.carried:
            # Nothing new: what was believed is carried along, or what is carried from before this person was met.
            self.items = tuple([_carried(reading) for reading in self.items or readings])
            self.carried = True

    def _believed_mask(self, reading: MaskReading, at: datetime) -> MaskReading:
        if reading.state is MaskState.NOT_VISIBLE or reading.probability < SURE_READING:
            return reading
        masks = self._masks
        if reading.fresh or masks.empty:
            table = MASK_FULL if reading.head_px >= FULL_PX else MASK_SMALL
            masks.hear(table, reading.state, reading.probability, reading.crops, at)
        if masks.state is None:
            doubt = Reason.LOW_CONFIDENCE
            return MaskReading(MaskState.NOT_VISIBLE, 0.0, reading.head_px, reading.crops, reading.fresh, doubt)
        fresh = reading.fresh and masks.backed
        if masks.state is reading.state and masks.probability == reading.probability and fresh is reading.fresh:
            return reading  # most readings are believed as they are
        return MaskReading(masks.state, masks.probability, reading.head_px, reading.crops, fresh)

    def _believed_item(self, reading: ItemReading, at: datetime) -> ItemReading:
        item, state = reading.item, reading.state
        if state is Presence.NOT_VISIBLE or not reading.fresh or reading.probability < SURE_READING:
            return reading
        belief = self._items.get(item)
        if belief is None:
            belief = self._items[item] = Belief(PRESENCES, _ITEM)
        belief.hear(ITEMS[item], state, reading.probability, reading.crops, at)
        if belief.state is None:
            return ItemReading(item, Presence.NOT_VISIBLE, 0.0, reading.crops, reason=Reason.LOW_CONFIDENCE)
        if belief.state is state and belief.backed:
            return reading  # most readings are believed as they are
        return ItemReading(item, belief.state, belief.probability, reading.crops, fresh=belief.backed)


def _carried(reading: ItemReading) -> ItemReading:
    return ItemReading(reading.item, reading.state, reading.probability, reading.crops, fresh=False, reason=reading.reason)
