"""Plane geometry on plain floats. Points are taken as they are: never clipped, never rounded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot, isfinite

from analyzer.types import Point

MIN_AREA = 1e-4
"""Smallest polygon, as a share of the picture, in which a foot point can be told to stand (1 % of each side)."""


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Even-odd test; whether a point exactly on the outline is inside is fixed but unspecified."""
    x, y = point
    inside = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
        x1, y1 = x2, y2
    return inside


def area(polygon: Sequence[Point]) -> float:
    """Enclosed area (shoelace), never negative; in squared units of the points."""
    closed = [*polygon, polygon[0]]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(closed))) / 2


def cross(origin: Point, a: Point, b: Point) -> float:
    """Twice the signed area of the triangle: positive when ``b`` lies to the left of ``origin -> a`` (y up)."""
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def segments_cross(p: Point, q: Point, a: Point, b: Point) -> bool:
    """Whether the inner parts of two segments cross; touching ends do not count."""
    return cross(a, b, p) * cross(a, b, q) < 0 and cross(p, q, a) * cross(p, q, b) < 0


def distance_to_segment(point: Point, a: Point, b: Point) -> float:
    """Shortest distance from a point to a segment, in the units of the points."""
    (x, y), (x1, y1), (x2, y2) = point, a, b
    dx, dy = x2 - x1, y2 - y1
    length2 = dx * dx + dy * dy
    t = 0.0 if length2 == 0 else max(0.0, min(1.0, ((x - x1) * dx + (y - y1) * dy) / length2))
    return hypot(x - x1 - t * dx, y - y1 - t * dy)


def distance_to_outline(polygon: Sequence[Point], point: Point) -> float:
    """Shortest distance from a point to the outline of a polygon."""
    return min(distance_to_segment(point, a, b) for a, b in pairwise([*polygon, polygon[0]]))


def side_of_line(line: Sequence[Point], point: Point) -> float:
    """On which side of an open polyline a point lies, and how far: positive to the right of its direction in a picture.

    In pictures y grows downwards, so "right" is what a viewer calls right when looking along the line as drawn.
    The nearest segment decides; at a corner the sum of both neighbours does.
    """
    if len(line) == 2:  # most lines are one stroke
        a, b = line
        turn = cross(a, b, point)
        nearest = distance_to_segment(point, a, b)
        return nearest if turn > 0 else -nearest if turn < 0 else 0.0
    distances = [distance_to_segment(point, a, b) for a, b in pairwise(line)]
    nearest = min(distances)
    turn = sum(
        cross(a, b, point) for (a, b), distance in zip(pairwise(line), distances, strict=True) if distance <= nearest + 1e-12
    )
    return nearest if turn > 0 else -nearest if turn < 0 else 0.0


def polygon_fault(polygon: Sequence[Point]) -> str | None:
    """Say what makes a polygon in [0,1] unfit for judging, or ``None`` when it is sound."""
    if len(polygon) < 3:
        return f"has {len(polygon)} points; an area needs at least three"
    for x, y in polygon:
        if not (isfinite(x) and isfinite(y) and 0 <= x <= 1 and 0 <= y <= 1):
            return f"has the point [{x:g}, {y:g}], which is outside the picture; coordinates are fractions from 0 to 1"
    edges = list(pairwise([*polygon, polygon[0]]))
    if any(a == b for a, b in edges):
        return "repeats a point"
    for i, (a, b) in enumerate(edges):
        for c, d in edges[i + 2 :]:
            if segments_cross(a, b, c, d):
                return f"crosses itself: the edge from {_at(a)} to {_at(b)} cuts the edge from {_at(c)} to {_at(d)}"
    if area(polygon) < MIN_AREA:
        return f"is too small: {area(polygon):.2g} of the picture, the least is {MIN_AREA:g}"
    return None


def line_fault(line: Sequence[Point]) -> str | None:
    """Say what makes a polyline in [0,1] unfit for crossings, or ``None`` when it is sound."""
    if len(line) < 2:
        return f"has {len(line)} points; a line needs at least two"
    for x, y in line:
        if not (isfinite(x) and isfinite(y) and 0 <= x <= 1 and 0 <= y <= 1):
            return f"has the point [{x:g}, {y:g}], which is outside the picture; coordinates are fractions from 0 to 1"
    if any(hypot(b[0] - a[0], b[1] - a[1]) < 0.01 for a, b in pairwise(line)):
        return "has a piece of no length"
    pieces = list(pairwise(line))
    for i, (a, b) in enumerate(pieces):
        if any(segments_cross(a, b, c, d) for c, d in pieces[i + 2 :]):
            return "crosses itself"
    return None


def _at(point: Point) -> str:
    return f"[{point[0]:g}, {point[1]:g}]"
