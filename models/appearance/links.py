"""Whether a track that begins is the person of a track that ended minutes ago: candidates with log-odds, no verdicts.

A finder keeps the looks of the tracks of one facility, as numbers and in memory only, for half an hour by default and
never longer than a day. A track is compared with those that ended before it began, on the same camera or on one that
the site file calls near; whoever was seen while it was there is somebody else.

How alike strangers look differs from place to place: uniforms, gray pictures, dim light. Every camera learns it from the
people it sees together, who are certainly different; a likeness counts by how far it is above theirs. The log-odds say
what the clothes say (even prior): the consumer adds what time, place and role say.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import numpy as np

from analyzer.geometry import contains
from analyzer.types import Box, CameraId, Head, Label, Point, Track, TrackId
from models.appearance.colours import ClothesColours, below_head, likeness
from models.frame import Frame
from models.protocols import Embedder, Look

LONGEST_KEPT: Final = timedelta(hours=24)
"""Clothes are for the day; nothing that is kept here outlives it."""

_LOOKS: Final = 3
"""Looks at the beginning and at the end of a track that are averaged."""
_EVERY: Final = timedelta(milliseconds=400)
_STRANGERS: Final = 0.94
"""Mean closeness of two strangers where a camera has not shown any together yet."""
_SLOPE: Final = 2.93
_EVEN: Final = 0.73
"""Logistic fit to "one person" of the closeness of two averaged looks above that of strangers (`benchmarks/appearance.py --fit`)."""
_KNOWN_BEFORE: Final = 4
_MOST_COUNTED: Final = 200
"""The usual closeness of strangers weighs as much as this many pairs; later pairs weigh no less than one in so many."""
_FARTHEST: Final = 3.0
"""Log-odds are held within this: the data behind the fit cannot carry more."""
_MOST_KEPT: Final = 4000
"""Tracks kept at most; a look has 2.3 kB."""
_COVERED: Final = 0.3
"""A person of whom a nearer one covers more than this share is not described."""


@dataclass(frozen=True, slots=True)
class TrackLink:
    """A candidate: two tracks may be one person.

    Attributes:
        camera: where the later track begins.
        track: the later track.
        earlier_camera: where the earlier track ended; the same camera or a near one.
        earlier_track: the earlier track.
        seen: when the earlier track was last seen, UTC of the stream.
        begun: when the later one began.
        log_odds: natural logarithm of the odds that they are one person, by the clothes alone, even prior, -3 to 3.
    """

    camera: CameraId
    track: TrackId
    earlier_camera: CameraId
    earlier_track: TrackId
    seen: datetime
    begun: datetime
    log_odds: float

    @property
    def gap(self) -> timedelta:
        """How long nobody saw the person, if it is one."""
        return self.begun - self.seen


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Attributes:
        within: longest time between two tracks of one person; zero switches links off.
        near: camera -> cameras that a person can reach from it within that time.
        forbidden: camera -> areas (polygons in fractions of the picture) in which nobody is looked at or remembered.
        least: candidates of lower log-odds are not made.
        most: candidates made for one track at most, the likeliest first.

    Raises:
        ValueError: ``within`` is negative or longer than a day.
    """

    within: timedelta = timedelta(minutes=30)
    near: Mapping[CameraId, frozenset[CameraId]] = field(default_factory=dict)
    forbidden: Mapping[CameraId, tuple[tuple[Point, ...], ...]] = field(default_factory=dict)
    least: float = 0.0
    most: int = 3

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.within <= LONGEST_KEPT:
            raise ValueError(f"looks are kept for 0 to 24 hours, not for {self.within}")


@dataclass(slots=True)
class _Kept:
    """The looks of one track. ``linked``: its beginning was compared already."""

    begun: datetime
    seen: datetime
    first: list[Look] = field(default_factory=list)
    last: deque[Look] = field(default_factory=lambda: deque(maxlen=_LOOKS))
    described: datetime | None = None
    linked: bool = False


@dataclass(slots=True)
class _Strangers:
    """How close people look to one another who are seen together by one camera."""

    mean: float = _STRANGERS
    count: int = _KNOWN_BEFORE

    def add(self, value: float) -> None:
        self.count = min(self.count + 1, _MOST_COUNTED)
        self.mean += (value - self.mean) / self.count


