"""Pictures of a video as a person should see them: upright, of square pixels.

FFmpeg's library decodes what is stored; the rotation and the shape of the pixels that a container asks for are left to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import BadPicture
from models.frame import Image

_TURNS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


def quarter_turns(degrees: int) -> int:
    """Counter-clockwise quarter turns that put a picture upright, 0..3; cameras know no other angles."""
    return round(degrees / 90) % 4


def pixel_aspect(stream: VideoStream) -> Fraction:
    """How wide a pixel is against its height, 1/4 to 4; 1 where nothing is declared, or nonsense."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return aspect if Fraction(1, 4) <= aspect <= 4 else Fraction(1)


def squared(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size of the same picture with square pixels: one side grows, none shrinks."""
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def upright_bgr(frame: VideoFrame, degrees: int, aspect: Fraction = Fraction(1)) -> Image:
    """Pixels (BGR) as a person should see them.

    Args:
        frame: as it was decoded.
        degrees: counter-clockwise, that put it upright.
        aspect: width of a stored pixel against its height.
    """
    width, height = squared(frame.width, frame.height, aspect)
    image = np.ascontiguousarray(frame.to_ndarray(format="bgr24", width=width, height=height), dtype=np.uint8)
    turns = quarter_turns(degrees)
    return image if turns == 0 else np.asarray(cv2.rotate(image, _TURNS[turns]), dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture of a clip: its ``number`` from the beginning, and its time in ``seconds`` where the file tells one."""

    number: int
    seconds: float | None
    frame: VideoFrame
    aspect: Fraction

    def image(self) -> Image:
        """Return the picture, upright and of square pixels (BGR). Costs more than decoding it: ask for what is needed only."""
        return upright_bgr(self.frame, self.frame.rotation, self.aspect)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """An opened clip. ``seconds`` and ``count`` of pictures are what it declares, estimated from each other; 0 where it tells nothing."""

    container: InputContainer
    stream: VideoStream
    seconds: float
    count: int

    def pictures(self) -> Iterator[Decoded]:
        """Yield every picture, in order.

        Raises:
            av.FFmpegError: it cannot be decoded, or no further.
        """
        aspect = pixel_aspect(self.stream)
        for number, frame in enumerate(self.container.decode(self.stream)):
            yield Decoded(number, frame.time, frame, aspect)


@contextmanager
def opened_clip(path: Path) -> Iterator[Clip]:
    """Open a clip for training or measuring; no other file or address that it names is opened.

    Raises:
        BadPicture: there is no video in it.
        av.FFmpegError: it is no video.
        OSError: it cannot be opened.
    """
    with av.open(f"file:{path}", container_options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.best("video")
        if not isinstance(stream, VideoStream) or stream.codec_context is None:
            raise BadPicture(f"{path.name}: there is no video in it")
        seconds = float((stream.duration or 0) * (stream.time_base or 0)) or (container.duration or 0) / av.time_base
        yield Clip(container, stream, seconds, stream.frames or round(seconds * (stream.average_rate or 0)))
