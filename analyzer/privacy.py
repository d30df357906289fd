"""Rule F04 in practice: nothing inside a room, toilet or bathroom is analysed or stored."""

from __future__ import annotations

from dataclasses import replace

from analyzer.geometry import contains
from analyzer.layout import foot_of
from analyzer.site import FORBIDDEN_KINDS, Site
from analyzer.types import Box, CameraId, FrameRef, Point, Scene


def forbidden_areas(site: Site, camera: CameraId) -> tuple[tuple[Point, ...], ...]:
    """The polygons of a camera whose picture must be masked, in fractions of the picture."""
    return tuple(zone.polygon for zone in site.zones if zone.camera == camera and zone.kind in FORBIDDEN_KINDS)


def withhold(scene: Scene, site: Site) -> Scene:
    """The scene without anybody who stands in a forbidden area, or whose body's middle is seen in one.

    To be applied before a scene is stored or judged; the scene itself when there is nothing to withhold.
    """
    areas = forbidden_areas(site, scene.frame.camera)
    if not areas:
        return scene
    frame = scene.frame
    kept = tuple(one for one in scene.observations if not _inside(areas, foot_of(one, frame), _middle(one.track.box, frame)))
    things = tuple(one for one in scene.things if not _inside(areas, _middle(one.box, frame)))
    if (len(kept), len(things)) == (len(scene.observations), len(scene.things)):
        return scene
    return replace(scene, observations=kept, things=things)


def _middle(box: Box, frame: FrameRef) -> Point:
    x, y = box.centre
    return x / frame.width, y / frame.height


def _inside(areas: tuple[tuple[Point, ...], ...], *points: Point) -> bool:
    return any(contains(area, point) for area in areas for point in points)
