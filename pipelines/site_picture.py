"""A picture of what is drawn for a camera: zones, doors, lines, the scale of the floor, and forbidden areas masked."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.geometry import contains
from analyzer.ground import Ground
from analyzer.privacy import forbidden_areas
from analyzer.site import FORBIDDEN_KINDS, Camera, Site
from analyzer.types import CameraId, Point

Image = npt.NDArray[np.uint8]

_ZONE, _DOOR, _LINE, _FLOOR, _TEXT = (80, 200, 80), (220, 160, 40), (60, 60, 230), (200, 200, 200), (255, 255, 255)
_EMPTY = (1280, 720)


def draw(site: Site, camera: CameraId, picture: Image | None = None) -> Image:
    """The drawings of a camera over a copy of its view, or over an empty picture.

    Raises:
        InvalidSite: the site has no such camera.
    """
    known = site.camera(camera)
    width = _EMPTY[0]
    canvas = np.full((round(width / known.aspect), width, 3), 48, np.uint8) if picture is None else picture.copy()
    for area in forbidden_areas(site, camera):
        cv2.fillPoly(canvas, [_pixels(area, canvas)], (0, 0, 0))
    if known.calibration is not None:
        _floor(canvas, known)
    for zone in site.zones:
        if zone.camera == camera:
            colour = (0, 0, 0) if zone.kind in FORBIDDEN_KINDS else _ZONE
            _area(canvas, zone.polygon, colour, f"{zone.id} ({zone.kind.value} v{zone.version})")
    for door in site.doors:
        if door.camera == camera:
            _area(canvas, door.strip, _DOOR, f"{door.kind.value} {door.number or door.id}")
    for line in site.lines:
        if line.camera == camera:
            pixels = _pixels(line.points, canvas)
            cv2.polylines(canvas, [pixels], isClosed=False, color=_LINE, thickness=3, lineType=cv2.LINE_AA)
            _label(canvas, pixels[len(pixels) // 2], f"{line.id}: {line.left.value} | {line.right.value}")
    return canvas


def _floor(canvas: Image, camera: Camera) -> None:
    """A dot each metre inside the marked points, so that a wrong calibration is seen at a glance."""
    assert camera.calibration is not None
    ground = Ground(camera, camera.calibration)
    marked = [point.image for point in camera.calibration.points]
    hull = [(float(x), float(y)) for x, y in cv2.convexHull(np.array(marked, np.float32))[:, 0]]
    steps = 400
    seen: set[tuple[int, int]] = set()
    for row in range(steps):
        for column in range(steps):
            point = (column / steps, row / steps)
            if not contains(hull, point) or (place := ground.locate(point, 0.0)) is None:
                continue
            metre = (round(place.x), round(place.y))
            if metre not in seen and abs(place.x - metre[0]) < 0.05 and abs(place.y - metre[1]) < 0.05:
                seen.add(metre)
                x, y = _pixels([point], canvas)[0]
                cv2.circle(canvas, (int(x), int(y)), 3, _FLOOR, -1, cv2.LINE_AA)
    for point in marked:
        x, y = _pixels([point], canvas)[0]
        cv2.drawMarker(canvas, (int(x), int(y)), _FLOOR, cv2.MARKER_CROSS, 14, 2)
    _label(canvas, _pixels([marked[0]], canvas)[0], f"1 m grid, residual {ground.residual:.2f} m")


def _area(canvas: Image, polygon: Sequence[Point], colour: tuple[int, int, int], text: str) -> None:
    pixels = _pixels(polygon, canvas)
    shade = canvas.copy()
    cv2.fillPoly(shade, [pixels], colour)
    cv2.addWeighted(shade, 0.25, canvas, 0.75, 0, canvas)
    cv2.polylines(canvas, [pixels], isClosed=True, color=colour, thickness=2, lineType=cv2.LINE_AA)
    _label(canvas, pixels.mean(axis=0).astype(int), text)


def _label(canvas: Image, at: npt.NDArray[np.int32], text: str) -> None:
    # OpenCV's letters know no Vietnamese; ids and codes are plain.
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    x = int(min(max(at[0] - width / 2, 4), canvas.shape[1] - width - 4))
    y = int(min(max(at[1], height + 4), canvas.shape[0] - below - 4))
    cv2.rectangle(canvas, (x - 3, y - height - 3), (x + width + 3, y + below + 2), (0, 0, 0), -1)
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _TEXT, 1, cv2.LINE_AA)


def _pixels(points: Sequence[Point], canvas: Image) -> npt.NDArray[np.int32]:
    height, width = canvas.shape[:2]
    return np.array([(round(x * (width - 1)), round(y * (height - 1))) for x, y in points], np.int32)
