"""The folder of one run: its scenes as they are made, and the last mark, so that nothing done is lost.

``scenes.jsonl`` grows by one line a scene. ``mark.json`` is replaced as a whole and says how many bytes of the scenes it
stands for: what was written after it is cut off when the run is taken up again. It holds what perception remembers of the
people in view (boxes, readings, colours of clothes as shares, grey pictures of 24 x 12 cells), and is deleted when the run is at its end.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final, Self

from pydantic import TypeAdapter

from analyzer.types import Scene
from pipelines.errors import BadInput
from pipelines.loop import Mark
from pipelines.private_folder import make_private
from pipelines.scene_file import encode_scene, read_scenes

# Between two marks at least this much of the recording: each mark costs an fsync.
_MARK_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where an earlier pass got to."""

    mark: Mark
    scenes_bytes: int


_RESUMED: Final = TypeAdapter(Resumed)


class Journal:
    """Open for one pass, which nobody else writes meanwhile; use as a context manager.

    Entering raises `BadInput` while another process, or another pass of this one, has it open.

    Args:
        folder: of the run, made if need be.
        name: what is analysed, as a person calls it.

    Attributes:
        resumed: where an earlier pass got to; known once it is open.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self._name = folder, name
        self.resumed: Resumed | None = None
        self._last: timedelta | None = None
        self._file: BinaryIO | None = None

    @property
    def scenes_path(self) -> Path:
        return self.folder / "scenes.jsonl"

    def __enter__(self) -> Self:
        make_private(self.folder)
        file = self.scenes_path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Read under the lock: whoever held it before may have moved the mark.
            self.resumed = _read_mark(self.folder)
            file.truncate(self.resumed.scenes_bytes if self.resumed else 0)
        except BlockingIOError:
            file.close()
            raise BadInput(self._name, "is being analysed by another process", "wait for it or stop it") from None
        except BaseException:
            file.close()
            raise
        self._last = self.resumed.mark.pts if self.resumed else None
        self._file = file
        return self

    def __exit__(self, *exc: object) -> None:
        if file := self._file:
            try:
                self._sync()
            finally:
                self._file = None
                file.close()

    def scenes(self) -> Iterator[Scene]:
        """Those on disk, in order. Raises `BadInput` when a line is damaged."""
        if self._file:
            self._file.flush()
        if not self.scenes_path.exists():
            return
        yield from read_scenes(self.scenes_path)

    def append(self, scene: Scene) -> None:
        """Add a scene."""
        assert self._file is not None, "used outside of its context"
        self._file.write(encode_scene(scene).encode() + b"\n")

    def due(self, pts: timedelta) -> bool:
        """Whether the last mark is far enough back."""
        return self._last is None or pts - self._last >= _MARK_EVERY

    def mark(self, mark: Mark) -> None:
        """Remember where to go on from."""
        self._last = mark.pts
        size = self._sync()
        part = self.folder / "mark.json.part"
        with part.open("wb") as file:
            file.write(_RESUMED.dump_json(Resumed(mark, size)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / "mark.json")

    def close_off(self) -> None:
        """Forget where to go on from, and who was in view there: the run is at its end."""
        (self.folder / "mark.json").unlink(missing_ok=True)

    def _sync(self) -> int:
        assert self._file is not None, "used outside of its context"
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


def _read_mark(folder: Path) -> Resumed | None:
    """The last mark; ``None`` when there is none or it cannot be used (then the run starts anew)."""
    try:
        resumed = _RESUMED.validate_json((folder / "mark.json").read_bytes())
        usable = (folder / "scenes.jsonl").stat().st_size >= resumed.scenes_bytes
    except (OSError, ValueError):
        return None
    return resumed if usable else None
