"""Synthetic pictures and small clips: a textured room, noise like a sensor's, a block that walks. No people.

Everything is seeded, so the same arguments give the same clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


def room(width: int = 320, height: int = 180, seed: int = 0) -> Picture:
    """A still background with edges at several scales: tiles, furniture, a door."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 120, np.uint8)
    picture += (np.linspace(0, 60, width)[None, :, None] * np.ones((height, 1, 3))).astype(np.uint8)
    for _ in range(40):
        x, y = int(rng.integers(0, width - 10)), int(rng.integers(0, height - 10))
        w, h = int(rng.integers(6, width // 4)), int(rng.integers(6, height // 4))
        picture[y : y + h, x : x + w] = rng.integers(30, 230, 3)
    return picture


def noisy(picture: Picture, rng: np.random.Generator, sigma: float) -> Picture:
    """The picture as a sensor would read it."""
    if sigma <= 0:
        return picture.copy()
    noise = rng.normal(0.0, sigma, picture.shape[:2])[:, :, None]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def walker(picture: Picture, at: float, size: int = 36) -> Picture:
    """A copy of the picture with a block at ``at`` in 0..1 of its way across."""
    out = picture.copy()
    height, width = out.shape[:2]
    x = round(at * (width - size // 2))
    top = height // 2 - size // 2
    out[top : top + size, x : x + size // 2] = (40, 60, 200)
    return out


def walk(
    count: int, width: int = 320, height: int = 180, *, sigma: float = 2.0, seed: int = 0, moving: bool = True
) -> Iterator[Picture]:
    """``count`` pictures of the room; the block crosses it once in 50 pictures."""
    rng = np.random.default_rng(seed)
    background = room(width, height, seed)
    for index in range(count):
        picture = walker(background, (index % 50) / 50) if moving else background
        yield noisy(picture, rng, sigma)


def write_clip(
    path: Path,
    pictures: Iterable[Picture],
    *,
    rate: int = 10,
    codec: str = "libx264",
    keyframe_every: int = 10,
    bit_rate: int = 400_000,
) -> Path:
    """Encode pictures as a surveillance camera does: constant rate, fixed keyframe distance, no B-frames."""
    with av.open(str(path), "w") as container:
        stream = None
        for index, picture in enumerate(pictures):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.bit_rate = bit_rate
                stream.thread_count = 1
                stream.options = _encoder_options(codec, keyframe_every)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return path


def _encoder_options(codec: str, keyframe_every: int) -> dict[str, str]:
    if codec == "libx265":
        fixed = f"keyint={keyframe_every}:min-keyint={keyframe_every}:scenecut=0:bframes=0:pools=1:frame-threads=1:log-level=none"
        return {"preset": "ultrafast", "x265-params": fixed}
    fixed = f"keyint={keyframe_every}:min-keyint={keyframe_every}:scenecut=0:bframes=0"
    return {"preset": "veryfast", "tune": "zerolatency", "x264-params": fixed}
