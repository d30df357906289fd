"""What the pipeline stores and the service shows, besides the analyzer's own records. Immutable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from analyzer.types import (
    CameraId,
    EventId,
    FacilityId,
    Measure,
    Point,
    Provenance,
    Role,
    RoleClaim,
    RuleId,
    RunId,
    Severity,
    TrackId,
    Votes,
    ZoneId,
    ZoneKind,
)

EvidenceId = NewType("EvidenceId", str)

UNNAMED: Final = FacilityId("unnamed")
"""The facility of recordings that came without a site file; no site file may call its own so."""


class TimeBasis(StrEnum):
    """Where the start time of a recording comes from; ``UNKNOWN`` counts from 1970-01-01 and says so."""

    ARGUMENT = "argument"
    FILE_NAME = "file_name"
    CONTAINER = "container"
    LIVE = "live"
    UNKNOWN = "unknown"


class DropReason(StrEnum):
    """Why a captured frame was not analysed."""

    RATE = "rate"  # between two analysed instants, by the asked rate
    CORRUPT = "corrupt"
    QUIET = "quiet"  # the activity gate saw no reason to look
    LATE = "late"  # a newer frame was there
    FAILED = "failed"  # perception raised on this frame
    DECODE = "decode"  # the decoder gave no picture for the packet
    TIME = "time"  # its time stamp was missing, repeated, or went back


class CoverageState(StrEnum):
    """``LIVE``: watched as asked. ``DEGRADED``: watched below the asked rate or picture quality. ``GAP``: not watched."""

    LIVE = "live"
    DEGRADED = "degraded"
    GAP = "gap"


class GapReason(StrEnum):
    """Why time was not observed (or only in part)."""

    NOT_STARTED = "not_started"
    UNREACHABLE = "unreachable"
    AUTH_FAILED = "auth_failed"
    STALLED = "stalled"
    STREAM_ENDED = "stream_ended"
    RECORDING_GAP = "recording_gap"  # a hole between two frames of a recording
    RECORDING_CUT = "recording_cut"  # the file ends before its declared end
    CORRUPT = "corrupt"
    FROZEN = "frozen"
    BLACK = "black"
    TOO_DARK = "too_dark"
    GLARE = "glare"
    COVERED = "covered"
    BLURRED = "blurred"
    MOVED = "moved"
    LOOPED = "looped"
    OVERLOAD = "overload"
    DELAYED = "delayed"  # pictures come, but seconds after they were taken
    SPARSE = "sparse"  # fewer pictures come than are asked for
    ANALYSIS = "analysis"
    MAINTENANCE = "maintenance"
    STOPPED = "stopped"
    CRASHED = "crashed"
    INTERRUPTED = "interrupted"


STILL_WATCHED: Final = frozenset(
    {GapReason.TOO_DARK, GapReason.GLARE, GapReason.MOVED, GapReason.OVERLOAD, GapReason.DELAYED, GapReason.SPARSE}
)
"""Something can be judged under these: masks in a moved view, near people in the dark, what comes late or seldom."""


class Trouble(StrEnum):
    """What went wrong with the connection to a camera, beside `pipelines.errors.AddressFault`, or what is odd in its picture."""

    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    UNRESOLVED = "unresolved"
    NO_WAY = "no_way"
    BROKEN_OFF = "broken_off"
    LOGIN_REFUSED = "login_refused"
    NO_SUCH_STREAM = "no_such_stream"
    NOT_THERE = "not_there"
    NO_VIDEO = "no_video"
    CHANGED = "changed"
    ENDED = "ended"
    NO_MEMORY = "no_memory"
    CRASHED = "crashed"
    THINGS = "things"  # what passes for people and does not move is not judged; the detail is how many
    FAILING = "failing"
    NOT_A_STREAM = "not_a_stream"
    SILENT = "silent"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CoverageInterval:
    """A stretch of one camera's time, [start, end). The intervals of a camera partition its time."""

    camera: CameraId
    start: datetime
    end: datetime
    state: CoverageState
    reason: GapReason | None = None
    run: RunId | None = None

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """captured = analysed + dropped(reason), exactly."""

    captured: int = 0
    analysed: int = 0
    dropped: tuple[tuple[DropReason, int], ...] = ()

    def __post_init__(self) -> None:
        if self.captured != self.analysed + sum(n for _, n in self.dropped):
            raise ValueError(f"frames do not add up: {self}")


