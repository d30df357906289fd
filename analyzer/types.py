"""The vocabulary every other module speaks. Immutable, standard library only.

Times are timezone-aware UTC made from the stream's presentation timestamps (PTS); durations are
``timedelta``, never frame counts. Boxes are pixels of the source frame; zones are fractions of it.
The codes of reasons, roles, zone kinds and severities are those of the rule catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from typing import NewType

CameraId = NewType("CameraId", str)
FacilityId = NewType("FacilityId", str)
ZoneId = NewType("ZoneId", str)
RuleId = NewType("RuleId", str)
RunId = NewType("RunId", str)
EventId = NewType("EventId", str)
TrackId = NewType("TrackId", int)

Point = tuple[float, float]


class Verdict(StrEnum):
    """What a judgement says. Silence is never evidence: there is no fourth value."""

    COMPLIANT = "compliant"
    VIOLATING = "violating"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why something could not be assessed (rule catalogue 3.1)."""

    CAMERA_DOWN = "CAMERA_DOWN"
    STREAM_FROZEN = "STREAM_FROZEN"
    TOO_DARK = "TOO_DARK"
    BLUR = "BLUR"
    VIEW_BLOCKED = "VIEW_BLOCKED"
    VIEW_SHIFTED = "VIEW_SHIFTED"
    GLARE = "GLARE"
    FACE_TOO_SMALL = "FACE_TOO_SMALL"
    FACE_AWAY = "FACE_AWAY"
    OCCLUDED = "OCCLUDED"
    ITEM_NOT_VISIBLE = "ITEM_NOT_VISIBLE"
    TRACK_SHORT = "TRACK_SHORT"
    CROWD = "CROWD"
    ROLE_UNKNOWN = "ROLE_UNKNOWN"
    CHILD = "CHILD"
    NO_CALIBRATION = "NO_CALIBRATION"
    NO_ZONE = "NO_ZONE"
    NO_SCHEDULE = "NO_SCHEDULE"
    CLOCK = "CLOCK"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"


