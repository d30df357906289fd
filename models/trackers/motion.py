"""Where a box is going: constant velocity on each edge measure, with time in seconds and not in frames.

A Kalman filter on centre x, centre y, width and height, each by itself with its speed. Noise grows with the time
between two frames and with the size of the box, so the same numbers hold at 1 and at 25 frames a second and for people
near and far.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.remembered import MotionMemory

Vector = npt.NDArray[np.float64]

_MEASURED: Final = 0.05
"""Standard deviation of a detector's box edges, in heights of the box (as in ByteTrack: one twentieth)."""
_SPEED_CHANGE: Final = 0.35
"""How much a speed may change within one second, in heights of the box a second: starting and stopping people."""
_FIRST_SPEED: Final = 0.6
"""Standard deviation of the unknown speed of a new box, heights a second: a walk across the picture."""
_COASTING: Final = 1.2
"""Seconds after which an unseen box has lost most of its speed: people who vanish mostly stop or turn."""


def measures(box: Box) -> Vector:
    """Return centre x, centre y, width, height."""
    x, y = box.centre
    return np.array([x, y, box.width, box.height])


class Motion:
    """Position and speed of one box. Predictions are made for a time, not by a step."""

    __slots__ = ("_covariance", "_position", "_seconds", "_speed")

    def __init__(self, memory: MotionMemory) -> None:
        self._position, self._speed = np.array(memory.position), np.array(memory.speed)
        self._covariance, self._seconds = np.array(memory.covariance), memory.seconds

    @classmethod
    def begun(cls, box: Box, seconds: float) -> Motion:
        """Return the motion of a box seen for the first time."""
        scale = max(box.height, 1.0)
        own = (_MEASURED * scale) ** 2
        first = np.array([_FIRST_SPEED, _FIRST_SPEED, 0.1, 0.1]) * scale
        covariance = tuple((own, 0.0, speed) for speed in (first**2).tolist())
        return cls(MotionMemory(tuple(measures(box).tolist()), (0.0, 0.0, 0.0, 0.0), covariance, seconds))

    @property
    def memory(self) -> MotionMemory:
        """All that predictions depend on."""
        rows = tuple(tuple(row) for row in self._covariance.tolist())
        return MotionMemory(tuple(self._position.tolist()), tuple(self._speed.tolist()), rows, self._seconds)

    def predict(self, seconds: float) -> Box:
        """Return where the box should be at that time; nothing changes."""
        gap = max(0.0, seconds - self._seconds)
        travelled = _COASTING * (1 - math.exp(-gap / _COASTING))
        x, y, width, height = self._position + self._speed * np.array([travelled, travelled, 0.0, 0.0])
        width, height = max(float(width), 1.0), max(float(height), 1.0)
        return Box(float(x) - width / 2, float(y) - height / 2, float(x) + width / 2, float(y) + height / 2)

    def update(self, box: Box, seconds: float) -> None:
        """Take a measured box at a time that is not before the last one."""
        gap = max(0.0, seconds - self._seconds)
        scale = max(box.height, 1.0)
        own, both, speed = self._covariance.T
        change = (_SPEED_CHANGE * scale) ** 2 * np.array([1.0, 1.0, 0.1, 0.1])
        own = own + 2 * gap * both + gap**2 * speed + change * gap**3 / 3
        both = both + gap * speed + change * gap**2 / 2
        speed = speed + change * gap
        noise = (_MEASURED * scale) ** 2
        surprise = measures(box) - (self._position + self._speed * gap)
        gain, gain_speed = own / (own + noise), both / (own + noise)
        self._position = self._position + self._speed * gap + gain * surprise
        self._speed = self._speed + gain_speed * surprise
        self._covariance = np.stack([(1 - gain) * own, (1 - gain) * both, speed - gain_speed * both], axis=1)
        self._seconds = seconds
