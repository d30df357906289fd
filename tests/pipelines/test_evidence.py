"""What an event gets, what happens when it cannot be had, and how a change afterwards is found."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import av
import av.error
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.types import Change, EventId, Scene
from models.frame import Frame
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence import (
    Case,
    Clip,
    Episode,
    EvidenceWriter,
    ImageFootage,
    RecordedFootage,
    verify,
)
from pipelines.evidence import files as evidence_files
from pipelines.evidence.boxes import relative
from pipelines.evidence.drawing import drawn, key_instants
from pipelines.evidence.files import EXPECTED, evidence_id, pending_row, place
from pipelines.evidence.reconcile import Reconciled
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState, TimeBasis
from pipelines.sources.folder import ImageFolder
from pipelines.sources.recording import Recording
from tests.media import Film, make, number_of, picture
from tests.pipelines.evidence_case import CAMERA, EPISODE, EVENT, SCENES, START, ZONE, MemoryStore, case, event, scene, seconds


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(make(tmp_path_factory.mktemp("recording") / "a.mp4", Film(count=600, options={"bf": "3"})), CAMERA)


@pytest.fixture(scope="module")
def hevc(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(make(tmp_path_factory.mktemp("hevc") / "a.mp4", Film(codec="libx265", count=600)), CAMERA)


def sealed(
    root: Path,
    recording: Recording,
    store: MemoryStore | None = None,
    episode: Episode = EPISODE,
    scenes: Sequence[Scene] = SCENES,
) -> tuple[tuple[Evidence, ...], MemoryStore]:
    store = store or MemoryStore()
    with EvidenceWriter(root, store) as writer:
        writer.pending(episode.opened)
        return writer.seal(episode, RecordedFootage(recording), scenes, case()), store


def of(rows: Sequence[Evidence], kind: EvidenceKind) -> Evidence:
    (row,) = [row for row in rows if row.kind is kind]
    return row


def document(root: Path, rows: Sequence[Evidence], kind: EvidenceKind) -> dict[str, object]:
    found = json.loads(place(root, of(rows, kind)).read_bytes())
    assert isinstance(found, dict)
    return found


# --- what an event gets --------------------------------------------------------------------------


def test_an_event_gets_all_its_files_each_with_its_hash(tmp_path: Path, recording: Recording) -> None:
    rows, store = sealed(tmp_path, recording)
    assert [(row.kind, row.ordinal) for row in rows] == list(EXPECTED)
    assert {row.state for row in rows} == {EvidenceState.READY}
    assert all(row.sha256 == evidence_files.sha256_of(tmp_path / row.path) for row in rows)
    assert all(row.size_bytes == (tmp_path / row.path).stat().st_size for row in rows)
    assert all(row.path.startswith(f"2021/06/12/{EVENT}/") for row in rows)
    assert store.evidence(EVENT) == rows
    assert verify(tmp_path, rows) == ()


def test_ids_are_the_same_everywhere() -> None:
    assert evidence_id(EVENT, EvidenceKind.CLIP) == "fda9468e-b564-55c3-828b-e613b3563a67"
    ids = {evidence_id(EVENT, kind, ordinal) for kind, ordinal in EXPECTED}
    assert len(ids) == len(EXPECTED)
    assert all(UUID(name).version == 5 for name in ids)


def test_the_clip_runs_from_ten_seconds_before_to_ten_after(tmp_path: Path, recording: Recording) -> None:
    rows, _ = sealed(tmp_path, recording)
    clip = of(rows, EvidenceKind.CLIP)
    assert clip.starts_at is not None
    assert clip.duration is not None
    assert START + seconds(8) <= clip.starts_at <= START + seconds(10)  # since is 20 s, keyframes come every two
    assert START + seconds(36) <= clip.starts_at + clip.duration <= START + seconds(37)
    assert clip.codec == "h264"


def test_an_event_that_lasts_is_shown_for_two_minutes_at_most(tmp_path: Path) -> None:
    long = Recording(make(tmp_path / "a.mp4", Film(rate=2, count=600, gop=4)), CAMERA)
    episode = Episode(event(Change.OPENED, 22), event(Change.LOST, 250))
    rows, _ = sealed(tmp_path / "evidence", long, episode=episode, scenes=[scene(k) for k in range(300)])
    clip = of(rows, EvidenceKind.CLIP)
    assert clip.duration is not None
    assert seconds(120) <= clip.duration <= seconds(123)


def test_an_event_near_the_start_begins_with_the_recording(tmp_path: Path, recording: Recording) -> None:
    episode = Episode(event(Change.OPENED, 3, since=1), event(Change.OPENED, 3, since=1))
    rows, _ = sealed(tmp_path, recording, episode=episode)
    assert of(rows, EvidenceKind.CLIP).starts_at == START


def test_running_twice_adds_and_changes_nothing(tmp_path: Path, recording: Recording) -> None:
    rows, store = sealed(tmp_path, recording)
    written = len(store.history)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    again, _ = sealed(tmp_path, recording, store)
    assert again == rows
    assert len(store.history) == written
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == stamps


def test_the_same_event_gives_the_same_bytes_on_every_machine(tmp_path: Path, recording: Recording) -> None:
    first, _ = sealed(tmp_path / "a", recording)
    second, _ = sealed(tmp_path / "b", recording)
    assert first == second


# --- key frames ----------------------------------------------------------------------------------


def test_key_frames_show_the_opening_the_strongest_and_the_last_instant(tmp_path: Path, recording: Recording) -> None:
    rows, _ = sealed(tmp_path, recording)
    numbers = []
    for row in rows:
        if row.kind is EvidenceKind.KEY_FRAME:
            image = cv2.imread(str(tmp_path / row.path))
            assert image is not None
            assert image.shape[1] == 192
            assert image.shape[0] > 128  # the caption stands below
            numbers.append(number_of(_between_boxes(np.asarray(image[:128], dtype=np.uint8))))
            assert row.starts_at is not None
            assert row.starts_at == START + seconds(numbers[-1] / 10)
    assert numbers == [220, 240, 260]


def _between_boxes(image: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """The drawn lines hide some bars; repeat the middle row, which they cross only with thin edges."""
    middle = np.median(image[60:68], axis=0).astype(np.uint8)
    return np.repeat(middle[None], 128, axis=0)


def test_boxes_are_drawn_on_a_copy() -> None:
    frame = Frame(scene(24).frame, np.full((128, 192, 3), 90, dtype=np.uint8))
    image = drawn(frame, scene(24), EPISODE, case())
    assert (frame.image == 90).all()
    assert tuple(image[90, 20]) == (0, 94, 213)  # the edge of the person of the event
    assert tuple(image[90, 100]) == (160, 160, 160)  # and of the other one
    assert (image[80, 75] == 90).all()  # nothing inside the boxes


def test_the_strongest_instant_is_where_the_head_is_seen_best() -> None:
    assert key_instants(EPISODE, SCENES) == (seconds(22), seconds(24), seconds(26))


def test_key_frames_are_never_of_an_instant_without_the_person() -> None:
    scenes = [scene(20 + k / 5, present=k in {3, 7}) for k in range(31)]
    assert key_instants(EPISODE, scenes) == (seconds(21.4), seconds(20.6), seconds(21.4))


def test_without_scenes_the_opening_is_shown() -> None:
    assert key_instants(EPISODE, []) == (seconds(22),) * 3


def test_an_event_without_tracks_takes_the_middle_for_the_strongest() -> None:
    zone = Episode(replace(EPISODE.opened, tracks=()), replace(EPISODE.last, tracks=()))
    assert key_instants(zone, SCENES) == (seconds(22), seconds(23), seconds(26))


# --- documents -----------------------------------------------------------------------------------


def test_boxes_follow_the_time_of_the_clip(tmp_path: Path, recording: Recording) -> None:
    rows, _ = sealed(tmp_path, recording)
    boxes = document(tmp_path, rows, EvidenceKind.BOXES)
    clip = of(rows, EvidenceKind.CLIP)
    assert clip.starts_at is not None
    assert boxes["format"] == "vigil-boxes/1"
    assert boxes["event_tracks"] == [7]
    assert boxes["zone"] == [list(point) for point in ZONE.polygon]
    instants = {i["at"]: i for i in boxes["instants"]}  # type: ignore[attr-defined]
    shown = instants["2021-06-12T00:15:24Z"]
    assert shown["media_time"] == pytest.approx((START + seconds(24) - clip.starts_at).total_seconds())
    offender, other = shown["tracks"]
    assert offender["of_event"] is True
    assert other["of_event"] is False
    assert offender["box"] == pytest.approx([20 / 192, 30 / 128, 60 / 192, 120 / 128])
    assert other["box"][1] == 0  # cut at the edges of the picture
    assert other["box"][3] == 1
    assert offender["mask"] == {"state": "none", "probability": 0.97, "head_px": 80.0, "fresh": True, "reason": None}
    assert other["mask"]["reason"] == "FACE_AWAY"
    assert min(i["media_time"] for i in boxes["instants"]) >= 0  # type: ignore[attr-defined]
    assert max(i["media_time"] for i in boxes["instants"]) <= boxes["clip_duration"]  # type: ignore[attr-defined]


def test_the_sidecar_names_every_id_and_version(tmp_path: Path, recording: Recording) -> None:
    rows, _ = sealed(tmp_path, recording)
    about = document(tmp_path, rows, EvidenceKind.SIDECAR)
    expected = {
        "format": "vigil-evidence/1",
        "event": EVENT,
        "rule": "Q01",
        "rule_version": 3,
        "sign": {
            "vi": "Người được cách ly không đeo khẩu trang khi ra khỏi phòng",
            "en": "Quarantined person outside the room without a mask",
        },
        "mask_only": False,
        "severity": "high",
        "subject": "track:7",
        "tracks": [7],
        "ending": "closed",
        "facility": "hanoi-1",
        "camera": "corridor",
        "run": "run-1",
        "site_sha256": "5" * 64,
        "code_version": "0.1.0",
        "backend": "openvino",
        "precision": "f32",
        "models": [{"name": "person", "sha256": "a" * 64}, {"name": "mask", "sha256": "b" * 64}],
        "source": "20210612_071500.mp4",
        "source_sha256": "c" * 64,
        "time_basis": "file_name",
        "timezone": "Asia/Ho_Chi_Minh",
        "clock_offset": None,
        "since": {"pts": 20.0, "utc": "2021-06-12T00:15:20Z", "local": "2021-06-12T07:15:20+07:00"},
        "opened": {"pts": 22.0, "utc": "2021-06-12T00:15:22Z", "local": "2021-06-12T07:15:22+07:00"},
        "last": {"pts": 26.0, "utc": "2021-06-12T00:15:26Z", "local": "2021-06-12T07:15:26+07:00"},
        "votes": {"violating": 9, "compliant": 1, "unknown": {"FACE_AWAY": 10}, "assessed_share": 0.5},
        "measures": [{"name": "duration", "value": 4.0, "unit": "s", "threshold": 2.0}],
        "zone": {
            "id": "corridor-2",
            "version": 4,
            "kind": "corridor",
            "name": "hành lang 2",
            "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]],
        },
        "role": {"role": "quarantined", "probability": 0.8, "sources": ["attire"]},
    }
    assert {key: about[key] for key in expected} == expected
    assert "not a finding" in str(about["statement"])
    others = [row for row in rows if row.kind is not EvidenceKind.SIDECAR]
    assert [(f["name"], f["sha256"]) for f in about["files"]] == [(Path(row.path).name, row.sha256) for row in others]  # type: ignore[attr-defined]


def test_a_zone_whose_polygon_is_not_at_hand_is_still_named(tmp_path: Path, recording: Recording) -> None:
    store = MemoryStore()
    with EvidenceWriter(tmp_path, store) as writer:
        without = replace(case(TimeBasis.UNKNOWN), zone=None)
        rows = writer.seal(EPISODE, RecordedFootage(recording), SCENES, without)
    about = document(tmp_path, rows, EvidenceKind.SIDECAR)
    assert about["zone"] == {"id": "corridor-2", "version": 4, "kind": None, "name": "", "polygon": []}
    assert about["time_basis"] == "unknown"


def test_boxes_are_cut_at_the_edges() -> None:
    box = scene(0).observations[1].track.box
    assert relative(box, 192, 128) == (100 / 192, 0.0, 140 / 192, 1.0)


# --- proxies -------------------------------------------------------------------------------------


def test_what_no_browser_plays_gets_a_copy_that_says_it_is_derived(tmp_path: Path, hevc: Recording) -> None:
    rows, store = sealed(tmp_path, hevc)
    clip, proxy = of(rows, EvidenceKind.CLIP), of(rows, EvidenceKind.PROXY)
    assert (clip.codec, proxy.codec) == ("hevc", "h264")
    assert proxy.derived_from == clip.id
    assert (proxy.starts_at, proxy.duration) == (clip.starts_at, clip.duration)
    assert verify(tmp_path, rows) == ()
    again, _ = sealed(tmp_path, hevc, store)
    assert again == rows


def test_a_proxy_that_went_missing_is_made_again(tmp_path: Path, hevc: Recording) -> None:
    rows, store = sealed(tmp_path, hevc)
    proxy = of(rows, EvidenceKind.PROXY)
    (tmp_path / proxy.path).unlink()
    del store.rows[proxy.id]
    again, _ = sealed(tmp_path, hevc, store)
    assert of(again, EvidenceKind.PROXY) == proxy


# --- what cannot be had --------------------------------------------------------------------------


class Broken:
    """Footage that fails in a given way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        target.write_bytes(b"half")
        raise self.error

    def still(self, pts: timedelta) -> Frame | None:
        return None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/secret/path"), "no_space"),
        (av.error.OSError(errno.ENOSPC, "No space left on device", "/secret/path"), "no_space"),
        (OSError(errno.EIO, "Input/output error", "/secret/path"), "disk_refused: Input/output error"),
        (EvidenceError(EvidenceFault.NO_FOOTAGE), "no_footage"),
        (EvidenceError(EvidenceFault.CODEC, "ffv1"), "codec: ffv1"),
        (ValueError("/secret/path"), "not_copied: ValueError"),
    ],
)
def test_a_file_that_cannot_be_written_says_why_and_stops_no_other(tmp_path: Path, error: Exception, reason: str) -> None:
    store = MemoryStore()
    with EvidenceWriter(tmp_path, store) as writer:
        writer.pending(EPISODE.opened)
        rows = writer.seal(EPISODE, Broken(error), SCENES, case())
    clip = of(rows, EvidenceKind.CLIP)
    assert (clip.state, clip.reason, clip.sha256) == (EvidenceState.FAILED, reason, None)
    assert [row.state for row in rows if row.kind is EvidenceKind.KEY_FRAME] == [EvidenceState.FAILED] * 3
    assert of(rows, EvidenceKind.BOXES).state is EvidenceState.READY
    assert of(rows, EvidenceKind.SIDECAR).state is EvidenceState.READY
    assert store.pending_evidence() == ()
    assert list(tmp_path.rglob("*.part")) == []
    about = document(tmp_path, rows, EvidenceKind.SIDECAR)
    assert about["files"][0]["reason"] == reason  # type: ignore[index]


