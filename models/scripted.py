"""Perception that reads from a list what it sees: the shipped fake for trying rules, stores and pages without a network."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from analyzer.types import CameraId, Detection, ModelRef, Observation, Reason, Scene, TrackId
from models.frame import Frame
from models.remembered import PerceptionMemory, TrackerMemory

SCRIPT: Final = ModelRef("scripted", "0" * 64)
"""How runs name the network that is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """From ``since`` (after the start of the stream) on, until the next line, this is seen."""

    since: timedelta
    observations: tuple[Observation, ...] = ()
    impairments: tuple[Reason, ...] = ()


class ScriptedPerception:
    """Implements `models.protocols.Perception`: the scene of a frame is that of the latest line at or before its time.

    Raises:
        ValueError: the lines are not in rising order of time.
    """

    def __init__(self, lines: Sequence[Line], memory: PerceptionMemory | None = None) -> None:
        self._times = [line.since for line in lines]
        if any(later <= earlier for earlier, later in zip(self._times, self._times[1:], strict=False)):
            raise ValueError("the lines of a script must be in rising order of time")
        self._lines = tuple(lines)
        self._next = int((memory or PerceptionMemory()).tracker.next_track)
        self._seen: tuple[Observation, ...] = ()

    @property
    def memory(self) -> PerceptionMemory | None:
        """One more than the greatest id shown so far; None while somebody is in the picture, for who that is stands in the lines."""
        return None if self._seen else PerceptionMemory(TrackerMemory(TrackId(self._next)))

    def perceive(self, frame: Frame) -> Scene:
        place = bisect_right(self._times, frame.ref.pts) - 1
        line = self._lines[place] if place >= 0 else Line(timedelta(0))
        self._seen = line.observations
        self._next = max([self._next, *(one.track.id + 1 for one in line.observations)])
        return Scene(frame.ref, line.observations, line.impairments)


class ScriptedDetector:
    """Implements `models.protocols.Detector`: the detections of a frame are those listed under its index."""

    model: Final = SCRIPT

    def __init__(self, detections: Sequence[Sequence[Detection]]) -> None:
        self._detections = tuple(tuple(ones) for ones in detections)

    def detect(self, frames: Sequence[Frame]) -> tuple[tuple[Detection, ...], ...]:
        """A frame beyond the list shows nobody."""
        known = len(self._detections)
        return tuple(self._detections[one.ref.index] if one.ref.index < known else () for one in frames)


class ScriptedFactory:
    """What `models.perception.PerceptionFactory` is to networks, this is to scripts: the same lines for every camera."""

    backend: Final = "scripted:none"
    precision: Final = "none"
    models: Final = (SCRIPT,)
    attributes: Final = ("mask", "ppe", "attire")

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)

    def for_camera(self, camera: CameraId, memory: PerceptionMemory | None = None) -> ScriptedPerception:
        """Return a perception that begins at the first line."""
        return ScriptedPerception(self._lines, memory)
