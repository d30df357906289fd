from __future__ import annotations

from dataclasses import replace
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import InvalidSite
from analyzer.ground import Ground, Position, distance, solve
from analyzer.moment import Moment
from analyzer.nearness import Reach, close_pairs, grid_pairs
from analyzer.site import Calibration, Camera, GroundPoint
from analyzer.types import ZoneKind
from analyzer.witness import Witness
from tests.analyzer.scenes import CAMERA, TOP_DOWN, person, scene, site, zone
from tests.thorough import examples

VIEW = Camera(CAMERA, "C", aspect=16 / 9)


def seen(x: float, y: float) -> tuple[float, float]:
    """A floor point in the picture of a camera 3 m up that looks down a corridor along y, horizon at a third."""
    depth = y + 2
    return 0.5 + 0.4 * x / depth, 1 / 3 + 1.2 / depth


SLANTED = Calibration(tuple(GroundPoint(seen(x, y), (x, y)) for x, y in ((-1, 0), (1, 0), (1, 8), (-1, 8), (0, 4))), 0.002)


@examples(20)
@given(st.floats(-1, 1), st.floats(0, 10))
def test_floor_points_come_out_where_they_are(x: float, y: float) -> None:
    place = Ground(VIEW, SLANTED).locate(seen(x, y), 0.3)
    assert place is not None
    assert hypot(place.x - x, place.y - y) < 1e-6


def test_errors_grow_with_the_range() -> None:
    ground = Ground(VIEW, SLANTED)
    near, far = (ground.locate(seen(0, y), 0.3) for y in (1, 20))
    assert near is not None
    assert far is not None
    assert near.spread < 0.1
    assert far.spread > 1


def test_above_the_horizon_there_is_no_floor() -> None:
    assert Ground(VIEW, SLANTED).locate((0.5, 0.1), 0.3) is None


def test_a_good_calibration_says_so() -> None:
    assert Ground(VIEW, SLANTED).residual < 1e-9
    bent = replace(SLANTED, points=(*SLANTED.points[:-1], GroundPoint(SLANTED.points[-1].image, (0, 5))))
    assert Ground(VIEW, bent).residual > 0.1


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        (SLANTED.points[:3], "four are the least"),
        (
            tuple(GroundPoint((t, t), (x, y)) for t, x, y in ((0, 0, 0), (0.3, 1, 0), (0.6, 1, 1), (0.9, 0, 1))),
            "line in the picture",
        ),
        (tuple(GroundPoint(p.image, (t, t)) for t, p in enumerate(SLANTED.points)), "line on the floor"),
        (tuple(GroundPoint((0.5, 0.5), (0, 0)) for _ in range(4)), "line in the picture"),
        (
            tuple(
                GroundPoint(i, m) for i, m in zip(((0, 0), (1, 0), (1, 1), (0, 1)), ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True)
            ),
            "fix no floor|horizon",
        ),
        (
            tuple(
                GroundPoint(i, m)
                for i, m in zip(((0, 0), (1, 0), (0.5, 0.001), (0.5, 1)), ((0, 0), (1, 0), (9, 9), (0, 9)), strict=True)
            ),
            "fix no floor|horizon",
        ),
    ],
)
def test_points_that_fix_no_floor_are_refused(points: tuple[GroundPoint, ...], problem: str) -> None:
    with pytest.raises(InvalidSite, match=problem):
        Ground(VIEW, Calibration(points))


def test_a_singular_system_has_no_solution() -> None:
    assert solve([[1, 2], [2, 4]], [1, 2]) is None
    assert solve([[0, 2], [3, 0]], [4, 9]) == (3, 2)


def test_distance_carries_the_error_along_its_line() -> None:
    a, b = Position(0, 0, 0.01, 0, 0.09, 0.4), Position(3, 0, 0.03, 0, 0.09, 0.4)
    assert distance(a, b).metres == 3
    assert distance(a, b).error == pytest.approx(0.2)
    assert distance(a, a).error == pytest.approx(0.18**0.5)


@examples(20)
@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), max_size=30), st.floats(0.5, 5))
def test_the_grid_finds_every_close_pair(points: list[tuple[float, float]], reach: float) -> None:
    close = {
        (i, j)
        for j in range(len(points))
        for i in range(j)
        if hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]) < reach
    }
    assert close <= set(grid_pairs(points, reach))


