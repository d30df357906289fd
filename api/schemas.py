"""What goes over the wire. One direction only: built from the store's records, never handed inwards.

Durations are seconds (``_s``), times are UTC in ISO 8601, shares are fractions of 1, and ``null`` is never
a zero: it says that nothing is known.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from analyzer.entry import Nature
from analyzer.types import Role, Severity, ZoneKind
from api.wording.formats import FIRST_YEAR, LAST_YEAR
from pipelines.records import (
    CoverageState,
    Decision,
    Ending,
    EvidenceKind,
    EvidenceState,
    GapReason,
    ReviewState,
    RunState,
    TimeBasis,
)
from pipelines.sources.lifecycle import State


def _nfc(text: str) -> str:
    """Composed form, and no control characters beside the ends of lines: they only serve to deceive."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in composed):
        raise ValueError("control characters are not accepted")
    return composed


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_nfc)]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_nfc)]


def _in_reach(at: datetime) -> datetime:
    """Times far beyond any recording only serve to break arithmetic."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]

ReasonCode = Literal[
    "clearly_seen",
    "repeated",
    "wrong_state",
    "wrong_person",
    "wrong_role",
    "allowed_situation",
    "wrong_zone",
    "not_visible",
    "bad_picture",
    "not_stated",
]
"""Why a person decided as he did: the first nine in the order of the keys 1-9; ``not_stated`` has no key."""


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Bilingual(Wire):
    vi: str
    en: str


class CameraReportOut(Wire):
    """How the watching process found the camera. An old report says nothing about now."""

    at: datetime
    fresh: bool
    state: State
    reason: GapReason | None
    recording: State | None = Field(description="Of the evidence stream, where that is another one.")
    codec: str
    width: int
    height: int
    text: str = Field(description="What went wrong last, redacted.")


class CameraOut(Wire):
    id: str = Field(examples=["cam-corridor-2"])
    facility: str
    name: str = Field(examples=["Hành lang tầng 2"])
    source: str = Field(description="Redacted: no password ever leaves.")
    evidence_source: str = Field(description="Stream that evidence is cut from, redacted; empty: the same one.")
    rate: float | None = Field(description="Analysed instants a second that were asked for; null: the deployment's.")
    running: bool = Field(description="Whether it is to be watched.")
    added_here: bool = Field(description="Added through the service; otherwise the site file names it.")
    state: str = Field(description="live, connecting, stale, down, auth_failed, stopped, or unknown.", examples=["live"])
    version: int = Field(description="Grows with every change; the ETag is this number in quotes. 0: as the site file says.")
    changed_at: datetime | None
    changed_by: str | None
    report: CameraReportOut | None


CameraName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_nfc)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_nfc)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Rate = Annotated[float, Field(ge=0.1, le=30)]


class CameraIn(Wire):
    """A camera to be watched. A password is kept in a file of its own and never comes back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id": "cong-sau",
                    "facility": "kcl-01",
                    "name": "Cổng sau",
                    "source": "rtsp://viewer@10.0.0.21/Streaming/Channels/102",
                    "evidence_source": "rtsp://viewer@10.0.0.21/Streaming/Channels/101",
                    "password": "...",
                }
            ]
        },
    )

    id: Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
    facility: Identifier
    name: Annotated[CameraName, StringConstraints(min_length=1)]
    source: Annotated[Address, StringConstraints(min_length=1)]
    evidence_source: Address = ""
    password: Secret | None = None
    rate: Rate | None = None
    running: bool = True


