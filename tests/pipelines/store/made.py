"""Records for the store's tests, whole and valid unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analyzer.types import (
    CameraId,
    Change,
    Event,
    EventId,
    FacilityId,
    Measure,
    ModelRef,
    Point,
    Provenance,
    Reason,
    Role,
    RoleClaim,
    RuleId,
    RunId,
    Severity,
    Tally,
    TrackId,
    TrackSubject,
    Votes,
    ZoneId,
    ZoneKind,
)
from pipelines.records import (
    CameraRecord,
    CoverageInterval,
    CoverageState,
    Decision,
    DropReason,
    Evidence,
    EvidenceId,
    EvidenceKind,
    EvidenceState,
    FacilityRecord,
    FrameCounts,
    GapReason,
    Review,
    Run,
    RunState,
    TimeBasis,
    ZoneVersion,
)
from pipelines.store import Repository

T0 = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)
FACILITY = FacilityRecord(FacilityId("facility-1"), "Khu cách ly số 1", "hotel", "Asia/Ho_Chi_Minh", "a" * 64)
CAMERA = CameraRecord(CameraId("cam-1"), FACILITY.id, "Hành lang tầng 2", "corridor.mp4")
CAMERA_2 = CameraRecord(CameraId("cam-2"), FACILITY.id, "Cổng", "gate.mp4")
SQUARE: tuple[Point, ...] = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (1 / 3, 0.1 + 0.2))
ZONE = ZoneVersion(ZoneId("corridor"), CAMERA.id, 1, ZoneKind.CORRIDOR, "Hành lang", SQUARE, T0)
PROVENANCE = Provenance(RunId("run-1"), FACILITY.site_sha256, "0.1.0", "openvino", "f32", (ModelRef("person", "b" * 64),))


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def make_run(run: str = "run-1", **changes: Any) -> Run:
    whole = Run(
        id=RunId(run),
        facility=FACILITY.id,
        camera=CAMERA.id,
        source="hành lang.mp4",
        source_sha256="c" * 64,
        provenance=replace(PROVENANCE, run=RunId(run)),
        time_basis=TimeBasis.FILE_NAME,
        first_at=T0,
        observed=timedelta(minutes=1, microseconds=1),
        state=RunState.FINISHED,
        counts=FrameCounts(1500, 300, ((DropReason.CORRUPT, 2), (DropReason.RATE, 1198))),
        tracks=4,
        started_at=T0 + timedelta(hours=1),
        finished_at=T0 + timedelta(hours=1, seconds=9),
        note="",
    )
    return replace(whole, **changes)


def make_event(event: str = "event-1", change: Change = Change.OPENED, pts: float = 10, **changes: Any) -> Event:
    whole = Event(
        id=EventId(event),
        rule=RuleId("Q01"),
        rule_version=1,
        severity=Severity.HIGH,
        camera=CAMERA.id,
        subject=TrackSubject(TrackId(12)),
        change=change,
        at=T0 + seconds(pts),
        pts=seconds(pts),
        since=T0 + seconds(4),
        since_pts=seconds(4),
        votes=Votes(7, 1, ((Reason.BLUR, 2), (Reason.FACE_AWAY, 3))),
        provenance=PROVENANCE,
        zone=ZONE.id,
        zone_version=1,
        role=RoleClaim(Role.QUARANTINED, 0.1 + 0.2, ("attire", "zone")),
        measures=(Measure("head", 41.5, "px", 24.0), Measure("share", 1 / 3, "1")),
        tracks=(TrackId(12),),
    )
    return replace(whole, **changes)


def make_tally(rule: str = "Q01", **changes: Any) -> Tally:
    return replace(Tally(RuleId(rule), 1, CAMERA.id, Votes(5, 9, ((Reason.OCCLUDED, 1),)), 4, 3, 1), **changes)


def make_interval(
    start: float,
    end: float,
    state: CoverageState = CoverageState.LIVE,
    reason: GapReason | None = None,
    *,
    run: str | None = "run-1",
    camera: CameraId = CAMERA.id,
) -> CoverageInterval:
    return CoverageInterval(camera, T0 + seconds(start), T0 + seconds(end), state, reason, RunId(run) if run else None)


def make_evidence(evidence: str = "evidence-1", event: str = "event-1", **changes: Any) -> Evidence:
    whole = Evidence(
        id=EvidenceId(evidence),
        event=EventId(event),
        kind=EvidenceKind.CLIP,
        state=EvidenceState.READY,
        path=f"2026/03/01/{evidence}.mp4",
        media_type="video/mp4",
        ordinal=0,
        sha256="d" * 64,
        size_bytes=3_000_000_000,
        codec="h264",
        starts_at=T0,
        duration=seconds(20.04),
    )
    return replace(whole, **changes)


def make_review(event: str = "event-1", decision: Decision = Decision.CONFIRM, **changes: Any) -> Review:
    return replace(Review(EventId(event), decision, "clearly_seen", "Thấy rõ.", "thanh.tra", T0 + timedelta(days=1)), **changes)


def furnish(repository: Repository, *runs: Run) -> Repository:
    """Put the site and the runs that events need."""
    repository.put_site(FACILITY, [CAMERA, CAMERA_2], [ZONE], "site", T0)
    for run in runs or (make_run(),):
        repository.put_run(run)
    return repository


def put(repository: Repository, events: Iterable[Event]) -> int:
    return repository.put_events(list(events), facility=FACILITY.id, time_basis=TimeBasis.FILE_NAME, at=T0 + timedelta(hours=1))
