"""What somebody wears against what they need, from the readings of one instant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from analyzer.types import Item, ItemReading, MaskReading, MaskState, Measure, Need, Presence

ITEMS: Mapping[Need, tuple[Item, ...]] = {
    Need.GOWN: (Item.GOWN,),
    Need.GLOVES: (Item.GLOVES,),
    Need.EYES: (Item.FACE_SHIELD, Item.GOGGLES),
    Need.BOOTS: (Item.BOOTS,),
    Need.CAP: (Item.CAP,),
}
"""Any one of the items meets the need."""

_MASKS = frozenset({Need.MASK, Need.RESPIRATOR})
"""A camera cannot tell a respirator from a medical mask: for either, no mask at all is what can be seen to be missing."""


class Worn(Protocol):
    """Readings of what somebody wears: those of an instant, or what is believed by all so far."""

    @property
    def mask(self) -> MaskReading | None: ...
    @property
    def items(self) -> tuple[ItemReading, ...]: ...


class Wearing(NamedTuple):
    """The needs that could be told. ``fresh``: this very instant added something to it."""

    missing: tuple[tuple[Need, float], ...]
    met: tuple[Need, ...]
    fresh: bool

    @property
    def told(self) -> bool:
        return bool(self.missing or self.met)

    def measures(self, probability_min: float) -> tuple[Measure, ...]:
        """What is missing, with the probability of its absence."""
        return tuple(Measure(f"missing:{need.value}", p, "", probability_min) for need, p in self.missing)


def wearing(worn: Worn, needs: frozenset[Need], probability_min: float) -> Wearing:
    """Hold the readings against the needs. A need counts as missing only when everything that could meet it was seen
    to be absent; what was not visible is neither missing nor met.

    Masks are read more often than items. Where items are told, "all there" is fresh when they are: else every glance at
    a mask would be another vote that the gown is on.
    """
    readings = {reading.item: reading for reading in worn.items}
    missing: list[tuple[Need, float]] = []
    met: list[Need] = []
    fresh_missing = fresh_items = fresh_mask = items_met = False
    for need in sorted(needs):
        if need in _MASKS:
            state, probability, fresh = _mask(worn.mask, probability_min)
        else:
            state, probability, fresh = _items(need, readings, probability_min)
        if state is Presence.ABSENT:
            missing.append((need, probability))
            fresh_missing = fresh_missing or fresh
        elif state is Presence.PRESENT:
            met.append(need)
            if need in _MASKS:
                fresh_mask = fresh
            else:
                items_met, fresh_items = True, fresh_items or fresh
    fresh_met = fresh_items if items_met else fresh_mask
    return Wearing(tuple(missing), tuple(met), fresh_missing if missing else fresh_met)


def _mask(reading: MaskReading | None, probability_min: float) -> tuple[Presence, float, bool]:
    if reading is None or reading.state is MaskState.NOT_VISIBLE or reading.probability < probability_min:
        return Presence.NOT_VISIBLE, 0.0, False
    state = Presence.ABSENT if reading.state is MaskState.NONE else Presence.PRESENT
    return state, reading.probability, reading.fresh


def _items(need: Need, readings: Mapping[Item, ItemReading], probability_min: float) -> tuple[Presence, float, bool]:
    told = [
        reading
        for item in ITEMS[need]
        if (reading := readings.get(item)) is not None
        and reading.state is not Presence.NOT_VISIBLE
        and reading.probability >= probability_min
    ]
    for reading in told:
        if reading.state is Presence.PRESENT:
            return Presence.PRESENT, reading.probability, reading.fresh
    if len(told) < len(ITEMS[need]):
        return Presence.NOT_VISIBLE, 0.0, False
    return Presence.ABSENT, min(reading.probability for reading in told), any(reading.fresh for reading in told)
