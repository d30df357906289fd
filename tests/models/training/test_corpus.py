"""A set is checked against its card; each defect is named by file and line, and the rest goes on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from models.labelled.annotations import Defect, read_annotations
from models.training.corpus import BadCard, check_corpora, fingerprint, read_card, stated_groups

CARD = """\
name = "{name}"
title = "Two pictures"
origin = "drawn here"
licence = "CC0"
may_use = "anyone"
layout = "yolo"
files = {files}
list_sha256 = "{digest}"
classes = ["person"]
person = [0]
noise = []
"""


def picture(path: Path, seed: int = 0, side: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (8, 9, 3), dtype=np.uint8)
    cv2.imwrite(str(path), cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC))
    return path


def data_set(root: Path, cards: Path, name: str = "drawn", count: int = 2, seed: int = 0) -> Path:
    folder = root / name
    for number in range(count):
        picture(folder / "images" / f"p{number}.png", seed + number)
        (folder / "labels").mkdir(exist_ok=True)
        (folder / "labels" / f"p{number}.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    digest, files = fingerprint(folder)
    (cards / name).mkdir(parents=True)
    (cards / name / "card.toml").write_text(CARD.format(name=name, files=files, digest=digest))
    return folder


def test_an_untouched_set_is_unchanged(tmp_path: Path) -> None:
    data_set(tmp_path / "data", tmp_path / "cards")
    (report,) = check_corpora(tmp_path / "data", tmp_path / "cards")
    assert (
        report.present, report.unchanged, report.pictures, report.boxes, report.copies, report.defects,
    ) == (True, True, 2, 2, 0, ())  # fmt: skip


def test_a_set_that_is_not_there_is_said_to_be_absent(tmp_path: Path) -> None:
    data_set(tmp_path / "data", tmp_path / "cards")
    (report,) = check_corpora(tmp_path / "elsewhere", tmp_path / "cards")
    assert not report.present
    assert not report.unchanged


def test_one_changed_byte_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "data", tmp_path / "cards")
    (folder / "labels" / "p0.txt").write_text("0 0.5 0.5 0.2 0.5\n")
    (report,) = check_corpora(tmp_path / "data", tmp_path / "cards")
    assert not report.unchanged


def test_copies_across_sets_are_counted(tmp_path: Path) -> None:
    data_set(tmp_path / "data", tmp_path / "cards", "first")
    data_set(tmp_path / "data", tmp_path / "cards", "second", count=3)
    assert [report.copies for report in check_corpora(tmp_path / "data", tmp_path / "cards")] == [0, 2]


def test_a_corrupt_picture_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "data", tmp_path / "cards", count=3)
    (folder / "images" / "p1.png").write_bytes(b"\x89PNG\r\n\x1a\n then nothing")
    (report,) = check_corpora(tmp_path / "data", tmp_path / "cards")
    assert [defect.file for defect in report.defects] == ["images/p1.png"]
    assert report.boxes == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0.5 0.5 0.2", "4 fields instead of 5"),
        ("0 0.5 0.5 0.2 x", "not a number"),
        ("7 0.5 0.5 0.2 0.2", "unknown class 7"),
        ("-1 0.5 0.5 0.2 0.2", "unknown class -1"),
        ("0 0.5 0.5 0 0.2", "box without an area"),
        ("0 nan 0.5 0.2 0.2", "box without an area"),
        ("0 1.5 0.5 0.2 0.2", "box lies outside of the picture"),
    ],
)
def test_an_unusable_line_is_named_and_left_out(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "p.txt"
    file.write_text(f"0 0.5 0.5 0.2 0.2\n{line}\n0 0.3 0.3 0.2 0.2\n")
    defects: list[Defect] = []
    read = read_annotations(file, 1, defects)
    assert [f"p.txt:2: {reason}"] == [str(defect) for defect in defects]
    assert len(read.boxes) == 2


def test_a_box_over_the_edge_is_clipped_and_reported(tmp_path: Path) -> None:
    file = tmp_path / "p.txt"
    file.write_text("0 0.95 0.5 0.3 0.2\n")
    defects: list[Defect] = []
    read = read_annotations(file, 1, defects)
    np.testing.assert_allclose(read.of((0,), 100, 100), [[80.0, 40.0, 100.0, 60.0]])
    assert [defect.line for defect in defects] == [1]


@pytest.mark.parametrize("content", [b"", b"\n  \n", b"\xff\xfe\x00", None])
def test_a_label_file_without_boxes_is_reported(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "p.txt"
    if content is not None:
        file.write_bytes(content)
    defects: list[Defect] = []
    assert len(read_annotations(file, 1, defects).boxes) == 0
    assert [defect.line for defect in defects] == [None]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = ", "Invalid value"),
        (CARD.format(name="Wrong Name", files=1, digest="0" * 64), "name"),
        (CARD.format(name="drawn", files=0, digest="0" * 64), "files"),
        (CARD.format(name="drawn", files=1, digest="0") + "\n", "list_sha256"),
        (CARD.format(name="drawn", files=1, digest="0" * 64) + "colour = 1\n", "colour"),
    ],
)
def test_a_card_that_cannot_be_used_names_the_key(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "drawn" / "card.toml"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(BadCard, match=named):
        read_card(file)


def test_the_cards_of_the_project_can_be_read() -> None:
    cards = sorted((Path(__file__).parents[3] / "datasets").glob("*/card.toml"))
    assert cards
    assert [card.parent.name for card in cards] == [read_card(card).name for card in cards]


def test_without_cards_nothing_is_called_sound(tmp_path: Path) -> None:
    """As in an installed package, which has none."""
    with pytest.raises(BadCard, match="checkout"):
        check_corpora(tmp_path, tmp_path / "datasets")


def test_stated_groups(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("image,group\na.jpg,3\nb.jpg,3\n")
    assert stated_groups(file) == {"a.jpg": "3", "b.jpg": "3"}
    file.write_text("picture,of\na.jpg,3\n")
    with pytest.raises(BadCard):
        stated_groups(file)


def odd(path: Path, kind: str) -> None:
    """Write a picture as cameras and tools write them when nobody looks."""
    coarse = np.random.default_rng(9).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    if kind == "grey":
        cv2.imwrite(str(path), coarse[:, :, 0])
    elif kind == "alpha":
        cv2.imwrite(str(path), np.dstack([coarse, coarse[:, :, :1]]))
    elif kind == "sixteen bits":
        cv2.imwrite(str(path), coarse.astype(np.uint16) * 257)
    elif kind == "turned by EXIF":
        tag = Pillow.Exif()
        tag[0x0112] = 6
        Pillow.fromarray(coarse).save(path, format="PNG", exif=tag)
    else:
        cv2.imwrite(str(path), coarse[:1, :1])


@pytest.mark.parametrize("kind", ["grey", "alpha", "sixteen bits", "turned by EXIF"])
def test_odd_but_readable_pictures_are_no_defect(tmp_path: Path, kind: str) -> None:
    folder = data_set(tmp_path / "data", tmp_path / "cards")
    odd(folder / "images" / "p1.png", kind)
    (report,) = check_corpora(tmp_path / "data", tmp_path / "cards")
    assert (report.pictures, report.boxes, report.defects, report.unchanged) == (2, 2, (), False)


def test_a_picture_of_one_pixel_is_reported(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "data", tmp_path / "cards")
    odd(folder / "images" / "p1.png", "one pixel")
    (report,) = check_corpora(tmp_path / "data", tmp_path / "cards")
    assert [defect.file for defect in report.defects] == ["images/p1.png"]
    assert report.boxes == 2
