"""From the form of a site file to the records the rules read; what contradicts itself is placed where it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from math import isfinite
from typing import TypeVar

from analyzer.errors import InvalidSite
from analyzer.heights import HeightMark, from_heights
from analyzer.site import (
    AbsentKind,
    Allowance,
    Boundary,
    Calibration,
    Camera,
    Door,
    DoorId,
    Facility,
    GateEntry,
    GroundPoint,
    LineId,
    Permit,
    Requirement,
    RuleSetting,
    Site,
    Slot,
    Zone,
)
from analyzer.types import CameraId, FacilityId, RuleId, ZoneId
from pipelines.records import UNNAMED
from pipelines.site_schema import CameraForm, PermitForm, RuleForm, SiteForm, SlotForm
from pipelines.toml_lines import Path as KeyPath

T = TypeVar("T")

_NARROWEST = 10
"""No picture is so many times wider than high, or higher than wide."""

_SHORTEST_FLOOR, _LONGEST_FLOOR = 0.3, 500.0
"""Between marked points, in metres: less or more was measured in other units."""


class Misplaced(Exception):
    """Something in the form cannot be judged by; ``key`` is where it stands."""

    def __init__(self, key: KeyPath, problem: InvalidSite, remedy: str) -> None:
        self.key, self.where, self.problem, self.remedy = key, problem.where, problem.problem, remedy
        super().__init__(str(problem))


def build_site(form: SiteForm, zone: tzinfo) -> Site:
    """The records of a form.

    Raises:
        Misplaced: a polygon, line, slot or reference cannot be judged by.
    """
    if form.facility.id == UNNAMED:
        problem = InvalidSite(f'the id "{UNNAMED}"', "is that of recordings without a site file")
        raise Misplaced(("facility", "id"), problem, "give the facility another")
    _refuse_twins(form)
    _refuse_dangling(form)
    cameras = tuple(_camera(number, camera) for number, camera in enumerate(form.camera))
    return Site(
        facility=Facility(FacilityId(form.facility.id), form.facility.name, form.facility.kind, zone, form.facility.timezone),
        cameras=cameras,
        zones=tuple(each for number, camera in enumerate(form.camera) for each in _zones(number, camera)),
        doors=tuple(each for number, camera in enumerate(form.camera) for each in _doors(number, camera)),
        lines=tuple(each for number, camera in enumerate(form.camera) for each in _lines(number, camera)),
        slots=tuple(_slot(number, slot) for number, slot in enumerate(form.schedule)),
        permits=tuple(_permit(number, permit, zone) for number, permit in enumerate(form.permit)),
        gate_log=tuple(
            sorted((GateEntry(_aware(each.at, zone), each.people) for each in form.gate_log), key=lambda each: each.at)
        ),
        allowances=tuple(Allowance(each.role, frozenset(each.zones)) for each in form.allowance),
        requirements=tuple(Requirement(each.role, frozenset(each.zones), frozenset(each.needs)) for each in form.ppe),
        roommates=tuple(frozenset(rooms) for rooms in form.households),
        markers=dict(form.roles.markers),
        uniforms=dict(form.roles.uniforms),
        absent=tuple(AbsentKind(each.kind, each.reason) for each in form.absent),
        rules=tuple(_setting(each) for each in form.rule),
        shared_wc=form.facility.shared_wc,
        deadline=_aware(form.facility.deadline, zone) if form.facility.deadline else None,
    )


def _placed(key: KeyPath, remedy: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except InvalidSite as problem:
        raise Misplaced(key, problem, remedy) from problem


def _refuse_twins(form: SiteForm) -> None:
    """Ids and room numbers are given once."""
    named: list[tuple[str, str, KeyPath]] = []
    for i, camera in enumerate(form.camera):
        named.append(("camera", camera.id, ("camera", i, "id")))
        named += [("zone or door", zone.id, ("camera", i, "zone", j, "id")) for j, zone in enumerate(camera.zone)]
        named += [("zone or door", door.id, ("camera", i, "door", j, "id")) for j, door in enumerate(camera.door)]
        named += [("line", line.id, ("camera", i, "line", j, "id")) for j, line in enumerate(camera.line)]
        named += [
            ("room number", door.number, ("camera", i, "door", j, "number")) for j, door in enumerate(camera.door) if door.number
        ]
    named += [("rule", rule.id, ("rule", i, "id")) for i, rule in enumerate(form.rule)]
    seen: set[tuple[str, str]] = set()
    for kind, name, key in named:
        if (kind, name) in seen:
            raise Misplaced(key, InvalidSite(f'{kind} "{name}"', "is there twice"), "give each its own")
        seen.add((kind, name))


def _refuse_dangling(form: SiteForm) -> None:
    """References lead to another camera or door of the site."""
    cameras = {camera.id for camera in form.camera}
    for i, camera in enumerate(form.camera):
        for other in camera.near:
            if other == camera.id or other not in cameras:
                problem = InvalidSite(f'camera "{camera.id}"', f'is near "{other}", which is no other camera of the site')
                raise Misplaced(
                    ("camera", i, "near"), problem, f"others are: {', '.join(sorted(cameras - {camera.id})) or 'none'}"
                )
    doors = {door.id for camera in form.camera for door in camera.door}
    for i, camera in enumerate(form.camera):
        for j, door in enumerate(camera.door):
            for other in door.facing:
                if other == door.id or other not in doors:
                    key = ("camera", i, "door", j, "facing")
                    problem = InvalidSite(f'door "{door.id}"', f'faces "{other}", which is no other door of the site')
                    raise Misplaced(key, problem, f"other doors are: {', '.join(sorted(doors - {door.id})) or 'none'}")


def _camera(number: int, form: CameraForm) -> Camera:
    if not 1 / _NARROWEST <= form.size[0] / form.size[1] <= _NARROWEST:
        problem = InvalidSite(f"a picture of {form.size[0]} by {form.size[1]}", "is of no camera")
        raise Misplaced(("camera", number, "size"), problem, "write its width and height, such as [1920, 1080]")
    drawn = form.calibration
    calibration = None
    if drawn is not None and form.heights is not None:
        problem = InvalidSite("the heights", "stand beside a calibration, which is the better of the two")
        raise Misplaced(("camera", number, "heights"), problem, "keep one of them")
    if drawn is not None:
        points = tuple(GroundPoint(point.image, point.metres) for point in drawn.points)
        _check_points(number, points)
        calibration = Calibration(points, drawn.click_error)
    elif (heights := form.heights) is not None:
        marks = [HeightMark(mark.foot, mark.head) for mark in heights.marks]
        aspect = form.size[0] / form.size[1]
        calibration = _placed(
            ("camera", number, "heights"),
            "mark other people",
            lambda: from_heights(CameraId(form.id), marks, aspect, heights.view_degrees, heights.person_m),
        )
    return Camera(
        CameraId(form.id),
        form.name,
        form.source,
        form.position,
        form.size[0] / form.size[1],
        calibration,
        form.infrared,
        form.evidence,
        tuple(CameraId(one) for one in form.near),
    )


def _check_points(number: int, points: tuple[GroundPoint, ...]) -> None:
    """Marked points lie in the picture, and on a floor that a camera may look at."""
    where = ("camera", number, "calibration", "points")
    for point in points:
        if not all(0 <= share <= 1 for share in point.image):
            shown = f"[{point.image[0]:g}, {point.image[1]:g}]"
            raise Misplaced(where, InvalidSite(f"the point {shown}", "is outside the picture"), "write fractions from 0 to 1")
        if not all(map(isfinite, point.metres)):
            shown = f"[{point.metres[0]:g}, {point.metres[1]:g}]"
            raise Misplaced(where, InvalidSite(f"the place {shown} on the floor", "is none"), "write metres")
    across = [max(values) - min(values) for values in zip(*(point.metres for point in points), strict=True)]
    if points and not _SHORTEST_FLOOR <= max(across) <= _LONGEST_FLOOR:
        problem = InvalidSite("the marked floor", f"is {across[0]:g} m by {across[1]:g} m")
        raise Misplaced(where, problem, f"write metres: {_SHORTEST_FLOOR:g} to {_LONGEST_FLOOR:g} from the first to the last")


def _zones(number: int, camera: CameraForm) -> list[Zone]:
    return [
        _placed(
            ("camera", number, "zone", i, "polygon"),
            "draw it again",
            lambda zone=zone: Zone(  # type: ignore[misc]
                ZoneId(zone.id),
                CameraId(camera.id),
                zone.kind,
                tuple(zone.polygon),
                zone.version,
                zone.name,
                red=zone.red,
                desk_side=zone.desk,
            ),
        )
        for i, zone in enumerate(camera.zone)
    ]


def _doors(number: int, camera: CameraForm) -> list[Door]:
    return [
        _placed(
            ("camera", number, "door", i, "strip"),
            "draw it again",
            lambda door=door: Door(  # type: ignore[misc]
                DoorId(door.id),
                CameraId(camera.id),
                door.kind,
                tuple(door.strip),
                door.number,
                tuple(DoorId(other) for other in door.facing),
                door.version,
            ),
        )
        for i, door in enumerate(camera.door)
    ]


def _lines(number: int, camera: CameraForm) -> list[Boundary]:
    return [
        _placed(
            ("camera", number, "line", i, "points"),
            "draw it again",
            lambda line=line: Boundary(  # type: ignore[misc]
                LineId(line.id), CameraId(camera.id), tuple(line.points), line.left, line.right, line.version
            ),
        )
        for i, line in enumerate(camera.line)
    ]


def _slot(number: int, form: SlotForm) -> Slot:
    where = f"schedule for {form.activity.value}"
    if form.start == form.end and form.start.isoformat() != "00:00:00":
        problem = InvalidSite(where, f"begins and ends at {form.start.isoformat('minutes')}")
        raise Misplaced(("schedule", number, "end"), problem, 'write "00:00" to "24:00" for the whole day')
    if form.on is not None and form.until is not None:
        problem = InvalidSite(where, "is for one date and until another")
        raise Misplaced(("schedule", number, "until"), problem, "keep either on or until")
    if form.on is not None and (form.on in form.except_on or form.on.isoweekday() not in form.days):
        problem = InvalidSite(where, f"is for {form.on.isoformat()} only, which it excludes itself")
        raise Misplaced(("schedule", number, "on"), problem, "correct days or except_on")
    return Slot(
        form.activity,
        form.start,
        form.end,
        frozenset(form.days),
        form.on,
        form.until,
        frozenset(form.except_on),
        frozenset(form.roles),
        frozenset(form.zones),
        frozenset(form.rooms),
    )


def _permit(number: int, form: PermitForm, zone: tzinfo) -> Permit:
    start, end = _aware(form.start, zone), _aware(form.end, zone)
    if end <= start:
        problem = InvalidSite(f"permit for {form.activity.value}", "ends before it begins")
        raise Misplaced(("permit", number, "end"), problem, "correct start or end")
    return Permit(form.activity, start, end, frozenset(form.rooms), form.note)


def _setting(form: RuleForm) -> RuleSetting:
    numbers: list[tuple[str, float]] = []
    for name, value in form.thresholds.items():
        if isinstance(value, dict):
            numbers += [(f"{name}.{inner}", float(number)) for inner, number in value.items()]
        else:
            numbers.append((name, float(value)))
    return RuleSetting(
        RuleId(form.id),
        form.enabled,
        form.reason,
        form.since,
        form.severity,
        None if form.zones is None else frozenset(form.zones),
        None if form.roles is None else frozenset(form.roles),
        tuple(numbers),
    )


def _aware(at: datetime, zone: tzinfo) -> datetime:
    """A time without a zone is meant in the facility's; the ends of the calendar stay in it."""
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        return first if at.year == first.year else last
