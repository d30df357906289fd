"""What must hold where: one facility with its cameras, zones, doors, lines, schedules and rule settings.

Immutable records, checked when they are made. Polygons, lines and calibration points are fractions [0,1] of
the picture, origin top left. Files are read elsewhere; here there is no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NewType

from analyzer.errors import InvalidShape, InvalidSite
from analyzer.geometry import line_fault, polygon_fault
from analyzer.types import CameraId, FacilityId, Need, Point, Role, RuleId, Severity, ZoneId, ZoneKind

DoorId = NewType("DoorId", str)
LineId = NewType("LineId", str)

FORBIDDEN_KINDS = frozenset({ZoneKind.ROOM_INTERIOR, ZoneKind.TOILET, ZoneKind.BATHROOM})
"""Where nothing may be analysed or stored (rule F04)."""

MANDATORY_KINDS = (
    ZoneKind.CORRIDOR,
    ZoneKind.FLOOR_LOBBY,
    ZoneKind.YARD,
    ZoneKind.SAMPLING,
    ZoneKind.RECEPTION,
    ZoneKind.MEDICAL_CHECK,
    ZoneKind.GOODS_HANDOVER,
    ZoneKind.SHARED_WC_OUTSIDE,
    ZoneKind.GATE,
)
"""The nine areas the camera guidance names."""

STAFF_ROLES = (
    Role.RECEPTION,
    Role.ROOM_SERVICE,
    Role.MEDICAL,
    Role.GUARD,
    Role.CLEANER,
    Role.KITCHEN,
    Role.DRIVER,
    Role.OTHER_STAFF,
)


class SiteMode(StrEnum):
    """``MASK_ONLY``: nobody drew zones or doors, so only rules that need neither place nor role are judged."""

    FULL = "full"
    MASK_ONLY = "mask_only"


@dataclass(frozen=True, slots=True)
class Facility:
    """``timezone`` is the one its schedules are written in; ``kind`` as registered (civil, army, hotel)."""

    id: FacilityId
    name: str
    kind: str = ""
    timezone: tzinfo = UTC
    timezone_name: str = "UTC"


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """A marked point: where it is in the picture [0,1] and on the floor (metres from any fixed corner)."""

    image: Point
    metres: Point


@dataclass(frozen=True, slots=True)
class Calibration:
    """The floor as one camera sees it, from four or more marked points.

    ``click_error`` is the standard deviation of marking a point, as a fraction of the picture's height; ``scale_error`` that
    of the whole floor's scale, as a share: 0 where points were measured with a tape.
    """

    points: tuple[GroundPoint, ...]
    click_error: float = 0.004
    scale_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Camera:
    """``position`` names the way the camera is mounted and aimed; zones and calibration hold for it alone.

    ``source`` is the stream that is analysed, ``evidence`` the one that evidence is cut from where that is another one.
    ``near`` are cameras that a person can walk to from here within minutes.
    """

    id: CameraId
    name: str
    source: str = ""
    position: str = "1"
    aspect: float = 16 / 9
    calibration: Calibration | None = None
    night_infrared: bool = True
    evidence: str = ""
    near: tuple[CameraId, ...] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of one camera's picture. ``version`` grows whenever its polygon or kind is changed.

    Raises:
        InvalidShape: the polygon is broken, crosses itself, or is too small.
    """

    id: ZoneId
    camera: CameraId
    kind: ZoneKind
    polygon: tuple[Point, ...]
    version: int = 1
    name: str = ""
    door: DoorId | None = None
    red: bool | None = None
    desk_side: Role | None = None

    def __post_init__(self) -> None:
        if fault := polygon_fault(self.polygon):
            raise InvalidShape(f'zone "{self.id}"', f"the polygon {fault}")


