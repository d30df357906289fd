from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from analyzer.types import CameraId
from pipelines.errors import BadRecording
from pipelines.records import DropReason, GapReason, TimeBasis
from pipelines.sources.checks import Limits
from pipelines.sources.folder import ImageFolder
from pipelines.sources.items import Captured, Ended, Hole, Item, Passed
from tests.media import number_of, picture

CAMERA = CameraId("gate")
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def image(path: Path, number: int) -> Path:
    _, data = cv2.imencode(path.suffix if path.suffix.isascii() else ".jpg", picture(number))
    path.write_bytes(data.tobytes())
    return path


def with_exif(path: Path, number: int, taken: str, *, fraction: str = "", offset: str = "", orientation: int = 1) -> Path:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    block = exif.get_ifd(0x8769)
    block[0x9003] = taken
    if fraction:
        block[0x9291] = fraction
    if offset:
        block[0x9011] = offset
    Pillow.fromarray(picture(number)[..., ::-1].copy()).save(path, exif=exif)
    return path


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def numbers(items: list[Item]) -> list[int]:
    return [number_of(item.frame.image) for item in items if isinstance(item, Captured)]


def test_names_are_sorted_as_people_count_and_the_rate_gives_the_times(tmp_path: Path) -> None:
    for k in (0, 2, 1, 10):
        image(tmp_path / f"picture {k}.jpg", k)
    (tmp_path / "notes.txt").write_text("not an image")
    items = list(ImageFolder(tmp_path, CAMERA, rate=2).frames())
    assert numbers(items) == [0, 1, 2, 10]
    assert [i.frame.ref.pts for i in items if isinstance(i, Captured)] == [seconds(k / 2) for k in range(4)]
    assert items[-1] == Ended(seconds(2), complete=True)


def test_times_in_names_are_local_and_beat_exif(tmp_path: Path) -> None:
    for k in range(3):
        with_exif(tmp_path / f"hành lang 20210612_07150{k}.jpg", k, "2001:01:01 00:00:00")
    folder = ImageFolder(tmp_path, CAMERA, local=HANOI)
    assert (folder.start.at, folder.start.basis) == (datetime(2021, 6, 12, 0, 15, tzinfo=UTC), TimeBasis.FILE_NAME)
    assert folder.expected == seconds(2)
    ats = [i.frame.ref.at for i in folder.frames() if isinstance(i, Captured)]
    assert ats == [folder.start.at + seconds(k) for k in range(3)]


def test_exif_gives_order_and_fractions_of_seconds(tmp_path: Path) -> None:
    with_exif(tmp_path / "b.jpg", 0, "2021:06:12 07:15:00", fraction="25")
    with_exif(tmp_path / "a.jpg", 1, "2021:06:12 08:15:00", fraction="75", offset="+08:00")
    folder = ImageFolder(tmp_path, CAMERA, local=HANOI)
    items = list(folder.frames())
    assert numbers(items) == [0, 1]
    assert folder.start.basis is TimeBasis.CONTAINER
    assert folder.start.at == datetime(2021, 6, 12, 0, 15, 0, 250_000, tzinfo=UTC)
    assert folder.expected == seconds(0.5)


def test_the_orientation_of_exif_is_applied(tmp_path: Path) -> None:
    with_exif(tmp_path / "a.jpg", 5, "2021:06:12 07:15:00", orientation=6)
    (frame,) = [i.frame for i in ImageFolder(tmp_path, CAMERA).frames() if isinstance(i, Captured)]
    assert (frame.ref.width, frame.ref.height) == (128, 192)
    assert number_of(np.asarray(cv2.rotate(frame.image, cv2.ROTATE_90_COUNTERCLOCKWISE), dtype=np.uint8)) == 5


