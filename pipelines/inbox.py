"""Where the pictures of all cameras wait for the one inference loop: the newest wins, every loss is counted.

Live and recorded input differ here on purpose. A recording is analysed picture by picture, however long that takes; of a
camera that is late only the newest picture is worth anything, because an alarm about the past helps nobody.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from analyzer.types import CameraId
from models.frame import Frame
from pipelines.gate import LONGEST_NAP

_WAITING = 2  # pictures a camera may have waiting
_CATCHING_UP = 20  # ... while it hands in the pictures from the last keyframe on: four seconds at five a second


@dataclass(frozen=True, slots=True, eq=False)
class Caught:
    """A picture, when it arrived and when it was here, decoded (monotonic seconds). ``catch_up``: from before the gate woke up.

    ``unasked``: both gates saw nothing in it, the detector looks all the same.
    """

    frame: Frame
    arrival: float
    catch_up: bool = False
    unasked: bool = False
    came: float = field(default_factory=time.monotonic)

    @property
    def camera(self) -> CameraId:
        return self.frame.ref.camera


class Inbox:
    """Thread-safe. ``on_drop`` is called with each picture that a newer one displaced."""

    def __init__(self, on_drop: Callable[[Caught], None], longest_wait: float = 5.0) -> None:
        self._on_drop, self._longest_wait = on_drop, longest_wait
        self._waiting: dict[CameraId, deque[Caught]] = {}
        self._changed = threading.Condition()

    def put(self, caught: Caught) -> None:
        """Hand in a picture; an older one of the same camera may have to go."""
        displaced: list[Caught] = []
        with self._changed:
            queue = self._waiting.setdefault(caught.camera, deque())
            queue.append(caught)
            while len(queue) > (_CATCHING_UP if queue[0].catch_up else _WAITING):
                displaced.append(queue.popleft())
            self._changed.notify()
        for old in displaced:
            self._on_drop(old)

    def take(self, most: int, timeout: float) -> list[Caught]:
        """At most one picture of each camera, those who waited longest for their turn first; empty after ``timeout`` s."""
        stale: list[Caught] = []
        with self._changed:
            if not self._changed.wait_for(lambda: any(self._waiting.values()), timeout):
                return []
            taken: list[Caught] = []
            now = time.monotonic()
            for camera in list(self._waiting):
                queue = self._waiting[camera]
                while len(queue) > 1 and now - queue[0].arrival > self._longest_wait + queue[0].catch_up * LONGEST_NAP:
                    stale.append(queue.popleft())
                if not queue or len(taken) == most:
                    continue
                taken.append(queue.popleft())
                self._waiting[camera] = self._waiting.pop(camera)  # to the end of the line
        for old in stale:
            self._on_drop(old)
        return taken

    def forget(self, camera: CameraId) -> None:
        """Drop what waits of a camera that was taken out."""
        with self._changed:
            queue = self._waiting.pop(camera, deque())
        for old in queue:
            self._on_drop(old)

    def __len__(self) -> int:
        with self._changed:
            return sum(len(queue) for queue in self._waiting.values())
