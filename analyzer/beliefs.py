"""What somebody wears, believed from all readings so far and the known rates of misreading.

One reading is weak evidence: a mask under the nose is read as worn properly two times in five, a proper mask as under
the nose once in forty. A share of votes cannot tell these apart; the likelihood of all readings together can. Only fresh
readings that tell something count, so what was not seen makes nobody believed to lack anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from analyzer.misreadings import FULL_PX, ITEMS, MASK_FULL, MASK_SMALL, MASK_STATES, PRESENCES, Table, likelihoods
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


class Told(NamedTuple, Generic[_State]):
    """What is believed after a reading: the state, ``None`` while none is credible enough or the most credible was never
    read, and the probability it was last read with. ``backed``: the reading itself speaks for it.
    """

    state: _State | None
    probability: float
    backed: bool


class Belief(Generic[_State]):
    """How credible each of a few states is."""

    __slots__ = ("_at", "_care", "_read", "_shares", "_states")

    def __init__(self, states: tuple[_State, ...], care: _Care) -> None:
        self._states = states
        self._shares = [1 / len(states)] * len(states)
        self._care = care
        self._read: dict[_State, float] = {}
        self._at: datetime | None = None

    def hear(self, table: Table, state: _State, probability: float, crops: int, at: datetime) -> Told[_State]:
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
            new = crops
        self._at = at
        self._read[state] = probability
        read = self._states.index(state)
        before = self._shares
        weighed = [share * one for share, one in zip(before, likelihoods(table, read, crops, new), strict=True)]
        total = sum(weighed)
        told, doubt = self._care
        scale = (1 - count * doubt) / total
        self._shares = [doubt + scale * one for one in weighed]
        index, second = sorted(range(count), key=weighed.__getitem__, reverse=True)[:2]
        believed = self._states[index]
        if weighed[index] < told * total or believed not in self._read:
            return Told(None, 0.0, backed=False)
        backed = index == read or (second != read and weighed[index] > before[index] * total)
        return Told(believed, self._read[believed], backed)


class Beliefs:
    """What one person is believed to wear. ``mask`` and ``items`` are told as perception tells its readings; one that speaks
    against what is believed is told as carried along, so that it is no vote.
    """

    __slots__ = ("_carried", "_items", "_mask", "_masks", "items", "mask")

    def __init__(self) -> None:
        self._masks = Belief(MASK_STATES, _MASK)
        self._mask: Told[MaskState] | None = None
        self._items: dict[Item, Belief[Presence]] = {}
        self._carried = False
        self.mask: MaskReading | None = None
        self.items: tuple[ItemReading, ...] = ()

    def look(self, observation: Observation, at: datetime) -> None:
        """Take in the readings of an instant."""
        self.mask = None if observation.mask is None else self._believed_mask(observation.mask, at)
        readings = observation.items
        if not readings or any(reading.fresh for reading in readings):
            self.items = tuple([self._believed_item(reading, at) for reading in readings])
            self._carried = False
        elif not self._carried:
            # Nothing new: what was believed is carried along, or what is carried from before this person was met.
            self.items = tuple([_carried(reading) for reading in self.items or readings])
            self._carried = True

    def _believed_mask(self, reading: MaskReading, at: datetime) -> MaskReading:
        if reading.state is MaskState.NOT_VISIBLE or reading.probability < SURE_READING:
            return reading
        if reading.fresh or self._mask is None:
            table = MASK_FULL if reading.head_px >= FULL_PX else MASK_SMALL
            self._mask = self._masks.hear(table, reading.state, reading.probability, reading.crops, at)
        state, probability, backed = self._mask
        if state is None:
            doubt = Reason.LOW_CONFIDENCE
            return MaskReading(MaskState.NOT_VISIBLE, 0.0, reading.head_px, reading.crops, reading.fresh, doubt)
        return MaskReading(state, probability, reading.head_px, reading.crops, reading.fresh and backed)

    def _believed_item(self, reading: ItemReading, at: datetime) -> ItemReading:
        item, state = reading.item, reading.state
        if state is Presence.NOT_VISIBLE or not reading.fresh or reading.probability < SURE_READING:
            return reading
        belief = self._items.get(item)
        if belief is None:
            belief = self._items[item] = Belief(PRESENCES, _ITEM)
        told, probability, backed = belief.hear(ITEMS[item], state, reading.probability, reading.crops, at)
        if told is None:
            return ItemReading(item, Presence.NOT_VISIBLE, 0.0, reading.crops, reason=Reason.LOW_CONFIDENCE)
        return ItemReading(item, told, probability, reading.crops, fresh=backed)


def _carried(reading: ItemReading) -> ItemReading:
    return ItemReading(reading.item, reading.state, reading.probability, reading.crops, fresh=False, reason=reading.reason)
