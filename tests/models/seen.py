"""Builders of what perception sees: frames, boxes, evidence, from plain numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from analyzer.types import Box, CameraId, Detection, FrameRef, Label
from models.attributes.evidence import CropQuality, MaskEvidence, PersonEvidence
from models.frame import Frame

CAMERA = CameraId("corridor")
START = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)


def frame(seconds: float = 0.0, image: npt.NDArray[np.uint8] | None = None, index: int = 0, *, corrupt: bool = False) -> Frame:
    pixels = np.full((480, 640, 3), 190, np.uint8) if image is None else image
    height, width = pixels.shape[:2]
    pts = timedelta(seconds=seconds)
    return Frame(FrameRef(CAMERA, index, pts, START + pts, width, height), pixels, corrupt=corrupt)


def person(x: float, y: float = 100, *, width: float = 100, height: float = 300, score: float = 0.9) -> Detection:
    return Detection(Box(x, y, x + width, y + height), Label.PERSON, score)


def head(x: float, y: float = 100, *, size: float = 50, score: float = 0.9) -> Detection:
    return Detection(Box(x, y, x + size, y + size), Label.HEAD, score)


def mask(
    worn: float = 0.0,
    incorrect: float = 0.0,
    none: float = 0.0,
    not_visible: float = 0.0,
    *,
    px: float = 60,
    detail: float = 0.2,
    light: float = 120,
    seconds: float = 0.0,
    covered: bool = False,
    frontal: float = 1.0,
) -> MaskEvidence:
    quality = CropQuality(px, detail, light, frontal)
    return MaskEvidence(timedelta(seconds=seconds), (worn, incorrect, none, not_visible), quality, covered)


def dressed(*items: tuple[float, float, float], attire: tuple[float, ...] = (), px: float = 300) -> PersonEvidence:
    return PersonEvidence(timedelta(0), items, attire, CropQuality(px, 0.2, 120))
