"""The thread that seals evidence of live events after their post-roll, with retries; it never holds up the watch."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from analyzer.privacy import forbidden_areas
from analyzer.types import Change, Event, EventId
from pipelines.errors import EvidenceFault, PipelineError
from pipelines.evidence import Case, Episode, EvidenceWriter
from pipelines.evidence.footage import Footage
from pipelines.evidence.masked import masked
from pipelines.live_camera import LiveCamera
from pipelines.live_evidence import POST_ROLL, NoFootage, RingFootage, due
from pipelines.live_resuming import episode_from
from pipelines.records import Evidence, TimeBasis, ZoneVersion
from pipelines.ring import covering
from pipelines.scene_ring import scenes_between
from pipelines.stages import Stage, Timed, timing, untimed
from pipelines.store.repository import Repository

_PACE: Final = 2.0  # s
_TRIES: Final = 5
_MARGIN: Final = timedelta(seconds=15)


class Sealing:
    """Seals episodes of all cameras; ``timed`` is told how long that takes."""

    def __init__(
        self,
        evidence: EvidenceWriter,
        repository: Repository,
        zones: Sequence[ZoneVersion],
        timed: Timed = untimed,
    ) -> None:
        self._evidence, self._repository, self._timed = evidence, repository, timed
        self.zones = tuple(zones)
        self._stopping = threading.Event()
        self._tries: Counter[EventId] = Counter()
        self._sealed: set[EventId] = set()
        self._cut_short: list[EventId] = []
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger()

    def take_up(self, lost: Iterable[Evidence]) -> None:
        """Files that a stop cut short: what the ring still holds of their events is written once more. To be called before `start`."""
        self._cut_short = sorted({row.event for row in lost})

    def start(self, cameras: Callable[[], Sequence[LiveCamera]], now: Callable[[], datetime]) -> None:
        self._thread = threading.Thread(target=self._run, args=(cameras, now), name="sealing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the event at hand; `join` waits for it."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Whether that was done within ``timeout`` seconds."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def announce(self, event: Event) -> None:
        """The event is in the store: its evidence is on its way."""
        try:
            self._evidence.pending(event)
        except PipelineError as error:
            self._log.error("evidence.not_announced", id=event.id, error=str(error))

    def seal_all(self, camera: LiveCamera, until: float = math.inf) -> int:
        """The camera is taken away: seal every episode with what there is.

        Args:
            camera: whose run has ended.
            until: monotonic seconds after which nothing more is begun.

        Returns:
            How many were left; their rows stay pending, and the next start takes them up.
        """
        waiting = list(camera.episodes.items())
        for index, (name, episode) in enumerate(waiting):
            if time.monotonic() >= until:
                return len(waiting) - index
            self._seal(camera, name, episode)
        return 0

    def _run(self, cameras: Callable[[], Sequence[LiveCamera]], now: Callable[[], datetime]) -> None:
        while not self._stopping.wait(_PACE):
            self._resume(cameras())
            for camera in cameras():
                for name, episode in list(camera.episodes.items()):
                    if self._stopping.is_set():
                        return
                    if due(episode, now() - camera.behind):
                        self._seal(camera, name, episode)

    def _resume(self, cameras: Sequence[LiveCamera]) -> None:
        """The packets go on lying in the ring for some minutes: the sooner the better."""
        known = {camera.camera: camera for camera in cameras}
        while self._cut_short and not self._stopping.is_set():
            name = self._cut_short.pop(0)
            try:
                stored = self._repository.event(name)
                camera = known.get(stored.camera)
                if camera is None or camera.plan.ring is None:
                    continue
                episode, zero = episode_from(stored), stored.opened_at - stored.opened_pts
                if not covering(camera.plan.ring, stored.since, stored.opened_at + POST_ROLL):
                    continue
                scenes = scenes_between(camera.plan.ring, stored.since - _MARGIN, episode.last.at + _MARGIN)
                self._evidence.seal(episode, self._footage(camera, zero), scenes, self._case(camera, episode.opened))
            except (PipelineError, ValueError) as error:
                self._log.warning("evidence.not_taken_up", id=name, error=str(error))
            else:
                self._log.info("evidence.taken_up", id=name)

    def _seal(self, camera: LiveCamera, name: EventId, episode: Episode) -> None:
        over = episode.last.change is not Change.OPENED
        if name not in self._sealed:
            opened = episode.opened
            scenes = camera.scenes_between(opened.since - _MARGIN, episode.last.at + _MARGIN)
            footage = self._footage(camera, camera.zero)
            try:
                with timing(self._timed, Stage.SEAL):
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

    def _footage(self, camera: LiveCamera, zero: datetime) -> Footage:
        if camera.plan.ring is None:
            return NoFootage(EvidenceFault.NOT_RECORDED)
        ring = RingFootage(camera.camera, camera.plan.ring, zero)
        return masked(ring, forbidden_areas(camera.site, camera.camera))

    def _case(self, camera: LiveCamera, event: Event) -> Case:
        zone = next((z for z in self.zones if (z.id, z.version) == (event.zone, event.zone_version)), None)
        facility = camera.site.facility
        return Case(
            facility.id, facility.timezone_name, str(camera.plan.evidence or camera.plan.address), None, TimeBasis.LIVE, zone
        )
