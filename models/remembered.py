"""What perception of one camera knows between two pictures, as records: written down, it can be gone on with elsewhere.

Numbers are kept as they are, to the last bit: perception that goes on from such a record gives the scenes it would have given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from analyzer.types import Box, TrackId
from models.attributes.remembered import TrackMemory

FIRST_TRACK = TrackId(1)
"""The id of the first person a camera sees."""


@dataclass(frozen=True, slots=True)
class MotionMemory:
    """A filtered box: centre x, centre y, width, height in pixels and their speeds a second.

    ``covariance`` has a row for each of the four: variance of the position, covariance of both, variance of the speed.
    """

    position: tuple[float, ...]
    speed: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class TrackletMemory:
    """One person who is followed, or was lost so lately that he may come back. ``id`` is None until he is sure."""

    id: TrackId | None
    body: MotionMemory | None
    head: MotionMemory | None
    clothes: tuple[float, ...] | None
    seen: float
    sightings: int


@dataclass(frozen=True, slots=True)
class TrackerMemory:
    """``next_track`` is the first id not yet given."""

    next_track: TrackId = FIRST_TRACK
    tracklets: tuple[TrackletMemory, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceMemory:
    """Where something is seen that may be a thing. ``look`` has 24 rows of 12 grey levels; times since the start of the stream.

    ``alike`` and ``unlike`` are how long it looked as before and how long not, ``fresh`` when the look was renewed,
    ``same`` whether the last look was like it.
    """

    box: Box
    look: tuple[int, ...]
    since: timedelta
    seen: timedelta
    fresh: timedelta
    walked: bool
    alike: timedelta = timedelta(0)
    unlike: timedelta = timedelta(0)
    same: bool = True


@dataclass(frozen=True, slots=True)
class WayMemory:
    """Where a track began, as the middle of its box in pixels, and whether it has gone from there."""

    track: TrackId
    x: float
    y: float
    seen: timedelta
    walked: bool = False


@dataclass(frozen=True, slots=True)
class ThingMemory:
    """What is known of places and ways."""

    places: tuple[PlaceMemory, ...] = ()
    ways: tuple[WayMemory, ...] = ()


@dataclass(frozen=True, slots=True)
class PerceptionMemory:
    """Who is followed, what was read off each track, and what may be a thing."""

    tracker: TrackerMemory = TrackerMemory()
    tracks: tuple[tuple[TrackId, TrackMemory], ...] = ()
    things: ThingMemory = ThingMemory()

    @property
    def alive(self) -> frozenset[TrackId]:
        """Tracks that may be seen again; all others that come have ids from ``tracker.next_track`` on."""
        return frozenset(one.id for one in self.tracker.tracklets if one.id is not None)
