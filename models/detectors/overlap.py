"""How much boxes overlap, and which of several boxes on one object stay. Boxes are arrays [N,4] of x1, y1, x2, y2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]


def areas(boxes: Boxes) -> npt.NDArray[np.float64]:
    """Return the area of each box; a box out of order has none."""
    return np.asarray(np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None))


def intersections(first: Boxes, second: Boxes) -> npt.NDArray[np.float64]:
    """Return the common area of each pair [N,M]."""
    left_top = np.maximum(first[:, None, :2], second[None, :, :2])
    right_bottom = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.clip(right_bottom - left_top, 0, None)
    return np.asarray(sides[..., 0] * sides[..., 1])


def overlaps(first: Boxes, second: Boxes) -> npt.NDArray[np.float64]:
    """Return intersection over union of each pair [N,M]; two empty boxes do not overlap."""
    common = intersections(first, second)
    union = areas(first)[:, None] + areas(second)[None, :] - common
    return np.asarray(common / np.where(union > 0, union, 1.0))


def within(boxes: Boxes, width: float, height: float) -> Boxes:
    """Return the parts of the boxes [N,4] that lie in a picture: of somebody whom its edge cuts off a network guesses the rest anew each time."""
    return np.clip(boxes, 0.0, np.array([width, height, width, height], dtype=np.float64))


def suppressed(boxes: Boxes, scores: npt.NDArray[np.float64], limit: float) -> npt.NDArray[np.int64]:
    """Return the indices of the boxes that stay, best first: none overlaps a better one by more than limit.

    Equal scores keep their order, so the answer does not depend on a sorting library.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best = int(order[0])
        kept.append(best)
        rest = order[1:]
        order = rest[overlaps(boxes[best : best + 1], boxes[rest])[0] <= limit]
    return np.array(kept, dtype=np.int64)
