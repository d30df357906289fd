"""ByteTrack as the package `trackers` has it, behind our protocol: the tracker that ours is measured against.

Not installed by default: the package brings the windowed OpenCV, which conflicts with the headless one. Where it is
not there, the entry says so and its tests are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from analyzer.types import Detection, Track, TrackId
from models.errors import BackendUnavailable
from models.frame import Frame
from models.remembered import TrackerMemory
from models.trackers.steady import TrackerOptions, gather

_ROW: Final = "row"
_BUFFER_RATE: Final = 30.0
"""The package counts its buffer in frames of a thirtieth of a second, whatever the real rate."""


class PublishedByteTrack:
    """Bodies, and heads without one, by the published association; time stamps are handed on to it.

    Of a memory only the next id is taken up: it is told when nobody is followed.

    Raises:
        BackendUnavailable: the package is not installed.
    """

    def __init__(self, options: TrackerOptions | None = None, memory: TrackerMemory | None = None) -> None:
        try:
            import supervision
            from trackers import ByteTrackTracker
        except ImportError as missing:
            raise BackendUnavailable(f"the package `trackers` cannot be imported: {missing}") from missing
        chosen = options or TrackerOptions()
        self._supervision: Any = supervision
        self._tracker: Any = ByteTrackTracker(
            lost_track_buffer=round(chosen.lost_after.total_seconds() * _BUFFER_RATE),
            track_activation_threshold=chosen.begin,
            high_conf_det_threshold=chosen.firm,
            minimum_consecutive_frames=1,
        )
        self._first = int((memory or TrackerMemory()).next_track)
        self._given: dict[int, TrackId] = {}

    @property
    def memory(self) -> TrackerMemory | None:
        """None while somebody is followed: the package does not say what it knows."""
        return None if self._tracker.tracks else TrackerMemory(TrackId(self._first + len(self._given)))

    def update(self, frame: Frame, detections: Sequence[Detection]) -> tuple[Track, ...]:
        seen = [sighting.seen for sighting in gather(detections)]
        boxes = np.array([(one.box.x1, one.box.y1, one.box.x2, one.box.y2) for one in seen], dtype=np.float64).reshape(-1, 4)
        handed = self._supervision.Detections(
            xyxy=boxes,
            confidence=np.array([one.score for one in seen], dtype=np.float64),
            data={_ROW: np.arange(len(seen))},
        )
        followed = self._tracker.update(handed, timestamp=frame.ref.pts.total_seconds())
        rows = followed.data.get(_ROW, ())
        numbers = {int(row): int(number) for row, number in zip(rows, followed.tracker_id, strict=True) if number >= 0}
        tracks = []
        for row, one in enumerate(seen):
            if row in numbers:
                tracks.append(Track(self._named(numbers[row]), one.box, one.label, one.score))
        return tuple(sorted(tracks, key=lambda track: track.id))

    def _named(self, number: int) -> TrackId:
        """Return our id for the package's, in the order of appearance."""
        if number not in self._given:
            self._given[number] = TrackId(self._first + len(self._given))
        return self._given[number]
