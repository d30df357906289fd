"""Fills a store with a small facility as the pipeline would: two cameras, three signs, a clip that plays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid5

import av
import numpy as np
import numpy.typing as npt

from analyzer.types import (
    CameraId,
    Change,
    Event,
    EventId,
    FacilityId,
    Label,
    MaskState,
    Measure,
    ModelRef,
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
from pipelines.evidence.boxes import BOXES_FORMAT, BoxesDocument, InstantShown, MaskShown, TrackShown
from pipelines.evidence.documents import encode
from pipelines.records import (
    CameraRecord,
    CoverageInterval,
    CoverageState,
    Evidence,
    EvidenceId,
    EvidenceKind,
    EvidenceState,
    FacilityRecord,
    FrameCounts,
    GapReason,
    Run,
    RunState,
    StoredEvent,
    TimeBasis,
    ZoneVersion,
)
from pipelines.store.database import Database, open_database
from pipelines.store.migration import migrate
from pipelines.store.repository import Repository

NOON = datetime(2021, 8, 20, 5, 0, tzinfo=UTC)  # 12:00 in Viet Nam
FACILITY = FacilityId("ktx-b")
CORRIDOR = CameraId("cam-hanh-lang-2")
GATE = CameraId("cam-cong")
RUN = RunId("run-1")
CLIP_LENGTH = timedelta(seconds=12)
CLIP_BEFORE = timedelta(seconds=5)
SITE = """
[facility]
id = "ktx-b"
name = "Khu cách ly KTX B"

[[camera]]
id = "cam-hanh-lang-2"
name = "Hành lang tầng 2"
[[camera.zone]]
id = "z-hanh-lang"
kind = "corridor"
name = "Hành lang"
polygon = [[0.05, 0.3], [0.95, 0.3], [0.98, 0.98], [0.02, 0.98]]

[[camera]]
id = "cam-cong"
name = "Cổng chính"

[[rule]]
id = "Q07"
enabled = false
reason = "Chưa hiệu chuẩn <camera>"
since = 2021-08-01
"""
_FPS = 10
_WIDTH, _HEIGHT = 640, 360
_MODELS = (ModelRef("person-detector", "a" * 64), ModelRef("mask-classifier", "b" * 64))
PROVENANCE = Provenance(RUN, "c" * 64, "0.1.0+test", "openvino", "f32", _MODELS)


@cache
def empty_database() -> bytes:
    """A migrated database without a row; made once a session, because migrating takes longer than a test."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "vigil.db"
        with open_database(f"sqlite:///{path}") as database:
            migrate(database)
        return path.read_bytes()


def identifier(name: str) -> EventId:
    return EventId(str(uuid5(UUID(int=0), name)))


