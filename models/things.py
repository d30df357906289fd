"""Things that pass for people (a coat on a chair, a poster, a cart): told by that nothing of them moves for an hour.

A detector errs in the same way on the same thing for as long as it stands there. People move: between two looks some
minutes apart a twentieth of the cells of a small grey picture of a seated person has changed in 19 of 20 cases, of the
furniture around hardly any (`benchmarks/things.py`). Whoever walked to his place is never a thing, however still he sits.

What is taken for a thing is not observed, but stands in the scene as such: it is shown and counted, never left out silently.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box, Observation, Thing, TrackId
from models.detectors.overlap import overlaps
from models.frame import Frame, Image
from models.remembered import PlaceMemory, ThingMemory, WayMemory

STILL_FOR: Final = timedelta(hours=1)
"""As long as Azure's filter of stationary false targets looks back."""

_ACROSS: Final = 12
_DOWN: Final = 24
SAME_PLACE: Final = 0.7
"""Overlap from which two boxes are in one place."""
_CHANGED_LEVELS: Final = 10.0
"""Of 255; after light and contrast have been made equal."""
CHANGED_SHARE: Final = 0.03
_LOOK_EVERY: Final = timedelta(seconds=1)
_LONGEST_STEP: Final = timedelta(seconds=5)
"""What lies between two looks counts as seen up to here: the gates of a quiet camera let it be looked at every four seconds."""
_UNLIKE_SHARE: Final = 0.1
_UNLIKE_AT_LEAST: Final = timedelta(seconds=5)
"""Somebody may pass before it for a tenth of the time; more, and it is not the same as before."""
_FRESH_EVERY: Final = timedelta(minutes=10)
"""The picture it is compared with is renewed so often: the light of a day goes on."""
_YOUNG: Final = timedelta(seconds=10)
_FORGOTTEN: Final = timedelta(minutes=10)
THING_FORGOTTEN: Final = timedelta(hours=12)
"""A thing that was seen no more for so long is none when it comes back."""
_WALKED: Final = 0.5
"""Somebody whose box moved by this share of its height came here by himself."""
_MOST_PLACES: Final = 32

Levels = npt.NDArray[np.float32]


class ThingFinder:
    """Watches the places of one camera. Frames in time order; the same frames give the same things.

    Args:
        still_for: how long nothing may have moved; zero finds nothing.
        memory: of one whose work is gone on with.
    """

    def __init__(self, still_for: timedelta = STILL_FOR, memory: ThingMemory | None = None) -> None:
        known = memory or ThingMemory()
        self._still_for = still_for
        self._places = list(known.places)
        self._ways = {one.track: one for one in known.ways}

    @property
    def memory(self) -> ThingMemory:
        """Places and ways, as they are now."""
        return ThingMemory(tuple(self._places), tuple(self._ways.values()))

    @property
    def things(self) -> ThingMemory:
        """The places of things alone: they may be written down, for nobody is in them."""
        return ThingMemory(tuple(place for place in tuple(self._places) if self._still_for and self._is_thing(place)))

    def tell_apart(self, frame: Frame, seen: Sequence[Observation]) -> tuple[tuple[Observation, ...], tuple[Thing, ...]]:
        """Return the people of a frame, and the things that pass for some."""
        if not self._still_for:
            return tuple(seen), ()
        now = frame.ref.pts
        self._forget(now)
        people, things = [], []
        for one in seen:
            place = self._at(frame.image, one, now)
            if place is not None and place.same and self._is_thing(place):
                things.append(Thing(one.track.box, frame.ref.at - (now - place.since)))
            else:
                people.append(one)
        return tuple(people), tuple(things)

    def _is_thing(self, place: PlaceMemory) -> bool:
        return not place.walked and place.alike >= self._still_for

    def _at(self, image: Image, one: Observation, now: timedelta) -> PlaceMemory | None:
        """Return the place somebody is in, looked at anew; None for what is too small or outside of the picture."""
        box, walked = one.track.box, self._walked(one.track.id, one.track.box, now)
        number = self._number(box)
        known = None if number is None else self._places[number]
        if known is not None and now - known.seen < _LOOK_EVERY:
            return known
        look = look_of(image, box)
        if look is None:
            return known
        if number is None or known is None:
            found = PlaceMemory(box, _levels(look), since=now, seen=now, fresh=now, walked=walked)
            self._places.append(found)
        else:
            self._places[number] = found = _seen(known, look, now, walked=walked)
        return found

    def _number(self, box: Box) -> int | None:
        """Return which of the known places a box is in."""
        if not self._places:
            return None
        shares = overlaps(_edges([box]), _edges([place.box for place in self._places]))[0]
        best = int(shares.argmax())
        return best if shares[best] >= SAME_PLACE else None

    def _walked(self, track: TrackId, box: Box, now: timedelta) -> bool:
        x, y = box.centre
        way = self._ways.get(track) or WayMemory(track, x, y, now)
        far = math.hypot(x - way.x, y - way.y) > _WALKED * box.height
        self._ways[track] = way = replace(way, seen=now, walked=way.walked or far)
        return way.walked

    def _forget(self, now: timedelta) -> None:
        self._ways = {track: way for track, way in self._ways.items() if now - way.seen <= _FORGOTTEN}
        kept = [one for one in self._places if now - one.seen <= self._lasts(one)]
        self._places = sorted(kept, key=lambda one: (one.alike, one.seen))[-_MOST_PLACES:]

    def _lasts(self, place: PlaceMemory) -> timedelta:
        if place.alike >= self._still_for:
            return THING_FORGOTTEN
        return _FORGOTTEN if place.alike >= _YOUNG else _YOUNG


