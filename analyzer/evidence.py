"""What speaks for which role: E1-E9 of the role model, read off one person at one instant.

Weights are start values of the model, not measurements. E5 (what somebody carries) and E8 (somebody who looks like an earlier
track) are read where a scene carries them; shipped perception delivers neither yet. Tracks that take over from one another
within seconds carry their whole book instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, log

from analyzer.roles import RoleBook, Weights, towards_staff
from analyzer.schedule import Now
from analyzer.site import STAFF_ROLES, Activity, DoorKind, Site
from analyzer.trails import Trail
from analyzer.types import Attire, Carried, Link, Observation, Reason, Role, RoleClaim, Scene, TrackId, ZoneKind

_ORIGIN: dict[DoorKind, tuple[str, Weights]] = {
    DoorKind.ROOM: ("E1:room", ((Role.QUARANTINED, 3.0),)),
    DoorKind.STAFF: ("E1:staff", towards_staff(3.0)),
    DoorKind.DONNING: ("E1:donning", towards_staff(3.0)),
    DoorKind.OUTSIDE: ("E1:outside", ((Role.OUTSIDER, 2.0), (Role.DRIVER, 1.0))),
}

_PLACE: dict[ZoneKind, Weights] = {
    ZoneKind.GUARD_POST: ((Role.GUARD, 2.0),),
    ZoneKind.KITCHEN: ((Role.KITCHEN, 2.0),),
    ZoneKind.RECEPTION_CLEAN_SIDE: ((Role.RECEPTION, 2.0),),
    ZoneKind.STAFF_REST: towards_staff(2.0),
    ZoneKind.DONNING: towards_staff(2.0),
    ZoneKind.DOFFING: towards_staff(2.0),
}

_ATTIRE: dict[Attire, Weights] = {
    Attire.PPE: towards_staff(2.5),
    Attire.MEDICAL_UNIFORM: ((Role.MEDICAL, 2.0),),
    Attire.OTHER_UNIFORM: towards_staff(1.0),
}
_STREET: Weights = ((Role.QUARANTINED, 1.0),)
_CARRIED: dict[Carried, Weights] = {
    Carried.TRAY: ((Role.ROOM_SERVICE, 1.5), (Role.KITCHEN, 1.5)),
    Carried.TROLLEY: ((Role.ROOM_SERVICE, 1.0), (Role.CLEANER, 1.0)),
    Carried.WASTE_BAG: ((Role.CLEANER, 1.5),),
}
LINKED_FOR = timedelta(hours=24)
"""Nobody is recognised by their clothes for longer than this."""
_LINKED_MOST = 3.0
_UNIFORM = 2.0
_MARKER = 5.0
_ONE_OF_STAFF = log(len(STAFF_ROLES))
"""A marker decides, also for staff who come out of a room: what makes one staff role the less likely beforehand is made up for."""
_ROSTER = 1.0
_CORRECTED = 50.0

_ROUND: Weights = ((Role.ROOM_SERVICE, 1.0), (Role.MEDICAL, 1.0))
_ROUND_DOORS = 3
_SHARE = 0.5
_HABIT = timedelta(seconds=10)
_SURE = 0.8
_SUREST = 0.999

_STAFF = frozenset({Role.STAFF, *STAFF_ROLES})
_NOBODY = frozenset({Role.UNKNOWN, Role.VEHICLE, Role.FACILITY})

_DUTIES: tuple[tuple[Activity, Role, frozenset[ZoneKind]], ...] = (
    (Activity.MEAL, Role.ROOM_SERVICE, frozenset({ZoneKind.CORRIDOR, ZoneKind.ROOM_DOOR, ZoneKind.GOODS_HANDOVER})),
    (Activity.SAMPLING, Role.MEDICAL, frozenset({ZoneKind.SAMPLING, ZoneKind.ROOM_DOOR, ZoneKind.CORRIDOR})),
    (Activity.WASTE, Role.CLEANER, frozenset({ZoneKind.CORRIDOR, ZoneKind.WASTE})),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds the person whose evidence is weighed."""

    site: Site
    scene: Scene
    now: Now
    earlier: Callable[[TrackId], RoleClaim | None]
    """Whom an earlier track of this camera was taken for."""


