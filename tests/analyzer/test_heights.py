from __future__ import annotations

from dataclasses import replace
from math import cos, hypot, pi, sin, tan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import InvalidSite
from analyzer.ground import Ground, distance
from analyzer.heights import HeightMark, from_heights
from analyzer.site import Camera
from tests.analyzer.scenes import CAMERA
from tests.thorough import examples

ASPECT, VIEW = 16 / 9, 80.0
FOCAL = ASPECT / 2 / tan(VIEW * pi / 360)


def seen(x: float, z: float, up: float, tilt: float, camera_m: float) -> tuple[float, float]:
    """A point ``x`` to the right, ``z`` ahead and ``up`` above the floor, in the picture of a tilted camera."""
    depth = z * cos(tilt) + (camera_m - up) * sin(tilt)
    return 0.5 + FOCAL * x / depth / ASPECT, 0.5 + FOCAL * ((camera_m - up) * cos(tilt) - z * sin(tilt)) / depth


def marks(tilt: float, camera_m: float, heights: tuple[float, ...] = (1.6, 1.6, 1.6, 1.6)) -> list[HeightMark]:
    return [
        HeightMark(seen(x, z, 0, tilt, camera_m), seen(x, z, height, tilt, camera_m))
        for (x, z), height in zip(((0, 3), (1, 5), (-1, 8), (0, 12)), heights, strict=True)
    ]


@examples(12)
@given(st.floats(0.15, 0.7), st.floats(2.4, 5))
def test_distances_come_out_as_they_are(tilt: float, camera_m: float) -> None:
    found = from_heights(CAMERA, marks(tilt, camera_m), ASPECT, VIEW)
    ground = Ground(Camera(CAMERA, "C", aspect=ASPECT), found)
    a, b = (ground.locate(seen(x, z, 0, tilt, camera_m), 0.3) for x, z in ((0, 4), (1.2, 5.6)))
    assert a is not None
    assert b is not None
    assert distance(a, b).metres == pytest.approx(hypot(1.2, 1.6), rel=0.02)


def test_people_of_different_heights_widen_the_error() -> None:
    alike = from_heights(CAMERA, marks(0.4, 3), ASPECT, VIEW)
    mixed = from_heights(CAMERA, marks(0.4, 3, (1.5, 1.75, 1.5, 1.75)), ASPECT, VIEW)
    assert 0.02 < alike.scale_error < 0.03 < mixed.scale_error


def test_marks_that_say_nothing_are_refused() -> None:
    good = marks(0.4, 3)
    with pytest.raises(InvalidSite, match="three are the least"):
        from_heights(CAMERA, good[:2], ASPECT, VIEW)
    with pytest.raises(InvalidSite, match="one depth"):
        from_heights(CAMERA, [good[0]] * 3, ASPECT, VIEW)
    with pytest.raises(InvalidSite, match="one depth"):
        from_heights(CAMERA, [replace(mark, foot=mark.head, head=mark.foot) for mark in good], ASPECT, VIEW)
    with pytest.raises(InvalidSite, match="looks down on people"):
        from_heights(
            CAMERA, [HeightMark((0.5, y), (0.5, y - size)) for y, size in ((0.3, 0.3), (0.6, 0.1), (0.9, 0.05))], ASPECT, VIEW
        )
