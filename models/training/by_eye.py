"""Heads that were decided by eye: what a trained detector found and no teacher agreed on, looked at box by box.

The teachers miss heads that are seen from behind, in scarves or from straight above. Left as they were, such heads teach a
detector that they are none. A box that was looked at is a head, nothing, or unclear.

In pictures that are trained on, a head becomes a label, nothing becomes background and what is unclear is painted over. In
pictures that are held out, heads and unclear boxes are *undecided*: found boxes there count for nothing. Made labels of them,
what one detector had found would count for its own recall, and what it had missed would not.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from models.errors import PerceptionError
from models.labelled.scored import Floats
from models.training.agreement import Agreed, touches

FILE: Final = "heads_by_eye.csv"
"""In the folder of a set's card: image, x1, y1, x2, y2 (pixels of the picture), verdict."""

_COLUMNS: Final = ("image", "x1", "y1", "x2", "y2", "verdict")
_SAME: Final = 0.4
_NOWHERE: Final = np.zeros((0, 4), dtype=np.float64)


class Verdict(StrEnum):
    HEAD = "head"
    NOTHING = "nothing"
    UNCLEAR = "unclear"


class BadVerdicts(PerceptionError):
    """A file of verdicts cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The boxes [N,4] of one picture that were looked at."""

    heads: Floats = field(default_factory=_NOWHERE.copy)
    nothing: Floats = field(default_factory=_NOWHERE.copy)
    unclear: Floats = field(default_factory=_NOWHERE.copy)


def read_verdicts(file: Path) -> Mapping[str, Looked]:
    """Return the verdicts by picture name; none when there is no such file.

    Raises:
        BadVerdicts: a column is missing, a number is none, a box has no area, or a verdict is unknown.
    """
    if not file.exists():
        return {}
    found: dict[str, dict[Verdict, list[list[float]]]] = defaultdict(lambda: {one: [] for one in Verdict})
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise BadVerdicts(f"{file.parent.name}/{file.name}: the columns must be {', '.join(_COLUMNS)}")
        for row in reader:
            try:
                box = [float(row[edge]) for edge in _COLUMNS[1:5]]
                verdict = Verdict(row["verdict"])
            except (TypeError, ValueError) as wrong:
                raise BadVerdicts(f"{file.parent.name}/{file.name}: line {reader.line_num}: {wrong}") from wrong
            if not (box[0] < box[2] and box[1] < box[3]):
                raise BadVerdicts(f"{file.parent.name}/{file.name}: line {reader.line_num}: a box without an area")
            found[row["image"]][verdict].append(box)
    return {name: Looked(*(np.array(boxes[one]).reshape(-1, 4) for one in Verdict)) for name, boxes in found.items()}


def corrected(labels: Agreed, looked: Looked, *, held_out: bool) -> Agreed:
    """Put what was decided by eye over what teachers agreed on."""
    uncertain = labels.uncertain_heads
    uncertain = uncertain[~touches(uncertain, np.concatenate([looked.heads, looked.nothing, looked.unclear]), _SAME)]
    if held_out:
        undecided = np.concatenate([uncertain, looked.heads, looked.unclear])
        return Agreed(labels.persons, labels.heads, labels.uncertain_persons, undecided)
    heads = labels.heads[~touches(labels.heads, np.concatenate([looked.nothing, looked.unclear]), _SAME)]
    fresh = looked.heads[~touches(looked.heads, heads, _SAME)]
    return Agreed(
        labels.persons, np.concatenate([heads, fresh]), labels.uncertain_persons, np.concatenate([uncertain, looked.unclear])
    )