def weigh(book: RoleBook, observation: Observation, trail: Trail, setting: Setting) -> None:
    """Put down what this instant says about the person."""
    if trail.origin is not None and (origin := _ORIGIN.get(trail.origin.kind)):
        book.note(*origin)
    if trail.zones:
        _weigh_places(book, trail)
    _weigh_attire(book, observation, trail, setting)
    for marker in observation.markers:
        if role := setting.site.markers.get(marker):
            book.note(f"E4:{marker}", _towards(role, _MARKER + (_ONE_OF_STAFF if role in STAFF_ROLES else 0.0)))
    for carried in observation.carried:
        book.note(f"E5:{carried.value}", _CARRIED[carried])
    if observation.links or book.linked:
        _weigh_links(book, [link for link in observation.links if link.track not in trail.tracks], setting)
    if setting.now.busy and book.claim.role in _STAFF:
        _weigh_duties(book, trail, setting.now)


def correct(book: RoleBook, role: Role) -> None:
    """E9: a person said who this is; nothing outweighs it."""
    book.note("E9:person", _towards(role, _CORRECTED))


def _towards(role: Role, weight: float) -> Weights:
    """The weight for a role; for staff of no told job the same for every job."""
    return towards_staff(weight) if role is Role.STAFF else ((role, weight),)


def _weigh_links(book: RoleBook, links: Sequence[Link], setting: Setting) -> None:
    """E8: somebody who looks like an earlier track of the last day is likely to have its role; the likeness expires."""
    at = setting.scene.frame.at
    for link in links:
        claim = setting.earlier(link.track) if link.role is None else RoleClaim(link.role, link.probability)
        if claim is None or claim.role in _NOBODY or claim.probability <= 0 or link.log_odds <= 0 or link.seen > at:
            continue
        sure = min(claim.probability, _SUREST)
        weight = min(_LINKED_MOST, log(sure / (1 - sure)) / (1 + exp(-link.log_odds)))
        if weight > 0:
            book.link(f"E8:track:{link.track}", _towards(claim.role, weight), link.seen + LINKED_FOR)
    book.expire(at)


def _weigh_places(book: RoleBook, trail: Trail) -> None:
    """E2: where most of the time was spent, and E7: stopping at door after door."""
    lasted = trail.last - trail.since
    for zone in trail.zones:
        weights = _towards(zone.desk_side, 2.0) if zone.desk_side is not None else _PLACE.get(zone.kind)
        if weights and (spent := trail.spent.get(zone.id)) and spent >= _HABIT and spent >= _SHARE * lasted:
            book.note(f"E2:{zone.id}", weights)
    if len(trail.served) >= _ROUND_DOORS:
        book.note("E7:round", _ROUND)


def _weigh_attire(book: RoleBook, observation: Observation, trail: Trail, setting: Setting) -> None:
    """E3. Colours say nothing in the dark, and street clothes say something only in the red zone."""
    reading = observation.attire
    if reading is None or not reading.fresh or reading.probability < _SURE or Reason.TOO_DARK in setting.scene.impairments:
        return
    if worn := setting.site.uniforms.get(reading.attire.value):
        book.note("E3:uniform", _towards(worn, _UNIFORM))
    elif weights := _ATTIRE.get(reading.attire):
        book.note("E3:attire", weights)
    elif reading.attire is Attire.STREET:
        if trail.from_red:
            book.note("E3:attire", _STREET)
        else:
            # An earlier reading as a uniform was wrong, or the uniform is off.
            book.withdraw("E3:attire")


def _weigh_duties(book: RoleBook, trail: Trail, now: Now) -> None:
    """E6: what staff seen here at this hour are there for, by schedule and roster."""
    for zone in trail.zones:
        for activity, role, kinds in _DUTIES:
            if zone.kind in kinds and now.allows(activity, zone=zone.kind):
                book.note(f"E6:{activity.value}", ((role, _ROSTER),))
        for role in STAFF_ROLES:
            if now.rostered(role, zone.kind):
                book.note(f"E6:shift:{role.value}", ((role, _ROSTER),))