def test_an_argument_moves_the_start_and_keeps_the_distances(tmp_path: Path) -> None:
    for k in range(2):
        image(tmp_path / f"20210612_07150{k}.png", k)
    folder = ImageFolder(tmp_path, CAMERA, start=datetime(2022, 1, 1, tzinfo=UTC))
    items = [i.frame.ref for i in folder.frames() if isinstance(i, Captured)]
    assert folder.start.basis is TimeBasis.ARGUMENT
    assert [ref.at for ref in items] == [datetime(2022, 1, 1, 0, 0, k, tzinfo=UTC) for k in range(2)]


def test_broken_and_repeated_images_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    for k in range(6):
        image(tmp_path / f"20210612_07150{k}.jpg", k)
    (tmp_path / "20210612_071502.jpg").write_bytes(b"not a picture")
    image(tmp_path / "20210612_071503 copy.jpg", 9)
    items = list(ImageFolder(tmp_path, CAMERA).frames())
    assert sorted(numbers(items)) in ([0, 1, 3, 4, 5], [0, 1, 4, 5, 9])
    assert [i.reason for i in items if isinstance(i, Passed)] == [DropReason.CORRUPT, DropReason.TIME]
    end = items[-1]
    assert isinstance(end, Ended)
    assert not end.complete
    assert end.notes == ("1 of 7 images cannot be decoded",)


def test_images_beyond_the_limits_are_not_decoded(tmp_path: Path) -> None:
    image(tmp_path / "20210612_071500.png", 1)
    items = list(ImageFolder(tmp_path, CAMERA, limits=Limits(long_side=100)).frames())
    assert [i.reason for i in items if isinstance(i, Passed)] == [DropReason.CORRUPT]


def test_time_between_images_is_a_hole(tmp_path: Path) -> None:
    for name, k in (("071500", 0), ("071501", 1), ("071502", 2), ("071530", 3)):
        image(tmp_path / f"20210612_{name}.jpg", k)
    items = list(ImageFolder(tmp_path, CAMERA).frames())
    assert [i for i in items if isinstance(i, Hole)] == [Hole(seconds(3), seconds(30), GapReason.RECORDING_GAP)]


def test_a_resumed_pass_is_the_rest_of_a_whole_one(tmp_path: Path) -> None:
    for k in range(9):
        image(tmp_path / f"20210612_07150{k}.jpg", k)
    (tmp_path / "20210612_071502.jpg").write_bytes(b"not a picture")
    folder = ImageFolder(tmp_path, CAMERA)

    def told(resume_after: timedelta | None) -> list[object]:
        return [i.frame.ref if isinstance(i, Captured) else i for i in folder.frames(0.5, resume_after)]

    whole = told(None)
    assert [told(seconds(k)) for k in range(9)] == [whole[k + 1 :] for k in range(9)]


def test_one_picture_can_be_had_again(tmp_path: Path) -> None:
    for k in range(3):
        image(tmp_path / f"20210612_07150{k}.jpg", k)
    folder = ImageFolder(tmp_path, CAMERA)
    again = folder.still(seconds(1))
    assert again is not None
    assert number_of(again.image) == 1
    assert folder.still(seconds(0.5)) is None


def test_the_hash_covers_names_and_contents(tmp_path: Path) -> None:
    path = image(tmp_path / "20210612_071500.jpg", 1)
    hashes = {ImageFolder(tmp_path, CAMERA).sha256()}
    path = path.rename(tmp_path / "20210612_071501.jpg")
    hashes.add(ImageFolder(tmp_path, CAMERA).sha256())
    image(path, 2)
    hashes.add(ImageFolder(tmp_path, CAMERA).sha256())
    assert len(hashes) == 3


def test_a_folder_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="no images"):
        ImageFolder(tmp_path, CAMERA)
    with pytest.raises(BadRecording, match="no such file"):
        ImageFolder(tmp_path / "nowhere", CAMERA)
    image(tmp_path / "20210612_071500.jpg", 0)
    image(tmp_path / "x.jpg", 1)
    with pytest.raises(BadRecording, match="only 1 of 2 images say when"):
        ImageFolder(tmp_path, CAMERA)
    with pytest.raises(ValueError, match="rate"):
        ImageFolder(tmp_path, CAMERA, rate=0)
