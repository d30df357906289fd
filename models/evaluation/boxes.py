"""Figures of a detector from boxes to numbers: no pictures, no networks.

A found box is right when its intersection over union with a labelled one is at least 0.5 and nothing better took that
label. A found box on a region that the annotators left undecided is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.detectors.overlap import areas, intersections, overlaps
from models.evaluation.metrics import Interval

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SAME: Final = 0.5
_UNDECIDED: Final = 0.4
_ROUNDS: Final = 300


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """One picture after matching.

    ``scores`` and ``right`` are those of the found boxes that count; ``heights`` and ``found_at`` those of the labels:
    height in pixels of the picture, and the score of the box that found it (-1 if none did). ``false_heights`` are the
    heights of the found boxes that count and are wrong, with the scores ``false_scores``.
    """

    scores: Floats
    right: Flags
    heights: Floats
    found_at: Floats
    false_heights: Floats
    false_scores: Floats


def match(labels: Floats, boxes: Floats, scores: Floats, undecided: Floats) -> Matched:
    """Match found boxes [N,4], best first, to labels [M,4]; pixels of the same picture."""
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    shared = overlaps(boxes, labels)
    found_at = np.full(len(labels), -1.0)
    right = np.zeros(len(boxes), dtype=np.bool_)
    for index in range(len(boxes)):
        free = np.where(found_at < 0, shared[index], 0.0)
        best = int(free.argmax()) if len(labels) else -1
        if best >= 0 and free[best] >= _SAME:
            found_at[best] = scores[index]
            right[index] = True
    counts = right.copy()
    if len(boxes):
        on_undecided = _inside(boxes, undecided).max(axis=1, initial=0.0) >= _UNDECIDED
        counts |= ~on_undecided
    wrong = counts & ~right
    tall = boxes[:, 3] - boxes[:, 1]
    return Matched(scores[counts], right[counts], labels[:, 3] - labels[:, 1], found_at, tall[wrong], scores[wrong])


def holding(faces: Floats, boxes: Floats, scores: Floats) -> Matched:
    """Match heads to labelled *faces*: a head is found if a box of fitting size holds the centre of its face.

    Nothing is counted as wrong: heads without a visible face are not labelled in such sets.
    """
    found_at = np.full(len(faces), -1.0)
    if len(faces) and len(boxes):
        x, y = (faces[:, 0] + faces[:, 2])[:, None] / 2, (faces[:, 1] + faces[:, 3])[:, None] / 2
        inside = (boxes[:, 0] < x) & (x < boxes[:, 2]) & (boxes[:, 1] < y) & (y < boxes[:, 3])
        share = (faces[:, 3] - faces[:, 1])[:, None] / np.maximum(boxes[:, 3] - boxes[:, 1], 1e-9)
        fits = inside & (share > 0.3) & (share < 1.6)
        found_at = np.where(fits, scores[None, :], -1.0).max(axis=1)
    nothing = np.zeros(0)
    return Matched(nothing, np.zeros(0, dtype=np.bool_), faces[:, 3] - faces[:, 1], found_at, nothing, nothing)


def average_precision(pictures: Sequence[Matched], low: float = 0.0, high: float = np.inf) -> float | None:
    """Return the area under the precision-recall curve (precision made monotone); None without labels.

    With bounds, only labels of this height count; right boxes on other labels and wrong boxes of other heights are left out.
    """
    right, total = _pooled(pictures, low, high)[1:]
    if total == 0:
        return None
    hits = np.cumsum(right)
    precision = hits / np.maximum(1, np.arange(1, len(right) + 1))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / total)


def operating_point(pictures: Sequence[Matched], precision: float) -> tuple[float, float] | None:
    """Return (score, recall) of the lowest threshold whose precision is at least this; None if none reaches it."""
    scores, right, total = _pooled(pictures, 0.0, np.inf)
    if total == 0 or len(right) == 0:
        return None
    hits = np.cumsum(right)
    reached = np.flatnonzero(hits / np.arange(1, len(right) + 1) >= precision)
    if len(reached) == 0:
        return None
    last = int(reached[-1])
    return float(scores[last]), float(hits[last] / total)


def precision_at(pictures: Sequence[Matched], score: float) -> float | None:
    """Return the share of right boxes among those found with at least this score; None if nothing was found."""
    kept = [picture.right[picture.scores >= score] for picture in pictures]
    claimed = sum(len(each) for each in kept)
    return float(sum(int(each.sum()) for each in kept) / claimed) if claimed else None


def recall_at(pictures: Sequence[Matched], score: float, low: float = 0.0, high: float = np.inf) -> tuple[int, int]:
    """Return (found, labelled) for labels of a height in [low, high) at this threshold."""
    found = labelled = 0
    for picture in pictures:
        chosen = (picture.heights >= low) & (picture.heights < high)
        labelled += int(chosen.sum())
        found += int((picture.found_at[chosen] >= score).sum()) if score >= 0 else 0
    return found, labelled


def recall_interval(
    pictures: Sequence[Matched], score: float, low: float = 0.0, high: float = np.inf, *, seed: int = 0
) -> Interval | None:
    """Return the 95 % bootstrap interval of the recall over pictures, since boxes of one picture are not independent."""
    if recall_at(pictures, score, low, high)[1] == 0:
        return None
    counts = np.array([recall_at([picture], score, low, high) for picture in pictures], dtype=np.float64)
    rng = np.random.default_rng(seed)
    drawn = counts[rng.integers(0, len(counts), (_ROUNDS, len(counts)))].sum(axis=1)
    usable = drawn[drawn[:, 1] > 0]
    bottom, top = np.percentile(usable[:, 0] / usable[:, 1], [2.5, 97.5])
    return Interval(float(bottom), float(top))


def _pooled(pictures: Sequence[Matched], low: float, high: float) -> tuple[Floats, Flags, int]:
    """Return scores (best first) and rightness of what counts between these heights, and the number of labels."""
    right: list[Floats] = []
    wrong: list[Floats] = []
    total = 0
    for picture in pictures:
        chosen = (picture.heights >= low) & (picture.heights < high)
        total += int(chosen.sum())
        right.append(picture.found_at[chosen & (picture.found_at >= 0)])
        wrong.append(picture.false_scores[(picture.false_heights >= low) & (picture.false_heights < high)])
    hits, misses = (np.concatenate(each) if each else np.zeros(0) for each in (right, wrong))
    scores = np.concatenate([hits, misses])
    flags = np.concatenate([np.ones(len(hits), dtype=np.bool_), np.zeros(len(misses), dtype=np.bool_)])
    order = np.argsort(-scores, kind="stable")
    return scores[order], flags[order], total


def _inside(first: Floats, second: Floats) -> Floats:
    """Return the share of each first box that lies in each second one [N,M]."""
    return np.asarray(intersections(first, second) / np.maximum(areas(first), 1e-9)[:, None])