class CameraChangeIn(Wire):
    """What is to be different. What is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"running": False}]})

    name: Annotated[CameraName, StringConstraints(min_length=1)] | None = None
    source: Annotated[Address, StringConstraints(min_length=1)] | None = None
    evidence_source: Address | None = None
    password: Secret | None = None
    rate: Rate | None = None
    running: bool | None = None


class FacilityOut(Wire):
    id: str
    name: str
    kind: str
    timezone: str = Field(examples=["Asia/Ho_Chi_Minh"])
    site_sha256: str


class ZoneOut(Wire):
    id: str
    camera: str
    version: int
    kind: ZoneKind
    name: str
    polygon: list[tuple[float, float]] = Field(description="Fractions of the picture, 0..1.")
    valid_from: datetime
    valid_to: datetime | None


class DroppedOut(Wire):
    reason: str
    frames: int


class ModelOut(Wire):
    name: str
    sha256: str


class ProvenanceOut(Wire):
    run: str
    site_sha256: str
    code_version: str
    backend: str
    precision: str
    models: list[ModelOut]


class RunOut(Wire):
    id: str
    facility: str
    camera: str
    source: str
    source_sha256: str | None
    time_basis: TimeBasis
    first_at: datetime
    observed_s: float
    state: RunState
    frames_captured: int
    frames_analysed: int
    frames_dropped: list[DroppedOut]
    tracks: int
    started_at: datetime
    finished_at: datetime | None
    note: str
    provenance: ProvenanceOut


class UnknownOut(Wire):
    reason: str = Field(examples=["FACE_AWAY"])
    label: Bilingual
    instants: int


class VotesOut(Wire):
    violating: int = Field(examples=[14])
    compliant: int = Field(examples=[1])
    unknown: list[UnknownOut]
    assessed: int
    total: int
    assessed_share: float | None = Field(description="assessed / total; null when nothing was judged.")


class MeasureOut(Wire):
    name: str = Field(examples=["violating_ratio"])
    label: Bilingual
    value: float = Field(examples=[0.93])
    unit: str
    threshold: float | None = Field(examples=[0.7])


class RoleOut(Wire):
    role: Role
    label: Bilingual
    probability: float
    sources: list[str] = Field(description="Names of the evidence that decided, strongest first.")


class RuleOut(Wire):
    id: str = Field(examples=["Q01"])
    version: int
    text: Bilingual
    basis: list[str] = Field(examples=[["DISP", "5K"]])
    nature: Nature = Field(description="How strong the basis is; never print `practice` and `inference` as law.")


class EventOut(Wire):
    """A sign of a violation. It becomes a violation when ``review_state`` is ``confirmed``, not before."""

    id: str
    facility: str
    camera: str
    rule: RuleOut
    severity: Severity
    subject: str = Field(examples=["track:12"])
    sentence: Bilingual
    since: datetime
    opened_at: datetime
    ended_at: datetime | None
    since_pts_s: float
    opened_pts_s: float
    ending: Ending
    votes: VotesOut
    zone: str | None
    zone_name: str | None
    zone_version: int | None
    role: RoleOut | None
    measures: list[MeasureOut]
    tracks: list[int]
    time_basis: TimeBasis
    review_state: ReviewState
    evidence_state: EvidenceState
    version: int = Field(description="Grows with every decision; the ETag is this number in quotes.")
    provenance: ProvenanceOut


class EvidenceOut(Wire):
    id: str
    kind: EvidenceKind
    state: EvidenceState
    href: str | None = Field(description="Where the file is served; null until it is ready.")
    media_type: str
    ordinal: int
    sha256: str | None
    size_bytes: int | None
    codec: str | None
    starts_at: datetime | None
    duration_s: float | None
    derived_from: str | None = Field(description="Set for a copy made for browsers; the original is the evidence.")
    reason: str


class ReviewOut(Wire):
    decision: Decision
    reason_code: str
    comment: str
    reviewer: str
    at: datetime


class EventDetailOut(EventOut):
    evidence: list[EvidenceOut]
    reviews: list[ReviewOut]


class EventPageOut(Wire):
    events: list[EventOut]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
    total: int = Field(description="All events that match the filter, not only those of this page.")


class ReviewIn(Wire):
    """A decision. It is added; earlier decisions stay readable."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"decision": "confirm", "reason_code": "clearly_seen", "comment": "Thấy rõ ở giây thứ 12."}]
        },
    )

    decision: Decision
    reason_code: ReasonCode = "not_stated"
    comment: Comment = ""


class CoverageOut(Wire):
    start: datetime
    end: datetime
    state: CoverageState
    reason: GapReason | None
    run: str | None


class CoveragePageOut(Wire):
    """Time without an interval was not watched either: ``unrecorded_s`` counts it."""

    camera: str
    since: datetime
    until: datetime
    live_s: float
    degraded_s: float
    gap_s: float
    unrecorded_s: float
    observed_share: float = Field(description="(live + degraded) / asked time.")
    intervals: list[CoverageOut]


class OutageOut(Wire):
    """A stretch without a connection: of one camera or, cause `facility_line`, of several at once."""

    start: datetime
    end: datetime
    cause: str
    cameras: list[str]


class ConnectionOut(Wire):
    """Planned time is neither up nor down. Means and uptime are null when there is nothing to take them of."""

    uptime: float | None
    connected_s: float
    planned_s: float
    longest_s: float
    mttr_s: float | None
    mtbf_s: float | None
    outages: list[OutageOut]


class CameraConnectionOut(ConnectionOut):
    camera: str


class FacilityConnectionOut(ConnectionOut):
    """`uptime` is of the time in which at least one camera was connected; `outages` has a failed line as one."""

    facility: str
    since: datetime
    until: datetime
    cameras: list[CameraConnectionOut]


class RedrawingOut(Wire):
    """A camera that was moved and whose zones have not been drawn again since."""

    camera: str
    moved_at: datetime


class CredentialsIn(Wire):
    name: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_nfc)] = Field(examples=["admin"])
    password: Annotated[SecretStr, Field(min_length=1, max_length=128)]


class SessionOut(Wire):
    name: str
    grade: str
    csrf_token: str = Field(description="Send it as X-CSRF-Token with every request that changes something.")
    expires_at: datetime


class CheckOut(Wire):
    name: str = Field(examples=["database"])
    ok: bool
    detail: str


class HealthOut(Wire):
    status: Literal["ok", "not_ready"]
    checks: list[CheckOut]
