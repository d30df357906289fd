"""What a detector's network says about one picture before it becomes detections, and the merging of overlapping views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analyzer.types import Box, Detection, Label
from models.detectors.overlap import Boxes, suppressed
from models.frame import Image

LABELS: Final = (Label.PERSON, Label.HEAD)
"""Order of the classes of our networks."""

_INNER_EDGE: Final = 3.0
"""A box that ends so close (pixels) to the inner edge of a tile is cut by it; the neighbouring tile has the whole."""
_TILE_OVERLAP: Final = 1.25
"""Side of a tile over its share of the picture: an object of a quarter tile is whole in at least one."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes [N,4] in source pixels, scores [N] in 0..1, indices into `LABELS` [N]."""

    boxes: Boxes
    scores: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]

    def pick(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Candidates:
        """Return the chosen rows in the order asked."""
        return Candidates(self.boxes[rows], self.scores[rows], self.labels[rows])

    def detections(self) -> tuple[Detection, ...]:
        """Return the records, best first."""
        order = np.argsort(-self.scores, kind="stable")
        return tuple(
            Detection(Box(*(float(edge) for edge in self.boxes[row])), LABELS[int(self.labels[row])], float(self.scores[row]))
            for row in order
        )


Look = Callable[[Image], Candidates]
"""Runs a network on one picture; boxes in pixels of that picture."""


def sound(candidates: Candidates) -> Candidates:
    """Drop what is no box: sides of no length, or numbers that are not finite."""
    boxes = candidates.boxes
    with np.errstate(invalid="ignore"):
        keep = np.isfinite(boxes).all(axis=1) & (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
    return candidates.pick(keep & np.isfinite(candidates.scores))


def without_doubles(candidates: Candidates, limit: float) -> Candidates:
    """Drop the weaker of two boxes of one class that overlap by more than limit."""
    kept = [
        rows[suppressed(candidates.boxes[rows], candidates.scores[rows], limit)]
        for label in range(len(LABELS))
        if (rows := np.flatnonzero(candidates.labels == label)).size
    ]
    return candidates.pick(np.sort(np.concatenate(kept)) if kept else np.zeros(0, dtype=np.int64))


def tiles_of(width: int, height: int, per_side: int) -> tuple[tuple[int, int, int, int], ...]:
    """Return overlapping tiles (left, top, right, bottom) that cover the picture, per_side x per_side of them."""
    across = min(width, round(width / per_side * _TILE_OVERLAP))
    down = min(height, round(height / per_side * _TILE_OVERLAP))
    steps = max(per_side - 1, 1)
    return tuple(
        (left, top, left + across, top + down)
        for row in range(per_side)
        for column in range(per_side)
        for left, top in [(round((width - across) * column / steps), round((height - down) * row / steps))]
    )


def look_tiled(look: Look, image: Image, per_side: int) -> Candidates:
    """Look at the whole picture and, for small people, at its tiles; boxes cut by an inner edge are dropped.

    Costs 1 + per_side^2 runs of the network instead of 1. Doubles remain: follow with `without_doubles`.
    """
    found = [look(image)]
    height, width = image.shape[:2]
    if per_side > 1 and min(height, width) >= per_side:
        for left, top, right, bottom in tiles_of(width, height, per_side):
            part = look(image[top:bottom, left:right])
            boxes = part.boxes + np.array([left, top, left, top])
            cut = (
                ((boxes[:, 0] <= left + _INNER_EDGE) & (left > 0))
                | ((boxes[:, 1] <= top + _INNER_EDGE) & (top > 0))
                | ((boxes[:, 2] >= right - _INNER_EDGE) & (right < width))
                | ((boxes[:, 3] >= bottom - _INNER_EDGE) & (bottom < height))
            )
            found.append(Candidates(boxes, part.scores, part.labels).pick(~cut))
    return join(found)


def join(parts: Sequence[Candidates]) -> Candidates:
    """Return the rows of all parts, one after the other."""
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
