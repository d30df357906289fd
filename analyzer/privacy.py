"""Rule F04 in practice: nothing inside a room, toilet or bathroom is analysed or stored."""

from __future__ import annotations

from dataclasses import replace

from analyzer.geometry import contains
from analyzer.layout import foot_of
from analyzer.site import FORBIDDEN_KINDS, Site
from analyzer.types import CameraId, Observation, Point, Scene


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
    kept = tuple(one for one in scene.observations if not _inside(one, scene, areas))
    return scene if len(kept) == len(scene.observations) else replace(scene, observations=kept)


def _inside(observation: Observation, scene: Scene, areas: tuple[tuple[Point, ...], ...]) -> bool:
    frame = scene.frame
    x, y = observation.track.box.centre
    points = (foot_of(observation, frame), (x / frame.width, y / frame.height))
    return any(contains(area, point) for area in areas for point in points)
