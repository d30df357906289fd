"""People with labelled items, from a CSV of people labelled by eye or from a folder in YOLO format."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from analyzer.types import Box
from models.errors import BadPicture
from models.frame import Image
from models.labelled.annotations import Defect, pictures_under, read_annotations
from models.pictures import read_picture

ITEMS: Final = ("gown", "gloves", "face_shield", "goggles", "cap")
STATES: Final = ("present", "absent", "not_visible")
ATTIRE: Final = ("ppe", "medical_uniform", "other_uniform", "street")
PRESENT, ABSENT, NOT_VISIBLE = range(3)
UNLABELLED: Final = -1

_ITEM_NAMES: Final[Mapping[str, str]] = {
    "gown": "gown",
    "coverall": "gown",
    "coverall_or_gown": "gown",
    "isolation_gown": "gown",
    "gloves": "gloves",
    "glove": "gloves",
    "face_shield": "face_shield",
    "shield": "face_shield",
    "visor": "face_shield",
    "goggles": "goggles",
    "safety_goggles": "goggles",
    "cap": "cap",
    "hood": "cap",
    "surgical_cap": "cap",
}
"""What data sets call the items, in lower case with underscores."""
_PERSON_NAMES: Final = frozenset({"person", "people", "human", "worker"})

SeenPerson = tuple[Box, Box | None]
"""A person box and the head box, if a head was found; pixels of the picture."""
FindPeople = Callable[[Image], Sequence[SeenPerson]]


@dataclass(frozen=True, slots=True)
class LabelledPerson:
    """One person of one picture. A state or an attire of -1 was not labelled."""

    picture: Path
    seen: SeenPerson
    items: tuple[int, ...]
    attire: int


def people_of_csv(data: Path, labels: Path) -> tuple[list[LabelledPerson], list[Defect]]:
    """Read people labelled by eye (columns set, picture, x1 .. y2, head_x1 .. head_y2, an item each, attire).

    Frames of recordings (`clip.mp4#120`) are left out: this reads pictures only.
    """
    people: list[LabelledPerson] = []
    defects: list[Defect] = []
    with labels.open(encoding="utf-8-sig", newline="") as rows:
        for line, row in enumerate(csv.DictReader(rows), start=2):
            if "#" in row.get("picture", ""):
                continue
            try:
                box = Box(*(float(row[side]) for side in ("x1", "y1", "x2", "y2")))
                sides = [row[f"head_{side}"] for side in ("x1", "y1", "x2", "y2")]
                head = Box(*map(float, sides)) if all(sides) else None
                states = tuple(STATES.index(row[item]) for item in ITEMS)
                attire = ATTIRE.index(row["attire"]) if row["attire"] else UNLABELLED
            except (KeyError, ValueError) as broken:
                defects.append(Defect(labels.name, line, f"unusable: {broken}"))
                continue
            people.append(LabelledPerson(data / row["set"] / "images" / row["picture"], (box, head), states, attire))
    return people, defects


def people_of_yolo(
    images: Path,
    labels: Path,
    classes: Sequence[str],
    find_people: FindPeople,
) -> tuple[list[LabelledPerson], tuple[str, ...], list[Defect]]:
    """Read boxes of items, and of people if a class is called person; else people are found by the detector.

    Returns the people, the names of classes that are neither, and what could not be used. An item that no class names
    is unlabelled (-1).
    """
    people: list[LabelledPerson] = []
    defects: list[Defect] = []
    plain = [_plain(name) for name in classes]
    named = {number: ITEMS.index(_ITEM_NAMES[name]) for number, name in enumerate(plain) if name in _ITEM_NAMES}
    persons = {number for number, name in enumerate(plain) if name in _PERSON_NAMES}
    for path in pictures_under(images):
        try:
            image = read_picture(path)
        except BadPicture as broken:
            defects.append(Defect(path.name, None, str(broken)))
            continue
        read = read_annotations(labels / f"{path.stem}.txt", len(classes), defects)
        height, width = image.shape[:2]
        scaled = read.boxes * np.array([width, height, width, height])
        boxes = [(int(number), Box(*map(float, box))) for number, box in zip(read.classes, scaled, strict=True)]
        found = find_people(image)
        drawn = [box for number, box in boxes if number in persons]
        seen = [(box, _head_in(box, found)) for box in drawn] if persons else list(found)
        for person in seen:
            states = [ABSENT if item in named.values() else UNLABELLED for item in range(len(ITEMS))]
            for number, box in boxes:
                if number in named and _holds(person[0], box.centre):
                    states[named[number]] = PRESENT
            people.append(LabelledPerson(path, person, tuple(states), UNLABELLED))
    ignored = tuple(name for number, name in enumerate(classes) if number not in named and number not in persons)
    return people, ignored, defects


def item_named(name: str) -> str | None:
    """Return the item that a class or a column of a data set means; None if it means none."""
    return _ITEM_NAMES.get(_plain(name))


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.x1 <= point[0] <= box.x2 and box.y1 <= point[1] <= box.y2


def _head_in(body: Box, found: Sequence[SeenPerson]) -> Box | None:
    """Return the highest found head whose centre lies in the body."""
    heads = [head for _, head in found if head is not None and _holds(body, head.centre)]
    return min(heads, key=lambda head: head.y1, default=None)
