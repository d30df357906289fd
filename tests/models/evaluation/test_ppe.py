"""Evaluation of protective items and attire with a judge whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from analyzer.types import Box
from models.evaluation.metrics import Probabilities
from models.evaluation.ppe import evaluate_flags, evaluate_ppe, ppe_figures
from models.evaluation.ppe_labels import ATTIRE, ITEMS, LabelledPerson, SeenPerson, people_of_csv, people_of_yolo
from models.frame import Image

SOMEBODY: SeenPerson = (Box(10, 10, 60, 110), Box(25, 10, 45, 30))
HEADER = "set,picture,x1,y1,x2,y2,gown,gloves,face_shield,goggles,cap,attire,head,hands,torso,head_x1,head_y1,head_x2,head_y2\n"


def write_picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((120, 120, 3), 128, np.uint8))
    return path


def dressed(image: Image, people: Sequence[SeenPerson]) -> tuple[np.ndarray, Probabilities]:  # type: ignore[type-arg]
    """Say that everybody wears everything and is in PPE."""
    items = np.tile([0.8, 0.15, 0.05], (len(people), len(ITEMS), 1))
    return items, np.tile([0.7, 0.1, 0.1, 0.1], (len(people), 1))


def person(gloves: int, attire: str, picture: Path = Path("p.png")) -> LabelledPerson:
    return LabelledPerson(picture, SOMEBODY, (0, gloves, 1, 1, 1), ATTIRE.index(attire))


def test_average_precision_leaves_out_people_whose_hands_were_not_seen() -> None:
    people = [person(0, "ppe"), person(1, "street"), person(2, "street")]
    items = np.tile([0.2, 0.6, 0.2], (3, len(ITEMS), 1))
    items[0, 1] = [0.9, 0.1, 0.0]
    items[2, 1] = [0.95, 0.0, 0.05]  # hands not seen: whatever is said here must not count
    attire = np.tile([0.7, 0.1, 0.1, 0.1], (3, 1))
    report = ppe_figures(people, items, attire)
    gloves = report.items[ITEMS.index("gloves")]
    assert gloves.average_precision == 1.0
    assert gloves.confusion == ((1, 0, 0), (0, 1, 0), (1, 0, 0))
    assert report.attire is not None
    assert report.attire.balanced_accuracy == 0.5


def test_an_item_that_everybody_wears_has_no_average_precision() -> None:
    report = ppe_figures([person(0, "ppe")], np.tile([0.8, 0.1, 0.1], (1, 5, 1)), np.array([[1.0, 0, 0, 0]]))
    assert report.items[0].average_precision is None
    assert report.macro_average_precision is None


def test_nobody_gives_an_empty_report() -> None:
    report = evaluate_ppe([], dressed)
    assert (report.people, report.attire, report.macro_average_precision) == (0, None, None)


def test_a_csv_line_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "set" / "images" / "p.png")
    labels = tmp_path / "people.csv"
    good = "set,p.png,10,10,60,110,present,absent,absent,absent,present,ppe,face,seen,seen,25,10,45,30\n"
    labels.write_text(
        HEADER + good + good.replace("present", "maybe") + good.replace("60", "5") + good.replace("p.png", "clip.mp4#3"),
        encoding="utf-8",
    )
    people, defects = people_of_csv(tmp_path, labels)
    assert len(people) == 1
    assert people[0].items == (0, 1, 1, 1, 0)
    assert [defect.line for defect in defects] == [3, 4]
    assert evaluate_ppe(people, dressed, defects=defects).people == 1


def test_an_unreadable_picture_is_reported_and_its_people_are_left_out(tmp_path: Path) -> None:
    good = write_picture(tmp_path / "good.png")
    report = evaluate_ppe([person(0, "ppe", good), person(0, "ppe", tmp_path / "gone.png")], dressed)
    assert report.people == 1
    assert report.defects[0].startswith("gone.png")


def test_yolo_items_belong_to_the_person_who_holds_their_centre(tmp_path: Path) -> None:
    write_picture(tmp_path / "images" / "1.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.txt").write_text(
        "0 0.25 0.5 0.4 0.9\n0 0.75 0.5 0.4 0.9\n1 0.2 0.6 0.1 0.1\n2 0.7 0.1 0.1 0.1\n", encoding="utf-8"
    )
    people, ignored, defects = people_of_yolo(
        tmp_path / "images", tmp_path / "labels", ("person", "gloves", "hard-hat"), lambda image: ()
    )
    gloves = ITEMS.index("gloves")
    assert [one.items[gloves] for one in people] == [0, 1]
    assert people[0].items[ITEMS.index("gown")] == -1
    assert ignored == ("hard-hat",)
    assert defects == []


def test_flags_score_a_picture_by_its_best_person(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / name)
    flags = tmp_path / "flags.csv"
    flags.write_text("\ufefffilename,coverall_or_gown,mask\na.png,1,1\nb.png,0,0\ngone.png,1,1\n", encoding="utf-8")

    def find(image: Image) -> Sequence[SeenPerson]:
        find.calls += 1  # type: ignore[attr-defined]
        return [SOMEBODY] if find.calls == 1 else []  # type: ignore[attr-defined]

    find.calls = 0  # type: ignore[attr-defined]
    report = evaluate_flags(tmp_path, flags, find, dressed)
    assert (report.pictures, report.without_people) == (2, 1)
    assert report.flags[0].name == "coverall_or_gown"
    assert report.flags[0].average_precision == 1.0
    assert report.ignored_columns == ("mask",)
    assert report.defects[0].startswith("flags.csv:4")


@pytest.mark.parametrize("threshold", [0.5, 0.9])
def test_below_the_threshold_an_item_is_not_assessed(threshold: float, tmp_path: Path) -> None:
    report = evaluate_ppe([person(0, "ppe", write_picture(tmp_path / "p.png"))], dressed, threshold=threshold)
    assert report.items[0].assessed_share == (1.0 if threshold == 0.5 else 0.0)
