"""The memory of one camera: a scene goes in, the moment as rules see it comes out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import attrgetter

from analyzer.continuity import Newcomer, take_overs
from analyzer.evidence import LINKED_FOR, Setting, correct, weigh
from analyzer.ground import Ground
from analyzer.layout import Layout, foot_of
from analyzer.moment import Departure, Entrance, Known, Moment, Person
from analyzer.roles import RoleBook
from analyzer.schedule import Agenda
from analyzer.site import DoorKind, Side, Site
from analyzer.trails import Trail
from analyzer.types import Attire, Label, Observation, Presence, Role, RoleClaim, Scene, TrackId, ZoneId, ZoneKind

GONE = timedelta(seconds=5)
"""Whoever was last seen at a door and is not seen for this long, while the camera looks, has gone through it."""

FORGET = timedelta(minutes=10)
"""How long a person out of view is remembered; longer than any cool-down."""

_STRIDE = timedelta(seconds=1)
"""Pictures further apart than this leave time between them in which nobody looked."""

_WATCHED = timedelta(seconds=2)
"""Whoever is missed in a picture that comes later than this may have walked on meanwhile."""

_REMEMBERED = timedelta(hours=1)

_SURE_ATTIRE = 0.8

_by_track = attrgetter("track.id")

_JUDGED = (Label.PERSON, Label.VEHICLE, Label.BAG)


class Witness:
    """Remembers the people of one camera.

    Args:
        site: with the drawings of that camera alone.
        corrections: roles of tracks as a person has said.
    """

    def __init__(self, site: Site, corrections: Mapping[TrackId, Role]) -> None:
        self._corrections = corrections
        self._site = site
        self._layout = Layout(site)
        calibration = site.cameras[0].calibration
        self._ground = Ground(site.cameras[0], calibration) if calibration else None
        self._agenda = Agenda(site.slots, site.permits, site.facility.timezone)
        self._mask_only = not (self._layout.zones or self._layout.doors or self._layout.lines)
        # Clothes matter where red and clean meet and where equipment is taken off.
        self._outfits = any(Side.RED in (line.left, line.right) for line in self._layout.lines) or any(
            zone.kind is ZoneKind.DOFFING for zone in self._layout.zones
        )
        self._known: dict[TrackId, Trail] = {}
        self._books: dict[TrackId, RoleBook] = {}
        self._persons: dict[TrackId, Person] = {}
        self._present: dict[TrackId, Trail] = {}
        self._missed: dict[TrackId, Trail] = {}
        """Out of view, but not for so long that they went in at a door."""
        self._bygone: dict[TrackId, tuple[datetime, RoleClaim]] = {}
        self._places: dict[tuple[Role, tuple[ZoneId, ...]], int] = {}
        self._facts = Known()
        self._entered: deque[Entrance] = deque()
        self._before: datetime | None = None
        self._clock = self._clock_before = timedelta(0)

    def look(self, scene: Scene) -> Moment:
        """Take in one scene."""
        at = scene.frame.at
        self._clock_before = self._clock
        if self._before is not None:
            self._clock += min(at - self._before, _STRIDE)
        self._before = at
        now = self._agenda.at(at)
        seen = sorted(scene.observations, key=_by_track)
        self._meet(scene, seen)
        setting = Setting(self._site, scene, now, self._earlier)
        persons = tuple([self._person(observation, setting) for observation in seen])
        self._enter(persons, at)
        departures = self._departures({person.id: self._known[person.observation.track.id] for person in persons}, at)
        people, vehicles, bags = (_labelled(persons, label) if persons else () for label in _JUDGED)
        return Moment(
            site=self._site,
            scene=scene,
            people=people,
            vehicles=vehicles,
            bags=bags,
            departures=departures,
            now=now,
            ground=self._ground,
            mask_only=self._mask_only,
            zones=self._layout.zones,
            entered=self._entered,
            known=self._facts,
        )

    def forget(self, at: datetime) -> frozenset[TrackId]:
        """Drop people out of view for long; returns their ids."""
        old = frozenset(trail.id for trail in self._known.values() if at - trail.last > FORGET)
        if old:
            self._known = {track: trail for track, trail in self._known.items() if trail.id not in old}
            for gone in old:
                claim = self._books.pop(gone).own_claim
                person = self._persons.pop(gone)
                for track in person.tracks:
                    self._bygone[track] = at, claim
            self._bygone = {track: known for track, known in self._bygone.items() if at - known[0] <= LINKED_FOR}
        return old

    def _earlier(self, track: TrackId) -> RoleClaim | None:
        trail = self._known.get(track)
        if trail is not None:
            return self._books[trail.id].own_claim
        known = self._bygone.get(track)
        return None if known is None else known[1]

    def _meet(self, scene: Scene, seen: list[Observation]) -> None:
        """Give every track not met before a trail: that of somebody it takes over from, or a new one."""
        known = self._known
        if len({known[o.track.id].id for o in seen if o.track.id in known}) == len(seen):
            return  # everybody was met before, and no two are thought to be one
        self._part(seen)
        new = [observation for observation in seen if observation.track.id not in known]
        at, frame = scene.frame.at, scene.frame
        present = {self._known[o.track.id].id for o in seen if o.track.id in self._known}
        gone = {trail.id: trail for trail in self._known.values() if trail.id not in present}
        newcomers = [
            Newcomer(o.track.id, o.track.label, foot_of(o, frame), o.track.box.height / frame.height, _attire(o)) for o in new
        ]
        matches = take_overs(
            newcomers,
            gone.values(),
            self._layout,
            frame.width / frame.height,
            at=at,
            clock=self._clock,
            before=self._clock_before,
        )
        for observation in new:
            track = observation.track.id
            trail = matches.get(track)
            if trail is None:
                trail = Trail(observation, at)
                self._books[trail.id] = RoleBook()
            else:
                trail.adopt(track)
            self._known[track] = trail
            if track in self._corrections:
                correct(self._books[trail.id], self._corrections[track])

    def _part(self, seen: list[Observation]) -> None:
        """A track thought to have been taken over is back beside the other: they were two people after all."""
        owners: dict[TrackId, TrackId] = {}
        for observation in seen:
            trail = self._known.get(observation.track.id)
            if trail is None:
                continue
            if trail.id in owners:
                later = max(owners[trail.id], observation.track.id)
                trail.tracks = tuple(track for track in trail.tracks if track != later)
                del self._known[later]
            else:
                owners[trail.id] = observation.track.id

    def _person(self, observation: Observation, setting: Setting) -> Person:
        frame = setting.scene.frame
        trail = self._known[observation.track.id]
        foot = foot_of(observation, frame)
        trail.look(self._layout, foot, observation.track.box.height / frame.height, frame.width / frame.height, frame.at)
        trail.clock = self._clock
        trail.attire = _attire(observation) or trail.attire
        beliefs = trail.beliefs
        beliefs.look(observation, frame.at)
        book = self._books[trail.id]
        weigh(book, observation, trail, setting)
        claim, origin = book.claim, trail.origin
        if self._outfits:
            doffing = ZoneKind.DOFFING in trail.kinds
            if not doffing and not trail.left:
                trail.outfit.doffed.clear()
            if doffing or not beliefs.carried:
                trail.outfit.look(beliefs, frame.at, doffing=doffing)
        done = bool(trail.crossed or trail.left)
        # By position: this is made for everybody at every instant, and names cost as much again.
        person = Person(
            trail.id,
            trail.subject,
            observation,
            foot,
            trail.zones,
            claim,
            trail.tracks,
            trail.since,
            origin.number if origin and origin.kind is DoorKind.ROOM else None,
            origin,
            self._place(trail, claim.role),
            beliefs.mask,
            beliefs.items,
            trail.crossed,
            trail.left,
            trail.sides,
            trail.from_red,
            tuple(sorted(trail.stops.items())) if done else (),
            trail.outfit.gown(frame.at) if done else Presence.NOT_VISIBLE,
            tuple(trail.outfit.doffed.items()) if done else (),
            trail.cleaned,
        )
        self._persons[trail.id] = person
        return person

    def _place(self, trail: Trail, role: Role) -> int:
        """One number for everybody in the same zones with the same role."""
        key = role, trail.inside
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self._places)
        return place

    def _enter(self, persons: tuple[Person, ...], at: datetime) -> None:
        """Keep who came in within the last hour: entries of the gate's log are for so many people."""
        while self._entered and at - self._entered[0].at > _REMEMBERED:
            self._entered.popleft()
        for person in persons:
            if person.crossed and any(crossing.origin is Side.OUTSIDE for crossing in person.crossed):
                self._entered.append(Entrance(at, person.id, person.role.role))

    def _departures(self, present: dict[TrackId, Trail], at: datetime) -> tuple[Departure, ...]:
        """Who stood at a door when last seen, and is gone for so long that they went in."""
        if not self._layout.doors:
            return ()
        for missed in self._present.keys() - present.keys():
            trail = self._missed[missed] = self._present[missed]
            trail.watched = at - trail.last <= _WATCHED
        self._present = present
        departures = []
        for trail in tuple(self._missed.values()):
            if trail.id in present:
                del self._missed[trail.id]
            elif self._clock - trail.clock >= GONE:
                del self._missed[trail.id]
                trail.departed = True
                door = self._layout.door_at(trail.foot)
                if door is not None:
                    departures.append(Departure(self._persons[trail.id], door, trail.watched))
        return tuple(sorted(departures, key=lambda departure: departure.person.id))


def _labelled(persons: tuple[Person, ...], label: Label) -> tuple[Person, ...]:
    return tuple([person for person in persons if person.observation.track.label is label])


def _attire(observation: Observation) -> Attire | None:
    """The attire, when it is told with certainty enough to tell people apart."""
    reading = observation.attire
    if reading is None or reading.attire is Attire.NOT_VISIBLE or reading.probability < _SURE_ATTIRE:
        return None
    return reading.attire
