"""A pinhole camera over a flat floor: where people, areas and lines appear in its picture.

World: metres, x to the right of the camera, y away from it along the floor, z up. The camera hangs above the origin.
Picture: pixels, origin top left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

from analyzer.site import Calibration, GroundPoint
from analyzer.types import Box, Point

WIDTH, HEIGHT = 1920, 1080

HEAD_HEIGHT = 0.24
"""Of an adult with hair, chin to crown; metres."""

_HEAD_WIDTH = 0.18
_SHOULDERS = 0.5


@dataclass(frozen=True, slots=True)
class Pinhole:
    """``height`` in metres above the floor, ``tilt`` in degrees below the horizon, ``focal`` in pixels."""

    height: float = 2.8
    tilt: float = 22.0
    focal: float = 1400.0

    def depth(self, x: float, y: float, z: float = 0.0) -> float:
        """How far in front of the lens a point lies, in metres along the optical axis."""
        del x
        return y * cos(radians(self.tilt)) - (z - self.height) * sin(radians(self.tilt))

    def project(self, x: float, y: float, z: float = 0.0) -> Point:
        """Pixel of a point in front of the camera; it may lie outside the picture."""
        depth = self.depth(x, y, z)
        up = y * sin(radians(self.tilt)) + (z - self.height) * cos(radians(self.tilt))
        return WIDTH / 2 + self.focal * x / depth, HEIGHT / 2 - self.focal * up / depth

    def body(self, x: float, y: float, tall: float, wide: float = _SHOULDERS) -> Box:
        """The box of something that stands upright on the floor."""
        (left, bottom), (right, _) = self.project(x - wide / 2, y), self.project(x + wide / 2, y)
        _, top = self.project(x, y, tall)
        return Box(left, top, right, bottom)

    def head(self, x: float, y: float, tall: float) -> Box:
        """The box of the head of somebody who stands upright."""
        depth = self.depth(x, y, tall - HEAD_HEIGHT / 2)
        u, v = self.project(x, y, tall - HEAD_HEIGHT / 2)
        half, across = self.focal * HEAD_HEIGHT / depth / 2, self.focal * _HEAD_WIDTH / depth / 2
        return Box(u - across, v - half, u + across, v + half)

    def area(self, x1: float, y1: float, x2: float, y2: float) -> tuple[Point, ...]:
        """A rectangle of the floor as a polygon of the picture in [0,1], cut where it leaves the picture."""
        corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
        return _cut([self._share(x, y) for x, y in corners])

    def line(self, x1: float, y1: float, x2: float, y2: float) -> tuple[Point, Point]:
        """A line on the floor in [0,1]; both ends must be in the picture."""
        return self._share(x1, y1), self._share(x2, y2)

    def calibration(self, x1: float, y1: float, x2: float, y2: float) -> Calibration:
        """What a person who marks the corners and the middles of two sides of a rectangle of the floor would enter."""
        middle = (y1 + y2) / 2
        marks = ((x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, middle), (x2, middle))
        return Calibration(tuple(GroundPoint(self._share(x, y), (x, y)) for x, y in marks))

    def _share(self, x: float, y: float) -> Point:
        u, v = self.project(x, y)
        return u / WIDTH, v / HEIGHT


def covered(box: Box, nearer: Box) -> float:
    """The share of a box that a nearer one hides."""
    across = min(box.x2, nearer.x2) - max(box.x1, nearer.x1)
    down = min(box.y2, nearer.y2) - max(box.y1, nearer.y1)
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / max(box.width * box.height, 1e-9)


def _cut(polygon: Sequence[Point]) -> tuple[Point, ...]:
    """Sutherland-Hodgman against the unit square."""
    points = list(polygon)
    bounds: tuple[tuple[int, float, Callable[[float], bool]], ...] = (
        (0, 0.0, lambda value: value >= 0),
        (0, 1.0, lambda value: value <= 1),
        (1, 0.0, lambda value: value >= 0),
        (1, 1.0, lambda value: value <= 1),
    )
    for axis, bound, inside in bounds:
        kept: list[Point] = []
        for a, b in zip(points, [*points[1:], points[0]], strict=True):
            if inside(a[axis]):
                kept.append(a)
            if inside(a[axis]) is not inside(b[axis]):
                t = (bound - a[axis]) / (b[axis] - a[axis])
                x, y = a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
                kept.append((bound, y) if axis == 0 else (x, bound))
        points = kept
    return tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in points)
