"""Evidence that a stop cut short: what the store says of the event and what the ring still holds are enough to write it."""

from __future__ import annotations

from dataclasses import replace

from analyzer.types import (
    CameraId,
    CameraSubject,
    Change,
    Event,
    FacilityId,
    FacilitySubject,
    PairSubject,
    Subject,
    TrackId,
    TrackSubject,
    ZoneId,
    ZoneSubject,
)
from pipelines.evidence import Episode
from pipelines.records import Ending, StoredEvent


def episode_from(stored: StoredEvent) -> Episode:
    """The event as its messages told it."""
    opened = Event(
        id=stored.id,
        rule=stored.rule,
        rule_version=stored.rule_version,
        severity=stored.severity,
        camera=stored.camera,
        subject=subject_from(stored.subject),
        change=Change.OPENED,
        at=stored.opened_at,
        pts=stored.opened_pts,
        since=stored.since,
        since_pts=stored.since_pts,
        votes=stored.votes,
        provenance=stored.provenance,
        zone=stored.zone,
        zone_version=stored.zone_version,
        role=stored.role,
        measures=stored.measures,
        tracks=stored.tracks,
    )
    if stored.ended_at is None:
        return Episode(opened, opened)
    change = Change.LOST if stored.ending is Ending.LOST else Change.CLOSED
    pts = stored.opened_pts + (stored.ended_at - stored.opened_at)
    return Episode(opened, replace(opened, change=change, at=stored.ended_at, pts=pts))


def subject_from(key: str) -> Subject:
    """The subject whose ``key`` this is.

    Raises:
        ValueError: of none.
    """
    kind, _, name = key.partition(":")
    match kind:
        case "track":
            return TrackSubject(TrackId(int(name)))
        case "pair":
            first, _, second = name.partition("-")
            return PairSubject(TrackId(int(first)), TrackId(int(second)))
        case "zone":
            return ZoneSubject(ZoneId(name))
        case "camera":
            return CameraSubject(CameraId(name))
        case "facility":
            return FacilitySubject(FacilityId(name))
        case _:
            raise ValueError(f"no subject: {key!r}")
