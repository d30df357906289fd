from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.geometry import (
    area,
    contains,
    distance_to_outline,
    distance_to_segment,
    line_fault,
    polygon_fault,
    segments_cross,
    side_of_line,
)
from analyzer.layout import DEAD_BAND, Edge
from analyzer.site import Boundary, LineId, Side
from analyzer.types import Box, CameraId, Point
from tests.thorough import examples

SQUARE = ((100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0))
UNIT = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
coordinate = st.floats(0, 400)
some = examples(25)


def test_a_box_reaching_into_the_zone_but_standing_outside_is_outside() -> None:
    assert not contains(SQUARE, Box(150, 120, 350, 150).foot)


@some
@given(coordinate, coordinate, st.integers(0, 3), st.booleans())
def test_the_answer_does_not_depend_on_how_the_polygon_is_written(x: float, y: float, turn: int, flip: bool) -> None:
    written = SQUARE[turn:] + SQUARE[:turn]
    assert contains(written[::-1] if flip else written, (x, y)) == contains(SQUARE, (x, y))


@some
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_zone_holds_whoever_the_smaller_one_holds(x: float, y: float) -> None:
    larger = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert not contains(UNIT, (x, y)) or contains(larger, (x, y))


@some
@given(st.floats(0, 1), st.floats(0, 1))
def test_in_a_mirrored_world_the_answers_are_the_same(x: float, y: float) -> None:
    shape = ((0.125, 0.25), (0.75, 0.125), (0.5, 0.875))
    mirrored = tuple((1 - px, py) for px, py in shape)
    on_the_edge = distance_to_outline(shape, (x, y)) < 1e-9
    assert on_the_edge or contains(shape, (x, y)) == contains(mirrored, (1 - x, y))


def test_area_does_not_depend_on_the_direction() -> None:
    assert area(SQUARE) == area(SQUARE[::-1]) == 10_000


def test_segments_that_only_touch_do_not_cross() -> None:
    assert segments_cross((0, 0), (2, 2), (0, 2), (2, 0))
    assert not segments_cross((0, 0), (1, 1), (1, 1), (2, 0))
    assert not segments_cross((0, 0), (1, 0), (0, 1), (1, 1))


def test_distance_to_a_segment_is_to_its_nearest_point() -> None:
    assert distance_to_segment((0, 1), (-1, 0), (1, 0)) == 1
    assert distance_to_segment((3, 0), (-1, 0), (1, 0)) == 2
    assert distance_to_segment((3, 4), (0, 0), (0, 0)) == 5


def test_right_of_a_line_is_what_a_viewer_calls_right() -> None:
    upwards = ((0.5, 1.0), (0.5, 0.0))  # from the bottom of the picture to its top
    assert side_of_line(upwards, (0.8, 0.5)) > 0 > side_of_line(upwards, (0.2, 0.5))
    assert side_of_line(upwards, (0.5, 0.5)) == 0


def test_at_a_corner_both_pieces_decide() -> None:
    corner = ((0.2, 0.8), (0.5, 0.5), (0.8, 0.8))
    assert side_of_line(corner, (0.5, 0.2)) < 0 < side_of_line(corner, (0.5, 0.9))


@pytest.mark.parametrize(
    ("polygon", "fault"),
    [
        (UNIT, None),
        (UNIT[:2], "at least three"),
        (((0, 0), (1, 0), (1, 1.1)), "outside the picture"),
        (((0, 0), (float("nan"), 0), (1, 1)), "outside the picture"),
        (((0, 0), (0, 0), (1, 0), (1, 1)), "repeats"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), "crosses itself"),
        (((0, 0), (0.005, 0), (0.005, 0.005)), "too small"),
    ],
)
def test_broken_polygons_are_named(polygon: tuple[tuple[float, float], ...], fault: str | None) -> None:
    found = polygon_fault(polygon)
    assert found is None if fault is None else fault in (found or "")


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (((0, 0), (1, 1)), None),
        (((0, 0),), "at least two"),
        (((0, 0), (2, 0)), "outside the picture"),
        (((0, 0), (0, 0.001)), "no length"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), "crosses itself"),
    ],
)
def test_broken_lines_are_named(points: tuple[tuple[float, float], ...], fault: str | None) -> None:
    found = line_fault(points)
    assert found is None if fault is None else fault in (found or "")


place = st.tuples(st.floats(0, 1), st.floats(0, 1))


@some
@given(st.lists(place, min_size=2, max_size=3).filter(lambda points: line_fault(points) is None), place)
def test_a_line_made_ready_tells_the_sides_the_same(points: list[Point], where: Point) -> None:
    told = Edge(Boundary(LineId("line"), CameraId("cam"), tuple(points), Side.RED, Side.CLEAN)).side(where)
    exact = side_of_line(points, where)
    assert (told > 0, told < 0) == (exact >= DEAD_BAND, exact <= -DEAD_BAND)
