"""The evidence stream of a camera that has two: its packets go to the ring undecoded, its outages are said."""

from __future__ import annotations

import structlog

from analyzer.types import CameraId
from models.frame import Image
from pipelines.inbox import Caught
from pipelines.sources.camera import CameraStatus
from pipelines.sources.lifecycle import State
from pipelines.sources.wire import Glance, Line, Tally


class Recording:
    """Implements `pipelines.sources.camera.Listener`: nothing of this stream is looked at, so only its state is of interest."""

    def __init__(self, log: structlog.stdlib.BoundLogger) -> None:
        self._log, self._state = log, State.STOPPED

    def caught(self, caught: Caught) -> None: ...

    def glanced(self, camera: CameraId, glance: Glance, grey: Image) -> None: ...

    def lined(self, camera: CameraId, line: Line) -> None: ...

    def counted(self, camera: CameraId, tally: Tally) -> None: ...

    def changed(self, status: CameraStatus, now: float) -> None:
        """An event that opens while this stream is away has no clip: whoever reads the log should know why."""
        before, self._state = self._state, status.life.state
        if self._state is before:
            return
        report = self._log.info if self._state in {State.LIVE, State.CONNECTING, State.STOPPED} else self._log.warning
        report("recording.state", camera=status.camera, state=self._state, reason=status.life.reason, error=status.text)
