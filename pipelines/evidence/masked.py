"""Footage of a camera that looks into a room, toilet or bathroom: those areas are black in everything that is stored (rule F04).

A copied clip would show them, so such a clip is encoded again. What people may not see counts for more than bit-exactness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np

from analyzer.types import Point
from models.frame import Frame, Image
from pipelines.evidence.footage import Clip, Footage
from pipelines.evidence.proxy import CODEC, make_proxy

NOTE = "encoded again: areas that may not be seen are masked"

Areas = tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class MaskedFootage:
    """Other footage with areas (fractions of the upright picture) blackened."""

    footage: Footage
    areas: Areas

    def still(self, pts: timedelta) -> Frame | None:
        frame = self.footage.still(pts)
        return None if frame is None else Frame(frame.ref, blackened(frame.image, self.areas), corrupt=frame.corrupt)

    def cut(self, since: timedelta, until: timedelta, target: Path) -> Clip:
        # Left behind by a crash, a name that ends so is removed at the next start.
        open_clip = target.with_name(f"{target.name}.open.part")
        try:
            clip = self.footage.cut(since, until, open_clip)
            make_proxy(open_clip, target, lambda image: blackened(image, self.areas))
        finally:
            open_clip.unlink(missing_ok=True)
        return replace(clip, codec=CODEC, plays_in_browser=True, note="; ".join(filter(None, (clip.note, NOTE))))


def masked(footage: Footage, areas: Areas) -> Footage:
    """The footage itself when nothing in it is forbidden."""
    return MaskedFootage(footage, areas) if areas else footage


def blackened(image: Image, areas: Sequence[Sequence[Point]]) -> Image:
    """A copy with the areas black, their edges included."""
    height, width = image.shape[:2]
    copy = image.copy()
    for area in areas:
        outline = np.array([(round(x * width), round(y * height)) for x, y in area], np.int32)
        cv2.fillPoly(copy, [outline], (0, 0, 0))
    return copy
