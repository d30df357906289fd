"""``sidecar.json``, which says how the evidence came about, and how both documents become bytes.

They are made from records only and encoded canonically: the same event gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from analyzer.entry import Text
from analyzer.naming import is_anywhere, sign_name
from analyzer.types import (
    CameraId,
    Event,
    EventId,
    FacilityId,
    Measure,
    ModelRef,
    Point,
    Reason,
    Role,
    RuleId,
    RunId,
    Severity,
    TrackId,
    ZoneId,
    ZoneKind,
)
from pipelines.evidence.boxes import BoxesDocument
from pipelines.evidence.case import Case, Episode
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState, TimeBasis, ZoneVersion


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant: in the stream, in UTC, and as the clock on the wall of the facility showed it."""

    pts: timedelta
    utc: datetime
    local: str

    @classmethod
    def of(cls, pts: timedelta, at: datetime, timezone: str) -> Moment:
        return cls(pts, at, at.astimezone(ZoneInfo(timezone)).isoformat())


@dataclass(frozen=True, slots=True)
class VotesShown:
    violating: int
    compliant: int
    unknown: dict[Reason, int]
    assessed_share: float | None


@dataclass(frozen=True, slots=True)
class ZoneShown:
    id: ZoneId
    version: int | None
    kind: ZoneKind | None
    name: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class RoleShown:
    role: Role
    probability: float
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file of this event; one that could not be written says why instead of a hash."""

    id: EvidenceId
    kind: EvidenceKind
    ordinal: int
    state: EvidenceState
    name: str
    sha256: str | None
    size_bytes: int | None
    codec: str | None
    starts_at: datetime | None
    duration: timedelta | None
    derived_from: EvidenceId | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """``sidecar.json``: everything needed to judge the evidence, and to make it again."""

    format: str
    statement: str
    event: EventId
    rule: RuleId
    rule_version: int
    sign: Text
    mask_only: bool
    severity: Severity
    subject: str
    tracks: tuple[TrackId, ...]
    role: RoleShown | None
    ending: str
    since: Moment
    opened: Moment
    last: Moment
    votes: VotesShown
    measures: tuple[Measure, ...]
    facility: FacilityId
    camera: CameraId
    zone: ZoneShown | None
    run: RunId
    site_sha256: str
    code_version: str
    backend: str
    precision: str
    models: tuple[ModelRef, ...]
    source: str
    source_sha256: str | None
    timezone: str
    time_basis: TimeBasis
    clock_offset: timedelta | None
    clip_note: str
    files: tuple[FileShown, ...]


SIDECAR_FORMAT = "vigil-evidence/1"
_STATEMENT = "A sign of a violation, found by a program. It is not a finding until a person has reviewed it."


def sidecar(episode: Episode, case: Case, files: Iterable[Evidence], clip_note: str = "") -> Sidecar:
    """Everything the design asks of the evidence of one event. Recordings carry no clock offset: it is unknown, not zero."""
    opened, event = episode.opened, episode.event
    votes, made = event.votes, event.provenance
    return Sidecar(
        format=SIDECAR_FORMAT,
        statement=_STATEMENT,
        event=event.id,
        rule=event.rule,
        rule_version=event.rule_version,
        sign=sign_name(event.rule, event.role),
        mask_only=is_anywhere(event.rule, event.zone),
        severity=event.severity,
        subject=event.subject.key,
        tracks=event.tracks,
        role=RoleShown(event.role.role, event.role.probability, event.role.sources) if event.role else None,
        ending=event.change.value,
        since=Moment.of(event.since_pts, event.since, case.timezone),
        opened=Moment.of(opened.pts, opened.at, case.timezone),
        last=Moment.of(event.pts, event.at, case.timezone),
        votes=VotesShown(
            votes.violating, votes.compliant, dict(votes.unknown), votes.assessed / votes.total if votes.total else None
        ),
        measures=event.measures,
        facility=case.facility,
        camera=event.camera,
        zone=_zone(event, case.zone),
        run=made.run,
        site_sha256=made.site_sha256,
        code_version=made.code_version,
        backend=made.backend,
        precision=made.precision,
        models=made.models,
        source=case.source,
        source_sha256=case.source_sha256,
        timezone=case.timezone,
        time_basis=case.time_basis,
        clock_offset=None,
        clip_note=clip_note,
        files=tuple(_file(row) for row in files),
    )


def _zone(event: Event, zone: ZoneVersion | None) -> ZoneShown | None:
    if event.zone is None:
        return None
    if zone is None or zone.id != event.zone:
        return ZoneShown(event.zone, event.zone_version, None, "", ())
    return ZoneShown(zone.id, event.zone_version or zone.version, zone.kind, zone.name, zone.polygon)


def _file(row: Evidence) -> FileShown:
    return FileShown(
        id=row.id,
        kind=row.kind,
        ordinal=row.ordinal,
        state=row.state,
        name=row.path.rsplit("/", 1)[-1],
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        codec=row.codec,
        starts_at=row.starts_at,
        duration=row.duration,
        derived_from=row.derived_from,
        reason=row.reason,
    )


def encode(document: BoxesDocument | Sidecar) -> bytes:
    """Canonical JSON: sorted keys, UTC with ``Z``, durations in seconds, one line feed at the end.

    The sidecar is indented, for people do read it.
    """
    indent, separators = (1, (",", ": ")) if isinstance(document, Sidecar) else (None, (",", ":"))
    text = json.dumps(
        asdict(document),
        default=_plain,
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        indent=indent,
        separators=separators,
    )
    return (text + "\n").encode()


def _plain(value: object) -> str | float:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"no JSON for {type(value).__name__}")
