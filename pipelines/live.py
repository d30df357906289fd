"""The live pipeline of one facility: cameras in, judged scenes out, around the clock.

    camera workers --Listening, Inbox--> Looking (detector over all cameras) --scene--> LiveCamera (engine, ledger) --> LiveWriter

Every camera is independent: it may be added, changed, stopped or fail without the others noticing more than the load.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog

from analyzer.types import CameraId, Change, Event
from pipelines.disk import Disk
from pipelines.errors import StoreError
from pipelines.evidence import EvidenceWriter
from pipelines.health_memory import HealthMemory
from pipelines.inbox import Inbox
from pipelines.live_books import Books
from pipelines.live_camera import LiveCamera, Origin
from pipelines.live_ending import Ending
from pipelines.live_facility import FacilityWatch
from pipelines.live_listening import Listening
from pipelines.live_looking import Looking
from pipelines.live_rates import Rates
from pipelines.live_sealing import Sealing
from pipelines.live_upkeep import Upkeep
from pipelines.live_writer import LiveWriter
from pipelines.metrics import LiveMetrics
from pipelines.recording import Recording
from pipelines.records import CoverageInterval, Evidence, GapReason, ZoneVersion
from pipelines.seeing import GuardedSeer
from pipelines.sources.camera import CameraPlan, CameraStatus, CameraWorker, StartPacer
from pipelines.sources.liveclock import LiveClock
from pipelines.store.repository import Repository
from pipelines.thing_memory import ThingFolder

_BATCH: Final = 8
_CHORES: Final = 1.0  # s
_ADMISSION: Final = 5.0  # s
_LONGEST_RUN: Final = timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """``ring``: minutes of packets kept of each camera; ``hang``: seconds until a call of perception is given up.

    ``stop_within``: seconds from the wish to stop until `Live.run` returns; ending the process takes a few more.
    """

    ring: float = 5.0
    hang: float = 10.0
    stop_within: float = 14.0


class Beating(Protocol):
    """Told every second that the loop is alive."""

    def beat(self) -> None: ...


class Live:
    """Runs until it is stopped."""

    def __init__(
        self,
        origin: Origin,
        repository: Repository,
        evidence: EvidenceWriter | None,
        *,
        zones: Sequence[ZoneVersion] = (),
        options: LiveOptions | None = None,
        metrics: LiveMetrics | None = None,
        heartbeat: Beating | None = None,
        disk: Disk | None = None,
        memory: HealthMemory | None = None,
        things: ThingFolder | None = None,
    ) -> None:
        self._origin, self._repository, self._options = origin, repository, options or LiveOptions()
        self._clock, self._pacer = LiveClock.now(), StartPacer()
        self._lock = threading.RLock()
        self._cameras: dict[CameraId, LiveCamera] = {}
        self._workers: dict[CameraId, CameraWorker] = {}
        self._recorders: dict[CameraId, CameraWorker] = {}  # of evidence streams that are not the analysed ones
        self._seer = GuardedSeer(origin.seer, self._options.hang)
        self._rates = Rates()
        self._stopping, self._stop_by = threading.Event(), math.inf
        self._log = structlog.get_logger()
        self.metrics = metrics or LiveMetrics()
        self._writer = LiveWriter(repository, origin.site.facility.id, self._drain, self._stored, self.metrics.stage)
        self._looking = Looking(
            self._cameras,
            self._workers,
            self._lock,
            seer=self._seer,
            rates=self._rates,
            writer=self._writer,
            metrics=self.metrics,
        )
        self._inbox = Inbox(self._looking.late)
        self.listening = Listening(self._cameras, self._inbox, self._clock, self.metrics, self._lock)
        self._sealing = Sealing(evidence, repository, zones, self.metrics.stage) if evidence is not None else None
        self._books = Books(repository, self._writer, self._sealing, memory, self._lock, things=things)
        self._facility = FacilityWatch(origin, repository, self._writer, evidence)
        self._heartbeat, self._beaten = heartbeat, 0.0
        self._upkeep = Upkeep(disk, self._clock, self._options.ring, self.metrics)
        self._site_changed = False
        self._chores = threading.Thread(target=self._housekeeping, name="chores", daemon=True)

    # --- cameras come and go -----------------------------------------------------------------------

    def reconcile(
        self, plans: Iterable[CameraPlan], origin: Origin | None = None, zones: Sequence[ZoneVersion] | None = None
    ) -> None:
        """Make the running cameras those that are wanted; those for which nothing has changed are not touched.

        Args:
            plans: of all cameras that are wanted.
            origin: the site as it is now, when it was changed.
            zones: its zones as the store knows them.
        """
        wanted = {plan.camera: plan for plan in plans}
        before, self._origin = self._origin, origin or self._origin
        if self._origin is not before:
            self._site_changed = True
        if zones is not None and self._sealing is not None:
            self._sealing.zones = tuple(zones)
        for camera, worker in list(self._workers.items()):
            if wanted.get(camera) != worker.plan or _concerns(before, self._origin, camera):
                self._remove(camera)
        for camera, plan in wanted.items():
            if camera not in self._workers and not self._stopping.is_set():
                self._add(plan)

    def take_up(self, lost: Iterable[Evidence]) -> None:
        """Write the evidence that the last stop cut short, as far as the rings reach. To be called before `run`."""
        if self._sealing is not None:
            self._sealing.take_up(lost)

    def status(self) -> tuple[CameraStatus, ...]:
        """Of every camera."""
        return tuple(worker.status for worker in list(self._workers.values()))

    def recordings(self) -> tuple[CameraStatus, ...]:
        """Of every evidence stream that is not the analysed one."""
        return tuple(worker.status for worker in list(self._recorders.values()))

    def troubles(self) -> dict[CameraId, GapReason]:
        """What keeps connected cameras from being watched as asked."""
        with self._lock:
            return {name: trouble for name, one in self._cameras.items() if (trouble := one.trouble) is not None}

    def things(self) -> dict[CameraId, int]:
        """How many things pass for people, of cameras that see some."""
        with self._lock:
            return {name: one.things for name, one in self._cameras.items() if one.things}

    def camera(self, camera: CameraId) -> LiveCamera:
        return self._cameras[camera]

    def worker(self, camera: CameraId) -> CameraWorker:
        return self._workers[camera]

    @property
    def seer(self) -> GuardedSeer:
        return self._seer

    @property
    def writer(self) -> LiveWriter:
        return self._writer

    def _add(self, plan: CameraPlan) -> None:
        now = self._now()
        camera = self._books.begin(plan, self._origin, now, self._clock.wall)
        worker = CameraWorker(plan, self.listening, self._clock, self._pacer)
        with self._lock:
            self._cameras[plan.camera], self._workers[plan.camera] = camera, worker
        self._log.info("camera.added", camera=plan.camera, source=str(plan.address))
        worker.start()
        if (recording := plan.recording) is not None:
            recorder = self._recorders[plan.camera] = CameraWorker(recording, Recording(self._log), self._clock, self._pacer)
            if not self._upkeep.records:
                recorder.record(wanted=False)
            recorder.start()

    def _remove(self, name: CameraId) -> None:
        ending = [worker for worker in (self._workers.pop(name, None), self._recorders.pop(name, None)) if worker is not None]
        for worker in ending:
            worker.stop()
        for worker in ending:
            worker.join(5.0)
        self._inbox.forget(name)
        self._rates.forget(name)
        self._finish(name)
        self._origin.seer.forget(name)

    def _finish(self, name: CameraId) -> None:
        """End the run of a camera whose worker has ended."""
        with self._lock:
            camera = self._cameras.pop(name, None)
        if camera is None:
            return  # everything ends, and this with it
        self._books.finish(camera, self._now())
        self.metrics.gone(name)
        self._log.info("camera.removed", camera=name)

    # --- the loop ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Look at pictures until `stop`; then close everything within the time allowed.

        Raises:
            Exhausted: perception hangs again and again; the process should be replaced.
        """
        self._writer.start()
        self._chores.start()
        if self._sealing is not None:
            self._sealing.start(self._open_cameras, self._now)
        try:
            while not self._stopping.is_set():
                self._beat()
                if batch := self._inbox.take(_BATCH, 0.25):
                    self._looking.look(batch)
        finally:
            self._close()

    def stop(self) -> None:
        """Ask `run` to end; the time allowed for that begins with the first wish."""
        if not self._stopping.is_set():
            self._stop_by = time.monotonic() + self._options.stop_within
            self._stopping.set()
            self._seer.hurry()

    def _beat(self) -> None:
        now = time.monotonic()
        if self._heartbeat is not None and now - self._beaten >= _CHORES:
            self._beaten = now
            self._heartbeat.beat()

    # --- chores --------------------------------------------------------------------------------------

    def _housekeeping(self) -> None:
        last, pruned = time.monotonic(), 0.0
        self._upkeep.begin()
        while not self._stopping.wait(_CHORES):
            now = self._now()
            with self._lock:
                planned = self._facility.maintenance(now)
                for camera in self._cameras.values():
                    camera.elapsed(now, planned=planned)
                    self.metrics.watched(camera.camera, camera.ledger.spent, camera.silent(now))
            self._look_at_facility(now)
            if time.monotonic() - last >= _ADMISSION:
                self._admit(time.monotonic() - last)
                last = time.monotonic()
            workers = (*list(self._workers.values()), *list(self._recorders.values()))
            self._upkeep.look_at_disk(self._open_cameras(), workers, now)
            self._upkeep.look_at_clock()
            if time.monotonic() - pruned >= 30.0:
                pruned = time.monotonic()
                for camera in self._open_cameras():
                    self._books.note(camera, now)
                self._upkeep.prune(self._open_cameras(), now)
                self.roll(now)

    def _look_at_facility(self, now: datetime) -> None:
        try:
            if self._site_changed:
                self._site_changed = False
                self._facility.close(now)
                self._facility.take_over(self._origin)
            self._facility.round(self._open_cameras(), now)
        except StoreError as error:
            self._log.error("facility.unavailable", error=str(error))
        self.metrics.outages(self._facility.outages)

    def roll(self, now: datetime) -> None:
        """Begin new runs where the day has changed: what grows with a run stays small, and a day stands by itself.

        Waits until nobody is in the picture, for six hours at most; what is going on then is cut in two.
        """
        for old in self._open_cameras():
            if old.begins.date() == now.date() or not (old.idle or now - old.begins > _LONGEST_RUN):
                continue
            with self._lock:
                if self._cameras.get(old.camera) is not old or all(old.camera != one.id for one in self._origin.site.cameras):
                    continue  # taken away meanwhile, or about to be
                new, events = self._books.succeed(old, self._origin, now)
                self._cameras[old.camera] = new
            self._origin.seer.renew(old.camera)
            self._books.succeeded(old, events, new, now)

    def _admit(self, elapsed: float) -> None:
        self._rates.admit(elapsed, self._open_cameras(), self._workers, self.metrics)
        self.metrics.waiting(len(self._inbox), self._writer.backlog)
        with self._lock:
            self.metrics.judged([tally for camera in self._cameras.values() for tally in camera.engine.tallies()])

    def _drain(self) -> Sequence[CoverageInterval]:
        with self._lock:
            return self._books.drain(self._cameras.values(), self._now())

    def _stored(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.change is Change.OPENED:
                self.metrics.event(event)
                self._log.info("event.opened", id=event.id, rule=event.rule, camera=event.camera)
                if self._sealing is not None:
                    self._sealing.announce(event)
                    if self._facility.owns(event):
                        self._facility.seal(event)

    def _open_cameras(self) -> tuple[LiveCamera, ...]:
        with self._lock:
            return tuple(self._cameras.values())

    def _now(self) -> datetime:
        return self._clock.utc(time.monotonic())

    def _close(self) -> None:
        """Stop the cameras together, end their runs, seal what is open, write the rest: all under one deadline.

        What would take too long is left: a worker that does not end is killed, and evidence that is not sealed stays
        pending for the next start.
        """
        self.stop()
        ending = Ending(self._stop_by)
        ending.workers((*self._workers.values(), *self._recorders.values()))
        self._workers.clear()
        self._recorders.clear()
        with self._lock:
            cameras = tuple(self._cameras.values())
            self._cameras.clear()
        for camera in cameras:
            self._inbox.forget(camera.camera)
            self._books.finish(camera, self._now(), ending=True)
        self._facility.close(self._now())
        if self._sealing is not None and (left := ending.seal(self._sealing, cameras)):
            self._log.warning("evidence.left", events=left)
        self._seer.close()
        if not self._writer.close(ending.left(least=1.0)):
            self._log.error("store.unfinished", events=self._writer.backlog)


def _concerns(before: Origin, now: Origin, camera: CameraId) -> bool:
    """Whether a changed site changes what is judged on a camera that both know."""
    return before is not now and before.site.of_camera(camera) != now.site.of_camera(camera)


def ring_of(data: Path, camera: CameraId) -> Path:
    """Where the packets of a camera are kept; its id is already fit for a file name."""
    return data / "ring" / camera
