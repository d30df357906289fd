"""Giving detections an identity that lasts, behind the `Tracker` protocol. One instance a camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from models.protocols import Tracker
from models.trackers.published import PublishedByteTrack
from models.trackers.steady import SteadyTracker, TrackerOptions

TRACKERS: Final[Mapping[str, Callable[[], Tracker]]] = {
    "steady": SteadyTracker,
    "bytetrack": PublishedByteTrack,
}
"""Name -> constructor."""

__all__ = ["TRACKERS", "PublishedByteTrack", "SteadyTracker", "TrackerOptions"]
