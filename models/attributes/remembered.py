"""What is kept of one track between two pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from analyzer.types import AttireReading, Box, ItemReading, MaskReading
from models.attributes.evidence import MaskEvidence, PersonEvidence


@dataclass(frozen=True, slots=True)
class Outline:
    """A body as its head sees it: edges relative to the middle of the head's upper edge, in heights of the head."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, body: Box, head: Box) -> Outline:
        x, y, unit = head.centre[0], head.y1, head.height
        return cls((body.x1 - x) / unit, (body.y1 - y) / unit, (body.x2 - x) / unit, (body.y2 - y) / unit)

    def under(self, head: Box) -> Box:
        """Return where the body should be when only the head is seen."""
        x, y, unit = head.centre[0], head.y1, head.height
        return Box(x + self.left * unit, y + self.top * unit, x + self.right * unit, y + self.bottom * unit)


@dataclass(frozen=True, slots=True)
class TrackMemory:
    """The crops that count, when networks last looked, and what was read. Times since the start of the stream."""

    seen: timedelta
    masks: tuple[MaskEvidence, ...] = ()
    persons: tuple[PersonEvidence, ...] = ()
    outline: Outline | None = None
    mask_read: timedelta | None = None
    person_read: timedelta | None = None
    mask: MaskReading | None = None
    items: tuple[ItemReading, ...] = ()
    attire: AttireReading | None = None