class LinkFinder:
    """Follows what the tracks of one facility wear. May be used from several threads."""

    def __init__(self, options: LinkOptions | None = None, embedder: Embedder | None = None) -> None:
        self._options = options or LinkOptions()
        self._embedder = embedder or ClothesColours()
        self._kept: dict[tuple[CameraId, TrackId], _Kept] = {}
        self._strangers: dict[CameraId, _Strangers] = defaultdict(_Strangers)
        self._lock = Lock()

    def __len__(self) -> int:
        """How many tracks something is kept of."""
        return len(self._kept)

    def forget(self, camera: CameraId | None = None) -> None:
        """Delete what is kept of a camera, or everything."""
        with self._lock:
            self._kept = {key: one for key, one in self._kept.items() if camera is not None and key[0] != camera}
            if camera is None:
                self._strangers.clear()
            else:
                self._strangers.pop(camera, None)

    def observe(self, frame: Frame, tracks: Sequence[Track], heads: Mapping[TrackId, Head]) -> tuple[TrackLink, ...]:
        """Take the tracks of a frame; return the candidates that its beginning tracks give rise to."""
        if not self._options.within:
            return ()
        now, camera = frame.ref.at, frame.ref.camera
        areas = self._options.forbidden.get(camera, ())
        tracks = [one for one in tracks if not _stands_in(one.box, areas, frame)] if areas else tracks
        with self._lock:
            self._expire(now)
            for track in tracks:
                self._kept.setdefault((camera, track.id), _Kept(now, now)).seen = now
            self._describe(frame, tracks, heads)
            found: list[TrackLink] = []
            for track in tracks:
                kept = self._kept[camera, track.id]
                if not kept.linked and len(kept.first) >= _LOOKS:
                    kept.linked = True
                    self._compare_with_company((camera, track.id), tracks)
                    found += self._links((camera, track.id), kept)
        return tuple(found)

    def _expire(self, now: datetime) -> None:
        """Drop what is too old, and the oldest of too many. A clock that went back empties the memory of the future."""
        within = self._options.within
        self._kept = {key: one for key, one in self._kept.items() if abs(now - one.seen) <= within}
        if len(self._kept) > _MOST_KEPT:
            oldest = sorted(self._kept, key=lambda key: (self._kept[key].seen, key))[: len(self._kept) - _MOST_KEPT]
            for key in oldest:
                del self._kept[key]

    def _describe(self, frame: Frame, tracks: Sequence[Track], heads: Mapping[TrackId, Head]) -> None:
        now, camera = frame.ref.at, frame.ref.camera
        due: list[tuple[_Kept, Box]] = []
        for track in tracks:
            kept = self._kept[camera, track.id]
            fresh = kept.described is not None and now - kept.described < _EVERY
            if track.label is not Label.PERSON or fresh or _is_covered(track, tracks):
                continue
            head = heads.get(track.id)
            body = below_head(track.box, None if head is None else head.box)
            if body is not None:
                due.append((kept, body))
        looks = self._embedder.describe(frame.image, [body for _, body in due])
        for (kept, _), look in zip(due, looks, strict=True):
            if look is not None:
                kept.described = now
                kept.last.append(look)
                if len(kept.first) < _LOOKS:
                    kept.first.append(look)

    def _compare_with_company(self, key: tuple[CameraId, TrackId], tracks: Sequence[Track]) -> None:
        """Learn from those who are here as well, and so are others."""
        look = _mean(self._kept[key].first)
        for track in tracks:
            other = self._kept[key[0], track.id]
            if track.id != key[1] and other.last:
                self._strangers[key[0]].add(closeness_of(likeness(look, _mean(other.last))))

    def _links(self, later: tuple[CameraId, TrackId], kept: _Kept) -> list[TrackLink]:
        cameras = {later[0]} | self._options.near.get(later[0], frozenset())
        look, strangers = _mean(kept.first), self._strangers[later[0]].mean
        found = [
            TrackLink(*later, *key, one.seen, kept.begun, log_odds_of(likeness(_mean(one.last), look), strangers))
            for key, one in self._kept.items()
            if key[0] in cameras and one.seen < kept.begun and one.last
        ]
        likely = [one for one in found if one.log_odds >= self._options.least]
        likely.sort(key=lambda one: (-one.log_odds, one.gap, one.earlier_camera, one.earlier_track))
        return likely[: self._options.most]


def closeness_of(likeness_of_looks: float) -> float:
    """Return the likeness on a scale without an upper end: the last hundredths tell most."""
    return -math.log(max(1.0 - likeness_of_looks, 1e-3))


def log_odds_of(likeness_of_looks: float, strangers: float = _STRANGERS) -> float:
    """Return the calibrated log-odds of "one person" at even prior, where strangers are that close to one another."""
    above = closeness_of(likeness_of_looks) - strangers
    return min(max(_SLOPE * (above - _EVEN), -_FARTHEST), _FARTHEST)


def _mean(looks: Sequence[Look]) -> Look:
    mean = np.mean(np.stack(list(looks)), axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def _stands_in(box: Box, areas: Sequence[tuple[Point, ...]], frame: Frame) -> bool:
    """Return whether foot or middle of a person is in one of the areas, as `analyzer.privacy` reckons."""
    points = [(x / frame.ref.width, y / frame.ref.height) for x, y in (box.foot, box.centre)]
    return any(contains(area, point) for area in areas for point in points)


def _is_covered(track: Track, tracks: Sequence[Track]) -> bool:
    """Return whether somebody nearer (whose box ends lower) hides a good part of this person."""
    box = track.box
    for other in tracks:
        if other.id == track.id or other.box.y2 <= box.y2:
            continue
        across = min(box.x2, other.box.x2) - max(box.x1, other.box.x1)
        down = min(box.y2, other.box.y2) - max(box.y1, other.box.y1)
        if across > 0 and down > 0 and across * down > _COVERED * box.width * box.height:
            return True
    return False
