"""Kind ``door_entry``: going through a room door one must not go through (Q05, second part of S09)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analyzer.cue import Cue
from analyzer.judgement import Judgement
from analyzer.moment import Departure, Moment
from analyzer.nearness import hidden
from analyzer.scope import Scope, Standing
from analyzer.site import Activity, DoorKind
from analyzer.types import Reason, Verdict, ZoneId


@dataclass(frozen=True, slots=True)
class DoorEntry:
    """One judgement each time somebody went into a room.

    Whoever vanished at a door where others stand by now may be behind them, and whoever vanished while no picture came may
    have walked on: that cannot be told.

    Attributes:
        own_allowed: coming back to the room one came out of is compliant; without having seen where somebody came
            from it cannot be told. Otherwise every room is forbidden.
        excuses: activities of slots and permits that allow it.
    """

    cue: ClassVar[Cue] = Cue.DEPARTURES
    scope: Scope
    own_allowed: bool
    excuses: tuple[Activity, ...] = ()

    def judge(self, moment: Moment) -> Iterator[Judgement]:
        for departure in moment.departures:
            standing = self.scope.standing(departure.person.role.role)
            if departure.door.kind is DoorKind.ROOM and standing is not Standing.OUTSIDE:
                yield self._judge(moment, departure, decided=standing is Standing.INSIDE)

    def _judge(self, moment: Moment, departure: Departure, *, decided: bool) -> Judgement:
        person, door = departure.person, departure.door
        zone = next((zone for zone in moment.zones if zone.id == ZoneId(door.id)), None)
        reason = None
        if not decided:
            reason = Reason.ROLE_UNKNOWN
        elif not departure.watched:
            reason = Reason.CAMERA_DOWN
        elif self.own_allowed and person.origin is None:
            reason = Reason.OCCLUDED
        elif hidden(person.observation.track.box, moment.people):
            reason = Reason.CROWD
        if reason is not None:
            return Judgement(person.subject, Verdict.UNKNOWN, reason, zone, person.role, person.tracks)
        own = self.own_allowed and person.origin is not None and person.origin.id == door.id
        allowed = own or moment.now.allows(*self.excuses, role=person.role.role, room=door.number)
        verdict = Verdict.COMPLIANT if allowed else Verdict.VIOLATING
        return Judgement(person.subject, verdict, None, zone, person.role, person.tracks)
