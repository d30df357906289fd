"""Evaluation of mask states on pictures drawn for the test, with judges whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from analyzer.types import Box
from models.evaluation.mask import STATES, Boxes, MaskReport, MaskSlice, as_json, claims, evaluate_mask, state_named
from models.evaluation.metrics import Probabilities
from models.frame import Image

CLASSES = ("with_mask", "without_mask", "mask_incorrect")
THRESHOLDS = {"worn": 0.5, "incorrect": 0.5, "none": 0.8}


def write_picture(folder: Path, name: str, labels: str | None, side: int = 200) -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "images" / name), np.full((side, side, 3), 128, np.uint8))
    if labels is not None:
        (folder / "labels" / name).with_suffix(".txt").write_text(labels, encoding="utf-8")


def always(*probabilities: float) -> object:
    def judge(image: Image, heads: Sequence[Box]) -> Probabilities:
        return np.array([probabilities] * len(heads), dtype=np.float64)

    return judge


def evaluate(folder: Path, judge: object, **options: object) -> MaskReport:
    return evaluate_mask(
        folder / "images",
        folder / "labels",
        CLASSES,
        judge,  # type: ignore[arg-type]
        thresholds=THRESHOLDS,
        **options,  # type: ignore[arg-type]
    )


def slice_of(report: MaskReport, source: str, height: str) -> MaskSlice:
    return next(each for each in report.slices if (each.source, each.height) == (source, height))


def test_figures_by_source_and_height(tmp_path: Path) -> None:
    # 0.25 of 200 px is a face of 50 px, 0.1 one of 20 px
    write_picture(tmp_path, "a__1.png", "0 0.5 0.5 0.25 0.25\n1 0.2 0.2 0.1 0.1\n")
    write_picture(tmp_path, "b__1.png", "2 0.5 0.5 0.25 0.25\n")
    report = evaluate(tmp_path, always(0.9, 0.05, 0.05, 0.0))
    assert (report.pictures, report.heads) == (2, 3)
    assert {(each.source, each.height) for each in report.slices} == {
        ("a", ">=40"), ("a", "16-24"), ("a", "all"), ("b", ">=40"), ("b", "all"), ("all", ">=40"), ("all", "16-24"), ("all", "all"),
    }  # fmt: skip
    whole = slice_of(report, "all", "all")
    worn = whole.classes[0]
    assert (worn.precision, worn.recall) == (pytest.approx(1 / 3), 1.0)
    assert whole.yes_no_balanced_accuracy == 0.5
    assert whole.assessed_share == 1.0
    assert json.dumps(as_json(report))


def test_a_false_accusation_is_a_claim_of_no_mask_on_a_masked_head(tmp_path: Path) -> None:
    write_picture(tmp_path, "1.png", "0 0.5 0.5 0.25 0.25\n0 0.2 0.2 0.25 0.25\n")
    sure = slice_of(evaluate(tmp_path, always(0.1, 0.0, 0.9, 0.0), source="x"), "x", "all")
    unsure = slice_of(evaluate(tmp_path, always(0.3, 0.0, 0.7, 0.0), source="x"), "x", "all")
    assert (sure.falsely_accused, sure.false_accusation_rate) == (2, 1.0)
    assert (unsure.falsely_accused, unsure.false_accusation_rate, unsure.assessed) == (0, None, 0)


def test_not_visible_is_never_a_claim() -> None:
    said = claims(np.array([[0.0, 0.0, 0.0, 1.0], [0.9, 0.1, 0.0, 0.0]]), THRESHOLDS)
    assert said.tolist() == [-1, STATES.index("worn")]


def test_boxes_of_heads_are_cut_as_they_are_and_faces_are_widened(tmp_path: Path) -> None:
    write_picture(tmp_path, "1.png", "0 0.5 0.5 0.2 0.2\n")
    seen: list[Box] = []

    def judge(image: Image, heads: Sequence[Box]) -> Probabilities:
        seen.extend(heads)
        return np.array([[1.0, 0.0, 0.0, 0.0]] * len(heads))

    evaluate(tmp_path, judge, boxes=Boxes.HEAD)
    evaluate(tmp_path, judge, boxes=Boxes.FACE)
    assert seen[0].width == pytest.approx(40)
    assert seen[1].width > 1.4 * seen[0].width
    assert seen[1].y1 < seen[0].y1


def test_a_peer_is_compared_on_the_heads_that_it_found(tmp_path: Path) -> None:
    write_picture(tmp_path, "1.png", "0 0.3 0.3 0.25 0.25\n1 0.7 0.7 0.25 0.25\n2 0.5 0.5 0.2 0.2\n1 0.1 0.9 0.2 0.2\n")
    report = evaluate(
        tmp_path,
        always(0.9, 0.05, 0.05, 0.0),
        source="x",
        peers={"perfect": lambda image, boxes: np.array([1, 0, 1, -1])},
    )
    beside = next(each for each in report.peers if each.height == "all")
    assert (beside.heads, beside.found) == (3, 2)
    assert beside.balanced_accuracy == 1.0
    assert beside.balanced_accuracy_of_ours == 0.5


@pytest.mark.parametrize(
    ("labels", "place", "reason"),
    [
        ("0 0.5 0.5 0.25\n", "1.txt:1", "4 fields"),
        ("7 0.5 0.5 0.25 0.25\n", "1.txt:1", "unknown class 7"),
        ("0 0.5 0.5 0.25 0.25\n0 3 3 0.1 0.1\n", "1.txt:2", "outside"),
        ("0 0.5 nan 0.25 0.25\n", "1.txt:1", "without an area"),
        ("", "1.txt", "empty"),
        (None, "1.txt", "cannot be read"),
    ],
)
def test_bad_labels_are_named_by_file_and_line(tmp_path: Path, labels: str | None, place: str, reason: str) -> None:
    write_picture(tmp_path, "1.png", labels)
    write_picture(tmp_path, "2.png", "0 0.5 0.5 0.25 0.25\n")
    report = evaluate(tmp_path, always(1.0, 0.0, 0.0, 0.0))
    assert any(text.startswith(place) and reason in text for text in report.defects)
    assert report.heads >= 1


def test_bad_pictures_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_picture(tmp_path, "good.png", "0 0.5 0.5 0.25 0.25\n")
    images = tmp_path / "images"
    (images / "corrupt.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    (images / "empty.png").write_bytes(b"")
    cv2.imwrite(str(images / "dot.png"), np.zeros((1, 1, 3), np.uint8))
    report = evaluate(tmp_path, always(1.0, 0.0, 0.0, 0.0))
    assert report.pictures == 1
    assert {text.split(":")[0] for text in report.defects} == {"corrupt.jpg", "empty.png", "dot.png"}


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("gray.png", np.full((64, 64), 90, np.uint8)),
        ("alpha.png", np.full((64, 64, 4), 90, np.uint8)),
        ("deep.png", np.full((64, 64, 3), 30000, np.uint16)),
    ],
)
def test_unusual_pictures_are_judged(tmp_path: Path, name: str, pixels: np.ndarray) -> None:  # type: ignore[type-arg]
    write_picture(tmp_path, name, "0 0.5 0.5 0.5 0.5\n")
    cv2.imwrite(str(tmp_path / "images" / name), pixels)
    report = evaluate(tmp_path, always(1.0, 0.0, 0.0, 0.0))
    assert (report.heads, report.defects) == (1, ())


def test_classes_that_are_no_mask_state_are_left_out_and_listed(tmp_path: Path) -> None:
    write_picture(tmp_path, "1.png", "0 0.5 0.5 0.25 0.25\n1 0.2 0.2 0.1 0.1\n")
    report = evaluate_mask(
        tmp_path / "images",
        tmp_path / "labels",
        ("With-Mask", "helmet"),
        always(1.0, 0.0, 0.0, 0.0),  # type: ignore[arg-type]
        thresholds=THRESHOLDS,
    )
    assert report.heads == 1
    assert report.ignored_classes == ("helmet",)


def test_an_empty_folder_gives_an_empty_report(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    report = evaluate(tmp_path, always(1.0, 0.0, 0.0, 0.0))
    assert (report.pictures, report.heads, report.slices, report.milliseconds) == (0, 0, (), None)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("with_mask", "worn"),
        ("With Mask", "worn"),
        ("NoMask", "none"),
        ("no-mask", "none"),
        ("mask_weared_incorrect", "incorrect"),
        ("Mask worn incorrectly", "incorrect"),
        ("improper-mask", "incorrect"),
    ],
)
def test_classes_are_known_by_the_names_that_sets_give_them(name: str, state: str) -> None:
    assert STATES[state_named(name)] == state


def test_a_class_that_is_no_state_of_a_mask_is_not_taken_for_one() -> None:
    assert state_named("helmet") == -1