def later(things: ThingMemory, by: timedelta) -> ThingMemory:
    """Return the same places with times that lie so much later: those of another clock."""
    return ThingMemory(
        tuple(replace(place, since=place.since + by, seen=place.seen + by, fresh=place.fresh + by) for place in things.places)
    )


def usable(things: ThingMemory) -> bool:
    """Return whether places that were read from outside can be gone on with: real boxes, and looks of 24 x 12 grey levels."""
    return all(
        np.isfinite((one.box.x1, one.box.y1, one.box.x2, one.box.y2)).all()
        and len(one.look) == _DOWN * _ACROSS
        and all(0 <= level <= 255 for level in one.look)
        for one in things.places
    )


def look_of(image: Image, box: Box) -> Levels | None:
    """Return a small grey picture [24,12] of what is in a box, 0..255; None when less of it is in the picture."""
    rows, columns = image.shape[:2]
    x1, y1, x2, y2 = max(0, round(box.x1)), max(0, round(box.y1)), min(columns, round(box.x2)), min(rows, round(box.y2))
    if x2 - x1 < _ACROSS or y2 - y1 < _DOWN:
        return None
    small = cv2.resize(image[y1:y2, x1:x2], (_ACROSS, _DOWN), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.float32)


def changed(before: Levels, now: Levels) -> float:
    """Return the share of cells that differ, 0 to 1, when light and contrast have been made equal."""
    contrast = min(max(float(before.std()) / max(float(now.std()), 1e-3), 2 / 3), 3 / 2)
    moved = np.abs((now - now.mean()) * contrast + before.mean() - before)
    return float((moved > _CHANGED_LEVELS).mean())


def _edges(boxes: Sequence[Box]) -> npt.NDArray[np.float64]:
    return np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes], dtype=np.float64)


def _levels(look: Levels) -> tuple[int, ...]:
    return tuple(int(level) for level in look.ravel())


def _seen(place: PlaceMemory, look: Levels, now: timedelta, *, walked: bool) -> PlaceMemory:
    """Return the place after another look at it by somebody who is in it now."""
    step = min(now - place.seen, _LONGEST_STEP)
    before = np.array(place.look, dtype=np.float32).reshape(_DOWN, _ACROSS)
    if changed(before, look) <= CHANGED_SHARE:
        place = replace(place, same=True, seen=now, alike=place.alike + step)
        return replace(place, look=_levels(look), fresh=now) if now - place.fresh >= _FRESH_EVERY else place
    unlike = place.unlike + step
    if unlike <= _UNLIKE_AT_LEAST + _UNLIKE_SHARE * place.alike:
        return replace(place, same=False, seen=now, unlike=unlike)
    return PlaceMemory(place.box, _levels(look), since=now, seen=now, fresh=now, walked=walked, same=False)
