"""What a person wears, as shares of colours on the upper and the lower half of the body: 576 numbers, no network.

Two histograms over lightness and the two colour axes of CIE Lab, each value spread over its eight nearest bins, so that
light that shifts a little does not move everything at once. Infrared pictures leave the lightness alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.frame import Image
from models.protocols import Look

_BINS: Final = (8, 6, 6)
_LOWEST: Final = np.array([0.0, 98.0, 98.0])
_HIGHEST: Final = np.array([256.0, 158.0, 158.0])
"""Edges of the bins in OpenCV's eight-bit Lab: clothes seldom leave 30 units around gray; what does counts at the edge."""
_WIDTH: Final = 12
_HEIGHT: Final = 20
"""Samples taken of one half of the body."""
_ASIDE: Final = 0.2
"""Share of the width left out on either side: background and neighbours."""
_LEAST_PX: Final = 32
"""A body of fewer rows below the head is mostly background."""
_LEAST_WIDTH_PX: Final = 10
_HEAD_SHARE: Final = 1 / 7
"""Share of the height that is taken for the head where none was found; `analyzer.layout` reckons the same."""
_LOWEST_HEAD: Final = 0.5
"""A head that ends below this share of the body is somebody else's."""


def below_head(body: Box, head: Box | None) -> Box | None:
    """Return the part of a person's box under the head: whatever is described, it is never a face.

    None when nothing is left under it.
    """
    least = body.y1 + _HEAD_SHARE * body.height
    fits = head is not None and head.y2 <= body.y1 + _LOWEST_HEAD * body.height
    top = max(least, head.y2) if head is not None and fits else least
    return Box(body.x1, top, body.x2, body.y2) if body.y2 - top >= 1 else None


class ClothesColours:
    """Implements `Embedder`."""

    name: Final = "colours"

    def describe(self, image: Image, bodies: Sequence[Box]) -> Sequence[Look | None]:
        """Return the look of each body (already cut below the head); None for one that is too small or outside."""
        return [_look(image, body) for body in bodies]


def _look(image: Image, body: Box) -> Look | None:
    rows, columns = image.shape[:2]
    x1, x2 = body.x1 + _ASIDE * body.width, body.x2 - _ASIDE * body.width
    left, right = max(0, round(x1)), min(columns, round(x2))
    top, bottom = max(0, round(body.y1)), min(rows, round(body.y2))
    if right - left < _LEAST_WIDTH_PX * (1 - 2 * _ASIDE) or bottom - top < _LEAST_PX:
        return None
    middle = (top + bottom) // 2
    halves = [_shares(image[first:last, left:right]) for first, last in ((top, middle), (middle, bottom))]
    # Square roots: the product of two looks is then the Bhattacharyya coefficient, 1 for the same shares.
    return np.sqrt(np.concatenate(halves) / 2).astype(np.float32)


def _shares(part: Image) -> npt.NDArray[np.float64]:
    small = cv2.resize(part, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    values = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(np.float64)
    bins = np.array(_BINS)
    place = np.clip((values - _LOWEST) / (_HIGHEST - _LOWEST), 0, 1) * bins - 0.5
    lower = np.floor(place).astype(np.int64)
    over = place - lower
    found = np.zeros(int(np.prod(bins)))
    for corner in itertools.product((0, 1), repeat=3):
        cell = np.clip(lower + corner, 0, bins - 1)
        weight = np.prod(np.where(np.array(corner) == 1, over, 1 - over), axis=1)
        found += np.bincount(np.ravel_multi_index(tuple(cell.T), _BINS), weight, len(found))
    return np.asarray(found / len(values))


def likeness(first: Look, second: Look) -> float:
    """Return 0 (no colour in common) to 1 (the same colours in the same shares)."""
    return float(np.clip(first @ second, 0.0, 1.0))
