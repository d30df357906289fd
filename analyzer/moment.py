"""One instant as rules see it: the scene, where everybody stands, who they seem to be, what they just did."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar, cast

from analyzer.cue import Cue
from analyzer.ground import Ground, Position
from analyzer.outfits import Off
from analyzer.schedule import Now
from analyzer.scope import Scope, Standing
from analyzer.site import Boundary, Door, Side, Site, Zone
from analyzer.status import FacilityStatus
from analyzer.types import (
    ItemReading,
    MaskReading,
    Need,
    Observation,
    Point,
    Presence,
    Role,
    RoleClaim,
    Scene,
    TrackId,
    TrackSubject,
    ZoneKind,
)

# Plain numbers: the operators of flags are slow, and this is worked out at every instant.
_PLACES: Final = int(Cue.PLACES)
_PEOPLE: Final = int(Cue.PEOPLE)
_PAIRS: Final = int(Cue.PAIRS)
_LEAVING: Final = int(Cue.LEAVING)
_CROSSING: Final = int(Cue.CROSSING)
_DEPARTURES: Final = int(Cue.DEPARTURES)
_VEHICLES: Final = int(Cue.VEHICLES)
_BAGS: Final = int(Cue.BAGS)

_LODGERS: Final = frozenset({Role.QUARANTINED, Role.UNKNOWN})
"""Who may live in the room they were seen coming from."""

_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line crossed for good: the person was on one side, is on the other, and stayed there."""

    line: Boundary
    origin: Side
    target: Side


@dataclass(frozen=True, slots=True)
class Leaving:
    """A zone left for good: for how long the person stood still in it, and for how long they were in it.

    ``whole``: they were seen coming in as well, so that nothing of the visit is missing.
    """

    zone: Zone
    stood: timedelta
    stayed: timedelta
    whole: bool


class Entrance(NamedTuple):
    """Somebody came in from outside."""

    at: datetime
    track: TrackId
    role: Role


Admission = tuple[int, Zone | None, bool]
"""A scope, by its number, that addresses a place; the zone that makes it so; whether the role decides it."""

Couple = tuple[Zone | None, Standing]
"""The zone that makes a rule about two people address two places, and whether the roles decide it."""


class Person(NamedTuple):
    """One tracked person (vehicle, bag) at this instant.

    ``id`` is the first track id of the person: tracks that take over from each other are one. ``zones`` are those
    it stands in, the smallest first, with inertia; ``sides`` the sides of the lines; ``place`` is
    the same number for people in the same zones with the same role. ``crossed`` and ``left`` tell what
    was completed just now; only then ``stops`` (time stood by kind of zone), ``gown`` (worn lately) and ``doffed`` (when each
    piece of equipment was taken off) are told. ``mask`` and ``items``: what the person is believed to wear, by all readings so far
    (`analyzer.beliefs`). ``cleaned``: when they last stood at a hand hygiene station. ``from_red``: seen before in the red zone or coming out of a room.
    """

    id: TrackId
    subject: TrackSubject
    observation: Observation
    foot: Point
    zones: tuple[Zone, ...]
    role: RoleClaim
    tracks: tuple[TrackId, ...]
    since: datetime
    room: str | None = None
    origin: Door | None = None
    place: int = 0
    mask: MaskReading | None = None
    items: tuple[ItemReading, ...] = ()
    crossed: tuple[Crossing, ...] = ()
    left: tuple[Leaving, ...] = ()
    sides: tuple[Side, ...] = ()
    from_red: bool = False
    stops: tuple[tuple[ZoneKind, timedelta], ...] = ()
    gown: Presence = Presence.NOT_VISIBLE
    doffed: tuple[tuple[Need, Off], ...] = ()
    cleaned: datetime | None = None


class Pair(NamedTuple):
    """Two people who are, or may be, close. ``metres`` and ``error`` are known on a calibrated floor, ``heights`` without.

    ``sure`` is false when the error of the distance is too great to tell.
    """

    first: Person
    second: Person
    sure: bool
    metres: float | None = None
    error: float | None = None
    heights: float = 0.0


