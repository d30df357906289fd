"""The drawings of one camera made ready for many looks: zones smallest first, the strips of room doors among them."""

from __future__ import annotations

from math import hypot

from analyzer.geometry import area, contains, cross, side_of_line
from analyzer.site import Boundary, Door, DoorKind, Site, Zone
from analyzer.types import FrameRef, Observation, Point, ZoneId, ZoneKind

STANDING_HEADS = 7.0
"""A standing adult measures about seven and a half heads; a little less is assumed, so that the foot is not put too far."""

_CUT = 0.998

DEAD_BAND = 0.003
"""Closer to a line than this share of the picture a side is not told."""


class Edge:
    """A line made ready for many looks."""

    __slots__ = ("_clear", "_ends", "line")

    def __init__(self, line: Boundary) -> None:
        self.line = line
        a, b = line.points[:2]
        self._ends = (a, b) if len(line.points) == 2 else None
        # Twice the area of the triangle over the line, from which on a point is surely out of the dead band.
        self._clear = 1.001 * DEAD_BAND * hypot(b[0] - a[0], b[1] - a[1])

    def side(self, point: Point) -> float:
        """Above 0 to the right of the line, below 0 to the left, 0 too close to tell."""
        if self._ends is not None:
            turn = cross(*self._ends, point)
            if abs(turn) > self._clear:
                return turn
        distance = side_of_line(self.line.points, point)
        return distance if abs(distance) >= DEAD_BAND else 0.0


class Layout:
    """Zones, doors and lines of one camera.

    ``zones`` is ordered by area, so that the first zone somebody stands in is the one that says most about the place.
    """

    def __init__(self, site: Site) -> None:
        strips = [
            Zone(ZoneId(door.id), door.camera, ZoneKind.ROOM_DOOR, door.strip, door.version, door.number, door.id)
            for door in site.doors
            if door.kind is DoorKind.ROOM
        ]
        self.zones: tuple[Zone, ...] = tuple(sorted([*site.zones, *strips], key=lambda zone: (area(zone.polygon), zone.id)))
        self.lines: tuple[Boundary, ...] = site.lines
        self.edges: tuple[Edge, ...] = tuple(Edge(line) for line in site.lines)
        self.doors: tuple[Door, ...] = site.doors
        self._frames = tuple((zone.polygon, *_bounds(zone.polygon)) for zone in self.zones)

    def inside(self, point: Point) -> tuple[bool, ...]:
        """For each zone whether the point lies in it."""
        x, y = point
        return tuple(
            [
                x1 <= x <= x2 and y1 <= y <= y2 and contains(polygon, point)
                for polygon, x1, y1, x2, y2 in self._frames  # a list is quicker than a generator here
            ]
        )

    def door_at(self, point: Point) -> Door | None:
        """The door in whose strip a point lies."""
        for door in self.doors:
            if contains(door.strip, point):
                return door
        return None


def foot_of(observation: Observation, frame: FrameRef) -> Point:
    """Where somebody stands, as fractions of the picture.

    A foot hidden behind furniture is put where a standing person of that head would have it, if the head is seen. A
    body that the lower edge of the picture cuts off stands in whatever lies at that edge: the point is taken just
    above it, because what is below the picture belongs to no drawing.
    """
    box = observation.track.box
    x, y = box.foot
    if not observation.foot_visible and observation.head is not None:
        head = observation.head.box
        y = max(y, head.y1 + STANDING_HEADS * head.height)
    return x / frame.width, min(y / frame.height, _CUT) if box.y1 < frame.height else y / frame.height


def _bounds(polygon: tuple[Point, ...]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)