class Severity(StrEnum):
    """How soon a person must look. ``ASSIST`` never counts as a violation."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    ASSIST = "assist"


class Role(StrEnum):
    """Job functions, never identities. ``UNKNOWN`` is a legal answer."""

    QUARANTINED = "quarantined"
    RECEPTION = "reception"
    ROOM_SERVICE = "room_service"
    MEDICAL = "medical"
    GUARD = "guard"
    CLEANER = "cleaner"
    KITCHEN = "kitchen"
    DRIVER = "driver"
    OTHER_STAFF = "other_staff"
    STAFF = "staff"  # coarse: some staff role, which one is not decided
    OUTSIDER = "outsider"
    VEHICLE = "vehicle"
    FACILITY = "facility"
    UNKNOWN = "unknown"


class ZoneKind(StrEnum):
    """Areas a facility may declare; the first ten are mandatory to observe, the last three forbidden."""

    CORRIDOR = "corridor"
    FLOOR_LOBBY = "floor_lobby"
    YARD = "yard"
    SAMPLING = "sampling"
    RECEPTION = "reception"
    MEDICAL_CHECK = "medical_check"
    GOODS_HANDOVER = "goods_handover"
    SHARED_WC_OUTSIDE = "shared_wc_outside"
    GATE = "gate"
    OTHER_PUBLIC = "other_public"
    ROOM_DOOR = "room_door"
    RECEPTION_CLEAN_SIDE = "reception_clean_side"
    STAIRS = "stairs"
    LIFT = "lift"
    DONNING = "donning"
    DOFFING = "doffing"
    WASTE = "waste"
    FENCE = "fence"
    KITCHEN = "kitchen"
    STAFF_REST = "staff_rest"
    GUARD_POST = "guard_post"
    VEHICLE_DISINFECTION = "vehicle_disinfection"
    HAND_HYGIENE = "hand_hygiene"
    CLEAN_ROUTE = "clean_route"
    ROOM_INTERIOR = "room_interior"
    TOILET = "toilet"
    BATHROOM = "bathroom"


class MaskState(StrEnum):
    WORN = "worn"
    INCORRECT = "incorrect"
    NONE = "none"
    NOT_VISIBLE = "not_visible"


class Presence(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    NOT_VISIBLE = "not_visible"


class Item(StrEnum):
    """PPE besides the mask. ``GOWN`` means gown or coverall."""

    GOWN = "gown"
    GLOVES = "gloves"
    FACE_SHIELD = "face_shield"
    GOGGLES = "goggles"
    CAP = "cap"
    BOOTS = "boots"
    APRON = "apron"


class Need(StrEnum):
    """What the PPE matrix asks for. ``GOWN``: gown or coverall; ``EYES``: goggles or face shield."""

    MASK = "mask"
    RESPIRATOR = "respirator"
    GOWN = "gown"
    GLOVES = "gloves"
    EYES = "eyes"
    BOOTS = "boots"
    CAP = "cap"


class Attire(StrEnum):
    PPE = "ppe"
    MEDICAL_UNIFORM = "medical_uniform"
    OTHER_UNIFORM = "other_uniform"
    STREET = "street"
    NOT_VISIBLE = "not_visible"


class MaskKind(StrEnum):
    MEDICAL = "medical"
    CLOTH = "cloth"
    RESPIRATOR = "respirator"
    OTHER = "other"
    NOT_VISIBLE = "not_visible"


class Label(StrEnum):
    """What a detector may report."""

    PERSON = "person"
    HEAD = "head"
    VEHICLE = "vehicle"
    BAG = "bag"


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned box in pixels of the source frame: left, top, right, bottom.

    Raises:
        ValueError: a coordinate is not finite or the corners are out of order.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        # NaN fails every comparison, so it is caught here as well.
        if not (-1e9 < self.x1 <= self.x2 < 1e9 and -1e9 < self.y1 <= self.y2 < 1e9):
            raise ValueError(f"box corners out of order or not finite: {self.x1, self.y1, self.x2, self.y2}")

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def foot(self) -> Point:
        """Where the person stands: the middle of the bottom edge, not clipped to the frame."""
        return (self.x1 + self.x2) / 2, self.y2

    @property
    def centre(self) -> Point:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2


@dataclass(frozen=True, slots=True)
class FrameRef:
    """Names one frame without carrying its pixels.

    ``pts`` is the time since the start of the stream, ``at`` the same instant in UTC (when the
    start time of a recording is unknown it is counted from 1970-01-01 and the run says so).
    """

    camera: CameraId
    index: int
    pts: timedelta
    at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Detection:
    """One object a detector reports in one frame; ``score`` in 0..1."""

    box: Box
    label: Label
    score: float


@dataclass(frozen=True, slots=True)
class Track:
    """A detection with an identity that lasts over frames."""

    id: TrackId
    box: Box
    label: Label
    score: float


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a tracked person, as found by the detector."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class MaskReading:
    """The fused mask state of a track at an instant.

    ``probability`` is the calibrated probability of ``state``; ``head_px`` the height of the head now in
    source pixels; ``crops`` the number of head crops behind the fusion. ``reason`` is set exactly when the
    state is ``NOT_VISIBLE``. ``fresh`` says that this very instant contributed a crop: rules vote on fresh
    readings only, a carried one is shown to people but is not another vote.
    """

    state: MaskState
    probability: float
    head_px: float
    crops: int
    fresh: bool = True
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ItemReading:
    """The fused state of one PPE item of a track at an instant; fields as in `MaskReading`."""

    item: Item
    state: Presence
    probability: float
    crops: int
    fresh: bool = True
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class AttireReading:
    """What kind of clothes the person wears: evidence for the role, never a verdict."""

    attire: Attire
    probability: float
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class MaskKindReading:
    """Assistance only, and only from heads of 100 px on."""

    kind: MaskKind
    probability: float


class Carried(StrEnum):
    """What somebody carries or pushes, where it tells of their job."""

    TRAY = "tray"
    TROLLEY = "trolley"
    WASTE_BAG = "waste_bag"


@dataclass(frozen=True, slots=True)
class Link:
    """Somebody who looks like an earlier track of the facility: by clothes and stature, never by face.

    ``seen`` is when that track was last seen, ``log_odds`` how much more probable it is that both are one person than that
    they are not. ``role`` and ``probability``: whom the earlier one was taken for, when another camera saw them; without a
    role the camera's own memory of the track answers.
    """

    track: TrackId
    seen: datetime
    log_odds: float
    role: Role | None = None
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything perception claims about one tracked person (or vehicle, or bag) at one instant.

    ``child``: the person seems to be a young child; rules about masks are not held against children.
    """

    track: Track
    head: Head | None = None
    mask: MaskReading | None = None
    items: tuple[ItemReading, ...] = ()
    attire: AttireReading | None = None
    mask_kind: MaskKindReading | None = None
    markers: tuple[str, ...] = ()
    foot_visible: bool = True
    child: bool = False
    carried: tuple[Carried, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class DoorReading:
    """Whether a door of the site (by its id) is seen to be open."""

    door: str
    open: Presence
    probability: float


@dataclass(frozen=True, slots=True)
class Thing:
    """What passes for a person and has not moved at all since ``since`` (UTC): shown, never judged."""

    box: Box
    since: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything observed by one camera at one instant; the input of every rule.

    ``impairments`` name what is wrong with the whole picture (too dark, moved, frozen...); while one
    stands, what it touches cannot be assessed. ``things`` are looked at by no rule.
    """

    frame: FrameRef
    observations: tuple[Observation, ...] = ()
    impairments: tuple[Reason, ...] = ()
    doors: tuple[DoorReading, ...] = ()
    things: tuple[Thing, ...] = ()


# --- whom a judgement is about -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrackSubject:
    track: TrackId

    def __hash__(self) -> int:
        return self.track  # asked for at every judgement

    @property
    def key(self) -> str:
        return f"track:{self.track}"


@dataclass(frozen=True, slots=True)
class PairSubject:
    """Two tracks, smaller id first, so that (a, b) and (b, a) are one subject."""

    first: TrackId
    second: TrackId

    @property
    def key(self) -> str:
        return f"pair:{self.first}-{self.second}"


@dataclass(frozen=True, slots=True)
class ZoneSubject:
    zone: ZoneId

    def __hash__(self) -> int:
        return hash(self.zone)  # asked for at every judgement

    @property
    def key(self) -> str:
        return f"zone:{self.zone}"


@lru_cache(maxsize=4096)
def zone_subject(zone: ZoneId) -> ZoneSubject:
    """The one subject of a zone: rules ask for it at every instant, and the same object is found again the quickest."""
    return ZoneSubject(zone)


@dataclass(frozen=True, slots=True)
class CameraSubject:
    camera: CameraId

    @property
    def key(self) -> str:
        return f"camera:{self.camera}"


@dataclass(frozen=True, slots=True)
class FacilitySubject:
    facility: FacilityId

    @property
    def key(self) -> str:
        return f"facility:{self.facility}"


Subject = TrackSubject | PairSubject | ZoneSubject | CameraSubject | FacilitySubject


# --- what leaves the analyzer --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured value beside the threshold it was held against, for the sentence a person reads."""

    name: str
    value: float
    unit: str
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class RoleClaim:
    """Which role a track holds, how sure, and why: the names of the evidence that decided."""

    role: Role
    probability: float
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Votes:
    """Instants counted inside an episode. ``unknown`` is kept by reason, sorted by code."""

    violating: int
    compliant: int
    unknown: tuple[tuple[Reason, int], ...] = ()

    @property
    def assessed(self) -> int:
        return self.violating + self.compliant

    @property
    def total(self) -> int:
        return self.assessed + sum(n for _, n in self.unknown)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A network that took part, by name and by the SHA-256 of its file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """With what an event was made: enough to make it again."""

    run: RunId
    site_sha256: str
    code_version: str
    backend: str = "none"
    precision: str = "none"
    models: tuple[ModelRef, ...] = ()


class Change(Enum):
    """What an event message says about its episode.

    ``ESCALATED``: it lasts so long that its severity rises (it stays open). ``LOST``: the violation left the
    picture unended.
    """

    OPENED = "opened"
    ESCALATED = "escalated"
    CLOSED = "closed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Event:
    """A violation began, ended, or went out of sight. All that leaves the engine.

    ``id`` names the episode and is the same in all of its messages: uuid5 of run, camera, rule@version,
    subject and the PTS of the opening. ``at``/``pts`` are those of this change, ``since``/``since_pts``
    those of the first violating instant of the episode. ``sentence`` fields are built later, from data.
    """

    id: EventId
    rule: RuleId
    rule_version: int
    severity: Severity
    camera: CameraId
    subject: Subject
    change: Change
    at: datetime
    pts: timedelta
    since: datetime
    since_pts: timedelta
    votes: Votes
    provenance: Provenance
    zone: ZoneId | None = None
    zone_version: int | None = None
    role: RoleClaim | None = None
    measures: tuple[Measure, ...] = ()
    tracks: tuple[TrackId, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one rule was judged on one camera: the denominator of every rate.

    ``votes`` counts judgements (one a subject and instant), ``subjects`` how many different subjects were
    judged at all, ``assessed_subjects`` how many of them at least once with an answer, ``episodes`` the
    violations opened.
    """

    rule: RuleId
    rule_version: int
    camera: CameraId
    votes: Votes
    subjects: int
    assessed_subjects: int
    episodes: int
