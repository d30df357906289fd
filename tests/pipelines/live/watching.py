"""A listener that writes down what a camera worker says, and the means to wait for it without sleeping blindly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from analyzer.types import CameraId
from models.frame import Image
from pipelines.inbox import Caught
from pipelines.records import GapReason
from pipelines.sources.address import parse_address
from pipelines.sources.camera import CameraPlan, CameraStatus, CameraWorker, StartPacer
from pipelines.sources.lifecycle import State
from pipelines.sources.liveclock import LiveClock
from pipelines.sources.wire import Glance, Line, Tally

SLACK = 15.0  # waits name what an idle machine needs; a loaded one may take so many times longer


@dataclass
class Notebook:
    """Implements `Listener`."""

    pictures: list[Caught] = field(default_factory=list)
    glances: list[Glance] = field(default_factory=list)
    states: list[tuple[float, State]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    reasons: set[GapReason] = field(default_factory=set)  # ever given for not being live
    _read: int = 0  # states that were waited for

    def caught(self, caught: Caught) -> None:
        with self.news:
            self.pictures.append(caught)
            self.news.notify_all()

    def glanced(self, camera: CameraId, glance: Glance, grey: Image) -> None:
        with self.news:
            self.glances.append(glance)
            self.news.notify_all()

    def lined(self, camera: CameraId, line: Line) -> None:
        with self.news:
            self.lines.append(line)
            self.news.notify_all()

    def changed(self, status: CameraStatus, now: float) -> None:
        with self.news:
            if not self.states or self.states[-1][1] is not status.life.state:
                self.states.append((now, status.life.state))
            if status.life.reason is not None:
                self.reasons.add(status.life.reason)
            self.news.notify_all()

    def counted(self, camera: CameraId, tally: Tally) -> None:
        with self.news:
            self.tallies.append(tally)
            self.news.notify_all()

    def wait(self, what: Callable[[], bool], timeout: float) -> float:
        """Seconds until ``what`` became true; AssertionError when it did not."""
        started = time.monotonic()
        with self.news:
            told = self.news.wait_for(what, timeout * SLACK)
            assert told, f"not within {timeout * SLACK} s; states {[s for _, s in self.states]}"
        return time.monotonic() - started

    def wait_for(self, state: State, timeout: float) -> float:
        """The same for the next time that the camera was in ``state``, also when it has left it since."""

        def told() -> bool:
            return state in [s for _, s in self.states[self._read :]]

        seconds = self.wait(told, timeout)
        with self.news:
            self._read += [s for _, s in self.states[self._read :]].index(state) + 1
        return seconds


def plan_for(url: str, name: str = "gate", **changes: object) -> CameraPlan:
    return CameraPlan(CameraId(name), parse_address(url, name), loopback=True, **changes)  # type: ignore[arg-type]


@contextmanager
def watched(plan: CameraPlan, pacer: StartPacer | None = None) -> Iterator[tuple[CameraWorker, Notebook]]:
    notebook = Notebook()
    worker = CameraWorker(plan, notebook, LiveClock.now(), pacer or StartPacer(0.0))
    worker.start()
    try:
        yield worker, notebook
    finally:
        worker.stop()
        assert worker.join(5.0 * SLACK)
