"""Labelled pictures on their way to a training folder: what a sample is, and how it is written in YOLO format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from models.frame import Image
from models.labelled.scored import Floats
from models.training.agreement import Agreed
from models.training.copies import Hashes


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One labelled picture. ``group`` is `<set>/<camera, clip or source>/`: what must not be cut by a fold."""

    name: str
    path: Path
    group: str
    labels: Agreed
    digest: Hashes


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Pixels as they are trained on, with the boxes of people and heads in them."""

    image: Image
    persons: Floats
    heads: Floats


class FoldWriter:
    """Writes samples and counts them by fold and set."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.pictures: dict[str, int] = {}
        self.persons: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        self.left_out: dict[str, int] = {}

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def put(self, fold: str, sample: Sample, view: View, suffix: str = "") -> None:
        name = sample.name + suffix
        images, labels = self._out / "images" / fold, self._out / "labels" / fold
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(parents=True, exist_ok=True)
        height, width = view.image.shape[:2]
        lines = _yolo_lines((view.persons, view.heads), width, height)
        if fold == "val":
            self._undecided(sample, height, width)
        cv2.imwrite(str(images / f"{name}.jpg"), view.image, [cv2.IMWRITE_JPEG_QUALITY, 93])
        (labels / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
        key = f"{fold}/{sample.group.split('/', maxsplit=1)[0]}"
        self.pictures[key] = self.pictures.get(key, 0) + 1
        self.persons[key] = self.persons.get(key, 0) + len(view.persons)
        self.heads[key] = self.heads.get(key, 0) + len(view.heads)

    def _undecided(self, sample: Sample, height: int, width: int) -> None:
        """Write the uncertain boxes of a held-out picture beside its labels: found boxes there count for nothing."""
        folder = self._out / "undecided" / "val"
        folder.mkdir(parents=True, exist_ok=True)
        kinds = (sample.labels.uncertain_persons, sample.labels.uncertain_heads)
        (folder / f"{sample.name}.txt").write_text("".join(_yolo_lines(kinds, width, height)), encoding="utf-8")


def _yolo_lines(kinds: Sequence[Floats], width: int, height: int) -> list[str]:
    return [
        f"{number} {(x1 + x2) / 2 / width:.6f} {(y1 + y2) / 2 / height:.6f} {(x2 - x1) / width:.6f} {(y2 - y1) / height:.6f}\n"
        for number, boxes in enumerate(kinds)
        for x1, y1, x2, y2 in boxes
    ]
