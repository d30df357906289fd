"""The drawings of a camera, made ready for many looks."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.geometry import contains
from analyzer.layout import Layout
from analyzer.types import Point, ZoneKind
from tests.analyzer.scenes import site, zone
from tests.thorough import examples

POLYGONS = (
    ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),
    ((0.1, 0.3), (0.9, 0.31), (0.6, 0.95)),
    ((0.25, 0.25), (0.75, 0.5), (0.25, 0.75), (0.4, 0.5)),
)
LAYOUT = Layout(site(*(zone(kind, polygon) for kind, polygon in zip(ZoneKind, POLYGONS, strict=False))))
"""One for all examples: what it has looked up before must hold for whatever comes after."""

near_an_outline = st.builds(
    lambda polygon, k, share, dx, dy: _beside(polygon[k % len(polygon)], polygon[(k + 1) % len(polygon)], share, dx, dy),
    st.sampled_from(POLYGONS),
    st.integers(0, 3),
    st.floats(0, 1),
    st.floats(-0.02, 0.02),
    st.floats(-0.02, 0.02),
)


def _beside(a: Point, b: Point, share: float, dx: float, dy: float) -> Point:
    return a[0] + share * (b[0] - a[0]) + dx, a[1] + share * (b[1] - a[1]) + dy


def _surrounded(polygon: Sequence[Point], point: Point) -> bool:
    # Rounding lets an outline hold points just outside its own extent; those are outside.
    xs, ys = zip(*polygon, strict=True)
    return min(xs) <= point[0] <= max(xs) and min(ys) <= point[1] <= max(ys) and contains(polygon, point)


@examples(20)
@given(st.lists(st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5)) | near_an_outline, min_size=3, max_size=12))
@example([(0.09999999999999999, 0.3)] * 5)
@example([(-1e-12, 0.5), (0.0, 0.5), (-0.01, 0.99), (0.01, 0.99), (0.5, 0.5), (1.0, 1.0)])
def test_zones_looked_up_by_cells_are_those_whose_outline_surrounds_the_point(points: list[Point]) -> None:
    for point in points:
        assert LAYOUT.inside(point) == tuple(_surrounded(one.polygon, point) for one in LAYOUT.zones)
