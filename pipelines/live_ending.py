"""How the live pipeline ends in time whatever does not want to: one deadline for all, and a share of it for each step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pipelines.live_camera import LiveCamera

_WORKERS: Final = 0.3  # share of the time that is left for the workers of all cameras together
_SEALING: Final = 0.75  # ... for evidence, of what is left then; the rest is the store's


class Stoppable(Protocol):
    """A worker with a thread of its own; `pipelines.sources.camera.CameraWorker` is one."""

    def stop(self) -> None: ...
    def join(self, timeout: float) -> bool: ...
    def abandon(self) -> None: ...


class Sealer(Protocol):
    """Seals evidence in a thread of its own; `pipelines.live_sealing.Sealing` is one."""

    def stop(self) -> None: ...
    def join(self, timeout: float) -> bool: ...
    def seal_all(self, camera: LiveCamera, until: float) -> int: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """``deadline``: monotonic seconds by which all is to be over."""

    deadline: float

    def left(self, least: float = 0.0) -> float:
        """Seconds, but not less than ``least``."""
        return max(self.deadline - time.monotonic(), least)

    def workers(self, workers: Sequence[Stoppable]) -> None:
        """Ask all of them to end, then wait for them together; kill those that do not."""
        for worker in workers:
            worker.stop()
        until = time.monotonic() + _WORKERS * self.left()
        for worker in workers:
            if not worker.join(max(until - time.monotonic(), 0.0)):
                worker.abandon()

    def seal(self, sealing: Sealer, cameras: Sequence[LiveCamera]) -> int:
        """Seal what is open of cameras whose runs have ended; how many events had to be left as they are."""
        sealing.stop()
        until = time.monotonic() + _SEALING * self.left()
        if not sealing.join(max(until - time.monotonic(), 0.0)):
            # It is at the event of one camera still; two must not write the same files.
            return sum(len(camera.episodes) for camera in cameras)
        return sum(sealing.seal_all(camera, until) for camera in cameras)
