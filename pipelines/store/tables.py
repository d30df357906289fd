"""The tables. They stay inside the store: what leaves it are the product's records.

Columns are only ever added (expand, then contract a release later), so that a worker and a service of
neighbouring versions can share one database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from analyzer.types import Measure, Point, Provenance, Role, RoleClaim, Severity, TrackId, Votes, ZoneKind
from pipelines.records import (
    CoverageState,
    Decision,
    Ending,
    EvidenceKind,
    EvidenceState,
    FrameCounts,
    GapReason,
    ReviewState,
    RunState,
    TimeBasis,
)
from pipelines.sources.lifecycle import State
from pipelines.store.columns import Identifier, Moment, Span, Words, code_of, record_of
from pipelines.store.entries import Topic
from pipelines.store.episodes import Message

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Only an INTEGER counts by itself in SQLite, and only a BIGINT is long enough in PostgreSQL.
COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Row(SQLModel):
    """Root of the tables, with names for every constraint so that a migration can name them too."""

    metadata: ClassVar[sa.MetaData] = sa.MetaData(naming_convention=NAMING)


class FacilityRow(Row, table=True):
    __tablename__ = "facilities"

    id: str = Field(primary_key=True, sa_type=Identifier)
    name: str = Field(sa_type=Words)
    kind: str = Field(sa_type=Words)
    timezone: str = Field(sa_type=Words)
    site_sha256: str = Field(sa_type=Identifier)


class SiteDocumentRow(Row, table=True):
    """Every site file that was ever in force, by its hash."""

    __tablename__ = "site_documents"

    facility: str = Field(primary_key=True, foreign_key="facilities.id", sa_type=Identifier)
    sha256: str = Field(primary_key=True, sa_type=Identifier)
    document: str = Field(sa_type=sa.Text)  # as it was hashed: not even composed
    put_at: datetime = Field(sa_type=Moment)


class CameraRow(Row, table=True):
    __tablename__ = "cameras"

    id: str = Field(primary_key=True, sa_type=Identifier)
    facility: str = Field(foreign_key="facilities.id", index=True, sa_type=Identifier)
    name: str = Field(sa_type=Words)
    source: str = Field(sa_type=Words)
    retired_at: datetime | None = Field(default=None, sa_type=Moment)


class CameraWishRow(Row, table=True):
    """What people asked for through the service; addresses hold references to secrets, never a secret."""

    __tablename__ = "camera_wishes"

    camera: str = Field(primary_key=True, foreign_key="cameras.id", sa_type=Identifier)
    facility: str = Field(foreign_key="facilities.id", index=True, sa_type=Identifier)
    name: str = Field(sa_type=Words)
    source: str = Field(sa_type=Words)
    evidence: str = Field(sa_type=Words)
    rate: float | None = None
    running: bool
    own: bool
    version: int
    changed_at: datetime = Field(sa_type=Moment)
    changed_by: str = Field(sa_type=Words)


class CameraReportRow(Row, table=True):
    """How the watching process found a camera last."""

    __tablename__ = "camera_reports"

    camera: str = Field(primary_key=True, foreign_key="cameras.id", sa_type=Identifier)
    at: datetime = Field(sa_type=Moment)
    state: State = Field(sa_type=code_of(State))
    reason: GapReason | None = Field(default=None, sa_type=code_of(GapReason))
    recording: State | None = Field(default=None, sa_type=code_of(State))
    codec: str = Field(default="", sa_type=Words)
    width: int = 0
    height: int = 0
    text: str = Field(default="", sa_type=Words)


class ZoneRow(Row, table=True):
    __tablename__ = "zones"

    camera: str = Field(primary_key=True, foreign_key="cameras.id", sa_type=Identifier)
    id: str = Field(primary_key=True, sa_type=Identifier)
    version: int = Field(primary_key=True)
    kind: ZoneKind = Field(sa_type=code_of(ZoneKind))
    name: str = Field(sa_type=Words)
    polygon: tuple[Point, ...] = Field(sa_type=record_of(tuple[Point, ...]))
    valid_from: datetime = Field(sa_type=Moment)
    valid_to: datetime | None = Field(default=None, sa_type=Moment)


class RunRow(Row, table=True):
    __tablename__ = "runs"
    __table_args__ = (
        sa.Index("ix_runs_facility_started_at", "facility", "started_at"),
        sa.Index("ix_runs_camera_started_at", "camera", "started_at"),
    )

    id: str = Field(primary_key=True, sa_type=Identifier)
    facility: str = Field(foreign_key="facilities.id", sa_type=Identifier)
    camera: str = Field(foreign_key="cameras.id", sa_type=Identifier)
    source: str = Field(sa_type=Words)
    source_sha256: str | None = Field(default=None, sa_type=Identifier)
    provenance: Provenance = Field(sa_type=record_of(Provenance))
    time_basis: TimeBasis = Field(sa_type=code_of(TimeBasis))
    first_at: datetime = Field(sa_type=Moment)
    observed: timedelta = Field(sa_type=Span)
    state: RunState = Field(sa_type=code_of(RunState))
    counts: FrameCounts = Field(sa_type=record_of(FrameCounts))
    tracks: int
    started_at: datetime = Field(sa_type=Moment, index=True)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    superseded: bool = False  # the same recording was analysed again; that run is shown, this one is kept
    note: str = Field(default="", sa_type=Words)


class TallyRow(Row, table=True):
    __tablename__ = "tallies"

    run: str = Field(primary_key=True, foreign_key="runs.id", sa_type=Identifier)
    camera: str = Field(primary_key=True, foreign_key="cameras.id", index=True, sa_type=Identifier)
    rule: str = Field(primary_key=True, sa_type=Identifier)
    rule_version: int = Field(primary_key=True)
    votes: Votes = Field(sa_type=record_of(Votes))
    subjects: int
    assessed_subjects: int
    episodes: int


class EventRow(Row, table=True):
    """One episode. Everything from ``since`` to ``tracks`` is derived from ``messages``."""

    __tablename__ = "events"
    __table_args__ = (
        # Each ends with (opened_at, id), the order of the pages; read backwards for newest first.
        sa.Index("ix_events_opened_at_id", "opened_at", "id"),
        sa.Index("ix_events_facility_opened_at_id", "facility", "opened_at", "id"),
        sa.Index("ix_events_camera_opened_at_id", "camera", "opened_at", "id"),
        sa.Index("ix_events_rule_opened_at_id", "rule", "opened_at", "id"),
        sa.Index("ix_events_review_state_opened_at_id", "review_state", "opened_at", "id"),
        sa.Index("ix_events_run_opened_at_id", "run", "opened_at", "id"),
        sa.Index("ix_events_evidence_state", "evidence_state"),
    )

    id: str = Field(primary_key=True, sa_type=Identifier)
    facility: str = Field(foreign_key="facilities.id", sa_type=Identifier)
    run: str = Field(foreign_key="runs.id", sa_type=Identifier)
    rule: str = Field(sa_type=Identifier)
    rule_version: int
    camera: str = Field(foreign_key="cameras.id", sa_type=Identifier)
    subject: str = Field(sa_type=Identifier)
    zone: str | None = Field(default=None, sa_type=Identifier)
    zone_version: int | None = None
    provenance: Provenance = Field(sa_type=record_of(Provenance))
    time_basis: TimeBasis = Field(sa_type=code_of(TimeBasis))
    messages: tuple[Message, ...] = Field(sa_type=record_of(tuple[Message, ...]))
    since: datetime = Field(sa_type=Moment)
    since_pts: timedelta = Field(sa_type=Span)
    opened_at: datetime = Field(sa_type=Moment)
    opened_pts: timedelta = Field(sa_type=Span)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ending: Ending = Field(sa_type=code_of(Ending))
    severity: Severity = Field(sa_type=code_of(Severity))
    votes: Votes = Field(sa_type=record_of(Votes))
    role: Role | None = Field(default=None, sa_type=code_of(Role))
    role_claim: RoleClaim | None = Field(default=None, sa_type=record_of(RoleClaim))
    measures: tuple[Measure, ...] = Field(sa_type=record_of(tuple[Measure, ...]))
    tracks: tuple[TrackId, ...] = Field(sa_type=record_of(tuple[TrackId, ...]))
    review_state: ReviewState = Field(sa_type=code_of(ReviewState))
    evidence_state: EvidenceState = Field(sa_type=code_of(EvidenceState))
    version: int
    superseded: bool = False  # its run is: see `RunRow`
    stored_at: datetime = Field(sa_type=Moment)


class CoverageRow(Row, table=True):
    """``run`` is empty for time that no run covers, such as a camera that was never reached."""

    __tablename__ = "coverage"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="forward"),
        sa.Index("ix_coverage_camera_starts_at", "camera", "starts_at"),
    )

    camera: str = Field(primary_key=True, foreign_key="cameras.id", sa_type=Identifier)
    run: str = Field(primary_key=True, sa_type=Identifier)
    starts_at: datetime = Field(primary_key=True, sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    state: CoverageState = Field(sa_type=code_of(CoverageState))
    reason: GapReason | None = Field(default=None, sa_type=code_of(GapReason))


class LookHourRow(Row, table=True):
    """How one run looked at its camera in one hour, see `pipelines.looks`."""

    __tablename__ = "look_hours"
    __table_args__ = (sa.Index("ix_look_hours_camera_hour", "camera", "hour"),)

    run: str = Field(primary_key=True, foreign_key="runs.id", sa_type=Identifier)
    hour: datetime = Field(primary_key=True, sa_type=Moment)
    camera: str = Field(foreign_key="cameras.id", sa_type=Identifier)
    gate_audits: int
    gate_misses: int
    missed_seconds: float
    judged: int
    asked: float


class EvidenceRow(Row, table=True):
    __tablename__ = "evidence"

    id: str = Field(primary_key=True, sa_type=Identifier)
    event: str = Field(foreign_key="events.id", index=True, sa_type=Identifier)
    kind: EvidenceKind = Field(sa_type=code_of(EvidenceKind))
    state: EvidenceState = Field(sa_type=code_of(EvidenceState), index=True)
    path: str = Field(sa_type=sa.Text)  # a name on disk: its spelling is not ours to change
    media_type: str = Field(sa_type=Words)
    ordinal: int = 0
    sha256: str | None = Field(default=None, sa_type=Identifier)
    size_bytes: int | None = Field(default=None, sa_type=sa.BigInteger)
    codec: str | None = Field(default=None, sa_type=Words)
    starts_at: datetime | None = Field(default=None, sa_type=Moment)
    duration: timedelta | None = Field(default=None, sa_type=Span)
    derived_from: str | None = Field(default=None, sa_type=Identifier)
    reason: str = Field(default="", sa_type=Words)


class ReviewRow(Row, table=True):
    """``version`` is the one of the event that the decision made; no two decisions share it."""

    __tablename__ = "reviews"

    event: str = Field(primary_key=True, foreign_key="events.id", sa_type=Identifier)
    version: int = Field(primary_key=True)
    decision: Decision = Field(sa_type=code_of(Decision))
    reason_code: str = Field(sa_type=Words)
    comment: str = Field(sa_type=Words)
    reviewer: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Moment)


class UserRow(Row, table=True):
    __tablename__ = "users"

    name: str = Field(primary_key=True, sa_type=Identifier)
    password_hash: str = Field(sa_type=Words)
    grade: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=Moment)
    disabled: bool = False


class SessionRow(Row, table=True):
    __tablename__ = "sessions"

    token_hash: str = Field(primary_key=True, sa_type=Identifier)
    user: str = Field(foreign_key="users.name", index=True, sa_type=Identifier)
    created_at: datetime = Field(sa_type=Moment)
    last_seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)


class OutboxRow(Row, table=True):
    """What is to be told to others, written in the transaction that made it true; delivered at least once."""

    __tablename__ = "outbox"
    __table_args__ = (sa.Index("ix_outbox_delivered_at_number", "delivered_at", "number"),)

    number: int | None = Field(default=None, sa_column=sa.Column(COUNTER, primary_key=True))
    topic: Topic = Field(sa_type=code_of(Topic))
    subject: str = Field(sa_type=Identifier)
    version: int
    at: datetime = Field(sa_type=Moment)
    delivered_at: datetime | None = Field(default=None, sa_type=Moment)


class AuditLogRow(Row, table=True):
    """Append-only: triggers refuse to change or delete a row, the chain of hashes shows it when it was done anyway."""

    __tablename__ = "audit_log"

    number: int = Field(sa_column=sa.Column(COUNTER, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=Moment)
    actor: str = Field(sa_type=Words)
    action: str = Field(sa_type=Words)
    subject: str = Field(sa_type=Words)
    detail: str = Field(sa_type=Words)
    previous: str = Field(sa_type=Identifier)
    hash: str = Field(sa_type=Identifier)
