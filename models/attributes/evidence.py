"""What one crop of one person says, before gates and fusion make a claim of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from analyzer.types import Attire, Item, MaskState

MASK_STATES: Final = (MaskState.WORN, MaskState.INCORRECT, MaskState.NONE, MaskState.NOT_VISIBLE)
"""Order of the mask network's outputs; the last is not a claim."""
ITEMS: Final = (Item.GOWN, Item.GLOVES, Item.FACE_SHIELD, Item.GOGGLES, Item.CAP)
"""Order of the items of the PPE network; each has present, absent, not_visible."""
ATTIRES: Final = (Attire.PPE, Attire.MEDICAL_UNIFORM, Attire.OTHER_UNIFORM, Attire.STREET)
"""Order of the attire outputs."""


@dataclass(frozen=True, slots=True)
class CropQuality:
    """How good a crop is, measured on the pixels.

    ``detail`` is the strength of edges against the contrast of the crop, at a fixed small size (median 0.17 for sharp
    heads, 0.09 for heads of six effective pixels); ``light`` the mean gray level in 0..255. ``frontal`` is the probability
    that a face is turned to the camera, 0 (averted) to 1; 1 where the network does not tell.
    """

    height_px: float
    detail: float
    light: float
    frontal: float = 1.0


@dataclass(frozen=True, slots=True)
class MaskEvidence:
    """Calibrated probabilities of `MASK_STATES` from one head crop, at ``at`` since the start of the stream."""

    at: timedelta
    probabilities: tuple[float, ...]
    quality: CropQuality
    covered: bool = False  # another person's box lies over the head


@dataclass(frozen=True, slots=True)
class PersonEvidence:
    """Calibrated probabilities from one person crop: (present, absent, not_visible) an item, and of `ATTIRES`.

    ``items`` or ``attire`` is empty when the network does not say anything about them.
    """

    at: timedelta
    items: tuple[tuple[float, ...], ...]
    attire: tuple[float, ...]
    quality: CropQuality
