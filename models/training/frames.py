"""Still pictures out of short clips, evenly spread over each clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import cv2

from models.errors import BadPicture
from models.labelled.annotations import Defect
from models.upright import opened_clip

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
            # one by one: what came out of a clip before it broke off is kept
            for picture in _stills_of(clip, out, a_clip, a_long_clip):
                written.append(picture)  # noqa: PERF402
        except (av.FFmpegError, OSError, BadPicture) as broken:
            defects.append(Defect(clip.name, None, f"clip cannot be read: {broken.__class__.__name__}"))
    return written


def _stills_of(path: Path, out: Path, a_clip: int, a_long_clip: int) -> Iterator[Path]:
    with opened_clip(path) as clip:
        count = a_long_clip if clip.seconds > 60 else a_clip
        step = max(1, (clip.count or count) // count)
        for one in clip.pictures():
            if one.number % step != step // 2:
                continue
            picture = out / f"{path.stem}_{one.number:05d}.png"
            if not picture.exists():
                cv2.imwrite(str(picture), one.image())
            yield picture
