"""Stored scenes judged again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from analyzer.engine import Engine
from analyzer.errors import ComplianceError, InvalidSite
from analyzer.privacy import withhold
from analyzer.site import Site
from analyzer.types import Event, Provenance, RunId, Scene
from pipelines.errors import BadInput
from pipelines.scene_file import encode_event, read_scenes
from pipelines.site_file import SiteDocument, load_site

CODE_VERSION = "replay"


def replay_lines(scenes: Path, site: Path, run: str) -> Iterator[str]:
    """The events of a file of scenes, as lines.

    Raises:
        BadInput: the scenes or the site cannot be used; names the line.
    """
    document = load_site(site)
    return (encode_event(event) for event in judge(read_scenes(scenes), document, run, str(scenes)))


def judge(scenes: Iterable[Scene], document: SiteDocument, run: str, place: str) -> Iterator[Event]:
    """The events of scenes of one camera, in the order they become known.

    Args:
        scenes: in time order.
        document: the site; must have the camera.
        run: goes into the event ids.
        place: where the scenes come from, for messages.

    Raises:
        BadInput: a scene goes back in time, changes the camera, or the site does not have it.
    """
    site = document.site
    engine: Engine | None = None
    last: Scene | None = None
    for number, scene in enumerate(scenes, start=1):
        try:
            if engine is None:
                engine = _engine(site, scene, document, run)
            yield from engine.step(withhold(scene, site))
        except InvalidSite as problem:
            known = ", ".join(camera.id for camera in site.cameras) or "none"
            raise BadInput(f"{place} scene {number}", str(problem), f"cameras of {document.path} are: {known}") from problem
        except ComplianceError as problem:
            raise BadInput(f"{place} scene {number}", str(problem), "give the scenes of one camera in time order") from problem
        last = scene
    if engine is not None and last is not None:
        yield from engine.finish(last.frame.at, last.frame.pts)


def _engine(site: Site, scene: Scene, document: SiteDocument, run: str) -> Engine:
    return Engine(site, scene.frame.camera, Provenance(RunId(run), document.sha256, CODE_VERSION))