@dataclass
class SiteBuilder:
    """A store under construction. ``root`` gets the database and the evidence folder."""

    root: Path
    database: Database = field(init=False)
    repository: Repository = field(init=False)

    def __post_init__(self) -> None:
        path = self.root / "vigil.db"
        path.write_bytes(empty_database())
        self.database = open_database(f"sqlite:///{path}")
        self.repository = Repository(self.database)
        self.evidence.mkdir(exist_ok=True)

    @property
    def evidence(self) -> Path:
        return self.root / "evidence"

    def site(self, corridor_name: str = "Hành lang tầng 2", document: str = SITE) -> SiteBuilder:
        facility = FacilityRecord(
            FACILITY, "Khu cách ly KTX B", "civil", "Asia/Ho_Chi_Minh", hashlib.sha256(document.encode()).hexdigest()
        )
        cameras = [
            CameraRecord(CORRIDOR, FACILITY, corridor_name, "corridor.mp4"),
            CameraRecord(GATE, FACILITY, "Cổng chính", "gate.mp4"),
        ]
        polygon = ((0.05, 0.3), (0.95, 0.3), (0.98, 0.98), (0.02, 0.98))
        zone = ZoneVersion(ZoneId("z-hanh-lang"), CORRIDOR, 1, ZoneKind.CORRIDOR, "Hành lang", polygon, NOON - timedelta(days=1))
        self.repository.put_site(facility, cameras, [zone], document, NOON - timedelta(days=1))
        return self

    def run(self, basis: TimeBasis = TimeBasis.ARGUMENT, first_at: datetime = NOON) -> SiteBuilder:
        counts = FrameCounts(3000, 3000)
        run = Run(
            RUN, FACILITY, CORRIDOR, "corridor.mp4", "d" * 64, PROVENANCE, basis, first_at, timedelta(minutes=10), RunState.FINISHED,
            counts, 7, NOON + timedelta(hours=1), NOON + timedelta(hours=1, minutes=2),
        )  # fmt: skip
        self.repository.put_run(run)
        votes = Votes(14, 40, ((Reason.FACE_AWAY, 9),))
        self.repository.put_tallies(RUN, [Tally(RuleId(rule), 1, CORRIDOR, votes, 7, 6, 1) for rule in ("Q01", "Q02", "S01")])
        return self

    def coverage(self, at: datetime = NOON) -> SiteBuilder:
        live, gap = CoverageState.LIVE, CoverageState.GAP
        minute = timedelta(minutes=1)
        self.repository.put_coverage(
            [
                CoverageInterval(CORRIDOR, at, at + 4 * minute, live, None, RUN),
                CoverageInterval(CORRIDOR, at + 4 * minute, at + 6 * minute, gap, GapReason.RECORDING_GAP, RUN),
                CoverageInterval(CORRIDOR, at + 6 * minute, at + 7 * minute, CoverageState.DEGRADED, GapReason.BLURRED, RUN),
                CoverageInterval(CORRIDOR, at + 7 * minute, at + 10 * minute, live, None, RUN),
            ]
        )
        return self

    def event(self, event: Event | None = None, basis: TimeBasis = TimeBasis.ARGUMENT) -> StoredEvent:
        event = event or mask_event()
        self.repository.put_events([event], facility=FACILITY, time_basis=basis, at=NOON)
        return self.repository.event(event.id)

    def evidence_of(self, event: StoredEvent, clip: bytes | None = None) -> tuple[Evidence, ...]:
        """A clip that plays, two key frames, boxes in time and a sidecar, as files and as rows."""
        source = clip or film()
        starts = event.since - CLIP_BEFORE
        folder = self.evidence / event.id
        folder.mkdir(parents=True, exist_ok=True)
        rows = [
            self._file(event, EvidenceKind.CLIP, "clip.mp4", source, "video/mp4", starts_at=starts, codec="h264"),
            self._file(event, EvidenceKind.BOXES, "boxes.json", boxes_json(event, starts), "application/json", starts_at=starts),
            self._file(event, EvidenceKind.SIDECAR, "sidecar.json", b'{"format": "vigil-evidence/1"}\n', "application/json"),
        ]
        for number, second in enumerate((5.0, 7.5, 10.0)):
            at = starts + timedelta(seconds=second)
            rows.append(
                self._file(
                    event, EvidenceKind.KEY_FRAME, f"key-{number}.jpg", jpeg(second), "image/jpeg", ordinal=number, starts_at=at
                )
            )
        self.repository.put_evidence(rows)
        return tuple(rows)

    def _file(
        self, event: StoredEvent, kind: EvidenceKind, name: str, content: bytes, media_type: str, **more: object
    ) -> Evidence:
        (self.evidence / event.id / name).write_bytes(content)
        row = Evidence(
            EvidenceId(str(uuid5(UUID(event.id), name))), event.id, kind, EvidenceState.READY, f"{event.id}/{name}", media_type,
            sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content), duration=CLIP_LENGTH if kind is EvidenceKind.CLIP else None,
        )  # fmt: skip
        return replace(row, **more)  # type: ignore[arg-type]


