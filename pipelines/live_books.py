"""What is kept of the runs of live cameras: where each begins and ends, its counts, and what the camera usually shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from analyzer.types import CameraId, Event
from pipelines.coverage import close_after_crash
from pipelines.health_memory import HealthMemory, view_of
from pipelines.live_camera import LiveCamera, Origin
from pipelines.live_sealing import Sealing
from pipelines.live_writer import LiveWriter
from pipelines.records import CoverageInterval, CoverageState, GapReason, RunState, TimeBasis
from pipelines.sources.camera import CameraPlan
from pipelines.store.repository import Repository
from pipelines.thing_memory import ThingFolder

_REMEMBERED: Final = timedelta(days=60)


class Books:
    """The books of all cameras of a process.

    Args:
        repository: asked for what an earlier process left open.
        writer: writes everything else.
        sealing: told when a run ends, or ``None`` without evidence.
        memory: of the picture health, or ``None``.
        things: what passes for people, or ``None``.
        lock: held while a camera is read or changed.
    """

    def __init__(
        self,
        repository: Repository,
        writer: LiveWriter,
        sealing: Sealing | None,
        memory: HealthMemory | None,
        lock: threading.RLock,
        *,
        things: ThingFolder | None = None,
    ) -> None:
        self._repository, self._writer, self._sealing, self._memory, self._lock = repository, writer, sealing, memory, lock
        self._things = things
        self._gone: list[CoverageInterval] = []
        self._ended: dict[CameraId, datetime] = {}

    def begin(self, plan: CameraPlan, origin: Origin, now: datetime, zero: datetime) -> LiveCamera:
        """Open the run of a camera that is added; the time since its last one becomes a gap."""
        with self._lock:
            ended = self._ended.pop(plan.camera, None)
            if ended is not None and ended < now:
                self._gone.append(CoverageInterval(plan.camera, ended, now, CoverageState.GAP, GapReason.STOPPED))
        if ended is None:
            self._close_earlier_runs(plan.camera, now)
        camera = LiveCamera(plan, origin, now, zero)
        view = view_of(origin.site, plan.camera, str(plan.address))
        if self._memory is not None:
            self._memory.recall(plan.camera, camera.picture_health, view, now, time.monotonic())
        if self._things is not None and (known := self._things.recall(plan.camera, view, zero, now)) is not None:
            origin.seer.recall(plan.camera, known)
        self._writer.run(camera.record(RunState.RUNNING, str(plan.address), now))
        return camera

    def note(self, camera: LiveCamera, now: datetime) -> None:
        """Write how a run that goes on stands."""
        self._keep_memory(camera, now)
        self._writer.run(camera.record(RunState.RUNNING, str(camera.plan.address), now))
        self._count(camera)

    def finish(self, camera: LiveCamera, now: datetime, *, ending: bool = False) -> None:
        """End the run of a camera whose worker has ended.

        ``ending``: the process ends as well. Evidence is left to the caller, and what comes after it to the next process.
        """
        with self._lock:
            events = camera.close(now)
            self._gone += camera.ledger.drain()
            if not ending:
                self._ended[camera.camera] = camera.ledger.cursor
        self._conclude(camera, events, now, seal=not ending)
        self._keep_memory(camera, now)

    def succeed(self, old: LiveCamera, origin: Origin, now: datetime) -> tuple[LiveCamera, tuple[Event, ...]]:
        """End one run and begin the next without a hole; the events of the end. To be called with the lock held."""
        events = old.close(now)
        self._gone += old.ledger.drain()
        return old.successor(origin), events

    def succeeded(self, old: LiveCamera, events: Sequence[Event], new: LiveCamera, now: datetime) -> None:
        """Write the change of runs that `succeed` has made."""
        self._writer.run(new.record(RunState.RUNNING, str(new.plan.address), now))
        self._conclude(old, events, now)

    def drain(self, cameras: Iterable[LiveCamera], now: datetime) -> Sequence[CoverageInterval]:
        """The intervals that are not written yet. To be called with the lock held.

        The time of a camera that was stopped goes on: a stop that is only written when it is over looks like an outage until then.
        """
        for name, ended in self._ended.items():
            if ended < now:
                self._gone.append(CoverageInterval(name, ended, now, CoverageState.GAP, GapReason.STOPPED))
                self._ended[name] = now
        gone, self._gone = self._gone, []
        return (*gone, *(interval for camera in cameras for interval in camera.ledger.drain()))

    def _close_earlier_runs(self, camera: CameraId, now: datetime) -> None:
        """A process that was killed could not write its last gap: it is written for it."""
        runs = self._repository.runs(camera=camera, limit=20)
        left = [run for run in runs if run.state is RunState.RUNNING and run.time_basis is TimeBasis.LIVE]
        known = self._repository.coverage(camera, now - _REMEMBERED, now)
        gap = close_after_crash(known, camera, now, clean=not left)
        if gap is not None:
            self._repository.put_coverage([gap])
        for run in left:
            self._repository.put_run(replace(run, state=RunState.INTERRUPTED, finished_at=now))

    def _conclude(self, camera: LiveCamera, events: Sequence[Event], now: datetime, *, seal: bool = True) -> None:
        self._writer.events(events)
        self._count(camera)
        self._writer.run(camera.record(RunState.FINISHED, str(camera.plan.address), now))
        if seal and self._sealing is not None:
            self._sealing.seal_all(camera)

    def _count(self, camera: LiveCamera) -> None:
        with self._lock:
            tallies, looks = camera.engine.tallies(), camera.looks.drain()
        self._writer.tallies(camera.run_id, tallies)
        self._writer.looks(looks)

    def _keep_memory(self, camera: LiveCamera, now: datetime) -> None:
        name, view = camera.camera, view_of(camera.site, camera.camera, str(camera.plan.address))
        if self._memory is not None:
            self._memory.keep(name, camera.picture_health, view, now)
        if self._things is None:
            return
        if camera.health.fault is GapReason.MOVED:
            self._things.drop(name)  # what stood there stands elsewhere in the picture now
        elif camera.health.fault is None and camera.ever_seen:
            self._things.keep(name, camera.things_known(), view, camera.zero, now)