class Called(NamedTuple):
    """Somebody a rule is (or may be) about, and the zone that makes it so; no zone in mask-only mode."""

    person: Person
    zone: Zone | None
    decided: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who stood at a door when last seen and has been gone for a while: they went in.

    ``watched``: the camera looked while they vanished; else they may have walked on.
    """

    person: Person
    door: Door
    watched: bool


@dataclass(slots=True)
class Known:
    """What was worked out once, for the whole life of an engine.

    ``scopes`` by number; ``admissions``: the scopes that address each place; ``couples``: how a rule takes two people in two
    places; ``grounds``: the zones a scope is about; ``absent``: what a rule, by its identity, says while nothing
    that it looks at is in view.
    """

    scopes: dict[Scope, int] = field(default_factory=dict)
    admissions: dict[int, list[Admission]] = field(default_factory=dict)
    couples: dict[Hashable, dict[tuple[int, int], Couple]] = field(default_factory=dict)
    grounds: dict[Scope, tuple[Zone, ...]] = field(default_factory=dict)
    absent: dict[int, tuple[object, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a rule may look at. ``status`` is there in moments of a whole facility, which have no people.

    ``entered``: who came in lately, in the order of time, those of this instant among them.
    ``known`` is kept from moment to moment. Worked out once in a moment: ``rolls``, whom each scope addresses, ``positions``,
    where people stand, and ``pairs``, who is close to whom.
    """

    site: Site
    scene: Scene
    people: tuple[Person, ...]
    vehicles: tuple[Person, ...]
    bags: tuple[Person, ...]
    departures: tuple[Departure, ...]
    now: Now
    ground: Ground | None
    mask_only: bool
    zones: tuple[Zone, ...] = ()
    status: FacilityStatus | None = None
    entered: Sequence[Entrance] = ()
    known: Known = field(default_factory=Known, compare=False, repr=False)
    rolls: list[list[Called]] = field(default_factory=list, compare=False, repr=False)
    positions: dict[TrackId, Position | None] = field(default_factory=dict, compare=False, repr=False)
    pairs: dict[float, tuple[float, list[Pair]]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def cues(self) -> int:
        """What there is to judge: a sum of `Cue`."""
        people = self.people
        shown = _PLACES
        if people:
            shown |= _PEOPLE if len(people) == 1 else _PEOPLE | _PAIRS
            for person in people:
                if person.left:
                    shown |= _LEAVING
                if person.crossed:
                    shown |= _CROSSING
        if self.departures:
            shown |= _DEPARTURES
        if self.vehicles:
            shown |= _VEHICLES
        if self.bags:
            shown |= _BAGS
        return shown

    def absent(self, rule: object, judge: Callable[[Moment], Iterable[_Said]]) -> Iterable[_Said]:
        """What ``judge`` says for a rule while nothing that it looks at is in view: always the same, so it is asked once. Most
        moments of most cameras are such.
        """
        known = self.known.absent
        said = known.get(id(rule))  # rules live as long as the engine that asks them, and are slow to hash
        if said is None:
            said = known[id(rule)] = tuple(judge(self))
        return cast("tuple[_Said, ...]", said)  # what was put there by the same rule

    def zones_of(self, scope: Scope) -> tuple[Zone, ...]:
        """The zones a scope is about, the smallest first."""
        grounds = self.known.grounds
        found = grounds.get(scope)
        if found is None:
            found = grounds[scope] = tuple(zone for zone in self.zones if zone.kind in scope.zones)
        return found

    def position(self, person: Person) -> Position | None:
        """Where somebody stands on the floor; worked out once, ``None`` without a calibrated floor or above its horizon."""
        if self.ground is None:
            return None
        known = self.positions
        if person.id not in known:
            height = person.observation.track.box.height / self.scene.frame.height
            known[person.id] = self.ground.locate(person.foot, height)
        return known[person.id]

    def related(self, first: Person, second: Person) -> bool:
        """Room-mates and households may be close to each other; staff who came from the same door are not of the room."""
        if first.room is None or second.room is None or not {first.role.role, second.role.role} <= _LODGERS:
            return False
        return first.room == second.room or any(first.room in rooms and second.room in rooms for rooms in self.site.roommates)
