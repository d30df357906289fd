"""Keeps what passes for people in the view of each camera over a restart, one small file a camera.

Only what has not moved for as long as makes it a thing is written down, never somebody who sits still. A file that cannot be
read, is of another view (its zones were drawn again, its source changed) or too old is as good as none.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from analyzer.types import CameraId
from models.remembered import ThingMemory
from models.things import THING_FORGOTTEN, later, usable


@dataclass(frozen=True, slots=True)
class _Kept:
    """``zero``: UTC of the stream time zero that the times of the things count from; ``at``: when it was written."""

    view: str
    zero: datetime
    at: datetime
    things: ThingMemory


_KEPT: Final = TypeAdapter(_Kept)


class ThingFolder:
    """A folder of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, camera: CameraId, things: ThingMemory, view: str, zero: datetime, now: datetime) -> None:
        """Write what is known; nothing known removes what was. A disk that refuses costs the memory and nothing else."""
        if not things.places:
            self.drop(camera)
            return
        path = self._path(camera)
        part = path.with_name(f"{path.name}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(_KEPT.dump_json(_Kept(view, zero, now, things)))
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def drop(self, camera: CameraId) -> None:
        """What was known does not hold any more."""
        with contextlib.suppress(OSError):
            self._path(camera).unlink(missing_ok=True)

    def recall(self, camera: CameraId, view: str, zero: datetime, now: datetime) -> ThingMemory | None:
        """Return what was known of this view, in stream time since ``zero``; None when nothing is, or no longer."""
        try:
            kept = _KEPT.validate_json(self._path(camera).read_bytes())
            if kept.view != view or not timedelta(0) <= now - kept.at <= THING_FORGOTTEN or not usable(kept.things):
                return None
            return later(kept.things, kept.zero - zero)
        except (OSError, ValueError, OverflowError, TypeError):  # TypeError: a time without a zone
            return None

    def _path(self, camera: CameraId) -> Path:
        return self._folder / f"{camera}.things.json"