class RunState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    PARTIAL = "partial"  # the input ended early or part of it could not be read
    INTERRUPTED = "interrupted"  # stopped by a person or a signal; resumable
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One analysis of one recording (or of one stretch of a live camera) with one set of models and rules.

    The id is derived from recording, models, site and code (`provenance`), so the same work is the same run.
    """

    id: RunId
    facility: FacilityId
    camera: CameraId
    source: str  # file name or redacted address, for people
    source_sha256: str | None
    provenance: Provenance
    time_basis: TimeBasis
    first_at: datetime
    observed: timedelta
    state: RunState
    counts: FrameCounts
    tracks: int
    started_at: datetime
    finished_at: datetime | None = None
    note: str = ""


class EvidenceKind(StrEnum):
    CLIP = "clip"
    PROXY = "proxy"  # H.264 copy for browsers, labelled as derived
    KEY_FRAME = "key_frame"
    BOXES = "boxes"  # boxes in time over the clip, JSON
    SIDECAR = "sidecar"


class EvidenceState(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file that shows an event. ``path`` is relative to the evidence folder; media times are of the file."""

    id: EvidenceId
    event: EventId
    kind: EvidenceKind
    state: EvidenceState
    path: str
    media_type: str
    ordinal: int = 0
    sha256: str | None = None
    size_bytes: int | None = None
    codec: str | None = None
    starts_at: datetime | None = None
    duration: timedelta | None = None
    derived_from: EvidenceId | None = None
    reason: str = ""


class Decision(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"
    CANNOT_TELL = "cannot_tell"


class ReviewState(StrEnum):
    """A camera event is a sign of a violation until a person has decided."""

    AWAITING = "awaiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Review:
    """One decision of a person about one event; earlier ones are kept."""

    event: EventId
    decision: Decision
    reason_code: str
    comment: str
    reviewer: str
    at: datetime


# --- what the repository gives back --------------------------------------------------------------


class Ending(StrEnum):
    """How an episode stands: still ``OPEN``, ``CLOSED`` by compliance seen, or ``LOST`` out of the picture."""

    OPEN = "open"
    CLOSED = "closed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One episode as the store holds it: its messages merged, its review and its evidence beside it.

    ``version`` starts at 1 and grows with every decision (it is the ETag of the event).
    """

    id: EventId
    facility: FacilityId
    rule: RuleId
    rule_version: int
    severity: Severity
    camera: CameraId
    subject: str  # key of the analyzer's subject, such as "track:12"
    since: datetime
    since_pts: timedelta
    opened_at: datetime
    opened_pts: timedelta
    ended_at: datetime | None
    ending: Ending
    votes: Votes
    provenance: Provenance
    zone: ZoneId | None
    zone_version: int | None
    role: RoleClaim | None
    measures: tuple[Measure, ...]
    tracks: tuple[TrackId, ...]
    time_basis: TimeBasis
    review_state: ReviewState
    evidence_state: EvidenceState
    version: int


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Every field narrows; ``None`` or empty does not. Times are compared with `StoredEvent.opened_at`.

    ``began_from``, ``began_before``: those whose beginning lies there, whenever they were told.
    ``during``: those that went on at some time of it, from their beginning to their end, or to when they were told.
    Events of a recording that was analysed again are left out, unless asked for by their run or by ``superseded``.
    """

    facility: FacilityId | None = None
    cameras: tuple[CameraId, ...] = ()
    rules: tuple[RuleId, ...] = ()
    severities: tuple[Severity, ...] = ()
    roles: tuple[Role, ...] = ()
    review_states: tuple[ReviewState, ...] = ()
    run: RunId | None = None
    since: datetime | None = None
    until: datetime | None = None
    began_from: datetime | None = None
    began_before: datetime | None = None
    during: tuple[datetime, datetime] | None = None
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class EventPosition:
    """Where a page ends: keyset (opened_at, id), newest first."""

    opened_at: datetime
    id: EventId


@dataclass(frozen=True, slots=True)
class EventPage:
    """``next`` is ``None`` on the last page."""

    events: tuple[StoredEvent, ...]
    next: EventPosition | None


@dataclass(frozen=True, slots=True)
class FacilityRecord:
    id: FacilityId
    name: str
    kind: str
    timezone: str
    site_sha256: str


@dataclass(frozen=True, slots=True)
class CameraRecord:
    """``source`` is redacted; secrets never reach the database."""

    id: CameraId
    facility: FacilityId
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class ZoneVersion:
    """One polygon of one zone over the time it was in force; points in [0,1] of the picture."""

    id: ZoneId
    camera: CameraId
    version: int
    kind: ZoneKind
    name: str
    polygon: tuple[Point, ...]
    valid_from: datetime
    valid_to: datetime | None = None

    @property
    def called(self) -> str | ZoneKind:
        """What people call it: its name, or its kind where the facility gave it none."""
        return self.kind if self.name in {"", self.id} else self.name


class Grade(StrEnum):
    """What an account is for. Unknown grades hold nothing."""

    VIEWER = "viewer"  # figures and lists, no pictures of people, no decisions
    INSPECTOR = "inspector"
    ADMIN = "admin"
