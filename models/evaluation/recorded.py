"""Frames of a recording for a measurement: decoded in order, at a rate, with the times of the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from analyzer.types import CameraId, FrameRef
from models.frame import Frame
from models.upright import opened_clip

_START: Final = datetime(2021, 6, 1, tzinfo=UTC)
"""Measurements compare times within one recording only; any day serves."""
_JITTER: Final = 0.99
"""Time stamps are not evenly spaced; a frame is taken that share of the interval early."""


def frames_of(recording: Path, rate: float) -> Iterator[Frame]:
    """Yield up to ``rate`` frames a second; the camera is named after the file.

    Raises:
        BadPicture: there is no video in it.
        av.FFmpegError: it is no recording, or cannot be decoded.
        OSError: the file cannot be opened.
    """
    last = -float("inf")
    with opened_clip(recording) as clip:
        for one in clip.pictures():
            at = one.seconds or 0.0
            if at - last < _JITTER / rate:
                continue
            last, pts, image = at, timedelta(seconds=at), one.image()
            ref = FrameRef(CameraId(recording.name), one.number, pts, _START + pts, image.shape[1], image.shape[0])
            yield Frame(ref, image)
