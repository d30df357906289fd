"""A floor from people of known height, for cameras where nobody can mark points: weaker, and its error says so.

Each mark is somebody standing upright, by foot and top of the head. With the lens' angle of view known, the tilt of the
camera is the one under which all marks agree on how high it hangs in heights of a person; the height of people in metres
sets the scale. How far the marks disagree, and how much people differ, is the error of every distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin, sqrt, tan

from analyzer.errors import InvalidSite
from analyzer.site import Calibration, GroundPoint
from analyzer.types import CameraId, Point

PERSON_M = 1.60
PERSON_SPREAD = 0.05
"""Mean height of an adult with shoes, and one standard deviation as a share of it (assumed, not measured here)."""

_STEPS = 400
_LEAST_DEPTHS = 1.15
_TOO_DIFFERENT = 0.2


@dataclass(frozen=True, slots=True)
class HeightMark:
    """Somebody upright: foot and top of the head, fractions of the picture."""

    foot: Point
    head: Point


def from_heights(
    camera: CameraId, marks: Sequence[HeightMark], aspect: float, view_degrees: float, person_m: float = PERSON_M
) -> Calibration:
    """The calibration that people of known height give.

    Args:
        camera: its id appears in errors.
        marks: three or more, near and far.
        aspect: width of the picture over its height.
        view_degrees: horizontal angle of view of the lens.
        person_m: mean height of those marked, metres.

    Raises:
        InvalidSite: too few marks, all at one depth, or a camera that does not look down on them.
    """
    where = f'heights of camera "{camera}"'
    if len(marks) < 3:
        raise InvalidSite(where, f"has {len(marks)} marks; three are the least")
    sizes = [mark.foot[1] - mark.head[1] for mark in marks]
    if min(sizes) <= 0 or max(sizes) < _LEAST_DEPTHS * min(sizes):
        raise InvalidSite(where, "needs people upright, near and far: all marks are at one depth")
    focal = aspect / 2 / tan(view_degrees * pi / 360)
    shares = {tilt: _shares(marks, tilt, focal) for tilt in (pi / 2 * k / _STEPS for k in range(1, _STEPS))}
    fitting = {tilt: found for tilt, found in shares.items() if found is not None}
    tilt = min(fitting, key=lambda each: _disagreement(fitting[each]), default=None)
    if tilt is None or _disagreement(fitting[tilt]) > _TOO_DIFFERENT:
        raise InvalidSite(where, "does not fit a camera that looks down on people; check feet, heads and the angle of view")
    found = fitting[tilt]
    mean = sum(found) / len(found)
    rows = sorted(mark.foot[1] for mark in marks)
    corners = [(x, y) for y in (rows[0], rows[-1]) for x in (0.2, 0.8)]
    points = tuple(GroundPoint(corner, _floor(corner, tilt, focal, aspect, person_m / mean)) for corner in corners)
    return Calibration(points, scale_error=hypot(PERSON_SPREAD / sqrt(len(marks)), _disagreement(found)))


def _shares(marks: Sequence[HeightMark], tilt: float, focal: float) -> list[float] | None:
    """For each mark the height of the person as a share of the camera's, if the tilt were this; ``None`` if it cannot be."""
    found = []
    for mark in marks:
        down = (mark.foot[1] - 0.5) * cos(tilt) + focal * sin(tilt)
        ahead = focal * cos(tilt) - (mark.foot[1] - 0.5) * sin(tilt)
        top = (mark.head[1] - 0.5) / focal
        if down <= 0 or ahead <= 0 or cos(tilt) - top * sin(tilt) <= 0:
            return None
        share = 1 - ahead / down * (top * cos(tilt) + sin(tilt)) / (cos(tilt) - top * sin(tilt))
        if not 0 < share < 1:
            return None
        found.append(share)
    return found


def _disagreement(shares: Sequence[float]) -> float:
    """Standard deviation as a share of the mean."""
    mean = sum(shares) / len(shares)
    return sqrt(sum((share - mean) ** 2 for share in shares) / len(shares)) / mean


def _floor(point: Point, tilt: float, focal: float, aspect: float, camera_m: float) -> Point:
    """Where a point of the picture is on the floor, metres to the right of the camera and ahead of it."""
    x, y = (point[0] - 0.5) * aspect, point[1] - 0.5
    down = y * cos(tilt) + focal * sin(tilt)
    return camera_m * x / down, camera_m * (focal * cos(tilt) - y * sin(tilt)) / down
