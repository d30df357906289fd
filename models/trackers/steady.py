"""Vigil's tracker: ByteTrack's two rounds of association, in seconds instead of frames, with heads as a second hold.

What it does that the published one does not:
* all durations are times, so it behaves alike at 1 and at 25 analysed frames a second, and over a gap;
* at low rates boxes of a walking person no longer overlap from frame to frame: closeness in heights of the person,
  widened with the time that passed, stands in for overlap;
* colours of the clothes tip the balance between people who pass each other;
* when a body is hidden but its head is still found, the head continues the track (its label is then HEAD, so that
  nobody takes the chin for the feet).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from analyzer.types import Box, Detection, Label, Track, TrackId
from models.detectors.overlap import overlaps
from models.detectors.pairing import pair_heads
from models.frame import Frame, Image
from models.remembered import TrackerMemory, TrackletMemory
from models.trackers.appearance import Appearance, appearance_of, resemblance
from models.trackers.motion import Motion

_REACH: Final = 0.35
"""How far a box may be from where it was expected, in its heights, with no time passed."""
_REACH_PER_SECOND: Final = 0.9
"""How much that grows in a second: somebody who starts to walk when nobody looks."""
_FARTHEST: Final = 1.5
_SIZE_CHANGE: Final = 1.8
"""Two boxes of one person differ in height by at most this factor, unless the lower part was hidden or cut."""
_CLOTHES: Final = 0.5
"""How much of a likeness clothes of wholly different colours take away."""
_APPEARANCE_LASTS: Final = 1.5
"""Seconds after which the present look of the clothes outweighs the earlier one: light and side change."""
_LEAST_GAP: Final = 0.02
_LEAST: Final = 0.12
"""Likeness below which two boxes are not put together."""


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """When tracks begin, go on and end.

    Attributes:
        begin: score from which an unknown body begins a track.
        begin_head: score from which a head without a body begins one.
        firm: score from which a box takes part in the first round of association.
        at_once: score from which a new track is reported at its first sighting; below, at its second.
        lost_after: a track that was not seen for so long is over; a return gets a new id.
        confirm_within: the second sighting of a new track must come within this time.
    """

    begin: float = 0.4
    begin_head: float = 0.4
    firm: float = 0.3
    at_once: float = 0.5
    lost_after: timedelta = timedelta(seconds=2.5)
    confirm_within: timedelta = timedelta(seconds=1.5)


class _Part(Enum):
    """By what a sighting is put to a track."""

    BODY = "body"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One person (with or without a head) or a lone head of this frame."""

    seen: Detection  # the body, or the head where no body was found
    body: Detection | None
    head: Detection | None
    appearance: Appearance | None = None

    @property
    def score(self) -> float:
        return self.seen.score

    def box(self, part: _Part) -> Box | None:
        found = self.body if part is _Part.BODY else self.head
        return None if found is None else found.box


class _Tracklet:
    """What is known about one person over time."""

    __slots__ = ("appearance", "body", "head", "id", "seen", "sightings")

    def __init__(self, sighting: _Sighting, seconds: float) -> None:
        self.id: TrackId | None = None
        self.body: Motion | None = None
        self.head: Motion | None = None
        self.appearance: Appearance | None = None
        self.seen = seconds
        self.sightings = 0
        self.take(sighting, seconds)

    @classmethod
    def recalled(cls, memory: TrackletMemory) -> _Tracklet:
        one = cls.__new__(cls)
        one.id, one.seen, one.sightings = memory.id, memory.seen, memory.sightings
        one.body = None if memory.body is None else Motion(memory.body)
        one.head = None if memory.head is None else Motion(memory.head)
        one.appearance = None if memory.clothes is None else np.array(memory.clothes)
        return one

    @property
    def memory(self) -> TrackletMemory:
        body, head = (None if one is None else one.memory for one in (self.body, self.head))
        clothes = None if self.appearance is None else tuple(self.appearance.tolist())
        return TrackletMemory(self.id, body, head, clothes, self.seen, self.sightings)

    def motion(self, part: _Part) -> Motion | None:
        return self.body if part is _Part.BODY else self.head

    def take(self, sighting: _Sighting, seconds: float) -> None:
        if sighting.body is not None:
            self.body = _moved(self.body, sighting.body.box, seconds)
        if sighting.head is not None:
            self.head = _moved(self.head, sighting.head.box, seconds)
        if sighting.appearance is not None:
            keep = 0.0 if self.appearance is None else math.exp(-max(seconds - self.seen, _LEAST_GAP) / _APPEARANCE_LASTS)
            before = sighting.appearance if self.appearance is None else self.appearance
            self.appearance = keep * before + (1 - keep) * sighting.appearance
        self.seen = seconds
        self.sightings += 1


