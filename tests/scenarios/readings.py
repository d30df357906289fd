"""What perception would say about one tracked person over time: crops at its pace, errors at the given rates, fused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from analyzer.types import (
    Attire,
    AttireReading,
    Item,
    ItemReading,
    MaskKind,
    MaskKindReading,
    MaskReading,
    MaskState,
    Presence,
    Reason,
)
from tests.scenarios.actors import Actor
from tests.scenarios.noise import ATTIRES, Band, Noise

LEAST_PX, FULL_PX, KIND_PX, MARKER_PX = 24.0, 40.0, 60.0, 30.0
"""Head heights: judged at all, fully, mask kinds told, markers read (a code is about as large as a head)."""

_MASK_EVERY, _PERSON_EVERY = 0.38, 0.98
_ITEMS = (Item.GOWN, Item.GLOVES, Item.FACE_SHIELD, Item.GOGGLES, Item.CAP)
_OF_THE_FACE = frozenset({Item.FACE_SHIELD, Item.GOGGLES})
_STATES = (MaskState.WORN, MaskState.INCORRECT, MaskState.NONE, MaskState.NOT_VISIBLE)
_PRESENCES = (Presence.PRESENT, Presence.ABSENT, Presence.NOT_VISIBLE)
_SURE, _UNSURE = 0.95, 0.55


class Reader:
    """The memory perception keeps of one actor. One is made anew for each visit."""

    def __init__(self, actor: Actor, noise: Noise, rng: Random) -> None:
        self._actor, self._noise, self._rng = actor, noise, rng
        self._crops: list[tuple[float, MaskState, Band]] = []
        self._looks: dict[Item, list[tuple[float, Presence]]] = {}
        self._mask: MaskReading | None = None
        self._mask_at = self._person_at = -1e9
        self._items: tuple[ItemReading, ...] = ()
        self._attire: AttireReading | None = None
        self._clothes_seen: list[tuple[float, Attire]] = []
        self._stuck: dict[tuple[Band, MaskState], MaskState] = {}

    def mask(self, t: float, head_px: float | None, *, away: bool, hidden: bool) -> MaskReading:
        """The mask reading at an instant; ``head_px`` is ``None`` when no head is found."""
        if head_px is None or hidden:
            return _not_seen(Reason.OCCLUDED, head_px or 0.0)
        if head_px < LEAST_PX:
            return _not_seen(Reason.FACE_TOO_SMALL, head_px)
        if t - self._mask_at < _MASK_EVERY and self._mask is not None:
            return replace(self._mask, fresh=False, head_px=head_px)
        self._mask_at = t
        if away:
            self._mask = _not_seen(Reason.FACE_AWAY, head_px)
            return self._mask
        band = Band.of(head_px)
        crop = self._crop(self._actor.mask.at(t), band)
        self._crops = [one for one in self._crops if t - one[0] <= self._noise.mask_window_s][-(self._noise.crops - 1) :]
        if self._noise.crops == 1:
            self._crops = []
        self._crops.append((t, crop, band))
        self._mask = self._claim(head_px)
        return self._mask

    def _crop(self, true: MaskState, band: Band) -> MaskState:
        noise, rng = self._noise, self._rng
        if noise.mask is None or true is MaskState.NOT_VISIBLE:
            return true
        row = noise.mask[band, true]
        if rng.random() < noise.stubborn:
            if (band, true) not in self._stuck:
                self._stuck[band, true] = rng.choices(_STATES, row)[0]
            return self._stuck[band, true]
        return rng.choices(_STATES, row)[0]

    def _claim(self, head_px: float) -> MaskReading:
        """The most frequent state of the kept crops; the latest among equals."""
        counts: Counter[MaskState] = Counter(state for _, state, _ in self._crops if state is not MaskState.NOT_VISIBLE)
        if not counts:
            return _not_seen(Reason.FACE_AWAY, head_px)
        most = max(counts.values())
        state = next(state for _, state, _ in reversed(self._crops) if counts.get(state) == most)
        full = any(band is Band.FULL for _, _, band in self._crops)
        if not full and self._noise.crops > 1 and most < 3:
            return _not_seen(Reason.FACE_TOO_SMALL, head_px)
        if not full and state is MaskState.INCORRECT:
            return _not_seen(Reason.LOW_CONFIDENCE, head_px)
        share = most / sum(counts.values())
        if share < 0.6:
            return _not_seen(Reason.LOW_CONFIDENCE, head_px)
        return MaskReading(state, _SURE, head_px, len(self._crops))

    def person(self, t: float, body_px: float, *, away: bool) -> tuple[tuple[ItemReading, ...], AttireReading | None]:
        """Equipment and clothes at an instant."""
        if t - self._person_at < _PERSON_EVERY:
            self._items = tuple(replace(item, fresh=False) for item in self._items)
            self._attire = None if self._attire is None else replace(self._attire, fresh=False)
            return self._items, self._attire
        self._person_at = t
        if body_px < 64:
            self._items, self._attire = (), None
            return (), None
        self._items = tuple(self._item(item, t, away=away) for item in _ITEMS)
        self._attire = self._clothes(t)
        return self._items, self._attire

    def _item(self, item: Item, t: float, *, away: bool) -> ItemReading:
        noise, rng = self._noise, self._rng
        worn = item in self._actor.wears.at(t)
        state = Presence.PRESENT if worn else Presence.ABSENT
        if item in self._actor.unseen or (away and item in _OF_THE_FACE):
            state = Presence.NOT_VISIBLE
        elif (row := noise.items.get((item, state))) is not None:
            state = rng.choices(_PRESENCES, row)[0]
        looks = [look for look in self._looks.get(item, []) if t - look[0] <= 10.0][-(noise.crops - 1) :]
        looks = [*(looks if noise.crops > 1 else []), (t, state)]
        self._looks[item] = looks
        counts: Counter[Presence] = Counter(look for _, look in looks if look is not Presence.NOT_VISIBLE)
        if not counts:
            return ItemReading(item, Presence.NOT_VISIBLE, 0.0, 0, reason=Reason.ITEM_NOT_VISIBLE)
        most = max(counts.values())
        told = next(look for _, look in reversed(looks) if counts.get(look) == most)
        return ItemReading(item, told, _SURE, len(looks))

    def _clothes(self, t: float) -> AttireReading:
        noise, rng = self._noise, self._rng
        attire = self._actor.attire.at(t)
        if attire is Attire.NOT_VISIBLE:
            return AttireReading(attire, 0.0)
        if (row := noise.attire.get(attire)) is not None:
            attire = rng.choices(ATTIRES, row)[0]
        looks = [look for look in self._clothes_seen if t - look[0] <= 10.0][-(noise.crops - 1) :] if noise.crops > 1 else []
        self._clothes_seen = [*looks, (t, attire)]
        told, times = Counter(look for _, look in self._clothes_seen).most_common(1)[0]
        sure = times / len(self._clothes_seen) >= 0.6 and rng.random() >= noise.attire_unsure
        return AttireReading(told, _SURE if sure else _UNSURE)

    def kind(self, t: float, head_px: float | None, *, away: bool) -> MaskKindReading | None:
        """The kind of mask, where a camera can tell."""
        course = self._actor.kind
        if course is None or head_px is None or away or head_px < KIND_PX:
            return None
        kind = course.at(t)
        if self._rng.random() < self._noise.kind_wrong:
            kind = self._rng.choice([one for one in MaskKind if one not in {kind, MaskKind.NOT_VISIBLE}])
        return MaskKindReading(kind, _SURE)

    def markers(self, head_px: float | None) -> tuple[str, ...]:
        """Codes read off the coverall."""
        if not self._actor.markers or head_px is None or head_px < MARKER_PX:
            return ()
        return self._actor.markers if self._rng.random() < self._noise.marker_read else ()


def _not_seen(reason: Reason, head_px: float) -> MaskReading:
    return MaskReading(MaskState.NOT_VISIBLE, 0.0, head_px, 0, reason=reason)
