"""What goes over the wire. One direction only: built from the store's records, never handed inwards.

Durations are seconds (``_s``), times are UTC in ISO 8601, shares are fractions of 1, and ``null`` is never
a zero: it says that nothing is known.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints

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
    """In UTC, as everything is answered; times far beyond any recording only serve to break arithmetic."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return at.astimezone(UTC)


def _no_number(given: object) -> object:
    """A year, or seconds of a clock, would be taken for a time in 1970."""
    if isinstance(given, str):
        try:
            float(given)
        except ValueError:
            return given
        raise ValueError("a number is no time; write it like 2021-08-20T05:00:00Z")
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_reach)]

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
    vi: str = Field(examples=["Hành lang"])
    en: str = Field(examples=["Corridor"])


class CameraReportOut(Wire):
    """How the watching process found the camera. An old report says nothing about now."""

    at: datetime = Field(examples=["2021-06-11T01:00:00Z"])
    fresh: bool = Field(examples=[True])
    state: State
    reason: GapReason | None = Field(
        description="Why it is not live; of a live one what keeps it from being watched as asked (picture, line, machine)."
    )
    recording: State | None = Field(description="Of the evidence stream, where that is another one.")
    codec: str = Field(examples=["h264"])
    width: int = Field(examples=[1920])
    height: int = Field(examples=[1080])
    text: str = Field(
        examples=["refused: [Errno 111] Connection refused"],
        description="What went wrong last, or `things: N` for what passes for people and is not judged: a code and, behind a colon, the technical detail, redacted.",
    )