def _moved(motion: Motion | None, box: Box, seconds: float) -> Motion:
    if motion is None:
        return Motion.begun(box, seconds)
    motion.update(box, seconds)
    return motion


class SteadyTracker:
    """One instance a camera; frames in time order. The same detections give the same ids on every machine.

    Args:
        options: when tracks begin, go on and end.
        memory: of a tracker whose work is gone on with.
    """

    def __init__(self, options: TrackerOptions | None = None, memory: TrackerMemory | None = None) -> None:
        known = memory or TrackerMemory()
        self._options = options or TrackerOptions()
        self._tracklets = [_Tracklet.recalled(one) for one in known.tracklets]
        self._next = int(known.next_track)

    @property
    def memory(self) -> TrackerMemory:
        """Who is followed, and the first id not yet given."""
        return TrackerMemory(TrackId(self._next), tuple(one.memory for one in self._tracklets))

    def update(self, frame: Frame, detections: Sequence[Detection]) -> tuple[Track, ...]:
        """Return the tracks seen in this frame, by id. A track of label HEAD is a head whose body is not seen."""
        seconds = frame.ref.pts.total_seconds()
        self._forget(seconds)
        sightings = gather(detections, frame.image)
        matched = self._associate(sightings, seconds)
        for number, tracklet in matched.items():
            tracklet.take(sightings[number], seconds)
        for number in range(len(sightings)):
            if number in matched:
                continue
            sightings[number] = sighting = self._trusted(sightings[number])
            if sighting.score >= (self._options.begin_head if sighting.body is None else self._options.begin):
                matched[number] = _Tracklet(sighting, seconds)
                self._tracklets.append(matched[number])
        return self._report(sightings, matched)

    def _trusted(self, sighting: _Sighting) -> _Sighting:
        """Return a sighting that may begin a track: a body too weak for that does not hide its head."""
        if sighting.head is not None and sighting.seen.score < self._options.begin:
            return _Sighting(sighting.head, None, sighting.head)
        return sighting

    def _forget(self, seconds: float) -> None:
        lost, unsure = self._options.lost_after.total_seconds(), self._options.confirm_within.total_seconds()
        self._tracklets = [one for one in self._tracklets if seconds - one.seen <= (unsure if one.id is None else lost)]

    def _associate(self, sightings: Sequence[_Sighting], seconds: float) -> dict[int, _Tracklet]:
        """Return sighting number -> tracklet: firm bodies first, then weak ones, then heads of what is left."""
        bodies = [number for number, one in enumerate(sightings) if one.body is not None]
        firm = [number for number in bodies if sightings[number].score >= self._options.firm]
        heads = [number for number, one in enumerate(sightings) if one.head is not None]
        matched: dict[int, _Tracklet] = {}
        for numbers, part in ((firm, _Part.BODY), (bodies, _Part.BODY), (heads, _Part.HEAD)):
            taken = {id(one) for one in matched.values()}
            left = [one for one in self._tracklets if id(one) not in taken]
            here = {number: sightings[number] for number in numbers if number not in matched}
            matched.update(_assign(left, here, part, seconds))
        return matched

    def _report(self, sightings: Sequence[_Sighting], matched: Mapping[int, _Tracklet]) -> tuple[Track, ...]:
        """Name the tracks that are sure, in the order of the sightings, and return those seen now."""
        tracks = []
        for number, tracklet in sorted(matched.items()):
            sighting = sightings[number]
            if tracklet.id is None and (tracklet.sightings > 1 or sighting.score >= self._options.at_once):
                tracklet.id = TrackId(self._next)
                self._next += 1
            if tracklet.id is not None:
                seen = sighting.seen
                tracks.append(Track(tracklet.id, seen.box, seen.label, seen.score))
        return tuple(sorted(tracks, key=lambda track: track.id))


