"""What was seen in the last minutes, on disk beside the packets: evidence that a stop cut short still gets its boxes.

Files of a minute, named and pruned like those of the packet ring (`pipelines.ring`). Instants at which nobody was in view are not
kept. A disk that refuses costs the boxes of such evidence, never the watching.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from io import BufferedWriter
from pathlib import Path
from typing import Final

from analyzer.types import Scene
from pipelines.errors import BadInput
from pipelines.ring import SEEN, covering, name_of
from pipelines.scene_file import encode_scene, read_scenes

_AGAIN: Final = timedelta(seconds=15)
"""Nothing is tried for so long after the disk has refused."""


class SceneRing:
    """Writes the scenes of one run of a camera.

    Args:
        folder: of the packet ring; ``None`` where there is none: nothing is kept.
        length: how long a file goes on.
    """

    def __init__(self, folder: Path | None, length: timedelta = timedelta(minutes=1)) -> None:
        self._folder, self._length = folder, length
        self._file: BufferedWriter | None = None
        self._until: datetime | None = None

    def put(self, scene: Scene) -> None:
        """Keep a scene, the latest so far. It is with the operating system when this returns, so it outlives the process."""
        at = scene.frame.at
        if self._folder is None or not scene.observations:
            return
        try:
            if self._until is None or at >= self._until:
                self.close()
                self._folder.mkdir(parents=True, exist_ok=True)
                self._file = (self._folder / name_of(at.astimezone(UTC), SEEN)).open("wb")
                self._until = at + self._length
            if self._file is not None:
                self._file.write(encode_scene(scene).encode() + b"\n")
                self._file.flush()
        except OSError:
            self.close()
            self._until = at + _AGAIN

    def close(self) -> None:
        """End the current file."""
        file, self._file, self._until = self._file, None, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def scenes_between(folder: Path, since: datetime, until: datetime) -> tuple[Scene, ...]:
    """The kept scenes of a stretch of time, both ends included; what follows a damaged line of a file is left out."""
    found: list[Scene] = []
    for segment in covering(folder, since, until + timedelta.resolution, SEEN):
        with contextlib.suppress(BadInput):  # the process ended in the middle of a line
            found += (scene for scene in read_scenes(segment.path) if since <= scene.frame.at <= until)
    return tuple(sorted(found, key=lambda scene: scene.frame.at))
