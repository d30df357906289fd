"""What a person's clothes look like from one frame to the next: a histogram of colours, good for seconds and not more.

Never a face, and nothing that would know a person again another day: it serves to keep two people apart who pass each
other, and is forgotten with the track. Identical uniforms look alike, so it only tips a balance.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.frame import Image

Appearance = npt.NDArray[np.float64]

_WIDTH: Final = 12
_HEIGHT: Final = 16
_HUES: Final = 12
_GRAYS: Final = 6
_LEAST_PX: Final = 12
"""A smaller piece of clothing is mostly background."""


def appearance_of(image: Image, body: Box) -> Appearance | None:
    """Return shares of hues and grays in the middle of a person's box, or None when it is too small or not in the picture.

    The middle third across, from a fifth to three fifths down: clothes, seldom the background, never the face.
    """
    rows, columns = image.shape[:2]
    left, right = body.x1 + body.width * 0.3, body.x1 + body.width * 0.7
    top, bottom = body.y1 + body.height * 0.2, body.y1 + body.height * 0.6
    x1, x2, y1, y2 = max(0, round(left)), min(columns, round(right)), max(0, round(top)), min(rows, round(bottom))
    if x2 - x1 < _LEAST_PX // 2 or y2 - y1 < _LEAST_PX:
        return None
    small = cv2.resize(image[y1:y2, x1:x2], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    hue, saturation, value = (plane.astype(np.float64).ravel() for plane in cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV)))
    colourful = (saturation / 255) * np.minimum(value / 64, 1)  # the hue of something dark or pale means nothing
    shares = np.zeros(_HUES + _GRAYS)
    # A value counts for the two nearest bins: light that shifts a little must not move everything at once.
    for place, bins, offset, weight, circular in (
        (hue / 180 * _HUES, _HUES, 0, colourful, True),
        (value / 256 * _GRAYS - 0.5, _GRAYS, _HUES, 1 - colourful, False),
    ):
        lower = np.floor(place).astype(np.int64)
        upper_share = place - lower
        for bin_of, part in ((lower, 1 - upper_share), (lower + 1, upper_share)):
            wrapped = bin_of % bins if circular else np.clip(bin_of, 0, bins - 1)
            np.add.at(shares, offset + wrapped, weight * part)
    total = shares.sum()
    return np.asarray(shares / total) if total > 0 else None


def resemblance(first: Appearance, second: Appearance) -> float:
    """Return 0 (nothing in common) to 1 (the same colours in the same shares)."""
    return float(np.sqrt(first * second).sum())