def test_the_grid_looks_at_neighbours_only() -> None:
    points = [(float(k % 8), float(k // 8)) for k in range(64)]
    found = list(grid_pairs(points, 1.5))
    assert len(found) == len(set(found)) < 64 * 12
    assert {(i, j) for i, j in found if hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]) < 1.5} == {
        (i, j) for j in range(64) for i in range(j) if hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]) < 1.5
    }


def test_people_above_the_horizon_are_in_no_pair() -> None:
    where = replace(site(zone(ZoneKind.CORRIDOR)), cameras=(replace(VIEW, calibration=SLANTED),))
    moment = Witness(where, {}).look(scene(0, [person(1, 0.5, 0.2), person(2, 0.5, 0.6), person(3, 0.52, 0.6)]))
    pairs = list(close_pairs(moment, moment.people, Reach(2, 1, 0.4)))
    assert [(pair.first.id, pair.second.id) for pair in pairs] == [(2, 3)]


def test_pairs_are_told_among_those_asked_about_and_within_reach() -> None:
    people = [person(1, 0.4, 0.5), person(2, 0.45, 0.5), person(3, 0.5, 0.5), person(4, 0.9, 0.5)]
    for where in (site(zone(ZoneKind.CORRIDOR), calibrated=True), site(zone(ZoneKind.CORRIDOR))):
        moment = Witness(where, {}).look(scene(0, people))

        def found(who: slice, metres: float, heights: float, moment: Moment = moment) -> list[tuple[int, int]]:
            pairs = close_pairs(moment, moment.people[who], Reach(metres, heights, 0.4))
            return [(pair.first.id, pair.second.id) for pair in pairs]

        assert found(slice(0, 1), 3, 1) == []
        assert found(slice(None), 0.7, 0.3) == []
        assert found(slice(None), 2.0, 1.0) == [(1, 2), (1, 3), (2, 3)]
        assert found(slice(None), 1.0, 0.5) == [(1, 2), (2, 3)]
        assert found(slice(0, 2), 2.0, 1.0) == [(1, 2)]
        assert found(slice(None), 20.0, 9.0)[-1] == (3, 4)
        assert found(slice(None), 0.85, 0.42) == [(1, 2), (2, 3)]


def test_people_beside_each_other_but_out_of_reach_are_in_no_pair() -> None:
    """Nearer than the reach along each axis, farther in a straight line."""
    diagonal = [person(1, 0.4, 0.4), person(2, 0.4 + 1.5 / 16, 0.4 + 1.5 / 9)]
    for where in (site(zone(ZoneKind.CORRIDOR), calibrated=True), site(zone(ZoneKind.CORRIDOR))):
        moment = Witness(where, {}).look(scene(0, diagonal))
        assert list(close_pairs(moment, moment.people, Reach(2.0, 1.0, 0.4))) == []


def test_far_away_pairs_are_told_to_be_unsure() -> None:
    where = replace(site(zone(ZoneKind.CORRIDOR)), cameras=(replace(VIEW, calibration=SLANTED),))
    far = [person(k, *seen(x, 60), height=300) for k, x in ((1, 0.0), (2, 1.0))]
    moment = Witness(where, {}).look(scene(0, [*far, person(4, 0.5, 0.9)]))
    pairs = list(close_pairs(moment, moment.people, Reach(2, 1, 0.4)))
    assert next((pair.first.id, pair.second.id, pair.sure) for pair in pairs) == (1, 2, False)


def test_people_at_different_depths_are_not_close() -> None:
    moment = Witness(site(zone(ZoneKind.CORRIDOR)), {}).look(
        scene(0, [person(1, 0.5, 0.5, height=400), person(2, 0.52, 0.5, height=100)])
    )
    assert list(close_pairs(moment, moment.people, Reach(2, 1, 0.4))) == []
    assert moment.position(moment.people[0]) is None
    assert TOP_DOWN.points


def test_a_floor_of_doubtful_scale_tells_distances_with_doubt() -> None:
    people = [person(1, 0.3, 0.5), person(2, 0.5, 0.5)]
    sure = {}
    for scale_error in (0.0, 0.2):
        camera = replace(site().cameras[0], calibration=replace(TOP_DOWN, scale_error=scale_error))
        moment = Witness(replace(site(zone(ZoneKind.CORRIDOR)), cameras=(camera,)), {}).look(scene(0, people))
        (pair,) = close_pairs(moment, moment.people, Reach(4, 1, 0.4))
        sure[scale_error] = pair.sure
    assert sure == {0.0: True, 0.2: False}
