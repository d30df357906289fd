"""Stills of clips: evenly spread, as a person would see them; one bad clip stops nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from models.labelled.annotations import Defect
from models.training.frames import stills
from tests.media import Film, cut, make, make_sound_only, number_of, turned


def read(picture: Path) -> np.ndarray:  # type: ignore[type-arg]
    image = cv2.imread(str(picture))
    assert image is not None
    return image


def test_stills_are_spread_over_the_clip_and_named_by_their_number(tmp_path: Path) -> None:
    make(tmp_path / "ward.mp4", Film(count=40))
    pictures = stills(tmp_path, tmp_path / "out", [], a_clip=4)
    assert [picture.name for picture in pictures] == [f"ward_{number:05d}.png" for number in (5, 15, 25, 35)]
    assert [number_of(read(picture)) for picture in pictures] == [5, 15, 25, 35]


def test_a_container_that_does_not_count_its_pictures_gives_no_more_stills(tmp_path: Path) -> None:
    make(tmp_path / "ward.mkv", Film(count=40))
    assert len(stills(tmp_path, tmp_path / "out", [], a_clip=4)) == 4


def test_a_turned_clip_gives_upright_stills(tmp_path: Path) -> None:
    turned(make(tmp_path / "ward.mp4", Film(count=4)), 90)
    (picture,) = stills(tmp_path, tmp_path / "out", [], a_clip=1)
    assert read(picture).shape == (192, 128, 3)
    assert number_of(np.rot90(read(picture), 1)) == 2  # the file was told to be turned clockwise


def test_wide_pixels_give_wide_stills(tmp_path: Path) -> None:
    make(tmp_path / "ward.mp4", Film(count=4, pixel_aspect=Fraction(3, 2)))
    (picture,) = stills(tmp_path, tmp_path / "out", [], a_clip=1)
    assert read(picture).shape == (128, 288, 3)
    assert number_of(read(picture)) == 2


def test_a_clip_without_pictures_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    make_sound_only(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(b"no video at all")
    make(tmp_path / "c.mp4", Film(count=4))
    defects: list[Defect] = []
    pictures = stills(tmp_path, tmp_path / "out", defects, a_clip=1)
    assert [picture.name for picture in pictures] == ["c_00002.png"]
    assert [defect.file for defect in defects] == ["a.mp4", "b.mp4"]


def test_what_came_out_of_a_clip_before_it_broke_off_is_used(tmp_path: Path) -> None:
    clip = cut(make(tmp_path / "ward.avi", Film(codec="mjpeg", count=40)), 0.5)
    pictures = stills(tmp_path, tmp_path / "out", [], a_clip=40)
    assert clip.stat().st_size
    assert [number_of(read(picture)) for picture in pictures][:10] == list(range(10))
