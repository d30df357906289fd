"""Labelled heads become contexts; nothing here needs the data sets or torch."""

from __future__ import annotations

import importlib.util
import pickle
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from analyzer.types import Box
from models.crops import head_of_face
from models.errors import AbsentWeights, MisfitWeights, PickleRefused
from models.training.crops import (
    CONTEXT_SCALE,
    CONTEXT_SIZE,
    MASK_STATES,
    NoHeads,
    build_contexts,
    cached_contexts,
    context,
    labelled_heads,
    picture_or_frame,
    read_corrections,
)
from models.training.ppe import read_people
from models.training.runs import LABELS, train_mask
from tests.media import Film, make, make_sound_only, number_of, turned


def scene(seed: int = 0, width: int = 320, height: int = 240) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def write_set(data: Path, name: str, seed: int, labels: str) -> None:
    for folder in ("images", "labels"):
        (data / name / folder).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(data / name / "images" / f"p{seed}.png"), scene(seed))
    (data / name / "labels" / f"p{seed}.txt").write_text(labels, encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_set(tmp_path, "mask_kaggle", 1, "0 0.5 0.5 0.2 0.25\n2 0.25 0.5 0.1 0.2\n")
    write_set(tmp_path, "mask_ilc", 2, "1 0.5 0.5 0.2 0.25\n\nbroken\n1 0.5 0.5 0 0.2\n")
    for folder, seed in (("with_mask", 3), ("without_mask", 4)):
        (tmp_path / "mask_folders" / folder).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "mask_folders" / folder / "0001.jpg"), scene(seed, 90, 100))
    return tmp_path


def test_every_set_is_read_in_its_own_way(data: Path) -> None:
    heads = list(labelled_heads(data))
    assert [(head.source, head.state) for head in heads] == [
        ("mask_kaggle", "worn"),
        ("mask_kaggle", "incorrect"),
        ("mask_ilc", "none"),
        ("mask_folders", "worn"),
        ("mask_folders", "none"),
    ]
    assert heads[0].labelled_height == pytest.approx(60)
    assert heads[0].head == head_of_face(Box(128, 90, 192, 150))


def test_heads_labelled_by_eye_are_taken_as_they_are(data: Path) -> None:
    labels = data / "heads.csv"
    labels.write_text("set,picture,x1,y1,x2,y2,state\nmask_ilc,p2.png,10,10,50,60,not_visible\n", encoding="utf-8")
    last = list(labelled_heads(data, labels))[-1]
    assert (last.head, last.state, last.labelled_height) == (Box(10, 10, 50, 60), "not_visible", 50.0)


def test_a_corrected_line_has_the_state_that_was_seen_and_all_others_keep_theirs(data: Path) -> None:
    corrections = data / "corrections.csv"
    corrections.write_text("set,picture,line,labelled,seen\nmask_kaggle,p1.png,2,incorrect,worn\n", encoding="utf-8")
    plain = list(labelled_heads(data))
    corrected = list(labelled_heads(data, None, read_corrections(corrections)))
    changed = [(old.state, new.state) for old, new in zip(plain, corrected, strict=True) if old != new]
    assert changed == [("incorrect", "worn")]
    assert (corrected[1].source, corrected[1].state) == ("mask_kaggle", "worn")


