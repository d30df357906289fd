"""The places of the simulated facility, drawn as a person would draw them: corridor, yard, sampling, gate, lines, rest room.

Every stage carries the whole catalogue: rules a scene is not made for run as well, and must stay silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import time, timedelta

from analyzer.site import (
    STAFF_ROLES,
    Activity,
    Allowance,
    Boundary,
    Camera,
    Door,
    DoorId,
    DoorKind,
    Facility,
    LineId,
    Permit,
    Side,
    Site,
    Slot,
    Zone,
)
from analyzer.types import FacilityId, Role, ZoneId, ZoneKind
from tests.scenarios.actors import MARKERS
from tests.scenarios.optics import Pinhole
from tests.scenarios.script import BEGIN, CAMERA, Stage

FACILITY = Facility(FacilityId("hotel"), "Khach san", "hotel")
ROOMS = ("101", "102", "103", "104")

_PLACES = frozenset(ZoneKind) - {ZoneKind.ROOM_INTERIOR, ZoneKind.TOILET, ZoneKind.BATHROOM}
_PERMITTED = (
    *(Allowance(role, _PLACES) for role in STAFF_ROLES if role is not Role.KITCHEN),
    Allowance(Role.KITCHEN, frozenset({ZoneKind.KITCHEN, ZoneKind.STAFF_REST, ZoneKind.CLEAN_ROUTE})),
)

NIGHT = time(2, 0), time(3, 0)
"""Slots that only make a plan exist lie here: no scene plays at that time."""


def planned(*activities: Activity) -> tuple[Slot, ...]:
    """A plan that knows the activities, none of which is in force during a scene."""
    return tuple(Slot(activity, *NIGHT) for activity in activities)


def in_force(activity: Activity) -> Slot:
    """A slot that covers every scene."""
    return Slot(activity, time(8, 0), time(12, 0))


def permit(activity: Activity, *rooms: str) -> Permit:
    """A one-off permission that covers every scene."""
    return Permit(activity, BEGIN - timedelta(hours=1), BEGIN + timedelta(hours=3), frozenset(rooms))


DEFAULT_PLAN = planned(Activity.YARD, Activity.TRANSFER, Activity.MEAL, Activity.HANDOVER, Activity.SAMPLING)


def corridor(
    *, calibrated: bool = True, slots: tuple[Slot, ...] = DEFAULT_PLAN, permits: tuple[Permit, ...] = (), table: bool = True
) -> Stage:
    """A corridor 3.2 m wide, 10 m long, with four rooms (101 faces 102, 103 faces 104) and the staff door at its far end."""
    camera = Pinhole()
    places = {"101": (-1.6, 5.0), "102": (0.6, 5.0), "103": (-1.6, 8.0), "104": (0.6, 8.0)}
    facing = {"101": "102", "102": "101", "103": "104", "104": "103"}
    doors = tuple(
        Door(
            DoorId(f"door-{room}"),
            CAMERA,
            DoorKind.ROOM,
            camera.area(x, y, x + 1.0, y + 1.4),
            room,
            (DoorId(f"door-{facing[room]}"),),
        )
        for room, (x, y) in places.items()
    )
    doors += (Door(DoorId("staff-door"), CAMERA, DoorKind.STAFF, camera.area(-0.8, 11.6, 0.8, 13.0)),)
    zones = (_zone(camera, ZoneKind.CORRIDOR, -1.6, 3.2, 1.6, 13.0, red=True),)
    site = _site(camera, zones, doors, slots=slots, permits=permits, table=table)
    return Stage(camera, _calibrated(site, camera, (-1.5, 3.6, 1.5, 12.0)) if calibrated else site)


def yard(*, calibrated: bool = True, roommates: tuple[frozenset[str], ...] = (), slots: tuple[Slot, ...] = DEFAULT_PLAN) -> Stage:
    """A yard 12 m wide that reaches from 5 to 30 m, with the doors of two ground-floor rooms at its near edges."""
    camera = Pinhole(height=4.0, focal=1200.0)
    zones = (_zone(camera, ZoneKind.YARD, -6.0, 4.6, 6.0, 30.0),)
    doors = (
        Door(DoorId("door-1"), CAMERA, DoorKind.ROOM, camera.area(-4.6, 6.0, -3.2, 7.4), "1"),
        Door(DoorId("door-2"), CAMERA, DoorKind.ROOM, camera.area(3.2, 6.0, 4.6, 7.4), "2"),
    )
    site = replace(_site(camera, zones, doors, slots=slots), roommates=roommates)
    return Stage(camera, _calibrated(site, camera, (-3.0, 5.5, 3.0, 14.0)) if calibrated else site)


def sampling() -> Stage:
    """A sampling place of 6 x 5 m."""
    camera = Pinhole(focal=1300.0)
    zones = (_zone(camera, ZoneKind.SAMPLING, -2.6, 3.6, 2.6, 8.4),)
    return Stage(camera, _calibrated(_site(camera, zones), camera, (-2.0, 4.0, 2.0, 8.0)))


def desk() -> Stage:
    """A reception seen from near: heads are larger than a hundred pixels up to 6 m."""
    camera = Pinhole(height=2.2, tilt=12.0, focal=2600.0)
    zones = (_zone(camera, ZoneKind.RECEPTION, -2.0, 4.6, 2.0, 14.0),)
    return Stage(camera, _calibrated(_site(camera, zones), camera, (-1.2, 6.0, 1.2, 10.0)))


def gate(*, calibrated: bool = True, slots: tuple[Slot, ...] = DEFAULT_PLAN, permits: tuple[Permit, ...] = ()) -> Stage:
    """Gate and fence: the line between inside (near) and outside lies at 10 m, the guard post inside on the right.

    The fence is the left half of the line, the gate the right half; a ground-floor room opens at the left. The
    disinfection place for vehicles lies inside behind the gate.
    """
    camera = Pinhole(height=4.0, focal=1200.0)
    zones = (
        _zone(camera, ZoneKind.FENCE, -5.0, 7.6, 0.0, 13.0),
        _zone(camera, ZoneKind.GATE, 0.0, 9.0, 4.0, 13.0),
        _zone(camera, ZoneKind.GUARD_POST, 4.2, 7.6, 6.2, 10.4),
        _zone(camera, ZoneKind.VEHICLE_DISINFECTION, 0.2, 5.4, 3.8, 8.6),
    )
    doors = (Door(DoorId("door-1"), CAMERA, DoorKind.ROOM, camera.area(-4.4, 4.8, -2.8, 6.2), "1"),)
    lines = (Boundary(LineId("fence"), CAMERA, camera.line(-6.5, 10.0, 6.5, 10.0), Side.OUTSIDE, Side.INSIDE),)
    site = _site(camera, zones, doors, lines, slots=slots, permits=permits)
    return Stage(camera, _calibrated(site, camera, (-4.0, 6.0, 4.0, 13.0)) if calibrated else site)


def passage(*, slots: tuple[Slot, ...] = DEFAULT_PLAN, permits: tuple[Permit, ...] = ()) -> Stage:
    """Where the red zone (far) meets the clean route (near): the line lies at 7 m; a room opens at the far left."""
    camera = Pinhole()
    zones = (
        _zone(camera, ZoneKind.CLEAN_ROUTE, -1.6, 3.2, 1.6, 7.0, red=False),
        _zone(camera, ZoneKind.CORRIDOR, -1.6, 7.0, 1.6, 13.0, red=True),
    )
    doors = (
        Door(DoorId("door-101"), CAMERA, DoorKind.ROOM, camera.area(-1.6, 9.0, -0.6, 10.4), "101"),
        Door(DoorId("staff-door"), CAMERA, DoorKind.STAFF, camera.area(-0.8, 11.6, 0.8, 13.0)),
    )
    lines = (Boundary(LineId("line"), CAMERA, camera.line(-1.8, 7.0, 1.8, 7.0), Side.RED, Side.CLEAN),)
    site = _site(camera, zones, doors, lines, slots=slots, permits=permits)
    return Stage(camera, _calibrated(site, camera, (-1.5, 3.6, 1.5, 12.0)))


def doffing() -> Stage:
    """Where used equipment is taken off, seen whole and near; people come and go by the free floor beside it."""
    camera = Pinhole(focal=1300.0)
    zones = (_zone(camera, ZoneKind.DOFFING, -1.0, 4.0, 1.0, 6.4),)
    return Stage(camera, _calibrated(_site(camera, zones), camera, (-2.0, 4.0, 2.0, 8.0)))


def rest(*, slots: tuple[Slot, ...] = DEFAULT_PLAN) -> Stage:
    """The rest room of the staff."""
    camera = Pinhole(focal=1300.0)
    zones = (_zone(camera, ZoneKind.STAFF_REST, -2.6, 3.6, 2.6, 9.0),)
    return Stage(camera, _calibrated(_site(camera, zones, slots=slots), camera, (-2.0, 4.0, 2.0, 8.0)))


def waste() -> Stage:
    """The collection place for waste."""
    camera = Pinhole(focal=1300.0)
    zones = (_zone(camera, ZoneKind.WASTE, -2.6, 3.6, 2.6, 9.0),)
    return Stage(camera, _calibrated(_site(camera, zones), camera, (-2.0, 4.0, 2.0, 8.0)))


def _zone(camera: Pinhole, kind: ZoneKind, x1: float, y1: float, x2: float, y2: float, *, red: bool | None = None) -> Zone:
    return Zone(ZoneId(kind.value), CAMERA, kind, camera.area(x1, y1, x2, y2), red=red)


def _site(
    camera: Pinhole,
    zones: tuple[Zone, ...],
    doors: tuple[Door, ...] = (),
    lines: tuple[Boundary, ...] = (),
    *,
    slots: Iterable[Slot] = DEFAULT_PLAN,
    permits: tuple[Permit, ...] = (),
    table: bool = True,
) -> Site:
    del camera
    return Site(
        facility=FACILITY,
        cameras=(Camera(CAMERA, "camera"),),
        zones=zones,
        doors=doors,
        lines=lines,
        slots=tuple(slots),
        permits=permits,
        allowances=_PERMITTED if table else (),
        markers={code: role for role, code in MARKERS.items()},
    )


def _calibrated(site: Site, camera: Pinhole, floor: tuple[float, float, float, float]) -> Site:
    seen = replace(site.cameras[0], calibration=camera.calibration(*floor))
    return replace(site, cameras=(seen,))
