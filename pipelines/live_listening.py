"""What the cameras tell, each in its own thread: pictures, glances, the state of the connection, counts of packets."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import structlog

from analyzer.types import CameraId
from models.frame import Image
from pipelines.inbox import Caught, Inbox
from pipelines.live_camera import LiveCamera
from pipelines.metrics import LiveMetrics
from pipelines.sources.camera import CameraStatus
from pipelines.sources.lifecycle import State
from pipelines.sources.liveclock import LiveClock
from pipelines.sources.wire import Glance, Line, Tally
from pipelines.stages import Stage


class Listening:
    """Implements `pipelines.sources.camera.Listener` for all cameras of a process.

    Args:
        cameras: those that are watched now; what others tell is let pass.
        inbox: where pictures wait.
        clock: of this process.
        metrics: told as well.
        lock: held while a camera is changed.
    """

    def __init__(
        self,
        cameras: Mapping[CameraId, LiveCamera],
        inbox: Inbox,
        clock: LiveClock,
        metrics: LiveMetrics,
        lock: threading.RLock,
    ) -> None:
        self._cameras, self._inbox, self._clock, self._metrics, self._lock = cameras, inbox, clock, metrics, lock
        self._clocks_still: dict[CameraId, bool] = {}
        self._log = structlog.get_logger()

    def caught(self, caught: Caught) -> None:
        if not caught.catch_up:  # those had been let pass on purpose
            self._metrics.stage(Stage.CAPTURE, caught.came - caught.arrival)
        self._inbox.put(caught)

    def glanced(self, camera: CameraId, glance: Glance, grey: Image) -> None:
        with self._lock:
            known = self._cameras.get(camera)
            changed = known is not None and known.glanced(glance, grey, self._clock.utc(glance.arrival))
        if known is not None:
            self._metrics.gate(camera, glance)
            self._metrics.counting(camera, glance.tally)
            if known.clock_still != self._clocks_still.get(camera, False):
                self._clocks_still[camera] = known.clock_still
                self._log.warning("camera.clock_still" if known.clock_still else "camera.clock_runs", camera=camera)
                self._metrics.clock_still(camera, still=known.clock_still)
        if changed and known is not None:
            self._log.warning("picture.health", camera=camera, fault=known.health.fault)

    def lined(self, camera: CameraId, line: Line) -> None:
        with self._lock:
            known = self._cameras.get(camera)
            changed = known is not None and known.lined(line)
        if known is not None:
            self._metrics.line(camera, line)
        if changed and known is not None:
            log = self._log.info if known.line is None else self._log.warning
            log("camera.line", camera=camera, fault=known.line, late=round(line.late, 1), filled=round(line.filled, 2))

    def changed(self, status: CameraStatus, now: float) -> None:
        with self._lock:
            camera = self._cameras.get(status.camera)
            if camera is None:
                return
            before = camera.state
            camera.connection(status.life.state, status.life.reason, self._clock.utc(now))
        if before is not status.life.state:
            note = {} if status.life.state is State.LIVE else {"reason": status.life.reason, "error": status.text}
            self._metrics.reconnects(status.camera, status.reconnects)
            self._log.info("camera.state", camera=status.camera, state=status.life.state, attempts=status.attempts, **note)
            self._metrics.state(status.camera, status.life.state)
        if status.life.crash_loop:
            self._log.error("camera.crash_loop", camera=status.camera)

    def counted(self, camera: CameraId, tally: Tally) -> None:
        with self._lock:
            if (known := self._cameras.get(camera)) is not None:
                known.counted(tally)
        self._metrics.counted(camera, tally)
