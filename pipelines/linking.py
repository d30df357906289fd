"""Which tracks may be linked by clothes, from the settings and the site file."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from analyzer.privacy import forbidden_areas
from analyzer.site import Site
from analyzer.types import CameraId
from models.appearance import LinkOptions


def link_options(minutes: float, site: Site, *, together: bool) -> LinkOptions | None:
    """Return how long looks are kept, which cameras are near each other and where nobody is looked at.

    None when nothing may be kept. A way leads both ways: one camera that names another is enough. Without ``together`` every
    camera stands alone: recordings that are analysed in turn may be of any time.
    """
    if not minutes:
        return None
    near: dict[CameraId, set[CameraId]] = defaultdict(set)
    for camera in site.cameras if together else ():
        for other in camera.near:
            near[camera.id].add(other)
            near[other].add(camera.id)
    return LinkOptions(
        within=timedelta(minutes=minutes),
        near={one: frozenset(others) for one, others in near.items()},
        forbidden={camera.id: areas for camera in site.cameras if (areas := forbidden_areas(site, camera.id))},
    )