def test_what_failed_is_tried_again_and_the_sidecar_follows(tmp_path: Path, recording: Recording) -> None:
    store = MemoryStore()
    with EvidenceWriter(tmp_path, store) as writer:
        writer.seal(EPISODE, Broken(EvidenceError(EvidenceFault.NO_FOOTAGE)), SCENES, case())
    rows, _ = sealed(tmp_path, recording, store)
    assert {row.state for row in rows} == {EvidenceState.READY}
    assert document(tmp_path, rows, EvidenceKind.SIDECAR)["files"][0]["state"] == "ready"  # type: ignore[index]
    assert verify(tmp_path, rows) == ()


def test_a_full_disk_while_a_document_is_written(tmp_path: Path, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name.startswith("boxes"):
            plain(path, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    rows, _ = sealed(tmp_path, recording)
    assert of(rows, EvidenceKind.BOXES).reason == "no_space"
    assert {row.kind for row in rows if row.state is EvidenceState.FAILED} == {EvidenceKind.BOXES}
    assert list(tmp_path.rglob("*.part")) == []


@pytest.mark.fault
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_on_a_disk_that_is_really_full_what_fits_is_kept_and_nothing_half_written_remains(tmp_path: Path) -> None:
    large = Recording(make(tmp_path / "a.avi", Film(codec="mjpeg", width=640, height=480, count=400)), CAMERA)
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], check=True)
    try:
        store = MemoryStore()
        with EvidenceWriter(small, store) as writer:
            writer.pending(EPISODE.opened)
            rows = writer.seal(EPISODE, RecordedFootage(large), SCENES, case())
        assert (of(rows, EvidenceKind.CLIP).state, of(rows, EvidenceKind.CLIP).reason) == (EvidenceState.FAILED, "no_space")
        assert {row.state for row in rows if row.kind is not EvidenceKind.CLIP} == {EvidenceState.READY}
        assert verify(small, rows) == ()
        assert list(small.rglob("*.part")) == []
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        with EvidenceWriter(small, store) as writer:
            rows = writer.seal(EPISODE, RecordedFootage(large), SCENES, case())
        assert {row.state for row in rows} == {EvidenceState.READY}
        assert verify(small, rows) == ()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_images_have_key_frames_and_no_clip(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for k in range(30):
        _, data = cv2.imencode(".png", picture(k))
        (images / f"20210612_0715{k:02}.png").write_bytes(data.tobytes())
    store = MemoryStore()
    with EvidenceWriter(tmp_path / "evidence", store) as writer:
        rows = writer.seal(EPISODE, ImageFootage(ImageFolder(images, CAMERA)), [scene(k) for k in range(30)], case())
    assert of(rows, EvidenceKind.CLIP).reason == "images_only"
    assert [row.state for row in rows if row.kind is EvidenceKind.KEY_FRAME] == [EvidenceState.READY] * 3


@pytest.mark.parametrize("name", ["", "../../etc", "a/b", "x\0"])
def test_an_event_id_cannot_lead_out_of_the_folder(name: str) -> None:
    with pytest.raises(EvidenceError, match="cannot name a folder"):
        pending_row(event(Change.OPENED, 22, name=EventId(name)), EvidenceKind.CLIP)


def test_messages_of_two_events_are_no_episode() -> None:
    with pytest.raises(ValueError, match="two events"):
        Episode(event(Change.OPENED, 22), event(Change.CLOSED, 26, name=EventId("00")))


# --- tampering -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> tuple[Path, tuple[Evidence, ...]]:
    root = tmp_path_factory.mktemp("archive")
    return root, sealed(root, recording)[0]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_flipped_bit_is_found_and_named(archive: tuple[Path, tuple[Evidence, ...]], data: st.DataObject) -> None:
    root, rows = archive
    row = data.draw(st.sampled_from(rows))
    path = root / row.path
    whole = path.read_bytes()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    try:
        path.write_bytes(bytes(changed))
        (mismatch,) = verify(root, rows)
    finally:
        path.write_bytes(whole)
    assert (mismatch.evidence, mismatch.path) == (row.id, row.path)
    assert "SHA-256" in mismatch.problem
    assert verify(root, rows) == ()


def test_missing_and_shortened_files_are_found(archive: tuple[Path, tuple[Evidence, ...]]) -> None:
    root, rows = archive
    clip, boxes = of(rows, EvidenceKind.CLIP), of(rows, EvidenceKind.BOXES)
    whole = {row.path: (root / row.path).read_bytes() for row in (clip, boxes)}
    (root / clip.path).unlink()
    (root / boxes.path).write_bytes(whole[boxes.path][:-1])
    assert {m.path: m.problem for m in verify(root, rows)} == {
        clip.path: "is missing",
        boxes.path: f"has {len(whole[boxes.path]) - 1} bytes, not {len(whole[boxes.path])}",
    }
    for path, content in whole.items():
        (root / path).write_bytes(content)


def test_what_is_not_ready_is_not_verified_and_a_path_out_of_the_folder_is_reported(tmp_path: Path) -> None:
    row = pending_row(EPISODE.opened, EvidenceKind.CLIP)
    assert verify(tmp_path, [row]) == ()
    astray = replace(row, path="../../etc/passwd", state=EvidenceState.READY, sha256="0" * 64)
    (mismatch,) = verify(tmp_path, [astray])
    assert "leaves the evidence folder" in mismatch.problem


# --- at start ------------------------------------------------------------------------------------


def test_a_file_that_nobody_knows_is_put_aside_and_never_deleted(tmp_path: Path, recording: Recording) -> None:
    rows, store = sealed(tmp_path, recording)
    clip = of(rows, EvidenceKind.CLIP)
    content = (tmp_path / clip.path).read_bytes()
    for _ in range(2):  # twice: the second finds its place taken
        (tmp_path / clip.path).write_bytes(content)
        store.rows.pop(clip.id, None)
        with EvidenceWriter(tmp_path, store) as writer:
            assert writer.reconciled is not None
            assert len(writer.reconciled.quarantined) == 1
        assert not (tmp_path / clip.path).exists()
    kept = sorted((tmp_path / "quarantine").rglob("clip*"))
    assert [path.name for path in kept] == ["clip.mp4", "clip.mp4.1"]
    assert all(path.read_bytes() == content for path in kept)
    with EvidenceWriter(tmp_path, store) as writer:
        assert writer.reconciled is not None
        assert writer.reconciled.quarantined == ()  # what is in quarantine stays there


@pytest.mark.parametrize("kind", [EvidenceKind.CLIP, EvidenceKind.KEY_FRAME, EvidenceKind.BOXES, EvidenceKind.SIDECAR])
@pytest.mark.parametrize("sound", [True, False])
def test_a_file_whose_hash_was_never_noted_is_finished_only_when_it_is_whole(
    tmp_path: Path, recording: Recording, kind: EvidenceKind, *, sound: bool
) -> None:
    """The store was put back from an older copy: the row is pending, the file is there."""
    rows, store = sealed(tmp_path, recording)
    row = next(row for row in rows if row.kind is kind)
    store.put_evidence([pending_row(EPISODE.opened, kind)])
    if not sound:
        (tmp_path / row.path).write_bytes(b"\0\0\0\1 not what it was")
    with EvidenceWriter(tmp_path, store) as writer:
        found = writer.reconciled
    assert found is not None
    if sound:
        assert [(r.id, r.sha256, r.size_bytes) for r in found.finished] == [(row.id, row.sha256, row.size_bytes)]
    else:
        assert [r.id for r in found.lost] == [row.id]
        assert found.lost[0].reason == "changed"
        assert len(found.quarantined) == 1


def test_a_file_that_differs_from_its_noted_hash_is_lost_and_put_aside(tmp_path: Path, recording: Recording) -> None:
    rows, store = sealed(tmp_path, recording)
    clip = of(rows, EvidenceKind.CLIP)
    store.put_evidence([replace(clip, state=EvidenceState.PENDING)])
    with (tmp_path / clip.path).open("ab") as file:
        file.write(b"\0")
    with EvidenceWriter(tmp_path, store) as writer:
        found = writer.reconciled
    assert found is not None
    assert [row.id for row in found.lost] == [clip.id]
    assert found.quarantined == (f"quarantine/{clip.path}",)


def test_while_another_worker_is_at_work_nothing_is_settled(tmp_path: Path) -> None:
    store = MemoryStore()
    with EvidenceWriter(tmp_path, store) as first:
        first.pending(EPISODE.opened)
        part = tmp_path / f"{pending_row(EPISODE.opened, EvidenceKind.CLIP).path}.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"at work")
        with EvidenceWriter(tmp_path, store) as second:
            assert second.reconciled is None
        assert part.exists()
        assert len(store.pending_evidence()) == len(EXPECTED)
    with EvidenceWriter(tmp_path, store) as third:
        assert third.reconciled is not None
        assert len(third.reconciled.lost) == len(EXPECTED)
        assert third.reconciled.removed == (part.relative_to(tmp_path).as_posix(),)


def test_what_is_no_evidence_stays_where_it_lies(tmp_path: Path) -> None:
    """The folder may be another one than was meant: the data folder, or the one of a recorder."""
    foreign = [
        tmp_path / name
        for name in (
            "vigil.db",
            "notes.txt",
            "download.part",
            "runs/1/scenes.jsonl",
            "2021/06/12/07/gate.mp4",
            "2021/06/12/plan.pdf",
        )
    ]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("not Vigil's")
    with EvidenceWriter(tmp_path, MemoryStore()) as writer:
        assert writer.reconciled is not None
        assert (writer.reconciled.quarantined, writer.reconciled.removed) == ((), ())
    assert all(path.read_text() == "not Vigil's" for path in foreign)


def test_the_files_of_another_database_are_left_where_they_are(tmp_path: Path, recording: Recording) -> None:
    rows, store = sealed(tmp_path, recording)
    with EvidenceWriter(tmp_path, store, database="../vigil.db") as first:
        assert first.reconciled == Reconciled()
    with EvidenceWriter(tmp_path, MemoryStore(), database="../other.db") as second:
        assert second.reconciled == Reconciled()
    with EvidenceWriter(tmp_path, store, database="../vigil.db") as again:
        assert again.reconciled == Reconciled()
    assert all((tmp_path / row.path).is_file() for row in rows)
    assert (tmp_path / ".databases").read_text(encoding="utf-8").splitlines() == ["../vigil.db", "../other.db"]

    (tmp_path / ".databases").unlink()  # the other one is gone, an administrator says
    with EvidenceWriter(tmp_path, MemoryStore(), database="../third.db") as third:
        assert third.reconciled is not None
        assert len(third.reconciled.quarantined) == len(rows)


@pytest.mark.parametrize("there", [True, False])
def test_a_new_evidence_folder_is_for_its_owner_alone(tmp_path: Path, *, there: bool) -> None:
    root = tmp_path / "evidence"
    if there:
        root.mkdir(mode=0o750)  # what an administrator made stays as it is
    with EvidenceWriter(root, MemoryStore()):
        assert root.stat().st_mode & 0o777 == (0o750 if there else 0o700)


def test_announcing_twice_changes_nothing(tmp_path: Path, recording: Recording) -> None:
    rows, store = sealed(tmp_path, recording)
    with EvidenceWriter(tmp_path, store) as writer:
        assert writer.pending(EPISODE.opened) == ()
    assert store.evidence(EVENT) == rows


def test_the_rows_fit_their_types(tmp_path: Path, recording: Recording) -> None:
    rows, _ = sealed(tmp_path, recording)
    assert all(isinstance(row.id, str) and EvidenceId(row.id) for row in rows)
    assert isinstance(case(), Case)
