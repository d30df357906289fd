"""How many pictures a second each camera gets: what is asked, what the machine can give, and what is needed now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from analyzer.types import CameraId
from pipelines.admission import Capacity
from pipelines.live_camera import LiveCamera
from pipelines.metrics import LiveMetrics
from pipelines.sources.camera import CameraWorker


class Rates:
    """Cuts the rates when the machine is too slow (which the ledger says), and paces them by what is undecided (which is
    no loss, see `pipelines.pace`).
    """

    def __init__(self) -> None:
        self._capacity, self._handed_in = Capacity(), 0
        self._given: dict[CameraId, float] = {}
        self._log = structlog.get_logger()

    @property
    def capacity(self) -> float | None:
        """Pictures a second that this machine can look at."""
        return self._capacity.rate

    def handed_in(self, pictures: int) -> None:
        self._handed_in += pictures

    def measured(self, seconds: float, pictures: int) -> None:
        """``pictures`` were looked at together in ``seconds``."""
        self._capacity.measured(seconds, pictures)

    def forget(self, camera: CameraId) -> None:
        """It was taken away, or begins anew."""
        self._given.pop(camera, None)

    def pace(self, camera: LiveCamera, worker: CameraWorker, rate: float, metrics: LiveMetrics) -> None:
        """Ask for ``rate`` pictures a second of a camera: what it has just shown makes so many needful."""
        if abs(rate - self._given.get(camera.camera, camera.plan.rate)) < 0.05 * rate:
            return
        self._given[camera.camera] = rate
        worker.set_rate(rate, most=camera.rate)
        metrics.paced(camera.camera, rate)

    def admit(
        self,
        elapsed: float,
        cameras: Sequence[LiveCamera],
        workers: Mapping[CameraId, CameraWorker],
        metrics: LiveMetrics,
    ) -> None:
        """Compare what arrived in ``elapsed`` seconds with what can be looked at, and cut or restore the rates."""
        handed_in, self._handed_in = self._handed_in / elapsed, 0
        known = {camera.camera: camera for camera in cameras}
        asked = {name: camera.plan.rate for name, camera in known.items()}
        for name, rate in self._capacity.decide(asked, handed_in).items():
            metrics.rates(name, asked[name], rate)
            camera, worker = known[name], workers.get(name)
            if worker is None or abs(camera.rate - rate) < 0.05 * camera.rate:
                continue
            self._log.warning("camera.rate", camera=name, asked=asked[name], given=round(rate, 2))
            camera.rate, camera.degraded = rate, rate < 0.95 * asked[name]
            self._given[name] = rate
            worker.set_rate(rate)
        metrics.capacity(self.capacity)
