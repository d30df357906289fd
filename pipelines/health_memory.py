"""Keeps what each camera usually shows over a restart, one small file a camera.

A file that cannot be read or is of another view (its zones were drawn again, its source changed) is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from analyzer.site import Site
from analyzer.types import CameraId
from pipelines.health import Memory, PictureHealth

RECENT: Final = timedelta(hours=1)
"""Longer ago the light was another one."""
OLDEST: Final = timedelta(days=30)


def view_of(site: Site, camera: CameraId, source: str) -> str:
    """Names what a camera is meant to show: another name, and what was learned is void."""
    return hashlib.sha256(f"{site.of_camera(camera).zones!r}|{source}".encode()).hexdigest()


class HealthMemory:
    """A folder of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, camera: CameraId, health: PictureHealth, view: str, now: datetime) -> bool:
        """Write what is known; whether there was anything. A disk that refuses costs the memory and nothing else."""
        memory = health.memory()
        if memory is None:
            return False
        path = self._path(camera)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as target:
                np.savez_compressed(
                    target,
                    reference=memory.reference.astype(np.float16),
                    noise=memory.noise,
                    numbers=np.array([memory.sharpness, memory.bright, memory.p_bytes, now.timestamp()]),
                    view=np.array(view),
                )
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return False
        return True

    def recall(self, camera: CameraId, health: PictureHealth, view: str, now: datetime, at: float) -> bool:
        """Give a camera its memory back, ``at`` in monotonic seconds; whether there was one for this view."""
        try:
            with np.load(self._path(camera), allow_pickle=False) as kept:
                if str(kept["view"]) != view:
                    return False
                sharpness, bright, p_bytes, stamp = (float(value) for value in kept["numbers"])
                memory = Memory(kept["reference"].astype(np.float32), kept["noise"], sharpness, bright, p_bytes)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return False
        age = now.timestamp() - stamp
        if not 0 <= age <= OLDEST.total_seconds():
            return False
        health.recall(memory, at, recent=age <= RECENT.total_seconds())
        return True

    def _path(self, camera: CameraId) -> Path:
        return self._folder / f"{camera}.npz"
