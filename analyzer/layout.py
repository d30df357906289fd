"""The drawings of one camera made ready for many looks: zones smallest first, the strips of room doors among them."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

from analyzer.geometry import area, contains, cross, side_of_line
from analyzer.site import Boundary, Door, DoorKind, Site, Zone
from analyzer.types import FrameRef, Observation, Point, ZoneId, ZoneKind

STANDING_HEADS = 7.0
"""A standing adult measures about seven and a half heads; a little less is assumed, so that the foot is not put too far."""

_CUT = 0.998

DEAD_BAND = 0.003
"""Closer to a line than this share of the picture a side is not told."""

_CELLS = 64
_CLOSE = 1e-9
"""The picture in cells, so many a side, for looking up zones; outlines this close to a cell may round into it."""


class Edge:
    """A line made ready for many looks."""

    __slots__ = ("_along", "_clear", "_start", "_stroke", "line")

    def __init__(self, line: Boundary) -> None:
        self.line = line
        self._stroke = len(line.points) == 2
        (x1, y1), (x2, y2) = line.points[:2]
        self._start, self._along = (x1, y1), (x2 - x1, y2 - y1)
        # Twice the area of the triangle over the line, from which on a point is surely out of the dead band.
        self._clear = 1.001 * DEAD_BAND * hypot(*self._along)

    def side(self, point: Point) -> float:
        """Above 0 to the right of the line, below 0 to the left, 0 too close to tell."""
        if self._stroke:
            (x, y), (x1, y1), (dx, dy) = point, self._start, self._along
            turn = dx * (y - y1) - dy * (x - x1)
            if not -self._clear <= turn <= self._clear:
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
        self._cells: dict[tuple[int, int], tuple[bool, ...] | None] = {}

    def inside(self, point: Point) -> tuple[bool, ...]:
        """For each zone whether the point lies in it."""
        # Most points lie in a cell of the picture that no outline passes through: all points of it have one answer.
        cell = int(point[0] * _CELLS), int(point[1] * _CELLS)
        if cell not in self._cells:
            self._cells[cell] = None if self._outlined(*cell) else self._look_up(point)
        known = self._cells[cell]
        return self._look_up(point) if known is None else known

    def _look_up(self, point: Point) -> tuple[bool, ...]:
        x, y = point
        return tuple(
            [
                x1 <= x <= x2 and y1 <= y <= y2 and contains(polygon, point)
                for polygon, x1, y1, x2, y2 in self._frames  # a list is quicker than a generator here
            ]
        )

    def _outlined(self, column: int, row: int) -> bool:
        """Whether an outline passes through, or close by, a cell. The two cells beside 0 are one: no outline has points below 0."""
        x1, y1 = (column - (column <= 0)) / _CELLS - _CLOSE, (row - (row <= 0)) / _CELLS - _CLOSE
        x2, y2 = (column + 1) / _CELLS + _CLOSE, (row + 1) / _CELLS + _CLOSE
        corners = ((x1, y1), (x1, y2), (x2, y1), (x2, y2))
        for polygon, left, top, right, bottom in self._frames:
            if left > x2 or right < x1 or top > y2 or bottom < y1:
                continue
            for a, b in pairwise((*polygon, polygon[0])):
                apart = max(a[0], b[0]) < x1 or min(a[0], b[0]) > x2 or max(a[1], b[1]) < y1 or min(a[1], b[1]) > y2
                if not apart and min(cross(a, b, corner) for corner in corners) <= 0 <= max(cross(a, b, c) for c in corners):
                    return True
        return False

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
