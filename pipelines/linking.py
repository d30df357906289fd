"""Which tracks may be linked by clothes, from the settings and the site file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from analyzer.site import Camera
from analyzer.types import CameraId
from models.appearance import LinkOptions


def link_options(minutes: float, cameras: Iterable[Camera] = ()) -> LinkOptions | None:
    """Return how long looks are kept and which cameras are near each other, or None when nothing may be kept.

    A way leads both ways: one camera that names another is enough.
    """
    if not minutes:
        return None
    near: dict[CameraId, set[CameraId]] = defaultdict(set)
    for camera in cameras:
        for other in camera.near:
            near[camera.id].add(other)
            near[other].add(camera.id)
    return LinkOptions(within=timedelta(minutes=minutes), near={one: frozenset(others) for one, others in near.items()})
