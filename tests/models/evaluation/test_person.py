"""The evaluation of people and heads on tiny drawn pictures, with detectors that are functions."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from models.evaluation.person import Detect, Found, as_json, evaluate_person
from models.frame import Image
from models.labelled.published import tiled
from models.labelled.scored import Scored


def folder(root: Path, lines: dict[str, str]) -> tuple[Path, Path]:
    images, labels = root / "images", root / "labels"
    images.mkdir()
    labels.mkdir()
    for name, text in lines.items():
        cv2.imwrite(str(images / f"{name}.png"), np.full((100, 200, 3), 90, dtype=np.uint8))
        (labels / f"{name}.txt").write_text(text)
    return images, labels


def always(person: tuple[float, ...] | None, head: tuple[float, ...] | None, score: float = 0.8) -> Detect:
    def one(box: tuple[float, ...] | None) -> Scored | None:
        return None if box is None else Scored(np.array([box], dtype=np.float64), np.array([score]))

    return lambda _image: Found(one(person), one(head))


def test_figures_by_source_and_height(tmp_path: Path) -> None:
    images, labels = folder(
        tmp_path, {"north__a": "0 0.25 0.5 0.2 0.8\n1 0.25 0.2 0.1 0.2\n", "south__b": "0 0.75 0.5 0.2 0.8\n"}
    )
    detector = always((30, 10, 70, 90), (40, 10, 60, 30))
    result = evaluate_person(images, labels, ("person", "head"), {"one": detector})
    by = {(each.kind, each.source): each for each in result.detectors[0].figures}
    assert by["person", "all"].ap50 == 0.5
    assert by["person", "north"].recall_at_p95 == 1.0
    assert by["person", "south"].recall_at_p95 is None
    assert [(each.height, each.labelled) for each in by["head", "north"].by_height] == [
        ("<16", 0), ("16-24", 1), ("24-40", 0), (">=40", 0),
    ]  # fmt: skip
    json.dumps(as_json(result))


def test_peers_without_an_answer_have_no_figure_for_it(tmp_path: Path) -> None:
    images, labels = folder(tmp_path, {"a": "0 0.25 0.5 0.2 0.8\n1 0.25 0.2 0.1 0.2\n"})
    result = evaluate_person(images, labels, ("person", "head"), {"no heads": always((30, 10, 70, 90), None)})
    assert {each.kind for each in result.detectors[0].figures} == {"person"}


def test_where_faces_are_labelled_a_head_must_hold_one(tmp_path: Path) -> None:
    images, labels = folder(tmp_path, {"a": "0 0.25 0.5 0.1 0.3\n"})
    holds, misses = always(None, (35, 30, 65, 70)), always(None, (135, 30, 165, 70))
    result = evaluate_person(images, labels, ("with_mask", "hard-hat"), {"holds": holds, "misses": misses})
    recalls = {each.name: each.figures[0].recall for each in result.detectors}
    assert recalls == {"holds": 1.0, "misses": 0.0}
    assert result.ignored_classes == ("hard-hat",)


def test_bad_input_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    images, labels = folder(tmp_path, {"a": "0 0.25 0.5 0.2 0.8\n", "b": "9 0.5 0.5 0.1 0.1\n", "c": ""})
    (images / "d.png").write_bytes(b"broken")
    result = evaluate_person(images, labels, ("person",), {"one": always((30, 10, 70, 90), None)})
    assert result.pictures == 3
    assert [defect.split(":")[0] for defect in result.defects] == ["b.txt", "c.txt", "d.png"]


def test_found_boxes_on_undecided_regions_do_not_count(tmp_path: Path) -> None:
    images, labels = folder(tmp_path, {"a": "0 0.75 0.5 0.2 0.8\n"})
    (tmp_path / "undecided").mkdir()
    (tmp_path / "undecided" / "a.txt").write_text("0 0.25 0.5 0.2 0.8\n")

    def both(_image: Image) -> Found:
        return Found(Scored(np.array([[30, 10, 70, 90], [130, 10, 170, 90]], dtype=np.float64), np.array([0.9, 0.8])), None)

    plain = evaluate_person(images, labels, ("person",), {"one": both})
    spared = evaluate_person(images, labels, ("person",), {"one": both}, undecided=tmp_path / "undecided")
    assert plain.detectors[0].figures[0].ap50 == 0.5
    assert spared.detectors[0].figures[0].ap50 == 1.0


def test_tiles_give_boxes_of_the_whole_and_leave_out_what_they_cut() -> None:
    def bright(image: Image) -> Scored:
        rows, columns = np.nonzero(image[:, :, 0] > 200)
        if len(rows) == 0:
            return Scored()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Scored(np.array([box], dtype=np.float64), np.array([0.9]))

    picture = np.zeros((200, 400, 3), dtype=np.uint8)
    picture[150:180, 330:350] = 255
    found = tiled(picture, bright)
    assert len(found.boxes) == 2
    np.testing.assert_array_equal(found.boxes, [[330, 150, 350, 180]] * 2)
    picture[150:180, 200:350] = 255  # the lower left tile cuts it, the lower right one holds it
    assert len(tiled(picture, bright).boxes) == 2