class CameraOut(Wire):
    id: str = Field(examples=["cam-corridor-2"])
    facility: str = Field(examples=["kcl-01"])
    name: str = Field(examples=["Hành lang tầng 2"])
    source: str = Field(examples=["rtsp://10.0.0.12:554/stream1"], description="Redacted: no password ever leaves.")
    evidence_source: str = Field(
        examples=["rtsp://10.0.0.12:554/stream0"], description="Stream that evidence is cut from, redacted; empty: the same one."
    )
    rate: float | None = Field(
        examples=[2.0], description="Analysed instants a second that were asked for; null: the deployment's."
    )
    running: bool = Field(examples=[True], description="Whether it is to be watched.")
    added_here: bool = Field(examples=[False], description="Added through the service; otherwise the site file names it.")
    state: str = Field(description="live, connecting, stale, down, auth_failed, stopped, or unknown.", examples=["live"])
    version: int = Field(
        examples=[3], description="Grows with every change; the ETag is this number in quotes. 0: as the site file says."
    )
    changed_at: datetime | None = Field(examples=["2021-06-11T01:00:00Z"])
    changed_by: str | None = Field(examples=["admin"])
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
    """What is to be different. What is left out stays; an empty name or evidence address and a rate of null are as the
    site file says.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"running": False}]})

    name: CameraName | None = None
    source: Annotated[Address, StringConstraints(min_length=1)] | None = None
    evidence_source: Address | None = None
    password: Secret | None = None
    rate: Rate | None = None
    running: bool | None = None


class FacilityOut(Wire):
    id: str = Field(examples=["kcl-01"])
    name: str = Field(examples=["Khu cách ly số 1"])
    kind: str = Field(examples=["civil"])
    timezone: str = Field(examples=["Asia/Ho_Chi_Minh"])
    site_sha256: str = Field(examples=["0ac5174e9a3c9bd7d3c8a2b1f6e4d59c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4938"])


class ZoneOut(Wire):
    id: str = Field(examples=["corridor-2"])
    camera: str = Field(examples=["cam-corridor-2"])
    version: int = Field(examples=[1])
    kind: ZoneKind
    name: str = Field(examples=["Hành lang"])
    polygon: list[tuple[float, float]] = Field(
        examples=[[[(0.0, 1.0), (0.3, 0.4), (0.7, 0.4), (1.0, 1.0)]]], description="Fractions of the picture, 0..1."
    )
    valid_from: datetime = Field(examples=["2021-06-11T00:00:00Z"])
    valid_to: datetime | None = Field(examples=[None])


class DroppedOut(Wire):
    reason: str = Field(examples=["rate"])
    frames: int = Field(examples=[9600])


class ModelOut(Wire):
    name: str = Field(examples=["person-head"])
    sha256: str = Field(examples=["0ac5174e9a3c9bd7d3c8a2b1f6e4d59c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4938"])


class ProvenanceOut(Wire):
    run: str = Field(examples=["8d03e72527f75497bf1f8e28ef43786a"])
    site_sha256: str = Field(examples=["0ac5174e9a3c9bd7d3c8a2b1f6e4d59c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4938"])
    code_version: str = Field(examples=["0.1.0"])
    backend: str = Field(examples=["openvino:cpu"])
    precision: str = Field(examples=["f32"])
    models: list[ModelOut]


class RunOut(Wire):
    id: str = Field(examples=["8d03e72527f75497bf1f8e28ef43786a"])
    facility: str = Field(examples=["kcl-01"])
    camera: str = Field(examples=["cam-corridor-2"])
    source: str = Field(examples=["hanh-lang_20210820_120000.mp4"])
    source_sha256: str | None = Field(examples=["0ac5174e9a3c9bd7d3c8a2b1f6e4d59c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4938"])
    time_basis: TimeBasis
    first_at: datetime = Field(examples=["2021-08-20T05:02:00Z"])
    observed_s: float = Field(examples=[480.0])
    state: RunState
    frames_captured: int = Field(examples=[12000])
    frames_analysed: int = Field(examples=[2400])
    frames_dropped: list[DroppedOut]
    tracks: int = Field(examples=[12])
    started_at: datetime = Field(examples=["2021-08-20T06:00:00Z"])
    finished_at: datetime | None = Field(examples=["2021-08-20T06:04:10Z"])
    note: str = Field(examples=[""])
    provenance: ProvenanceOut


class UnknownOut(Wire):
    reason: str = Field(examples=["FACE_AWAY"])
    label: Bilingual
    instants: int = Field(examples=[4])


class VotesOut(Wire):
    violating: int = Field(examples=[14])
    compliant: int = Field(examples=[1])
    unknown: list[UnknownOut]
    assessed: int = Field(examples=[15])
    total: int = Field(examples=[21])
    assessed_share: float | None = Field(examples=[0.714], description="assessed / total; null when nothing was judged.")


class MeasureOut(Wire):
    name: str = Field(examples=["violating_ratio"])
    label: Bilingual
    value: float = Field(examples=[0.93])
    unit: str = Field(examples=[""])
    threshold: float | None = Field(examples=[0.7])


class RoleOut(Wire):
    role: Role
    label: Bilingual
    probability: float = Field(examples=[0.91])
    sources: list[str] = Field(examples=[["E1:room_door"]], description="Names of the evidence that decided, strongest first.")


class RuleOut(Wire):
    id: str = Field(examples=["Q01"])
    version: int = Field(examples=[1])
    text: Bilingual = Field(description="What the sign is called; of a person whose role is not known it claims no role.")
    basis: list[str] = Field(examples=[["DISP", "5K"]])
    nature: Nature = Field(description="How strong the basis is; never print `practice` and `inference` as law.")


class EventOut(Wire):
    """A sign of a violation. It becomes a violation when ``review_state`` is ``confirmed``, not before."""

    id: str = Field(examples=["3dd11255-d583-5504-b817-5b595590aeae"])
    facility: str = Field(examples=["kcl-01"])
    camera: str = Field(examples=["cam-corridor-2"])
    rule: RuleOut
    severity: Severity
    subject: str = Field(examples=["track:12"])
    sentence: Bilingual
    since: datetime = Field(examples=["2021-08-20T05:02:00Z"])
    opened_at: datetime = Field(examples=["2021-08-20T05:02:03Z"])
    ended_at: datetime | None = Field(examples=["2021-08-20T05:02:09Z"])
    since_pts_s: float = Field(examples=[120.0])
    opened_pts_s: float = Field(examples=[123.0])
    ending: Ending
    votes: VotesOut
    zone: str | None = Field(examples=["corridor-2"])
    zone_name: str | None = Field(examples=["Hành lang"])
    zone_version: int | None = Field(examples=[1])
    mask_only: bool = Field(
        examples=[False],
        description="Nobody drew anything for this camera: masks are judged in the whole picture, nothing else.",
    )
    role: RoleOut | None
    measures: list[MeasureOut]
    tracks: list[int] = Field(examples=[[12]])
    time_basis: TimeBasis
    review_state: ReviewState
    evidence_state: EvidenceState
    version: int = Field(examples=[1], description="Grows with every decision; the ETag is this number in quotes.")
    provenance: ProvenanceOut


class EvidenceOut(Wire):
    id: str = Field(examples=["3dd11255-d583-5504-b817-5b595590aeae"])
    kind: EvidenceKind
    state: EvidenceState
    href: str | None = Field(
        examples=["/api/v1/evidence/3dd11255-d583-5504-b817-5b595590aeae/content"],
        description="Where the file is served; null until it is ready.",
    )
    media_type: str = Field(examples=["video/mp4"])
    ordinal: int = Field(examples=[0])
    sha256: str | None = Field(examples=["0ac5174e9a3c9bd7d3c8a2b1f6e4d59c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4938"])
    size_bytes: int | None = Field(examples=[886164])
    codec: str | None = Field(examples=["h264"])
    starts_at: datetime | None = Field(examples=["2021-08-20T05:01:55Z"])
    duration_s: float | None = Field(examples=[19.0])
    derived_from: str | None = Field(
        examples=[None], description="Set for a copy made for browsers; the original is the evidence."
    )
    reason: str = Field(
        examples=["disk_refused: File too large"],
        description="Why it failed or is lost: a code and, behind a colon, the technical detail where there is one.",
    )


class ReviewOut(Wire):
    decision: Decision
    reason_code: str = Field(examples=["clearly_seen"])
    comment: str = Field(examples=["Thấy rõ ở giây thứ 12."])
    reviewer: str = Field(examples=["lan"])
    at: datetime = Field(examples=["2021-08-20T07:15:00Z"])


class EventDetailOut(EventOut):
    evidence: list[EvidenceOut]
    reviews: list[ReviewOut]


class EventPageOut(Wire):
    events: list[EventOut]
    next: str | None = Field(examples=["MjAyMS0wOC0yMA"], description="Cursor of the next page; null on the last one.")
    total: int = Field(examples=[3], description="All events that match the filter, not only those of this page.")


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
    start: datetime = Field(examples=["2021-08-20T05:02:00Z"])
    end: datetime = Field(examples=["2021-08-20T05:04:00Z"])
    state: CoverageState
    reason: GapReason | None
    run: str | None = Field(examples=["8d03e72527f75497bf1f8e28ef43786a"])


class CoveragePageOut(Wire):
    """Time without an interval was not watched either: ``unrecorded_s`` counts it. What has not been yet is ``future_s``."""

    camera: str = Field(examples=["cam-corridor-2"])
    since: datetime = Field(examples=["2021-08-20T05:02:00Z"])
    until: datetime = Field(examples=["2021-08-20T05:10:00Z"])
    live_s: float = Field(examples=[420.0])
    degraded_s: float = Field(examples=[60.0])
    gap_s: float = Field(examples=[120.0])
    unrecorded_s: float = Field(examples=[0.0])
    future_s: float = Field(examples=[0.0])
    observed_share: float = Field(examples=[0.8], description="(live + degraded) / asked time that has been.")
    intervals: list[CoverageOut]


class OutageOut(Wire):
    """A stretch without a connection: of one camera or, cause `facility_line`, of several at once."""

    start: datetime = Field(examples=["2021-06-11T01:00:00Z"])
    end: datetime = Field(examples=["2021-06-11T01:04:10Z"])
    cause: str = Field(examples=["network"])
    cameras: list[str] = Field(examples=[["cam-corridor-2"]])


class ConnectionOut(Wire):
    """Planned time is neither up nor down. Means and uptime are null when there is nothing to take them of."""

    uptime: float | None = Field(examples=[0.997])
    connected_s: float = Field(examples=[86_140.0])
    planned_s: float = Field(examples=[0.0])
    longest_s: float = Field(examples=[250.0])
    mttr_s: float | None = Field(examples=[130.0])
    mtbf_s: float | None = Field(examples=[43_070.0])
    outages: list[OutageOut]


class CameraConnectionOut(ConnectionOut):
    camera: str = Field(examples=["cam-corridor-2"])


class FacilityConnectionOut(ConnectionOut):
    """`uptime` is of the time in which at least one camera was connected; `outages` has a failed line as one."""

    facility: str = Field(examples=["kcl-01"])
    since: datetime = Field(examples=["2021-06-10T00:00:00Z"])
    until: datetime = Field(examples=["2021-06-11T00:00:00Z"])
    cameras: list[CameraConnectionOut]


class RedrawingOut(Wire):
    """A camera that was moved and whose zones have not been drawn again since."""

    camera: str = Field(examples=["cam-corridor-2"])
    moved_at: datetime = Field(examples=["2021-06-11T01:00:00Z"])


class LookHourOut(Wire):
    """One hour; `judged` pictures of the `asked` ones were looked at."""

    hour: datetime = Field(examples=["2021-06-11T01:00:00Z"])
    gate_audits: int = Field(examples=[900])
    gate_misses: int = Field(examples=[2])
    missed_person_seconds: float = Field(examples=[7.6])
    judged: int = Field(examples=[2100])
    asked: float = Field(examples=[18_000.0])


class GatesOut(Wire):
    """What the activity gates of a camera may have missed. An audit is a look of the detector at a picture in which the
    gates saw nothing, a miss one in which somebody was; `missed_person_seconds` is an upper bound. Only live cameras
    have them: recordings are looked at without gates.
    """

    camera: str = Field(examples=["cam-corridor-2"])
    since: datetime = Field(examples=["2021-06-11T01:00:00Z"])
    until: datetime = Field(examples=["2021-06-11T03:00:00Z"])
    gate_audits: int = Field(examples=[1800])
    gate_misses: int = Field(examples=[2])
    missed_person_seconds: float = Field(examples=[7.6])
    judged: int = Field(examples=[4200])
    asked: float = Field(examples=[36_000.0], description="Pictures that the asked rate would have had judged.")
    hours: list[LookHourOut]


class CredentialsIn(Wire):
    name: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_nfc)] = Field(examples=["admin"])
    password: Annotated[SecretStr, Field(min_length=1, max_length=128)]


class SessionOut(Wire):
    name: str = Field(examples=["lan"])
    grade: str = Field(examples=["inspector"])
    csrf_token: str = Field(
        examples=["0ac5174e9a3c9bd7d3c8a2b1f6e4d59c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4938"],
        description="Send it as X-CSRF-Token with every request that changes something.",
    )
    expires_at: datetime = Field(examples=["2021-08-20T17:00:00Z"])


class CheckOut(Wire):
    name: str = Field(examples=["database"])
    ok: bool = Field(examples=[True])
    detail: str = Field(examples=["SQLite 3.53.4"])


class HealthOut(Wire):
    status: Literal["ok", "not_ready"]
    checks: list[CheckOut]
