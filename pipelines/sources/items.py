"""What a source hands to the loop, one item at a time.

A source accounts for everything it captured: each picture comes out exactly once, as `Captured` or as `Passed`
with the reason why it was not worth converting. Time in which there was no usable picture comes out as a
`Hole`. The last item, and only the last, is `Ended`. So the loop counts items and gets
captured = analysed + dropped(reason) without knowing anything about containers or codecs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from analyzer.types import CameraId
from models.frame import Frame
from pipelines.records import DropReason, GapReason, TimeBasis


@dataclass(frozen=True, slots=True)
class Captured:
    """A picture to be analysed."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Passed:
    """A picture that was captured and is not analysed; ``pts`` as in `FrameRef` (the nearest known one if it had none)."""

    pts: timedelta
    reason: DropReason


@dataclass(frozen=True, slots=True)
class Hole:
    """Time without a usable picture, [start, end) as PTS; at least two seconds and ten frame intervals long."""

    start: timedelta
    end: timedelta
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes.

    ``end`` is the PTS up to which the source was seen. ``complete`` is false when the source is known to have
    had more (cut-off file, read error); ``notes`` say what was wrong, one clear line each, for people.
    """

    end: timedelta
    complete: bool
    notes: tuple[str, ...] = ()


Item = Captured | Passed | Hole | Ended


@dataclass(frozen=True, slots=True)
class StartTime:
    """When PTS zero was, how that is known, and a line for people that says so."""

    at: datetime
    basis: TimeBasis
    detail: str


class Source(Protocol):
    """A finite source: a recording or a folder of images. Nothing is dropped for being late."""

    @property
    def camera(self) -> CameraId: ...

    @property
    def name(self) -> str:
        """For people: the file's name, with characters that a terminal would obey written as escapes."""
        ...

    @property
    def start(self) -> StartTime: ...

    @property
    def expected(self) -> timedelta | None:
        """How long the source says it is, for a progress bar; ``None`` when it does not say."""
        ...

    def sha256(self) -> str:
        """Hash of the content, hexadecimal; reads all of it."""
        ...

    def frames(self, rate: float | None = None, resume_after: timedelta | None = None) -> Iterator[Item]:
        """Go through the source once.

        Args:
            rate: analysed instants a second, > 0; of each instant of the grid ``k / rate`` the first usable picture at
                or after it comes out as `Captured`, the others as ``Passed(RATE)``. ``None``: every picture.
            resume_after: nothing is told about pictures up to and including this PTS: an earlier pass told it. What
                comes after is exactly what an uninterrupted pass gives there.
        """
        ...
