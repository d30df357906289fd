"""The floor as a camera sees it: picture points to metres, with the error that comes with them.

A homography is fitted to the marked points by least squares. The error of a position has two sources: where the
foot was seen (a share of the person's height in the picture) and how well the marked points were clicked; both
are propagated to first order. Points above the horizon have no place on the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import hypot, inf, isfinite, sqrt
from typing import NamedTuple

from analyzer.errors import InvalidSite
from analyzer.geometry import cross
from analyzer.site import Calibration, Camera
from analyzer.types import Point

FOOT_ERROR = 0.02
"""Standard deviation of a seen foot point, as a share of the person's height in the picture."""

Homography = tuple[float, float, float, float, float, float, float, float, float]


class Position(NamedTuple):
    """A place on the floor in metres and the covariance of its error (xx, xy, yy, square metres).

    ``spread`` bounds one standard deviation in any direction, in metres.
    """

    x: float
    y: float
    xx: float
    xy: float
    yy: float
    spread: float


class Distance(NamedTuple):
    """Metres between two positions and one standard deviation of it."""

    metres: float
    error: float


class Ground:
    """The floor of one camera.

    Args:
        camera: its id appears in errors.
        calibration: four or more marked points.

    Raises:
        InvalidSite: too few points, or (nearly) all on a line: such points fix no floor.
    """

    def __init__(self, camera: Camera, calibration: Calibration) -> None:
        self._aspect = camera.aspect
        images = [self._square(point.image) for point in calibration.points]
        metres = [point.metres for point in calibration.points]
        _check(camera, images, metres)
        matrix = fit(images, metres)
        if matrix is None or not all(map(isfinite, matrix)):
            raise InvalidSite(f'calibration of camera "{camera.id}"', "its points fix no floor; mark points that span an area")
        self._matrix = matrix
        self._horizon = 1.0 if _depth(self._matrix, images[0]) > 0 else -1.0
        if any(_depth(self._matrix, image) * self._horizon <= 0 for image in images):
            raise InvalidSite(f'calibration of camera "{camera.id}"', "its points lie on both sides of the horizon")
        self.scale_error = calibration.scale_error
        self._variance = calibration.click_error**2
        self.residual = sqrt(
            sum(hypot(p.x - x, p.y - y) ** 2 for p, (x, y) in zip(map(self._place, images), metres, strict=True)) / len(metres)
        )
        """Root mean square of how far the marked points come out from where they are, in metres."""

    def locate(self, foot: Point, height: float) -> Position | None:
        """Where a foot point is on the floor, ``None`` above the horizon.

        Args:
            foot: fractions of the picture.
            height: of the person, as a fraction of the picture's height.
        """
        image = self._square(foot)
        if _depth(self._matrix, image) * self._horizon <= 1e-9:
            return None
        return self._place(image, (FOOT_ERROR * height) ** 2 + self._variance)

    def _square(self, point: Point) -> Point:
        """Fractions of the picture to units of its height, so that both axes have one scale."""
        return point[0] * self._aspect, point[1]

    def _place(self, image: Point, variance: float = 0.0) -> Position:
        a, b, c, d, e, f, g, h, i = self._matrix
        u, v = image
        w = g * u + h * v + i
        x, y = (a * u + b * v + c) / w, (d * u + e * v + f) / w
        xu, xv = (a - x * g) / w, (b - x * h) / w
        yu, yv = (d - y * g) / w, (e - y * h) / w
        xx, yy = variance * (xu * xu + xv * xv), variance * (yu * yu + yv * yv)
        return Position(x, y, xx, variance * (xu * yu + xv * yv), yy, sqrt(xx + yy))


def distance(a: Position, b: Position) -> Distance:
    """Between two positions, with the error along the line that joins them."""
    dx, dy = b.x - a.x, b.y - a.y
    metres = hypot(dx, dy)
    xx, xy, yy = a.xx + b.xx, a.xy + b.xy, a.yy + b.yy
    if metres < 1e-9:
        return Distance(metres, sqrt(max(xx, yy)))
    ux, uy = dx / metres, dy / metres
    return Distance(metres, sqrt(max(0.0, ux * ux * xx + 2 * ux * uy * xy + uy * uy * yy)))


def fit(images: Sequence[Point], metres: Sequence[Point]) -> Homography | None:
    """Least-squares homography from picture to floor; ``None`` when the points do not fix one."""
    (mu, mv), su = _normaliser(images)
    (mx, my), sx = _normaliser(metres)
    rows: list[tuple[list[float], float]] = []
    for (u0, v0), (x0, y0) in zip(images, metres, strict=True):
        u, v, x, y = (u0 - mu) * su, (v0 - mv) * su, (x0 - mx) * sx, (y0 - my) * sx
        rows.append(([u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x], x))
        rows.append(([0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y], y))
    normal = [[sum(row[i] * row[j] for row, _ in rows) for j in range(8)] for i in range(8)]
    right = [sum(row[i] * target for row, target in rows) for i in range(8)]
    solution = solve(normal, right)
    if solution is None:
        return None
    a, b, c, d, e, f, g, h = solution
    # undo the normalisation: inverse(floor) * matrix * picture
    cols = []
    for p, q, r in ((a, d, g), (b, e, h), (c, f, 1.0)):
        cols.append((p / sx + mx * r, q / sx + my * r, r))
    (a1, d1, g1), (b1, e1, h1), (c1, f1, i1) = cols
    return (
        a1 * su, b1 * su, c1 - su * (mu * a1 + mv * b1),
        d1 * su, e1 * su, f1 - su * (mu * d1 + mv * e1),
        g1 * su, h1 * su, i1 - su * (mu * g1 + mv * h1),
    )  # fmt: skip


def solve(matrix: list[list[float]], right: list[float]) -> tuple[float, ...] | None:
    """Gauss with row pivots; ``None`` when the matrix is (numerically) singular."""
    n = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(rows[r][k]))
        if abs(rows[pivot][k]) < 1e-12:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(k + 1, n):
            factor = rows[r][k] / rows[k][k]
            for c in range(k, n + 1):
                rows[r][c] -= factor * rows[k][c]
    solution = [0.0] * n
    for k in reversed(range(n)):
        solution[k] = (rows[k][n] - sum(rows[k][c] * solution[c] for c in range(k + 1, n))) / rows[k][k]
    return tuple(solution)


def _normaliser(points: Sequence[Point]) -> tuple[Point, float]:
    n = len(points)
    mean = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum(hypot(x - mean[0], y - mean[1]) for x, y in points) / n
    return mean, sqrt(2) / spread


def _depth(matrix: Homography, image: Point) -> float:
    return matrix[6] * image[0] + matrix[7] * image[1] + matrix[8]


def _check(camera: Camera, images: Sequence[Point], metres: Sequence[Point]) -> None:
    where = f'calibration of camera "{camera.id}"'
    if len(images) < 4:
        raise InvalidSite(where, f"has {len(images)} points; four are the least")
    for points, what in ((images, "in the picture"), (metres, "on the floor")):
        size = max(hypot(b[0] - a[0], b[1] - a[1]) for a, b in combinations(points, 2))
        widest = max((abs(cross(a, b, c)) for a, b, c in combinations(points, 3)), default=-inf)
        if size == 0 or widest < 0.01 * size * size:
            raise InvalidSite(where, f"its points lie on a line {what}; mark points that span an area")