def gather(detections: Sequence[Detection], image: Image | None = None) -> list[_Sighting]:
    """Return people with their heads and lone heads, in an order that does not depend on the detections' order.

    With the picture at hand the colours of people's clothes are noted, unless somebody nearer stands before them.
    """
    ordered = sorted(detections, key=lambda one: (-one.score, one.box.x1, one.box.y1, one.box.x2, one.box.y2))
    persons = [one for one in ordered if one.label is Label.PERSON]
    heads = [one for one in ordered if one.label is Label.HEAD]
    pairs = pair_heads([one.box for one in persons], [one.box for one in heads])
    paired = set(pairs.values())
    found = []
    for number, person in enumerate(persons):
        clothes = None if image is None or _is_crossed(number, persons) else appearance_of(image, person.box)
        found.append(_Sighting(person, person, heads[pairs[number]] if number in pairs else None, clothes))
    return found + [_Sighting(head, None, head) for number, head in enumerate(heads) if number not in paired]


def _is_crossed(number: int, persons: Sequence[Detection]) -> bool:
    """Return whether a nearer person (whose box ends lower) covers the middle of this one."""
    box = persons[number].box
    x, y = box.centre[0], box.y1 + box.height * 0.4
    return any(
        other.box.x1 < x < other.box.x2 and other.box.y1 < y < other.box.y2 and other.box.y2 > box.y2
        for place, other in enumerate(persons)
        if place != number
    )


def _assign(
    tracklets: Sequence[_Tracklet], sightings: Mapping[int, _Sighting], part: _Part, seconds: float
) -> dict[int, _Tracklet]:
    """Return sighting number -> tracklet, of the greatest likeness in sum and none below the least."""
    known = [(one, motion) for one in tracklets if (motion := one.motion(part)) is not None]
    shown = [(number, box) for number, one in sightings.items() if (box := one.box(part)) is not None]
    if not known or not shown:
        return {}
    expected = [motion.predict(seconds) for _, motion in known]
    unseen = np.array([seconds - one.seen for one, _ in known])
    table = closeness(expected, [box for _, box in shown], unseen)
    if part is _Part.BODY:
        table *= _alike([one.appearance for one, _ in known], [sightings[number].appearance for number, _ in shown])
    rows, columns = linear_sum_assignment(np.where(table >= _LEAST, table, 0.0), maximize=True)
    return {shown[column][0]: known[row][0] for row, column in zip(rows, columns, strict=True) if table[row, column] >= _LEAST}


def _alike(first: Sequence[Appearance | None], second: Sequence[Appearance | None]) -> npt.NDArray[np.float64]:
    """Return the factor by which differing clothes lessen a likeness; 1 where the clothes of either were not seen."""
    factors = np.ones((len(first), len(second)))
    for row, one in enumerate(first):
        for column, other in enumerate(second):
            if one is not None and other is not None:
                factors[row, column] = 1 - _CLOTHES + _CLOTHES * resemblance(one, other)
    return factors


def closeness(expected: Sequence[Box], seen: Sequence[Box], unseen_seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return 0..1 for each (expected, seen): half overlap, half distance in heights against what the time allows."""
    first, second = _edges(expected), _edges(seen)
    heights = np.stack(np.broadcast_arrays((first[:, 3] - first[:, 1])[:, None], (second[:, 3] - second[:, 1])[None, :]))
    tall, short = heights.max(axis=0), heights.min(axis=0)
    aside = np.abs((first[:, None, 0] + first[:, None, 2]) - (second[None, :, 0] + second[None, :, 2])) / 2
    # The nearer of upper and lower edges: a person whom a desk begins to hide keeps the upper one.
    apart = np.minimum(np.abs(first[:, None, 1] - second[None, :, 1]), np.abs(first[:, None, 3] - second[None, :, 3]))
    reach = np.minimum(_FARTHEST, _REACH + _REACH_PER_SECOND * unseen_seconds)[:, None] * np.maximum(tall, 1.0)
    near = np.clip(1.0 - np.hypot(aside, apart) / reach, 0.0, None)
    return np.asarray(np.where(tall <= _SIZE_CHANGE * short, 0.5 * overlaps(first, second) + 0.5 * near, 0.0))


def _edges(boxes: Sequence[Box]) -> npt.NDArray[np.float64]:
    return np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes])
