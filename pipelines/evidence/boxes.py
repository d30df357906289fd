"""``boxes.json``: who was where in the clip at which instant, and what was read off them.

Boxes are fractions of the picture, so that they fit the clip at whatever size it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analyzer.types import (
    Attire,
    Box,
    EventId,
    Item,
    Label,
    MaskState,
    Observation,
    Point,
    Presence,
    Reason,
    Scene,
    TrackId,
)
from pipelines.evidence.case import Case, Episode

RelativeBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MaskShown:
    state: MaskState
    probability: float
    head_px: float
    fresh: bool
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class ItemShown:
    item: Item
    state: Presence
    probability: float
    fresh: bool
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class TrackShown:
    """One box; ``of_event`` marks those that the event is about."""

    track: TrackId
    of_event: bool
    label: Label
    score: float
    box: RelativeBox
    head: RelativeBox | None
    mask: MaskShown | None
    items: tuple[ItemShown, ...]
    attire: Attire | None


@dataclass(frozen=True, slots=True)
class InstantShown:
    """One analysed instant; ``media_time`` in seconds from the start of the clip."""

    media_time: float
    at: datetime
    impairments: tuple[Reason, ...]
    tracks: tuple[TrackShown, ...]


@dataclass(frozen=True, slots=True)
class BoxesDocument:
    """``boxes.json``: ``width`` and ``height`` are those of the analysed pictures."""

    format: str
    event: EventId
    event_tracks: tuple[TrackId, ...]
    clip_starts_at: datetime
    clip_duration: timedelta
    width: int
    height: int
    zone: tuple[Point, ...]
    instants: tuple[InstantShown, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A clip in time: PTS and UTC of its media time zero, and how long it is."""

    starts: timedelta
    starts_at: datetime
    duration: timedelta


BOXES_FORMAT = "vigil-boxes/1"


def boxes_document(episode: Episode, case: Case, scenes: Sequence[Scene], span: Span) -> BoxesDocument:
    """The scenes that fall into a clip.

    Args:
        episode: whose boxes are marked.
        case: gives the zone.
        scenes: of the camera, in order of time; those outside the clip are left out.
        span: of the clip.
    """
    event = episode.event
    shown = [scene for scene in scenes if span.starts <= scene.frame.pts <= span.starts + span.duration]
    return BoxesDocument(
        format=BOXES_FORMAT,
        event=event.id,
        event_tracks=event.tracks,
        clip_starts_at=span.starts_at,
        clip_duration=span.duration,
        width=shown[0].frame.width if shown else 0,
        height=shown[0].frame.height if shown else 0,
        zone=case.zone.polygon if case.zone else (),
        instants=tuple(
            InstantShown(
                media_time=(scene.frame.pts - span.starts).total_seconds(),
                at=scene.frame.at,
                impairments=scene.impairments,
                tracks=tuple(_track(o, scene, event.tracks) for o in scene.observations),
            )
            for scene in shown
        ),
    )


def _track(seen: Observation, scene: Scene, tracks: tuple[TrackId, ...]) -> TrackShown:
    mask = seen.mask
    return TrackShown(
        track=seen.track.id,
        of_event=seen.track.id in tracks,
        label=seen.track.label,
        score=seen.track.score,
        box=relative(seen.track.box, scene.frame.width, scene.frame.height),
        head=relative(seen.head.box, scene.frame.width, scene.frame.height) if seen.head else None,
        mask=MaskShown(mask.state, mask.probability, mask.head_px, mask.fresh, mask.reason) if mask else None,
        items=tuple(ItemShown(i.item, i.state, i.probability, i.fresh, i.reason) for i in seen.items),
        attire=seen.attire.attire if seen.attire else None,
    )


def relative(box: Box, width: int, height: int) -> RelativeBox:
    """Left, top, right, bottom as fractions of the picture, cut at its edges."""

    def part(value: float, whole: int) -> float:
        return min(1.0, max(0.0, value / whole))

    return part(box.x1, width), part(box.y1, height), part(box.x2, width), part(box.y2, height)
