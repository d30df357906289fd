from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from analyzer.types import CameraId, FacilityId
from pipelines.errors import BadInput, BadRecording
from pipelines.plan import Job, fingerprint, make_plan, slug
from pipelines.records import CameraRecord


def camera(name: str, source: str = "") -> CameraRecord:
    return CameraRecord(CameraId(name), FacilityId("f"), name, source)


def touch(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_without_a_site_every_recording_is_a_camera_of_its_own(tmp_path: Path) -> None:
    one, two = touch(tmp_path, "Hành lang.mp4", "sân.mkv")
    plan = make_plan([str(one), str(two)], None)
    assert plan.jobs == (Job(one, CameraId("hanh-lang")), Job(two, CameraId("san")))
    assert plan.refused == ()


@pytest.mark.parametrize(
    ("file", "cameras", "expected"),
    [
        ("anything.mp4", [camera("only")], "only"),  # one camera: no doubt
        ("x.mp4", [camera("a", "x.mp4"), camera("b", "y.mp4")], "a"),  # named as the source of a camera
        ("b_20210611_080000.mp4", [camera("a"), camera("b")], "b"),  # begins with the id of a camera
        ("cam10_1.mp4", [camera("cam1"), camera("cam10")], "cam10"),  # the longer id wins, cam1 does not match cam10
    ],
)
def test_the_camera_of_a_recording(tmp_path: Path, file: str, cameras: list[CameraRecord], expected: str) -> None:
    (path,) = touch(tmp_path, file)
    assert [job.camera for job in make_plan([str(path)], cameras).jobs] == [expected]


def test_a_named_camera_goes_before_everything_else(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "a.mp4")
    plan = make_plan([f"b={path}"], [camera("a"), camera("b")])
    assert plan.jobs == (Job(path, CameraId("b")),)


def test_one_bad_input_does_not_stop_the_others(tmp_path: Path) -> None:
    good, orphan = touch(tmp_path, "a.mp4", "zzz.mp4")
    (tmp_path / "empty").mkdir()
    plan = make_plan([str(tmp_path / "empty"), f"aa={good}", str(orphan), str(good)], [camera("a"), camera("b")])
    assert plan.jobs == (Job(good, CameraId("a")),)
    empty, unknown, unassigned = plan.refused
    assert isinstance(empty, BadRecording)
    assert "did you mean 'a'?" in unknown.remedy
    assert "CAMERA=" in unassigned.remedy


def test_a_folder_gives_its_recordings_in_order_or_is_itself_a_series_of_pictures(tmp_path: Path) -> None:
    videos = touch(tmp_path / "videos", "b.mp4", "a.ts", "notes.txt", ".hidden.mp4")
    touch(tmp_path / "pictures", "2.jpg", "1.png")
    plan = make_plan([str(tmp_path / "videos"), str(tmp_path / "pictures")], [camera("only")])
    assert [job.path for job in plan.jobs] == [videos[1], videos[0], tmp_path / "pictures"]


def test_what_cannot_be_read_is_told_of_in_a_folder(tmp_path: Path) -> None:
    """Passed over without a word it would look like a recording in which nothing happened."""
    for name in ("gate.dav", "old.wmv", "raw.264", "notes.txt"):
        (tmp_path / name).touch()
    plan = make_plan([str(tmp_path)], None)
    assert [job.path.name for job in plan.jobs] == ["gate.dav"]
    assert [(Path(bad.place).name, bad.problem) for bad in plan.refused] == [
        ("old.wmv", ".wmv files are not read"),
        ("raw.264", ".264 files are not read"),
    ]


@pytest.mark.parametrize("others", [["a.jpg"], []])
def test_pictures_that_cannot_be_read_are_told_of_once_a_folder(tmp_path: Path, others: list[str]) -> None:
    for name in ("1.HEIC", "2.HEIC", "3.dng", *others):
        (tmp_path / name).touch()
    plan = make_plan([str(tmp_path)], None)
    assert [job.path for job in plan.jobs] == [tmp_path] * len(others)
    assert [bad.problem for bad in plan.refused] == [".HEIC, .dng files are not read"]


def test_the_same_recording_twice_is_one_job(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "a.mp4")
    assert len(make_plan([str(path), str(path)], None).jobs) == 1


@pytest.mark.parametrize(("text", "expected"), [("Hành lang tầng 2", "hanh-lang-tang-2"), ("Đường", "duong"), ("…", "camera")])
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_fingerprint_of_a_file_is_its_sha256_and_of_a_folder_depends_on_names_and_bytes(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "a.mp4")
    assert fingerprint(path) == hashlib.sha256(b"a.mp4").hexdigest()
    one, _ = touch(tmp_path / "pictures", "1.png", "2.png")
    before = fingerprint(tmp_path / "pictures")
    one.rename(one.with_name("3.png"))
    assert fingerprint(tmp_path / "pictures") != before


def test_an_unreadable_recording_is_bad_input(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "1.png")
    path.unlink()
    path.symlink_to(tmp_path / "vanished.png")
    with pytest.raises(BadInput, match=r"cannot be read .*; check that it exists"):
        fingerprint(tmp_path)


def test_a_folder_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (good,) = touch(tmp_path, "a.mp4")
    (tmp_path / "closed").mkdir()

    def closed(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", closed)
    plan = make_plan([str(tmp_path / "closed"), str(good)], None)
    assert [job.path for job in plan.jobs] == [good]
    assert [str(one) for one in plan.refused] == [f"{tmp_path / 'closed'}: Permission denied; check the path and its permissions"]
