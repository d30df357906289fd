"""Frames of a recording for a measurement: decoded in order, at a rate, with the times of the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import av
import numpy as np

from analyzer.types import CameraId, FrameRef
from models.frame import Frame

_START: Final = datetime(2021, 6, 1, tzinfo=UTC)
"""Measurements compare times within one recording only; any day serves."""
_JITTER: Final = 0.99
"""Time stamps are not evenly spaced; a frame is taken that share of the interval early."""


def frames_of(recording: Path, rate: float) -> Iterator[Frame]:
    """Yield up to ``rate`` frames a second; the camera is named after the file.

    Raises:
        av.FFmpegError: the file holds no video that can be decoded.
        OSError: the file cannot be opened.
    """
    last = -float("inf")
    with av.open(str(recording), options={"protocol_whitelist": "file"}) as container:
        for index, picture in enumerate(container.decode(video=0)):
            at = float(picture.time or 0.0)
            if at - last < _JITTER / rate:
                continue
            last, pts = at, timedelta(seconds=at)
            image = np.asarray(picture.to_ndarray(format="bgr24"), dtype=np.uint8)
            yield Frame(FrameRef(CameraId(recording.name), index, pts, _START + pts, image.shape[1], image.shape[0]), image)
