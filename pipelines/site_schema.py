"""The form of a site file: what may be written where. Its JSON Schema helps editors; the meaning is in `analyzer.site`."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from analyzer.heights import PERSON_M
from analyzer.site import Activity, DoorKind, Side
from analyzer.types import Need, Role, Severity, ZoneKind

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
# A text, a yes or a time is no number, and a number no time: what pydantic would make of it is not what was meant.
Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Yes = Annotated[bool, Field(strict=True)]
Coordinates = Annotated[tuple[Number, Number], Field(description="x and y as fractions of the picture, from its top left corner")]
Polygon = Annotated[list[Coordinates], Field(min_length=1, max_length=200)]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOBODY = frozenset({Role.VEHICLE, Role.FACILITY, Role.UNKNOWN})
"""Roles that nobody can be told to have."""
_DATED = re.compile(r"\d{4}-\d\d-\d\d")


def _weekday(value: Any) -> Any:
    if value in _WEEKDAYS:
        return _WEEKDAYS.index(value) + 1
    if type(value) is not int:
        raise ValueError(f"is no day of the week: write {', '.join(_WEEKDAYS)}, or 1 (Monday) to 7")
    return value


def _clock(value: Any) -> Any:
    """``"07:30"`` and TOML's own 07:30:00 mean the same; ``"24:00"`` is midnight at the end of the day."""
    if value == "24:00":
        return "00:00"
    if not isinstance(value, time) and not (isinstance(value, str) and re.fullmatch(r"\d\d:\d\d(:\d\d)?", value)):
        raise ValueError("is no time of day: write hours and minutes in the facility's time, such as 07:30:00")
    return value


