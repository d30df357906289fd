"""What is remembered of one person in view: the zones they stand in, the lines they crossed, where they stopped.

Everything is committed with inertia in time: a place counts once it held for `INERTIA`, however many pictures that
is, so a foot point that flickers at a border does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import hypot

from analyzer.beliefs import Beliefs
from analyzer.geometry import segments_cross
from analyzer.layout import Edge, Layout
from analyzer.moment import Crossing, Leaving
from analyzer.outfits import Outfit
from analyzer.site import Boundary, Door, DoorKind, Side, Zone
from analyzer.types import Attire, Observation, Point, TrackId, TrackSubject, ZoneId, ZoneKind

INERTIA = timedelta(milliseconds=500)
"""How long somebody must stay on the other side before it counts."""

SETTLE = timedelta(seconds=1)
"""The door somebody came out of is decided within this time of their first appearance."""

STANDING = 0.25
"""A person stands while the foot stays within this share of their height in the picture (about 0.4 m)."""

_DEPTH = 2.5
"""A step away from the camera moves the foot so many times less in the picture than one to the side."""

STOP = timedelta(seconds=1)
"""Standing shorter than this is a slow step, not a stop."""

SERVED = timedelta(seconds=2)
"""Standing this long at a room door is a visit to it."""

_ZERO = timedelta(0)


class _Place:
    """Whether a person is in one zone, with inertia."""

    __slots__ = ("doubt", "entered", "inside", "stood", "whole")

    def __init__(self, *, inside: bool, at: datetime) -> None:
        self.inside = inside
        self.whole = False
        """Whether the person was seen coming in."""
        self.entered = at
        self.doubt: datetime | None = None
        self.stood = _ZERO

    def settle(self, *, seen: bool, at: datetime) -> bool:
        """Take one look; returns whether the answer changed by it."""
        if seen is self.inside:
            self.doubt = None
            return False
        if self.doubt is None:
            self.doubt = at
        if at - self.doubt < INERTIA:
            return False
        self.inside, self.doubt = seen, None
        return True


class _Sides:
    """On which side of one line a person is, with inertia, and whether their way led across the drawn line."""

    __slots__ = ("across", "doubt", "last", "right")

    def __init__(self) -> None:
        self.right: bool | None = None
        self.doubt: datetime | None = None
        self.across = False
        self.last: Point = (0.0, 0.0)

    def settle(self, line: Boundary, point: Point, at: datetime, *, right: bool) -> bool:
        """Take one look from another side than before, or while in doubt; returns whether another side holds from now on."""
        before, self.last = self.last, point
        if right is self.right:
            self.doubt = None
            return False
        if self.right is None:
            self.right = right
            return True
        if self.doubt is None:
            self.doubt = at
            self.across = any(segments_cross(before, point, a, b) for a, b in pairwise(line.points))
        if at - self.doubt < INERTIA:
            return False
        self.right, self.doubt = right, None
        return True


class Trail:
    """The memory of one person. ``id`` is the first track id, ``tracks`` are all that took over from one another."""

    __slots__ = (
        "_anchor", "_anchored", "_places", "_settled", "_sides", "_step", "attire", "beliefs", "cleaned", "clock", "crossed", "departed", "foot", "from_red", "height", "id", "inside", "kinds", "label", "last",
        "left",
        "origin", "outfit", "served", "sides", "since", "spent", "stops", "subject", "tracks", "watched", "zones",
    )  # fmt: skip

    def __init__(self, observation: Observation, at: datetime) -> None:
        self.id: TrackId = observation.track.id
        self.subject = TrackSubject(self.id)
        self.label = observation.track.label
        self.tracks: tuple[TrackId, ...] = (self.id,)
        self.since = self.last = at
        self.foot: Point = (0.0, 0.0)
        self.height = 0.0
        self._step: tuple[Point, timedelta] = (self.foot, _ZERO)
        self.zones: tuple[Zone, ...] = ()
        self.inside: tuple[ZoneId, ...] = ()
        self.kinds: frozenset[ZoneKind] = frozenset()
        self.crossed: tuple[Crossing, ...] = ()
        self.left: tuple[Leaving, ...] = ()
        self.sides: tuple[Side, ...] = ()
        self.from_red = False
        self.beliefs = Beliefs()
        self.cleaned: datetime | None = None
        """When the person last stood at a hand hygiene station."""
        self.outfit = Outfit()
        self.origin: Door | None = None
        self.departed = False
        self.watched = True
        """Whether the camera looked when the person went out of view."""
        self.clock = _ZERO
        """Time in which the camera had looked when the person was last seen."""
        self.attire: Attire | None = None
        self.stops: dict[ZoneKind, timedelta] = {}
        self.spent: dict[ZoneId, timedelta] = {}
        self.served: set[ZoneId] = set()
        self._places: list[_Place] = []
        self._settled: tuple[bool, ...] | None = None
        self._sides: list[_Sides] = []
        self._anchor: Point = (0.0, 0.0)
        self._anchored = at

    def look(self, layout: Layout, foot: Point, height: float, aspect: float, at: datetime) -> None:
        """Take in where the person is now.

        Args:
            layout: the drawings of the camera.
            foot: fractions of the picture.
            height: of the box, as a fraction of the picture's height.
            aspect: width of the picture over its height.
            at: not before the last look.
        """
        elapsed = at - self.last
        first = self.height == 0.0
        self._step = foot if first else self.foot, elapsed
        self.foot, self.height = foot, height
        self._stand(hypot((foot[0] - self._anchor[0]) * aspect, (foot[1] - self._anchor[1]) * _DEPTH), at, elapsed, first=first)
        self._zones(layout, foot, at, first=first)
        if layout.edges:
            self._cross(layout.edges, foot, at)
        if self.origin is None and layout.doors and at - self.since <= SETTLE:
            self.origin = layout.door_at(foot)
        for zone in self.inside:
            self.spent[zone] = self.spent.get(zone, _ZERO) + elapsed
        if not self.from_red:
            self.from_red = self._in_red()
        self.last = at
        self.departed = False

    def _in_red(self) -> bool:
        if Side.RED in self.sides or (self.origin is not None and self.origin.kind is DoorKind.ROOM):
            return True
        return any(zone.red for zone in self.zones)

    def adopt(self, track: TrackId) -> None:
        """Another track took over from the last one."""
        self.tracks = (*self.tracks, track)

    @property
    def velocity(self) -> Point:
        """Fractions of the picture a second, as of the last two looks."""
        before, elapsed = self._step
        seconds = elapsed.total_seconds()
        if seconds <= 0:
            return 0.0, 0.0
        return (self.foot[0] - before[0]) / seconds, (self.foot[1] - before[1]) / seconds

    def _stand(self, moved: float, at: datetime, elapsed: timedelta, *, first: bool) -> None:
        if first or moved > STANDING * self.height:
            self._anchor, self._anchored = self.foot, at
            return
        held = at - self._anchored
        if held < STOP:
            return
        # The whole second that proved the stop counts, once.
        gained = held if held - elapsed < STOP else elapsed
        for place in self._places:
            if place.inside:
                place.stood += gained
        for kind in self.kinds:
            self.stops[kind] = self.stops.get(kind, _ZERO) + gained
        if ZoneKind.HAND_HYGIENE in self.kinds:
            self.cleaned = at
        if held >= SERVED and ZoneKind.ROOM_DOOR in self.kinds:
            self.served.update(zone.id for zone in self.zones if zone.kind is ZoneKind.ROOM_DOOR)

    def _zones(self, layout: Layout, foot: Point, at: datetime, *, first: bool) -> None:
        inside = layout.inside(foot)
        if first:
            self._places = [_Place(inside=seen, at=at) for seen in inside]
            self._stands_in(layout)
            return
        self.left = ()
        if inside == self._settled:
            return
        left: list[Leaving] = []
        changed = False
        for zone, place, seen in zip(layout.zones, self._places, inside, strict=True):
            if place.settle(seen=seen, at=at):
                changed = True
                if not seen:
                    left.append(Leaving(zone, place.stood, at - place.entered, place.whole))
                place.stood, place.entered, place.whole = _ZERO, at, True
        self.left = tuple(left)
        # While nothing is in doubt, the same answer again needs no second look.
        self._settled = None if any(place.doubt for place in self._places) else inside
        if changed:
            self._stands_in(layout)

    def _stands_in(self, layout: Layout) -> None:
        """Put down the zones of the places the person is in."""
        self.zones = tuple(zone for zone, place in zip(layout.zones, self._places, strict=True) if place.inside)
        self.inside = tuple(zone.id for zone in self.zones)
        self.kinds = frozenset(zone.kind for zone in self.zones)

    def _cross(self, edges: Sequence[Edge], foot: Point, at: datetime) -> None:
        if not self._sides:
            self._sides = [_Sides() for _ in edges]
        self.crossed = ()
        for edge, sides in zip(edges, self._sides, strict=True):
            side = edge.side(foot)
            if not side:
                continue
            right, met = side > 0, sides.right is not None
            if right is sides.right and sides.doubt is None:
                sides.last = foot
            elif sides.settle(edge.line, foot, at, right=right):
                if met and sides.across:
                    self.crossed += (_crossing(edge.line, right=right),)
                self.sides = tuple(
                    edge.line.right if sides.right else edge.line.left
                    for edge, sides in zip(edges, self._sides, strict=True)
                    if sides.right is not None
                )


def _crossing(line: Boundary, *, right: bool) -> Crossing:
    return Crossing(line, line.left, line.right) if right else Crossing(line, line.right, line.left)
