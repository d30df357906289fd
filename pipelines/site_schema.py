"""The form of a site file: what may be written where. Its JSON Schema helps editors; the meaning is in `analyzer.site`."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from analyzer.heights import PERSON_M
from analyzer.site import Activity, DoorKind, Side
from analyzer.types import Need, Role, Severity, ZoneKind

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
Coordinates = Annotated[tuple[float, float], Field(description="x and y as fractions of the picture, from its top left corner")]
Polygon = Annotated[list[Coordinates], Field(min_length=1, max_length=200)]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekday(value: Any) -> Any:
    return _WEEKDAYS.index(value) + 1 if value in _WEEKDAYS else value


def _clock(value: Any) -> Any:
    """``"07:30"`` and TOML's own 07:30:00 mean the same; ``"24:00"`` is midnight at the end of the day."""
    return "00:00" if value == "24:00" else value


Weekday = Annotated[int, BeforeValidator(_weekday), Field(ge=1, le=7)]
Clock = Annotated[time, BeforeValidator(_clock)]


class Form(BaseModel):
    """Unknown keys are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FacilityForm(Form):
    id: Name
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: str = Field(default="", description="as registered: civil, army, hotel")
    timezone: str = Field(default="Asia/Ho_Chi_Minh", description="IANA name; schedules are written in it")
    shared_wc: bool = Field(default=False, description="rooms have no toilets of their own (rule Q04 allows for the way)")
    deadline: datetime | None = Field(default=None, description="until when it must be connected (rule F05)")


class ZoneForm(Form):
    id: Name
    kind: ZoneKind
    polygon: Polygon
    name: str = ""
    version: Annotated[int, Field(ge=1)] = 1
    red: bool | None = Field(default=None, description="whether it lies in the red zone")
    desk: Role | None = Field(default=None, description="who stands here, for the sides of a desk")


class DoorForm(Form):
    id: Name
    kind: DoorKind = DoorKind.ROOM
    number: str = Field(default="", description="room number")
    strip: Polygon = Field(description="the floor in front of the door")
    facing: list[Name] = Field(default=[], description="doors opposite or next to it")
    version: Annotated[int, Field(ge=1)] = 1


class LineForm(Form):
    id: Name
    points: Polygon
    left: Side
    right: Side
    version: Annotated[int, Field(ge=1)] = 1


class GroundPointForm(Form):
    image: Coordinates
    metres: tuple[float, float] = Field(description="x and y on the floor from any fixed corner")


class CalibrationForm(Form):
    points: list[GroundPointForm] = Field(description="four or more marked points that span an area")
    click_error: Annotated[float, Field(gt=0, le=0.1)] = 0.004


class HeightMarkForm(Form):
    foot: Coordinates
    head: Coordinates = Field(description="top of the head")


class HeightsForm(Form):
    view_degrees: Annotated[float, Field(gt=10, lt=170)] = Field(description="horizontal angle of view of the lens")
    marks: list[HeightMarkForm] = Field(description="three or more people upright, near and far")
    person_m: Annotated[float, Field(gt=1, lt=2.2)] = PERSON_M


class CameraForm(Form):
    id: Name
    name: Annotated[str, Field(min_length=1, max_length=200)]
    source: str = Field(default="", description="the stream that is analysed: the sub-stream of a camera that has two")
    evidence: str = Field(
        default="", description="the stream that evidence is cut from, where that is another one: the main stream"
    )
    position: str = Field(default="1", description="changes when the camera is aimed anew; drawings hold for one position")
    infrared: bool = Field(default=True, description="colours are gone at night")
    near: list[Name] = Field(default=[], description="ids of cameras that a person can walk to from here within minutes")
    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] = Field(
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
    on: date | None = None
    until: date | None = None
    except_on: list[date] = []
    roles: list[Role] = []
    zones: list[ZoneKind] = []
    rooms: list[str] = []


class PermitForm(Form):
    activity: Activity
    start: datetime
    end: datetime
    rooms: list[str] = []
    note: str = ""


class GateEntryForm(Form):
    at: datetime = Field(strict=True, description="when the guard let somebody in")
    people: int | None = Field(default=None, ge=1, le=1000, description="how many; without it, however many came")
    note: str = ""


class AllowanceForm(Form):
    role: Role
    zones: list[ZoneKind]


class RequirementForm(Form):
    role: Role
    zones: list[ZoneKind]
    needs: list[Need]


class RuleForm(Form):
    id: str
    enabled: bool = True
    reason: str = ""
    since: date | None = None
    severity: Severity | None = None
    zones: list[ZoneKind] | None = None
    roles: list[Role] | None = None
    thresholds: dict[str, float | int | dict[str, float | int]] = {}


class RolesForm(Form):
    markers: dict[str, Role] = Field(default={}, description="code on a tag or tabard -> role")
    uniforms: dict[str, Role] = Field(default={}, description="class of clothes -> role")


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
