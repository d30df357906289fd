"""One event of one made recording, and a store that survives a killed process: what the evidence tests share."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyzer.types import (
    Box,
    CameraId,
    Change,
    Event,
    EventId,
    FacilityId,
    FrameRef,
    Head,
    Label,
    MaskReading,
    MaskState,
    Measure,
    ModelRef,
    Observation,
    Provenance,
    Reason,
    Role,
    RoleClaim,
    RuleId,
    RunId,
    Scene,
    Severity,
    Track,
    TrackId,
    TrackSubject,
    Votes,
    ZoneId,
    ZoneKind,
)
from pipelines.evidence import Case, Episode
from pipelines.records import Evidence, EvidenceId, EvidenceState, TimeBasis, ZoneVersion

CAMERA = CameraId("corridor")
START = datetime(2021, 6, 12, 0, 15, tzinfo=UTC)
EVENT = EventId("0b1e5d1c-7a2f-5c3d-9e4f-aa55aa55aa55")


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def scene(at: float, head_px: float = 40.0, *, present: bool = True, width: int = 192, height: int = 128) -> Scene:
    """Person 7 without a mask and person 8 with one, at a tenth of a second that the recording has."""
    pts = seconds(at)
    frame = FrameRef(CAMERA, round(at * 10), pts, START + pts, width, height)
    offender = Observation(
        track=Track(TrackId(7), Box(20, 30, 60, 120), Label.PERSON, 0.9),
        head=Head(Box(30, 30, 50, 50), 0.8),
        mask=MaskReading(MaskState.NONE, 0.97, head_px, 5),
    )
    other = Observation(
        track=Track(TrackId(8), Box(100, -10, 140, 140), Label.PERSON, 0.8),
        mask=MaskReading(MaskState.NOT_VISIBLE, 0.6, 20.0, 1, reason=Reason.FACE_AWAY),
    )
    return Scene(frame, (offender, other) if present else (other,))


def event(change: Change, at: float, *, since: float = 20.0, name: EventId = EVENT) -> Event:
    return Event(
        id=name,
        rule=RuleId("Q01"),
        rule_version=3,
        severity=Severity.HIGH,
        camera=CAMERA,
        subject=TrackSubject(TrackId(7)),
        change=change,
        at=START + seconds(at),
        pts=seconds(at),
        since=START + seconds(since),
        since_pts=seconds(since),
        votes=Votes(9, 1, ((Reason.FACE_AWAY, 10),)),
        provenance=Provenance(
            RunId("run-1"), "5" * 64, "0.1.0", "openvino", "f32", (ModelRef("person", "a" * 64), ModelRef("mask", "b" * 64))
        ),
        zone=ZoneId("corridor-2"),
        zone_version=4,
        role=RoleClaim(Role.QUARANTINED, 0.8, ("attire",)),
        measures=(Measure("duration", 4.0, "s", 2.0),),
        tracks=(TrackId(7),),
    )


EPISODE = Episode(event(Change.OPENED, 22.0), event(Change.CLOSED, 26.0))
SCENES = tuple(scene(k / 5, head_px=80.0 if k == 120 else 40.0, present=95 <= k <= 130) for k in range(300))
ZONE = ZoneVersion(ZoneId("corridor-2"), CAMERA, 4, ZoneKind.CORRIDOR, "hành lang 2", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)), START)


def case(basis: TimeBasis = TimeBasis.FILE_NAME) -> Case:
    return Case(FacilityId("hanoi-1"), "Asia/Ho_Chi_Minh", "20210612_071500.mp4", "c" * 64, basis, ZONE)


class MemoryStore:
    """Implements `EvidenceStore`."""

    def __init__(self) -> None:
        self.rows: dict[EvidenceId, Evidence] = {}
        self.history: list[Evidence] = []

    def put_evidence(self, evidence: Sequence[Evidence]) -> None:
        self.rows.update({row.id: row for row in evidence})
        self.history.extend(evidence)

    def evidence(self, event: EventId) -> tuple[Evidence, ...]:
        return tuple(row for row in self.rows.values() if row.event == event)

    def pending_evidence(self) -> tuple[Evidence, ...]:
        return tuple(row for row in self.rows.values() if row.state is EvidenceState.PENDING)

    def evidence_paths(self) -> frozenset[str]:
        return frozenset(row.path for row in self.rows.values())


class DiskStore(MemoryStore):
    """The same in a file, so that it outlives a process that is killed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        if path.exists():
            self.rows = pickle.loads(path.read_bytes())

    def put_evidence(self, evidence: Sequence[Evidence]) -> None:
        super().put_evidence(evidence)
        new = self._path.with_suffix(".new")
        new.write_bytes(pickle.dumps(self.rows))
        new.replace(self._path)
