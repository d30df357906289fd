"""Fitting a picture into a network's input without changing its aspect, and finding the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from models.frame import Image

_FAR: Final = 0.15
FILL: Final = 114
"""Gray level of the padding that the networks were trained with."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in a letterbox: scale (input pixels a source pixel) and the upper left corner."""

    scale: float
    left: float
    top: float

    def back(self, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return boxes [N,4] of the input in pixels of the picture, unclipped."""
        offset = np.array([self.left, self.top, self.left, self.top])
        return np.asarray((boxes - offset) / self.scale)


def letterbox(image: Image, width: int, height: int, *, centred: bool = True) -> tuple[Image, Placement]:
    """Return the picture scaled into width x height with its aspect kept, the rest filled with gray."""
    rows, columns = image.shape[:2]
    scale = min(width / columns, height / rows)
    across, down = min(width, max(1, round(columns * scale))), min(height, max(1, round(rows * scale)))
    # Half of a pixel is rounded down: the same rule as in training.
    left = round((width - across) / 2 - 0.1) if centred else 0
    top = round((height - down) / 2 - 0.1) if centred else 0
    if scale < _FAR:
        # Linear interpolation looks at two pixels of a row: of a very large picture it would miss most.
        image = np.asarray(cv2.resize(image, (2 * across, 2 * down), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    canvas = np.full((height, width, 3), FILL, dtype=np.uint8)
    cv2.resize(image, (across, down), dst=canvas[top : top + down, left : left + across], interpolation=cv2.INTER_LINEAR)
    return canvas, Placement(scale, float(left), float(top))


def input_sides(width: int, height: int, longest: int, multiple: int = 32) -> tuple[int, int]:
    """Return the smallest input (width, height) in whole multiples that holds the picture at this longest side.

    A 16:9 frame then costs 0.6 of the square: padding is not computed.
    """
    scale = longest / max(width, height)
    across = max(multiple, -(-round(width * scale) // multiple) * multiple)
    down = max(multiple, -(-round(height * scale) // multiple) * multiple)
    return across, down


def as_input(canvas: Image, *, rgb: bool = True, divisor: float = 255.0) -> npt.NDArray[np.float32]:
    """Return a BGR picture as network input [1,3,H,W]."""
    planes = np.empty((1, 3, *canvas.shape[:2]), dtype=np.float32)
    channels = cv2.split(canvas)  # far quicker than to let one pass both turn and widen the pixels
    for plane, channel in zip(planes[0], reversed(channels) if rgb else channels, strict=True):
        np.divide(channel, np.float32(divisor), out=plane, dtype=np.float32)
    return planes