@pytest.mark.parametrize("row", ["mask_kaggle,p1.png,second,incorrect,worn", "mask_kaggle,p1.png,2,incorrect,half"])
def test_a_correction_that_says_nothing_is_named_by_its_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "corrections.csv").write_text(f"set,picture,line,labelled,seen\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"corrections\.csv:2: expected a line number and one of worn"):
        read_corrections(tmp_path / "corrections.csv")


def test_the_corrections_here_change_labels_and_name_each_line_once() -> None:
    path = LABELS / "corrections.csv"
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    assert len(read_corrections(path)) == len(rows)
    assert all(row.split(",")[3] != row.split(",")[4] for row in rows)


def test_a_frame_of_a_recording_can_be_labelled(tmp_path: Path) -> None:
    (tmp_path / "video").mkdir()
    writer = cv2.VideoWriter(str(tmp_path / "video" / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 64))
    for level in (0, 100, 200):
        writer.write(np.full((64, 64, 3), level, np.uint8))
    writer.release()
    labels = tmp_path / "heads.csv"
    labels.write_text("set,picture,x1,y1,x2,y2,state\nvideo,clip.avi#2,10,10,50,50,none\n", encoding="utf-8")
    made = build_contexts(labelled_heads(tmp_path, labels))
    assert made.pixels.mean() == pytest.approx(200, abs=4)


def test_a_frame_of_a_recording_is_upright_and_of_square_pixels(tmp_path: Path) -> None:
    turned(make(tmp_path / "clip.mp4", Film(count=3, pixel_aspect=Fraction(2))), 90)
    image = picture_or_frame(tmp_path / "clip.mp4#2")
    assert image is not None
    assert image.shape == (384, 128, 3)
    assert number_of(np.rot90(image, 1)) == 2


def test_a_frame_that_is_not_there_is_none(tmp_path: Path) -> None:
    make(tmp_path / "clip.mp4", Film(count=3))
    make_sound_only(tmp_path / "sound.mp4")
    (tmp_path / "text.mp4").write_text("no video", encoding="utf-8")
    assert [picture_or_frame(tmp_path / name) for name in ("clip.mp4#3", "none.mp4#0", "sound.mp4#0", "text.mp4#0")] == [None] * 4


def test_copies_of_a_picture_share_a_group(data: Path) -> None:
    softer = cv2.GaussianBlur(scene(1), (3, 3), 0)
    (data / "mask_ilc" / "labels" / "copy.txt").write_text("0 0.5 0.5 0.2 0.25\n", encoding="utf-8")
    cv2.imwrite(str(data / "mask_ilc" / "images" / "copy.jpg"), softer)
    made = build_contexts(labelled_heads(data))
    group = dict(zip(made.names.tolist(), made.groups.tolist(), strict=True))
    assert group["copy.jpg"] == group["p1.png"]
    assert group["p1.png"] != group["p2.png"]


def test_a_context_holds_two_heads() -> None:
    picture = np.zeros((400, 400, 3), dtype=np.uint8)
    picture[150:250, 160:240] = 255
    made = context(picture, Box(160, 150, 240, 250))
    assert made.shape == (CONTEXT_SIZE, CONTEXT_SIZE, 3)
    rows = np.flatnonzero(made[:, CONTEXT_SIZE // 2, 0] > 127)
    assert len(rows) == pytest.approx(CONTEXT_SIZE / CONTEXT_SCALE, abs=2)


def test_the_cache_is_written_once_and_read_back(data: Path) -> None:
    cache = data / "cache" / "heads.npz"
    first, second = cached_contexts(data, cache), cached_contexts(data, cache)
    assert np.array_equal(first.pixels, second.pixels)
    assert first.names.tolist() == second.names.tolist()
    assert len(first.select(first.states == MASK_STATES.index("worn"))) == 2


def test_an_unreadable_picture_is_left_out(data: Path) -> None:
    (data / "mask_ilc" / "images" / "p2.png").write_bytes(b"nothing")
    assert {head.source for head in labelled_heads(data)} == {"mask_kaggle", "mask_folders"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("3 0.5 0.5 0.2 0.25", "unknown class 3"),
        ("-1 0.5 0.5 0.2 0.25", "unknown class -1"),
        ("0 0.5 half 0.2 0.25", "not a number"),
        ("0 0.5 nan 0.2 0.25", "box without an area"),
        ("0 1.9 0.5 0.2 0.25", "box lies outside of the picture"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_costs_itself_alone(
    data: Path, caplog: pytest.LogCaptureFixture, line: str, reason: str
) -> None:
    labels = data / "mask_kaggle" / "labels" / "p1.txt"
    labels.write_text(f"{line}\n2 0.25 0.5 0.1 0.2\n", encoding="utf-8")
    heads = [head for head in labelled_heads(data) if head.source == "mask_kaggle"]
    assert [head.state for head in heads] == ["incorrect"]
    assert f"{labels}:1: {reason}" in caplog.messages


def test_a_label_file_that_is_not_text_is_named(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    labels = data / "mask_kaggle" / "labels" / "p1.txt"
    labels.write_bytes(b"\xff\xfe0 0.5")
    assert "mask_kaggle" not in {head.source for head in labelled_heads(data)}
    assert f"{labels}: label file cannot be read: UnicodeDecodeError" in caplog.messages


def test_what_is_missing_is_named_once(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    labels = data / "heads.csv"
    rows = ["clinic_roles,a.png", "clinic_roles,b.png", "mask_ilc,gone.png"]
    labels.write_text("set,picture,x1,y1,x2,y2,state\n" + "".join(f"{row},1,1,9,9,none\n" for row in rows), encoding="utf-8")
    assert len(build_contexts(labelled_heads(data, labels))) == 5
    assert caplog.messages[2:] == [
        "data set clinic_roles is absent",
        f"{data / 'mask_ilc' / 'images' / 'gone.png'}: No such file or directory",
    ]


def test_nothing_to_train_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoHeads, match="vigil data check"):
        cached_contexts(tmp_path, tmp_path / "cache" / "heads.npz", LABELS / "heads.csv")
    assert not (tmp_path / "cache" / "heads.npz").exists()
    with pytest.raises(NoHeads, match="vigil data check"):
        read_people(tmp_path, LABELS / "persons.csv")


def test_a_set_that_is_not_there_cannot_be_held_out(data: Path) -> None:
    checkpoint = data / "imagenet.pth"
    checkpoint.touch()
    with pytest.raises(NoHeads, match=r"0 to measure on; there are heads of mask_folders, mask_ilc, mask_kaggle"):
        train_mask(data, data / "run", checkpoint=checkpoint, held_out="mask_kagle")


def test_a_missing_checkpoint_is_told_before_the_crops_are_cut(data: Path) -> None:
    with pytest.raises(AbsentWeights, match=r"gone\.pth"):
        train_mask(data, data / "run", checkpoint=data / "gone.pth")
    assert not (data / "run").exists()


class _Foreign:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("foreign code ran",)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch comes with the extra `train`")
@pytest.mark.parametrize("content", ["foreign", "rubbish", "nothing", "another"])
def test_a_checkpoint_that_is_none_is_refused(data: Path, content: str) -> None:
    import torch

    checkpoint = data / "imagenet.pth"
    match content:
        case "foreign":
            torch.save({"weights": _Foreign()}, checkpoint)
        case "rubbish":
            checkpoint.write_bytes(pickle.dumps(_Foreign())[:-3])
        case "nothing":
            checkpoint.touch()
        case "another":
            torch.save({"some.weight": torch.zeros(3)}, checkpoint)
    with pytest.raises(MisfitWeights if content == "another" else PickleRefused, match=r"imagenet\.pth"):
        train_mask(data, data / "run", checkpoint=checkpoint, held_out="mask_ilc")
