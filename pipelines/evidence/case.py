"""What a piece of evidence is about: the event, and what the run knows around it."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.types import Event, FacilityId
from pipelines.records import TimeBasis, ZoneVersion


@dataclass(frozen=True, slots=True)
class Case:
    """What the run knows and the event does not.

    ``zone`` is the polygon in force, where the rule has a zone; ``timezone`` an IANA name for the times people read.
    """

    facility: FacilityId
    timezone: str
    source: str
    source_sha256: str | None
    time_basis: TimeBasis
    zone: ZoneVersion | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """The opening of an event and the last word about it (the opening again while it lasts)."""

    opened: Event
    last: Event

    def __post_init__(self) -> None:
        if self.opened.id != self.last.id:
            raise ValueError(f"messages of two events: {self.opened.id}, {self.last.id}")

    @property
    def event(self) -> Event:
        return self.last
