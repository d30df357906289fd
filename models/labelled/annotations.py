"""Pictures with boxes in text files, as the YOLO tools write them; every unusable line is named and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from models.pictures import ENDINGS

Floats = npt.NDArray[np.float64]

_OUTSIDE: Final = 0.02
"""How far a box may reach over the edge, in picture sides, before it is reported: annotation tools round."""

_FIELDS: Final = 5


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong with a set. ``line`` counts from 1 and is None where the file as a whole is meant."""

    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """Boxes of one label file: class numbers [N] and boxes [N,4] in fractions of the picture, clipped to it."""

    classes: npt.NDArray[np.int64]
    boxes: Floats

    def of(self, wanted: Sequence[int], width: int, height: int) -> Floats:
        """Return the boxes [M,4] of these classes in pixels of a picture of this size."""
        chosen = self.boxes[np.isin(self.classes, np.asarray(wanted, dtype=np.int64))]
        return np.asarray(chosen * np.array([width, height, width, height], dtype=np.float64))


def pictures_under(folder: Path) -> list[Path]:
    """Return the picture files below a folder in one order on every machine."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())


def read_annotations(file: Path, classes: int, defects: list[Defect]) -> Annotations:
    """Read "class cx cy w h" lines in fractions of the picture; lines that cannot be used are reported and left out.

    Args:
        file: the label file; a missing or an empty one is reported and gives no boxes.
        classes: how many classes the set has; a number beyond is unknown.
        defects: reports are appended here.
    """
    numbers: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()  # tools on Windows begin with a byte order mark
    except (OSError, UnicodeDecodeError) as broken:
        defects.append(Defect(file.name, None, f"label file cannot be read: {broken.__class__.__name__}"))
        lines = []
    else:
        if not any(line.strip() for line in lines):
            defects.append(Defect(file.name, None, "label file is empty"))
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        parsed = parse_line(line, classes)
        if isinstance(parsed, str):
            defects.append(Defect(file.name, number, parsed))
            continue
        label, box, outside = parsed
        if outside:
            defects.append(Defect(file.name, number, "box reaches outside of the picture; clipped"))
        numbers.append(label)
        boxes.append(box)
    return Annotations(np.array(numbers, dtype=np.int64), np.array(boxes, dtype=np.float64).reshape(-1, 4))


def parse_line(line: str, classes: int) -> tuple[int, tuple[float, float, float, float], bool] | str:
    """Return class, clipped box (x1, y1, x2, y2) and whether it had to be clipped; or the reason why the line is unusable."""
    parts = line.split()
    if len(parts) < _FIELDS:
        return f"{len(parts)} fields instead of {_FIELDS}"
    try:
        label, (x, y, w, h) = int(parts[0]), (float(part) for part in parts[1:_FIELDS])
    except ValueError:
        return "not a number"
    if not 0 <= label < classes:
        return f"unknown class {label}"
    if not all(np.isfinite(value) for value in (x, y, w, h)) or w <= 0 or h <= 0:
        return "box without an area"
    raw = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    clipped = (max(0.0, raw[0]), max(0.0, raw[1]), min(1.0, raw[2]), min(1.0, raw[3]))
    if clipped[0] >= clipped[2] or clipped[1] >= clipped[3]:
        return "box lies outside of the picture"
    return label, clipped, any(abs(a - b) > _OUTSIDE for a, b in zip(raw, clipped, strict=True))
