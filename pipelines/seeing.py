"""Perception of all cameras together: one call of the detector, each camera's own memory, and no failure that spreads.

A picture on which perception fails gives a `Blind` instead of a scene; the other pictures of the batch are not touched by
it. A call that does not come back is given up after a time limit: its thread cannot be ended, so a fresh one takes over,
and after several of those the process asks to be replaced (`Exhausted`).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analyzer.types import CameraId, Detection, ModelRef, Scene
from models.errors import PerceptionError
from models.frame import Frame
from models.protocols import Detector
from models.remembered import PerceptionMemory, ThingMemory
from pipelines.stages import Stage, Timed, timing, untimed

_LAST_WAIT = 2.0  # s
_MOST_OBSERVATIONS = 300
"""More people than this in one picture is a broken detector."""


@dataclass(frozen=True, slots=True)
class Blind:
    """Perception failed on a frame."""

    frame: Frame
    why: str


class Hung(PerceptionError):
    """A call did not come back in time."""


class Exhausted(PerceptionError):
    """Too many calls did not come back: only a new process helps."""


class Seer(Protocol):
    """Looks at pictures of several cameras, at most one of each."""

    @property
    def models(self) -> tuple[ModelRef, ...]: ...
    @property
    def backend(self) -> str: ...
    @property
    def precision(self) -> str: ...
    def look(self, frames: Sequence[Frame]) -> Sequence[Scene | Blind]: ...
    def forget(self, camera: CameraId) -> None: ...
    def renew(self, camera: CameraId) -> None: ...
    def things(self, camera: CameraId) -> ThingMemory: ...
    def recall(self, camera: CameraId, things: ThingMemory) -> None: ...


class CameraSight(Protocol):
    """Perception of one camera whose detections are made elsewhere."""

    @property
    def view(self) -> PerceptionMemory: ...
    @property
    def things(self) -> ThingMemory: ...

    def understand(self, frame: Frame, detections: Sequence[Detection]) -> Scene: ...


class SightFactory(Protocol):
    """Loaded networks; `models.perception.PerceptionFactory` is one."""

    @property
    def detector(self) -> Detector: ...
    @property
    def models(self) -> tuple[ModelRef, ...]: ...
    @property
    def backend(self) -> str: ...
    @property
    def precision(self) -> str: ...
    def for_camera(self, camera: CameraId, memory: PerceptionMemory | None = None) -> CameraSight: ...


class BatchedSeer:
    """Implements `Seer` over one detector and a perception a camera.

    Args:
        factory: the loaded networks.
        timed: told how long each picture took.
    """

    def __init__(self, factory: SightFactory, timed: Timed = untimed) -> None:
        self._factory, self._timed = factory, timed
        self._cameras: dict[CameraId, CameraSight] = {}

    @property
    def models(self) -> tuple[ModelRef, ...]:
        return self._factory.models

    @property
    def backend(self) -> str:
        return self._factory.backend

    @property
    def precision(self) -> str:
        return self._factory.precision

    def look(self, frames: Sequence[Frame]) -> Sequence[Scene | Blind]:
        """One answer a frame, in their order."""
        began = time.perf_counter()
        detections = self._detect(frames)
        each = (time.perf_counter() - began) / max(len(frames), 1)
        for _ in frames:
            self._timed(Stage.DETECT, each)
        return [
            found if isinstance(found, Blind) else self._understand(frame, found)
            for frame, found in zip(frames, detections, strict=True)
        ]

    def forget(self, camera: CameraId) -> None:
        """The camera is gone, or another one under its name."""
        self._cameras.pop(camera, None)

    def renew(self, camera: CameraId) -> None:
        """A run of the camera begins: its tracks are new, what is known of its view stays."""
        if (sight := self._cameras.get(camera)) is not None:
            self._cameras[camera] = self._factory.for_camera(camera, sight.view)

    def things(self, camera: CameraId) -> ThingMemory:
        """What passes for people in the view of a camera; nothing while it has not been looked at."""
        sight = self._cameras.get(camera)
        return ThingMemory() if sight is None else sight.things

    def recall(self, camera: CameraId, things: ThingMemory) -> None:
        """A camera that was not looked at yet begins with what an earlier process knew of its view."""
        self._cameras[camera] = self._factory.for_camera(camera, PerceptionMemory(things=things))

    def _detect(self, frames: Sequence[Frame]) -> list[tuple[Detection, ...] | Blind]:
        try:
            found = list(self._factory.detector.detect(frames))
        except Exception as error:  # noqa: BLE001 - whatever a network does to one batch must not end the watch
            if len(frames) == 1:
                return [Blind(frames[0], f"{type(error).__name__}: {error}")]
            return [self._detect([frame])[0] for frame in frames]  # one bad picture must not blind the others
        if len(found) != len(frames):
            return [Blind(frame, f"the detector gave {len(found)} answers to {len(frames)} pictures") for frame in frames]
        return list(found)

    def _understand(self, frame: Frame, detections: tuple[Detection, ...]) -> Scene | Blind:
        if len(detections) > _MOST_OBSERVATIONS:
            return Blind(frame, f"{len(detections)} detections in one picture")
        camera = frame.ref.camera
        sight = self._cameras.get(camera) or self._cameras.setdefault(camera, self._factory.for_camera(camera))
        try:
            with timing(self._timed, Stage.UNDERSTAND):
                return sight.understand(frame, detections)
        except Exception as error:  # noqa: BLE001 - as above; the memory of this camera may be damaged, so it goes
            self._cameras.pop(camera, None)
            return Blind(frame, f"{type(error).__name__}: {error}")


class GuardedSeer:
    """Gives up on calls that take longer than ``limit`` seconds. Implements `look` of `Seer`; not for several threads."""

    def __init__(self, seer: Seer, limit: float = 10.0, most_hung: int = 3) -> None:
        self.seer, self._limit, self._most_hung = seer, limit, most_hung
        self.hung = 0  # in a row
        self._left = 0  # threads left behind in all; each keeps its memory
        self._hurried = threading.Event()
        self._asked: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._begin()

    def look(self, frames: Sequence[Frame]) -> Sequence[Scene | Blind]:
        """Raises: Hung, Exhausted."""
        call = _Call(frames)
        self._asked.put(call)
        if not self._answered(call):
            self.hung += 1
            self._left += 1
            if self.hung >= self._most_hung or self._left >= 10 * self._most_hung:
                raise Exhausted(f"{self.hung} calls of perception did not come back")
            self._begin()
            raise Hung(f"perception did not come back within {self._limit:g} s")
        if call.error is not None:
            raise PerceptionError(str(call.error)) from call.error
        self.hung = 0
        return call.answer

    def hurry(self) -> None:
        """Everything is to end: a call is waited for two seconds from now on."""
        self._hurried.set()

    def close(self) -> None:
        self._asked.put(None)

    def _answered(self, call: _Call) -> bool:
        deadline = time.monotonic() + self._limit
        while not call.done.wait(min(max(deadline - time.monotonic(), 0.0), _LAST_WAIT)):
            if time.monotonic() >= deadline or self._hurried.is_set():
                return call.done.is_set()
        return True

    def _begin(self) -> None:
        self._asked = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(self._asked, self.seer), name="seer", daemon=True).start()


class _Call:
    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames, self.done = frames, threading.Event()
        self.answer: Sequence[Scene | Blind] = ()
        self.error: Exception | None = None


def _serve(asked: queue.SimpleQueue[_Call | None], seer: Seer) -> None:
    while (call := asked.get()) is not None:
        try:
            call.answer = seer.look(call.frames)
        except Exception as error:  # noqa: BLE001 - handed to the caller's thread
            call.error = error
        call.done.set()
