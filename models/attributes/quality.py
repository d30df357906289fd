"""How good a crop is: its size, its detail, its light. Measured before a network is asked."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from models.attributes.evidence import CropQuality
from models.frame import Image

_SIDE: Final = 48
"""Crops are compared at this size: a large soft head holds as much as a small sharp one."""


def quality_of(crop: Image, height_px: float) -> CropQuality:
    """Return the measures of a crop cut from a box of that height in source pixels.

    Detail is the mean absolute difference between neighbours over the spread of the gray levels: it does not change
    with brightness or contrast of the lighting, only with sharpness (noise adds to it).
    """
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    spread = float(small.std())
    steps = float(np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean()) / 2
    return CropQuality(height_px, steps / spread if spread > 1.0 else 0.0, float(small.mean()))
