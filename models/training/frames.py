"""Still pictures out of short clips, evenly spread over each clip."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np

from models.labelled.annotations import Defect

CLIPS: Final = frozenset({".mp4", ".avi", ".mkv", ".mov"})


def stills(folder: Path, out: Path, defects: list[Defect], *, a_clip: int = 24, a_long_clip: int = 60) -> list[Path]:
    """Write stills of all clips as PNG and return them; those that are there already stay.

    Args:
        folder: holds the clips.
        out: folder for the pictures, named `<clip>_<frame number>.png`.
        defects: clips that cannot be read are reported here.
        a_clip: how many of a clip of up to a minute.
        a_long_clip: how many of a longer one.
    """
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for clip in sorted(path for path in folder.iterdir() if path.suffix.lower() in CLIPS):
        try:
            written.extend(_stills_of(clip, out, a_clip, a_long_clip))
        except (av.FFmpegError, OSError) as broken:
            defects.append(Defect(clip.name, None, f"clip cannot be read: {broken.__class__.__name__}"))
    return written


def _stills_of(clip: Path, out: Path, a_clip: int, a_long_clip: int) -> list[Path]:
    written: list[Path] = []
    with av.open(str(clip), options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.video[0]
        seconds = float((stream.duration or 0) * (stream.time_base or 0))
        count = a_long_clip if seconds > 60 else a_clip
        step = max(1, (stream.frames or count) // count)
        for number, frame in enumerate(container.decode(stream)):
            if number % step != step // 2:
                continue
            picture = out / f"{clip.stem}_{number:05d}.png"
            if not picture.exists():
                cv2.imwrite(str(picture), np.asarray(frame.to_ndarray(format="bgr24")))
            written.append(picture)
    return written
