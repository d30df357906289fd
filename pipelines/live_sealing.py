"""The thread that seals evidence of live events after their post-roll, with retries; it never holds up the watch."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from analyzer.privacy import forbidden_areas
from analyzer.site import Site
from analyzer.types import Change, Event, EventId
from pipelines.errors import PipelineError
from pipelines.evidence import Case, Episode, EvidenceWriter
from pipelines.evidence.footage import Footage
from pipelines.evidence.masked import masked
from pipelines.live_camera import LiveCamera
from pipelines.live_evidence import NoFootage, RingFootage, due
from pipelines.records import TimeBasis, ZoneVersion
from pipelines.store.repository import Repository

_PACE: Final = 2.0  # s
_TRIES: Final = 5
_MARGIN: Final = timedelta(seconds=15)


class Sealing:
    """Seals episodes of all cameras."""

    def __init__(self, evidence: EvidenceWriter, repository: Repository, site: Site, zones: Sequence[ZoneVersion]) -> None:
        self._evidence, self._repository, self._site = evidence, repository, site
        self.zones = tuple(zones)
        self._stopping = threading.Event()
        self._tries: Counter[EventId] = Counter()
        self._sealed: set[EventId] = set()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger()

    def start(self, cameras: Callable[[], Sequence[LiveCamera]], now: Callable[[], datetime]) -> None:
        self._thread = threading.Thread(target=self._run, args=(cameras, now), name="sealing", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the event at hand."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def announce(self, event: Event) -> None:
        """The event is in the store: its evidence is on its way."""
        try:
            self._evidence.pending(event)
        except PipelineError as error:
            self._log.error("evidence.not_announced", id=event.id, error=str(error))

    def seal_all(self, camera: LiveCamera) -> None:
        """The camera is taken away: seal every episode with what there is."""
        for name, episode in list(camera.episodes.items()):
            self._seal(camera, name, episode)

    def _run(self, cameras: Callable[[], Sequence[LiveCamera]], now: Callable[[], datetime]) -> None:
        while not self._stopping.wait(_PACE):
            for camera in cameras():
                for name, episode in list(camera.episodes.items()):
                    if self._stopping.is_set():
                        return
                    if due(episode, now()):
                        self._seal(camera, name, episode)

    def _seal(self, camera: LiveCamera, name: EventId, episode: Episode) -> None:
        over = episode.last.change is not Change.OPENED
        if name not in self._sealed:
            opened = episode.opened
            scenes = camera.scenes_between(opened.since - _MARGIN, episode.last.at + _MARGIN)
            footage = self._footage(camera)
            try:
                self._evidence.seal(episode, footage, scenes, self._case(camera, opened))
            except PipelineError as error:
                self._tries[name] += 1
                self._log.warning("evidence.failed", id=name, error=str(error), tries=self._tries[name])
                if self._tries[name] < _TRIES:
                    return
            self._sealed.add(name)
            self._log.info("evidence.sealed", id=name)
        if over:
            camera.episodes.pop(name, None)
            self._sealed.discard(name)
            self._tries.pop(name, None)

    def _footage(self, camera: LiveCamera) -> Footage:
        if camera.plan.ring is None:
            return NoFootage("the source has no packets: nothing is recorded of it")
        ring = RingFootage(camera.camera, camera.plan.ring, camera.zero)
        return masked(ring, forbidden_areas(self._site, camera.camera))

    def _case(self, camera: LiveCamera, event: Event) -> Case:
        zone = next((z for z in self.zones if (z.id, z.version) == (event.zone, event.zone_version)), None)
        facility = self._site.facility
        return Case(
            facility.id, facility.timezone_name, str(camera.plan.evidence or camera.plan.address), None, TimeBasis.LIVE, zone
        )