class DoorKind(StrEnum):
    """What is behind a door: it says who comes out of it."""

    ROOM = "room"
    STAFF = "staff"
    DONNING = "donning"
    WC = "wc"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Door:
    """A door and the strip of floor in front of it, where a person stands who comes out or goes in.

    ``number`` is the room number; ``facing`` lists doors opposite or next to it that must not be open with it.

    Raises:
        InvalidShape: the strip is broken, crosses itself, or is too small.
    """

    id: DoorId
    camera: CameraId
    kind: DoorKind
    strip: tuple[Point, ...]
    number: str = ""
    facing: tuple[DoorId, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        if fault := polygon_fault(self.strip):
            raise InvalidShape(f'door "{self.id}"', f"the strip {fault}")


class Side(StrEnum):
    """What lies on one side of a boundary."""

    RED = "red"
    CLEAN = "clean"
    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Boundary:
    """A line on the floor between two sides (red and clean, or inside and outside), drawn from first to last point.

    ``left`` and ``right`` are as seen by a viewer of the picture looking along the line as drawn.

    Raises:
        InvalidShape: the line has no length or crosses itself.
        InvalidSite: both sides are the same.
    """

    id: LineId
    camera: CameraId
    points: tuple[Point, ...]
    left: Side
    right: Side
    version: int = 1

    def __post_init__(self) -> None:
        if fault := line_fault(self.points):
            raise InvalidShape(f'line "{self.id}"', f"it {fault}")
        if self.left is self.right:
            raise InvalidSite(f'line "{self.id}"', f"both sides are {self.left.value}; nothing is crossed")


class Activity(StrEnum):
    """What a schedule slot is for. The first six let quarantined people out of their rooms."""

    SAMPLING = "sampling"
    TRANSFER = "transfer"
    RELEASE = "release"
    YARD = "yard"
    SHARED_WC = "shared_wc"
    INTAKE = "intake"
    MEAL = "meal"
    WASTE = "waste"
    HANDOVER = "handover"
    SHIFT = "shift"
    STAFF_MEAL = "staff_meal"
    QUIET = "quiet"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of the day in the facility's time zone; ``end`` at or before ``start`` means the next day.

    ``days`` are ISO weekdays of the *start* (1 Monday .. 7 Sunday). ``on`` limits the slot to one date, ``roles``,
    ``zones`` and ``rooms`` to some; empty means all. ``except_on`` are holidays.
    """

    activity: Activity
    start: time
    end: time
    days: frozenset[int] = frozenset(range(1, 8))
    on: date | None = None
    until: date | None = None
    except_on: frozenset[date] = frozenset()
    roles: frozenset[Role] = frozenset()
    zones: frozenset[ZoneKind] = frozenset()
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permit:
    """A one-off permission, such as a transfer: valid in [start, end), then it expires by itself."""

    activity: Activity
    start: datetime
    end: datetime
    rooms: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One line of the permission table: a role may be in these kinds of zones (rule S09)."""

    role: Role
    zones: frozenset[ZoneKind]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One cell of the PPE matrix: what a role must wear in zones of some kinds."""

    role: Role
    zones: frozenset[ZoneKind]
    needs: frozenset[Need]


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What a site changes about a catalogue rule. A rule switched off says why and since when.

    ``thresholds`` are (name, value) pairs over the parameters of the rule's kind and its timing, durations in
    seconds under names that end in ``_s``.
    """

    rule: RuleId
    enabled: bool = True
    reason: str = ""
    since: date | None = None
    severity: Severity | None = None
    zones: frozenset[ZoneKind] | None = None
    roles: frozenset[Role] | None = None
    thresholds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class AbsentKind:
    """A mandatory area the facility does not have, with the reason it gave (rule F03)."""

    kind: ZoneKind
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class GateEntry:
    """The guard let somebody in: so many people, or however many came when nobody counted them (``None``)."""

    at: datetime
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One facility as the rules see it."""

    facility: Facility
    cameras: tuple[Camera, ...]
    zones: tuple[Zone, ...] = ()
    doors: tuple[Door, ...] = ()
    lines: tuple[Boundary, ...] = ()
    slots: tuple[Slot, ...] = ()
    permits: tuple[Permit, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    roommates: tuple[frozenset[str], ...] = ()
    markers: Mapping[str, Role] = field(default_factory=dict)
    uniforms: Mapping[str, Role] = field(default_factory=dict)
    absent: tuple[AbsentKind, ...] = ()
    rules: tuple[RuleSetting, ...] = ()
    deadline: datetime | None = None
    gate_log: tuple[GateEntry, ...] = ()
    """What the guard wrote down about who may come in (rule G01), in the order of time."""
    shared_wc: bool = False
    """Rooms have no toilets of their own; also true when a toilet door or the area outside one is drawn."""

    def __post_init__(self) -> None:
        _refuse_twins(self)
        _refuse_strangers(self)

    @property
    def mode(self) -> SiteMode:
        """``MASK_ONLY`` while no camera has a zone, a door or a line."""
        full = any(self.mode_of(camera.id) is SiteMode.FULL for camera in self.cameras)
        return SiteMode.FULL if full else SiteMode.MASK_ONLY

    def mode_of(self, camera: CameraId) -> SiteMode:
        """``MASK_ONLY`` while that camera has no zone, door or line; an area nobody may look into is none."""
        places = (zone.camera for zone in self.zones if zone.kind not in FORBIDDEN_KINDS)
        drawn = (*places, *(door.camera for door in self.doors), *(line.camera for line in self.lines))
        return SiteMode.FULL if camera in drawn else SiteMode.MASK_ONLY

    def camera(self, camera: CameraId) -> Camera:
        """The camera of that id.

        Raises:
            InvalidSite: there is none.
        """
        for known in self.cameras:
            if known.id == camera:
                return known
        raise InvalidSite(f'camera "{camera}"', "is not in the site")

    def of_camera(self, camera: CameraId) -> Site:
        """The same site with the drawings of one camera only: all that its engine needs."""
        return Site(
            facility=self.facility,
            cameras=(self.camera(camera),),
            zones=tuple(zone for zone in self.zones if zone.camera == camera),
            doors=tuple(door for door in self.doors if door.camera == camera),
            lines=tuple(line for line in self.lines if line.camera == camera),
            slots=self.slots,
            permits=self.permits,
            allowances=self.allowances,
            requirements=self.requirements,
            roommates=self.roommates,
            markers=self.markers,
            uniforms=self.uniforms,
            absent=self.absent,
            rules=self.rules,
            deadline=self.deadline,
            gate_log=self.gate_log,
            shared_wc=self.shared_wc
            or any(door.kind is DoorKind.WC for door in self.doors)
            or any(zone.kind is ZoneKind.SHARED_WC_OUTSIDE for zone in self.zones),
        )


def _refuse_twins(site: Site) -> None:
    named = (
        [("camera", camera.id) for camera in site.cameras]
        + [("zone or door", zone.id) for zone in site.zones]
        + [("zone or door", door.id) for door in site.doors]
        + [("line", line.id) for line in site.lines]
        + [("rule", setting.rule) for setting in site.rules]
        + [("room number", door.number) for door in site.doors if door.number]
    )
    seen: set[tuple[str, str]] = set()
    for kind, name in named:
        if (kind, name) in seen:
            raise InvalidSite(f'{kind} "{name}"', "is there twice")
        seen.add((kind, name))


def _refuse_strangers(site: Site) -> None:
    cameras = {camera.id for camera in site.cameras}
    doors = {door.id for door in site.doors}
    for what, owner in (
        [(f'zone "{zone.id}"', zone.camera) for zone in site.zones]
        + [(f'door "{door.id}"', door.camera) for door in site.doors]
        + [(f'line "{line.id}"', line.camera) for line in site.lines]
    ):
        if owner not in cameras:
            raise InvalidSite(what, f'names the camera "{owner}", which the site does not have')
    for door in site.doors:
        for other in door.facing:
            if other not in doors or other == door.id:
                raise InvalidSite(f'door "{door.id}"', f'faces "{other}", which is not another door of the site')
    for permit in site.permits:
        if permit.end - permit.start <= timedelta(0):
            raise InvalidSite(f"permit for {permit.activity.value}", "ends before it begins")