def mask_event(name: str = "one", minute: float = 2.0, **changes: object) -> Event:
    """A quarantined person without a mask, ``minute`` minutes into the recording, nine seconds long."""
    since = timedelta(minutes=minute)
    event = Event(
        id=identifier(name),
        rule=RuleId("Q01"),
        rule_version=1,
        severity=Severity.HIGH,
        camera=CORRIDOR,
        subject=TrackSubject(TrackId(12)),
        change=Change.OPENED,
        at=NOON + since + timedelta(seconds=3),
        pts=since + timedelta(seconds=3),
        since=NOON + since,
        since_pts=since,
        votes=Votes(14, 1, ((Reason.FACE_AWAY, 4), (Reason.FACE_TOO_SMALL, 2))),
        provenance=PROVENANCE,
        zone=ZoneId("z-hanh-lang"),
        zone_version=1,
        role=RoleClaim(Role.QUARANTINED, 0.91, ("E1:room", "E3:attire")),
        measures=(Measure("duration", 8.8, "s", 3.0), Measure("probability", 0.934, "", 0.7), Measure("head", 47.0, "px", 24.0)),
        tracks=(TrackId(12),),
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def closing(event: Event, after: timedelta = timedelta(seconds=9)) -> Event:
    """The message that ends the episode."""
    return replace(event, change=Change.CLOSED, at=event.since + after, pts=event.since_pts + after)


def many_events(count: int) -> Iterable[Event]:
    for number in range(count):
        yield mask_event(f"many-{number}", minute=number / 10)


# --- pictures ------------------------------------------------------------------------------------


def person_at(second: float) -> tuple[float, float, float, float]:
    """Where the painted person stands, as fractions of the picture."""
    x = 0.08 + 0.055 * second
    return x, 0.34, x + 0.13, 0.93


def head_at(second: float) -> tuple[float, float, float, float]:
    x1, y1, x2, _ = person_at(second)
    return x1 + 0.035, y1, x2 - 0.035, y1 + 0.13


def painted(second: float) -> npt.NDArray[np.uint8]:
    """A corridor with one painted figure walking through; no photograph of anybody."""
    rows = np.linspace(0, 1, _HEIGHT)[:, None]
    columns = np.linspace(-1, 1, _WIDTH)[None, :]
    floor = rows > 0.45 + 0.25 * np.abs(columns)
    light = np.where(floor, 96 + 60 * rows, 168 - 70 * np.abs(columns))
    image = np.repeat(light[:, :, None], 3, axis=2) * np.array([0.96, 1.0, 0.97])
    for door in (-0.8, -0.45, 0.45, 0.8):
        size = abs(door)
        left, right = (int((door + side * 0.09 * size + 1) / 2 * _WIDTH) for side in (-1, 1))
        image[int((0.45 - 0.3 * size) * _HEIGHT) : int((0.45 + 0.25 * size) * _HEIGHT), left:right] = (120, 96, 78)
    _paint(image, person_at(second), 0.24, (62, 84, 132))
    _paint(image, head_at(second), 0.0, (205, 160, 130))
    return image.clip(0, 255).astype(np.uint8)


def _paint(
    image: npt.NDArray[np.float64], box: tuple[float, float, float, float], skip: float, colour: tuple[int, int, int]
) -> None:
    x1, y1, x2, y2 = box
    top = y1 + (y2 - y1) * skip
    rows, columns = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    across = (columns / _WIDTH - (x1 + x2) / 2) / ((x2 - x1) / 2)
    down = (rows / _HEIGHT - (top + y2) / 2) / ((y2 - top) / 2)
    image[across**4 + down**4 <= 1] = colour


def jpeg(second: float) -> bytes:
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = _WIDTH, _HEIGHT, "yuvj420p"  # type: ignore[attr-defined]
    codec.time_base = 1  # type: ignore[assignment]
    frame = av.VideoFrame.from_ndarray(painted(second), format="rgb24").reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode(None)))  # type: ignore[attr-defined]


@cache
def film() -> bytes:
    """Twelve seconds of H.264 in a fragmented MP4, as the pipeline writes it; made once a session."""
    film = BytesIO()
    with av.open(film, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}) as container:
        stream = container.add_stream("libx264", rate=_FPS)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "20"}
        for number in range(int(CLIP_LENGTH.total_seconds() * _FPS)):
            frame = av.VideoFrame.from_ndarray(painted(number / _FPS), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return film.getvalue()


def boxes_json(event: StoredEvent, starts: datetime) -> bytes:
    """The boxes of the painted figure at five instants a second, in the pipeline's own format."""
    instants = tuple(
        InstantShown(
            media_time=second,
            at=starts + timedelta(seconds=second),
            impairments=(),
            tracks=(
                TrackShown(
                    TrackId(12), True, Label.PERSON, 0.93, person_at(second), head_at(second),
                    MaskShown(MaskState.NONE, 0.95, 47.0, True, None), (), None,
                ),
            ),
        )
        for second in np.arange(0, CLIP_LENGTH.total_seconds(), 0.2).round(1).tolist()
    )  # fmt: skip
    zone = ((0.05, 0.3), (0.95, 0.3), (0.98, 0.98), (0.02, 0.98))
    return encode(BoxesDocument(BOXES_FORMAT, event.id, event.tracks, starts, CLIP_LENGTH, _WIDTH, _HEIGHT, zone, instants))
