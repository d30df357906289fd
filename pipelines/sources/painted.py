"""Pictures without a stream: a synthetic room for trials and tests, and folders of images played as a camera."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from analyzer.types import Box, MaskState
from pipelines.sources.address import SYNTHETIC, Scheme

Picture = npt.NDArray[np.uint8]

_WIDTH, _HEIGHT = 640, 360
_PICTURES: Final = {"format_whitelist": "jpeg_pipe,png_pipe,bmp_pipe,webp_pipe"}
_ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


def painted(scheme: Scheme, name: str, rate: float) -> Iterator[Picture]:
    """Pictures at ``rate`` a second of real time, without end.

    Args:
        scheme: ``synthetic`` or ``folder``.
        name: for ``synthetic`` ``walk`` (a painted person without a mask crosses the room every minute), ``still`` or ``black``; for ``folder`` its path.
        rate: pictures a second.

    Raises:
        ValueError: unknown name, or a folder without pictures.
    """
    pictures = _synthetic(name or "walk", rate) if scheme is Scheme.SYNTHETIC else _folder(Path(name))
    started = time.monotonic()
    for index, picture in enumerate(pictures):
        time.sleep(max(started + index / rate - time.monotonic(), 0.0))
        yield picture


def _synthetic(name: str, rate: float) -> Iterator[Picture]:
    # Perception's painter is heavy, and only trials need it.
    from models.synthetic import paint_person  # noqa: PLC0415

    if name not in SYNTHETIC:
        raise ValueError(f"no synthetic camera is called {name!r}; there are {', '.join(SYNTHETIC)}")
    rng = np.random.default_rng(0)
    room = np.full((_HEIGHT, _WIDTH, 3), 110, np.uint8)
    for _ in range(60):
        x, y = int(rng.integers(0, _WIDTH - 40)), int(rng.integers(0, _HEIGHT - 40))
        room[y : y + int(rng.integers(10, 90)), x : x + int(rng.integers(10, 120))] = int(rng.integers(70, 170))
    for index in count():
        picture = np.zeros_like(room) if name == "black" else room.copy()
        seconds = index / rate % 60.0
        if name == "walk" and seconds < 40.0:  # in and out again, without a mask
            left = -70 + (_WIDTH + 70) * seconds / 40.0
            if left > 0 and left + 70 < _WIDTH:
                paint_person(picture, Box(left, 60, left + 70, 340), MaskState.NONE)
        noise = rng.integers(-2, 3, (_HEIGHT, _WIDTH, 1), dtype=np.int16)
        yield np.clip(picture + noise, 0, 255).astype(np.uint8)


def _folder(path: Path) -> Iterator[Picture]:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _ENDINGS)
    if not files:
        raise ValueError("the folder has no pictures")
    for file in cycle(files):
        with contextlib.suppress(av.FFmpegError), av.open(io.BytesIO(file.read_bytes()), "r", options=_PICTURES) as container:
            for frame in container.decode(video=0):
                yield np.ascontiguousarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