def _local(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("is a time of another zone: write it in the facility's")
    return value


def _day(value: Any) -> Any:
    if not isinstance(value, date) and not (isinstance(value, str) and _DATED.fullmatch(value)):
        raise ValueError("is no day: write year, month and day, such as 2021-06-12")
    return value


def _moment(value: Any) -> Any:
    if not isinstance(value, datetime) and not (
        isinstance(value, str) and _DATED.match(value) and len(value) > len("2021-06-12")
    ):
        raise ValueError("is no moment: write day and time, such as 2021-06-12T08:00:00")
    return value


def _limit(value: Any) -> Any:
    """A deadline may be a day as well: its beginning."""
    return value if isinstance(value, date) else _day(value) if isinstance(value, str) and len(value) <= 10 else _moment(value)


def _somebody(value: Role) -> Role:
    if value in NOBODY:
        raise ValueError("is no role that a person has")
    return value


Weekday = Annotated[
    int,
    BeforeValidator(_weekday),
    Field(ge=1, le=7),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 7}, {"enum": list(_WEEKDAYS)}]}),
]
Clock = Annotated[time, BeforeValidator(_clock), AfterValidator(_local)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Somebody = Annotated[Role, AfterValidator(_somebody)]


class Form(BaseModel):
    """Unknown keys are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FacilityForm(Form):
    id: Name
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: str = Field(default="", description="as registered: civil, army, hotel")
    timezone: str = Field(default="Asia/Ho_Chi_Minh", description="IANA name; schedules are written in it")
    shared_wc: Yes = Field(default=False, description="rooms have no toilets of their own (rule Q04 allows for the way)")
    deadline: Annotated[datetime, BeforeValidator(_limit)] | None = Field(
        default=None, description="until when it must be connected (rule F05)"
    )


class ZoneForm(Form):
    id: Name
    kind: ZoneKind
    polygon: Polygon
    name: str = ""
    version: Annotated[Whole, Field(ge=1)] = 1
    red: Yes | None = Field(default=None, description="whether it lies in the red zone")
    desk: Somebody | None = Field(default=None, description="who stands here, for the sides of a desk")


class DoorForm(Form):
    id: Name
    kind: DoorKind = DoorKind.ROOM
    number: str = Field(default="", description="room number")
    strip: Polygon = Field(description="the floor in front of the door")
    facing: list[Name] = Field(default=[], description="doors opposite or next to it")
    version: Annotated[Whole, Field(ge=1)] = 1


class LineForm(Form):
    id: Name
    points: Polygon
    left: Side
    right: Side
    version: Annotated[Whole, Field(ge=1)] = 1


class GroundPointForm(Form):
    image: Coordinates
    metres: tuple[Number, Number] = Field(description="x and y on the floor from any fixed corner")


class CalibrationForm(Form):
    points: list[GroundPointForm] = Field(description="four or more marked points that span an area")
    click_error: Annotated[Number, Field(gt=0, le=0.1)] = 0.004


class HeightMarkForm(Form):
    foot: Coordinates
    head: Coordinates = Field(description="top of the head")


class HeightsForm(Form):
    view_degrees: Annotated[Number, Field(gt=10, lt=170)] = Field(description="horizontal angle of view of the lens")
    marks: list[HeightMarkForm] = Field(description="three or more people upright, near and far")
    person_m: Annotated[Number, Field(gt=1, lt=2.2)] = PERSON_M


class CameraForm(Form):
    id: Name
    name: Annotated[str, Field(min_length=1, max_length=200)]
    source: str = Field(default="", description="the stream that is analysed: the sub-stream of a camera that has two")
    evidence: str = Field(
        default="", description="the stream that evidence is cut from, where that is another one: the main stream"
    )
    position: str = Field(default="1", description="changes when the camera is aimed anew; drawings hold for one position")
    infrared: Yes = Field(default=True, description="colours are gone at night")
    near: list[Name] = Field(default=[], description="ids of cameras that a person can walk to from here within minutes")
    size: tuple[Annotated[Whole, Field(gt=0, le=100_000)], Annotated[Whole, Field(gt=0, le=100_000)]] = Field(
        default=(16, 9), description="width and height of the picture, or their ratio"
    )
    zone: list[ZoneForm] = []
    door: list[DoorForm] = []
    line: list[LineForm] = []
    calibration: CalibrationForm | None = None
    heights: HeightsForm | None = Field(default=None, description="a weaker calibration, from people of known height")


class SlotForm(Form):
    activity: Activity
    start: Clock
    end: Clock
    days: list[Weekday] = Field(default=[1, 2, 3, 4, 5, 6, 7], min_length=1, description="1 or mon .. 7 or sun, of the start")
    on: Day | None = None
    until: Day | None = None
    except_on: list[Day] = []
    roles: list[Role] = []
    zones: list[ZoneKind] = []
    rooms: list[str] = []


class PermitForm(Form):
    activity: Activity
    start: Moment
    end: Moment
    rooms: list[str] = []
    note: str = ""


class GateEntryForm(Form):
    at: Moment = Field(description="when the guard let somebody in")
    people: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        default=None, description="how many; without it, however many came"
    )
    note: str = ""


class AllowanceForm(Form):
    role: Somebody
    zones: list[ZoneKind]


class RequirementForm(Form):
    role: Somebody
    zones: list[ZoneKind] = Field(min_length=1)
    needs: list[Need]


class RuleForm(Form):
    id: str
    enabled: Yes = True
    reason: str = ""
    since: Day | None = None
    severity: Severity | None = None
    zones: list[ZoneKind] | None = None
    roles: list[Role] | None = None
    thresholds: dict[str, Number | dict[str, Number]] = {}


class RolesForm(Form):
    markers: dict[Annotated[str, Field(min_length=1)], Somebody] = Field(
        default={}, description="code on a tag or tabard -> role"
    )
    uniforms: dict[str, Somebody] = Field(default={}, description="class of clothes -> role")


class AbsentForm(Form):
    kind: ZoneKind
    reason: Annotated[str, Field(min_length=1)]


class SiteForm(Form):
    """A site file: one facility, its cameras and what must hold where."""

    facility: FacilityForm
    camera: list[CameraForm] = []
    schedule: list[SlotForm] = []
    permit: list[PermitForm] = []
    gate_log: list[GateEntryForm] = Field(default=[], description="entries of the gate's log, for rule G01")
    allowance: list[AllowanceForm] = []
    ppe: list[RequirementForm] = Field(default=[], description="replaces the default PPE matrix")
    households: list[list[str]] = Field(default=[], description="rooms whose people may be close to each other")
    roles: RolesForm = RolesForm()
    absent: list[AbsentForm] = Field(default=[], description="mandatory areas the facility does not have, with the reason")
    rule: list[RuleForm] = []
