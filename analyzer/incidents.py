"""Several rules broken by one person at one time are one matter for the person who reviews it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from analyzer.types import CameraId, EventId, TrackId

TOGETHER = timedelta(seconds=60)
"""Acts of one person that are no farther apart than this belong together."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is needed of an event to group it; ``end`` is ``None`` while it is open."""

    id: EventId
    camera: CameraId
    tracks: tuple[TrackId, ...]
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Incident:
    """Acts that belong together, in the order they began; named after the first of them."""

    id: EventId
    acts: tuple[EventId, ...]


def incidents(acts: Iterable[Act]) -> tuple[Incident, ...]:
    """Group acts of one run that share a person and touch in time. Every act is in exactly one incident."""
    ordered = sorted(acts, key=lambda act: (act.start, act.id))
    groups: list[list[Act]] = []
    for act in ordered:
        joined = [group for group in groups if any(_together(act, other) for other in group)]
        merged = sorted((other for group in joined for other in group), key=lambda other: (other.start, other.id))
        groups = [group for group in groups if group not in joined]
        groups.append([*merged, act])
    groups.sort(key=lambda group: (group[0].start, group[0].id))
    return tuple(Incident(group[0].id, tuple(act.id for act in group)) for group in groups)


def _together(later: Act, earlier: Act) -> bool:
    if later.camera != earlier.camera or not set(later.tracks) & set(earlier.tracks):
        return False
    return earlier.end is None or later.start - earlier.end <= TOGETHER
