"""Where a classifier looks: the one rule by which a head or a person becomes a picture of fixed size.

Training, evaluation and run time all cut through this module, so that a network never sees a framing at run time
that it was not trained on. Boxes are (x1, y1, x2, y2) in pixels of the picture, BGR in, RGB float32 in 0..1 out.

A crop that reaches over the edge of the picture is filled by repeating the edge pixels: a black bar would tell the
network where in the picture the person stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.frame import Image

Tensor = npt.NDArray[np.float32]

HEAD_SIZE: Final = 96
"""Side of a head crop in pixels, where a head is looked at beside its person."""
MASK_SIZE: Final = 128
"""Side of a head crop in pixels, where the state of its mask is read: a bare nose over a mask is a matter of few pixels."""
HEAD_SCALE: Final = 1.1
"""Side of the square around a head, over the larger side of the head box."""
HEAD_LOWERED: Final = 0.08
"""How far the square lies below the centre of the head box, over the height of the box: the mask is in the lower half."""

PERSON_WIDTH: Final = 128
PERSON_HEIGHT: Final = 192
"""Size of a person crop in pixels."""
PERSON_SCALE: Final = 1.08
"""Size of the person region over the person box (after it is widened to the aspect of the crop)."""

_FACE_TO_HEAD_WIDTH: Final = 1.57
_FACE_TO_HEAD_HEIGHT: Final = 1.6
_FACE_TO_HEAD_RAISED: Final = 0.27
"""Median of 4,442 head boxes of a head detector over the face boxes of two public mask sets (faces of 24 px and more)."""


def head_of_face(face: Box) -> Box:
    """Return the head box that a head detector would draw around a face box (forehead to chin)."""
    x, y = face.centre
    y -= _FACE_TO_HEAD_RAISED * face.height
    half_width = face.width * _FACE_TO_HEAD_WIDTH / 2
    half_height = face.height * _FACE_TO_HEAD_HEIGHT / 2
    return Box(x - half_width, y - half_height, x + half_width, y + half_height)


def head_region(head: Box) -> Box:
    """Return the square that is cut out for a head box; it may reach over the edge of the picture."""
    x, y = head.centre
    y += HEAD_LOWERED * head.height
    half = max(head.width, head.height) * HEAD_SCALE / 2
    return Box(x - half, y - half, x + half, y + half)


def person_region(person: Box) -> Box:
    """Return the rectangle of the crop's aspect that is cut out for a person box."""
    x, y = person.centre
    aspect = PERSON_WIDTH / PERSON_HEIGHT
    height = max(person.height, person.width / aspect) * PERSON_SCALE
    width = height * aspect
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def cut(image: Image, region: Box, width: int, height: int) -> Image:
    """Return the region as a BGR picture of width x height pixels, edges repeated outside of the picture.

    Shrinking averages areas and enlarging interpolates linearly: a head of 300 px and one of 20 px both come out
    without the ripples of point sampling.

    Raises:
        ValueError: the picture is empty, or the region has no area.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"expected a BGR picture, got shape {image.shape}")
    edges = np.array([region.x1, region.y1, region.x2, region.y2], dtype=np.float64)
    if not np.isfinite(edges).all() or region.width <= 0 or region.height <= 0:
        msg = f"region {region} has no area"
        raise ValueError(msg)
    scale = min(1.0, max(width / region.width, height / region.height))
    if scale < 1.0:
        image, region = _shrink(image, region, scale)
    across = width / region.width
    down = height / region.height
    to_crop = np.array(
        [[across, 0.0, -region.x1 * across - 0.5 + 0.5 * across], [0.0, down, -region.y1 * down - 0.5 + 0.5 * down]],
    )
    crop = cv2.warpAffine(image, to_crop, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, dtype=np.uint8)


def _shrink(image: Image, region: Box, scale: float) -> tuple[Image, Box]:
    """Average the neighbourhood of the region down by scale; return it and the region in its pixels."""
    rows, columns = image.shape[:2]
    left = min(max(int(region.x1) - 2, 0), columns - 1)
    top = min(max(int(region.y1) - 2, 0), rows - 1)
    right = max(min(int(region.x2) + 3, columns), left + 1)
    bottom = max(min(int(region.y2) + 3, rows), top + 1)
    part = image[top:bottom, left:right]
    width = max(1, round(part.shape[1] * scale))
    height = max(1, round(part.shape[0] * scale))
    small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    across = width / part.shape[1]
    down = height / part.shape[0]
    moved = Box(
        (region.x1 - left) * across,
        (region.y1 - top) * down,
        (region.x2 - left) * across,
        (region.y2 - top) * down,
    )
    return np.asarray(small, dtype=np.uint8), moved


def head_crop(image: Image, head: Box, side: int = HEAD_SIZE) -> Image:
    """Return the square BGR crop of ``side`` pixels for a head box."""
    return cut(image, head_region(head), side, side)


NO_HEAD: Final[Image] = np.zeros((HEAD_SIZE, HEAD_SIZE, 3), dtype=np.uint8)
"""Stands for the head crop of a person whose head was not found."""
NO_HEAD.setflags(write=False)


def person_crop(image: Image, person: Box) -> Image:
    """Return the BGR crop of PERSON_HEIGHT x PERSON_WIDTH for a person box."""
    return cut(image, person_region(person), PERSON_WIDTH, PERSON_HEIGHT)


def batch(crops: Sequence[Image]) -> Tensor:
    """Return BGR crops of one size as the network input: RGB, 0..1, [N,3,H,W], contiguous."""
    stacked = np.stack([crop[:, :, ::-1] for crop in crops]).astype(np.float32)
    return np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)) / np.float32(255.0)
