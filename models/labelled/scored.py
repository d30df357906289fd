"""Boxes with scores as one source gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from models.detectors.overlap import areas, intersections, overlaps

Floats = npt.NDArray[np.float64]

_DOUBLED: Final = 0.7
"""Share of the smaller box inside the larger one from which two boxes are one object seen twice."""


def _empty() -> Floats:
    return np.zeros((0, 4), dtype=np.float64)


def _no_scores() -> Floats:
    return np.zeros(0, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Boxes of one source with their scores, best first is not required."""

    boxes: Floats = field(default_factory=_empty)
    scores: Floats = field(default_factory=_no_scores)

    def above(self, score: float) -> Scored:
        """Return the boxes that score at least ``score``."""
        keep = self.scores >= score
        return Scored(self.boxes[keep], self.scores[keep])


def contained(first: Floats, second: Floats) -> Floats:
    """Return the share of each first box that lies inside each second box, [N,M] in 0..1."""
    return np.asarray(intersections(first, second) / np.maximum(areas(first), 1e-9)[:, None])


def without_doubles(found: Scored, *, same: float = 0.5, inside: float = _DOUBLED) -> Scored:
    """Keep the best of boxes that overlap by ``same`` or lie ``inside`` each other."""
    order = np.argsort(-found.scores, kind="stable")
    kept: list[int] = []
    for index in order:
        box = found.boxes[index : index + 1]
        others = found.boxes[kept]
        smaller = np.maximum(contained(box, others)[0], contained(others, box)[:, 0])
        if not ((overlaps(box, others)[0] > same) | (smaller > inside)).any():
            kept.append(int(index))
    return Scored(found.boxes[kept], found.scores[kept])
