"""From pictures to verdicts: one call of perception for all cameras, then each camera judges its own scene."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from analyzer.types import CameraId, Scene
from models.errors import PerceptionError
from pipelines.inbox import Caught
from pipelines.live_camera import LiveCamera
from pipelines.live_rates import Rates
from pipelines.live_writer import LiveWriter
from pipelines.metrics import LiveMetrics
from pipelines.records import DropReason
from pipelines.seeing import Blind, Exhausted, GuardedSeer
from pipelines.sources.camera import CameraWorker
from pipelines.stages import Stage, timing

HOLD: Final = 3.0  # s a camera stays awake after a track was seen


class Looking:
    """The inference of a process; `look` is called by one thread, again and again.

    Args:
        cameras: those that are watched now; pictures of others are let pass.
        workers: theirs: told to stay awake, and how often to look.
        lock: held while a camera is changed.
        seer: what sees.
        rates: told how quick it was.
        writer: takes the events.
        metrics: told as well.
    """

    def __init__(
        self,
        cameras: Mapping[CameraId, LiveCamera],
        workers: Mapping[CameraId, CameraWorker],
        lock: threading.RLock,
        *,
        seer: GuardedSeer,
        rates: Rates,
        writer: LiveWriter,
        metrics: LiveMetrics,
    ) -> None:
        self._cameras, self._workers, self._seer, self._rates = cameras, workers, seer, rates
        self._writer, self._metrics, self._lock = writer, metrics, lock
        self._held: dict[CameraId, float] = {}
        self._log = structlog.get_logger()

    def look(self, batch: Sequence[Caught]) -> None:
        """Look at one picture each of several cameras.

        Raises:
            Exhausted: perception hangs again and again.
        """
        began = time.monotonic()
        for caught in batch:
            self._metrics.stage(Stage.WAIT, began - caught.came)
        self._rates.handed_in(len(batch))
        try:
            answers = self._seer.look([caught.frame for caught in batch])
        except PerceptionError as error:
            self._log.error("perception.failed", error=str(error), pictures=len(batch))
            for caught in batch:
                self._failed(caught, DropReason.FAILED)
            if isinstance(error, Exhausted):
                raise
            return
        self._rates.measured(time.monotonic() - began, len(batch))
        for caught, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Blind):
                self._log.warning("picture.failed", camera=caught.camera, error=answer.why)
                self._failed(caught, DropReason.FAILED)
            else:
                self._understood(caught, answer)

    def _understood(self, caught: Caught, scene: Scene) -> None:
        with self._lock:
            camera = self._cameras.get(caught.camera)
            if camera is None:
                return
            try:
                with timing(self._metrics.stage, Stage.JUDGE):
                    events = camera.understood(scene, unasked=caught.unasked)
            except Exception as error:  # noqa: BLE001 - one camera's broken judgement must not end the watch of the others
                self._log.exception("judgement.failed", camera=caught.camera, error=str(error))
                camera.failed(scene.frame.at, DropReason.FAILED)
                return
            rate = camera.wanted_rate(scene)
        now = time.monotonic()
        self._metrics.verdict(caught.camera, now - caught.arrival)
        self._metrics.things(caught.camera, camera.things)
        if caught.unasked:
            self._metrics.audited(caught.camera, camera.missed_seconds)
        if (worker := self._workers.get(caught.camera)) is not None:
            if scene.observations and now - self._held.get(caught.camera, 0.0) > HOLD / 3:
                self._held[caught.camera] = now
                worker.hold(HOLD)
            self._rates.pace(camera, worker, rate, self._metrics)
        if events:
            self._writer.events(events)

    def _failed(self, caught: Caught, reason: DropReason) -> None:
        self._metrics.dropped(caught.camera, reason)
        with self._lock:
            if (camera := self._cameras.get(caught.camera)) is not None:
                camera.failed(caught.frame.ref.at, reason)

    def late(self, caught: Caught) -> None:
        """A newer picture of the camera came before its turn."""
        self._failed(caught, DropReason.LATE)
