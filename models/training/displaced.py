"""More wrongly worn masks: real masks of real faces, moved on other real faces. For training only, never for a test.

Public sets hold four hundred wrongly worn masks and five thousand right ones. Here the mask of a masked face (cut out
by GrabCut between the points of the face) is laid on an unmasked face of similar turn: with the nose out, under the
mouth, under the chin, over the eyes. As many are laid where they belong and labelled *worn*: without those, the seam
itself would say *incorrect*.

Judged by eye on 384 of them: about one in ten is not a plausible photograph, hardly any has the wrong state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from models.frame import Image
from models.training.crops import CONTEXT_SIZE, MASK_STATES, Contexts
from models.training.face_points import Face, FaceFinder

Floats = npt.NDArray[np.float64]

_WORN: Final = MASK_STATES.index("worn")
_INCORRECT: Final = MASK_STATES.index("incorrect")
_NONE: Final = MASK_STATES.index("none")
_TWICE: Final = 2 * CONTEXT_SIZE
_TALL_ENOUGH: Final = 44.0
_FRONTAL: Final = 0.35
_SIMILAR: Final = 25
_FIT: Final = (0.9, 3.2)
"""Area of a mask in squares of the distance from eyes to mouth: less is a stain, more has run into the clothes."""


class Place(Enum):
    """Where a mask is laid: range of its upper edge below the eyes and of its height, in distances eyes to mouth."""

    NOSE_OUT = ((0.60, 0.95), (0.75, 1.0))
    UNDER_MOUTH = ((1.2, 1.45), (0.45, 0.75))
    UNDER_CHIN = ((1.4, 1.8), (0.4, 0.7))
    OVER_EYES = ((-0.55, -0.15), (0.5, 0.75))
    WHERE_IT_BELONGS = ((-0.12, 0.08), (0.92, 1.1))


_MIX: Final = ((Place.NOSE_OUT, 0.36), (Place.UNDER_MOUTH, 0.24), (Place.UNDER_CHIN, 0.11), (Place.OVER_EYES, 0.07))
"""Shares of the places; the rest is laid where it belongs."""


@dataclass(frozen=True, slots=True, eq=False)
class _Mask:
    """A mask cut out of a context: its outline at twice the size, and where its upper edge crosses the middle line."""

    face: Face
    alpha: npt.NDArray[np.float32]
    top: float


def displaced_masks(contexts: Contexts, landmarks: Path, *, count: int, seed: int = 5) -> Contexts:
    """Return up to ``count`` contexts with a moved mask.

    Each is named after both pictures (`face|mask`) and both sources, so that a fold can leave it out with either.

    Args:
        contexts: real heads; those of 44 px and more are used.
        landmarks: YuNet as ONNX, which finds the points of a face. It is a teacher and is not shipped.
        count: how many unmasked faces are looked for.
        seed: of all that is drawn.

    Raises:
        AbsentWeights: the file of the landmarks is not there.
    """
    find = FaceFinder(landmarks)
    rng = np.random.default_rng(seed)
    faces = _faces(contexts, _NONE, count, find, rng)
    masks = [mask for face in _faces(contexts, _WORN, count, find, rng) if (mask := _cut_out(contexts, face)) is not None]
    made: list[tuple[Image, int, Face, Face]] = []
    turns = np.array([mask.face.turn for mask in masks])
    for face in faces if masks else ():
        near = np.argsort(np.abs(turns - face.turn))[:_SIMILAR]
        mask = masks[int(rng.choice(near))]
        place = _draw_place(rng)
        state = _WORN if place is Place.WHERE_IT_BELONGS else _INCORRECT
        made.append((_lay(contexts, face, mask, place, rng), state, face, mask.face))
    return _as_contexts(contexts, made)


def _draw_place(rng: np.random.Generator) -> Place:
    drawn = rng.random()
    for place, share in _MIX:
        if drawn < share:
            return place
        drawn -= share
    return Place.WHERE_IT_BELONGS


def _faces(contexts: Contexts, state: int, count: int, find: FaceFinder, rng: np.random.Generator) -> list[Face]:
    rows = np.flatnonzero((contexts.states == state) & (contexts.heights >= _TALL_ENOUGH))
    rng.shuffle(rows)
    found: list[Face] = []
    for row in rows:
        face = find(int(row), contexts.pixels[row])
        if face is not None and abs(face.turn) < _FRONTAL:
            found.append(face)
        if len(found) >= count:
            break
    return found


def _cut_out(contexts: Contexts, face: Face) -> _Mask | None:
    """Separate a mask from skin and background by colour, started from the points of the face."""
    big = cv2.resize(contexts.pixels[face.row], (_TWICE, _TWICE), interpolation=cv2.INTER_CUBIC)
    marks = np.full((_TWICE, _TWICE), cv2.GC_BGD, np.uint8)
    for value, outline in (
        (
            cv2.GC_PR_BGD,
            ((0.15, -0.95), (0.05, 0), (0.15, 0.95), (1.0, 1.05), (1.75, 0.6), (1.85, 0), (1.75, -0.6), (1.0, -1.05)),
        ),
        (cv2.GC_PR_FGD, ((0.45, -0.6), (0.35, 0), (0.45, 0.6), (1.1, 0.75), (1.55, 0.35), (1.6, 0), (1.55, -0.35), (1.1, -0.75))),
        (cv2.GC_FGD, ((0.75, -0.3), (0.7, 0.3), (1.25, 0.3), (1.25, -0.3))),
    ):
        cv2.fillPoly(marks, [_outline(face, outline)], int(value))
    try:
        cv2.grabCut(big, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # no colour model can be fitted to a flat picture
        return None
    inside = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    parts, labels, figures, _ = cv2.connectedComponentsWithStats(inside)
    if parts < 2:
        return None
    largest = (labels == 1 + int(figures[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    largest = cv2.morphologyEx(largest, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    largest = cv2.morphologyEx(largest, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    if not _FIT[0] < float(largest.sum()) / 4 / face.length**2 < _FIT[1]:
        return None
    line = [below for below in np.linspace(-0.2, 2.0, 140) if _holds(largest, face.at(float(below)))]
    if not line or not 0.1 < line[0] < 0.75 or line[-1] < 1.2:
        return None
    return _Mask(face, largest.astype(np.float32), float(line[0]))


def _outline(face: Face, points: Sequence[tuple[float, float]]) -> npt.NDArray[np.int32]:
    return (np.array([face.at(below, beside) for below, beside in points]) * 2).astype(np.int32)


def _holds(mask: npt.NDArray[np.uint8], point: Floats) -> bool:
    x, y = np.clip((point * 2).astype(int), 0, _TWICE - 1)
    return bool(mask[y, x])


def _lay(contexts: Contexts, face: Face, mask: _Mask, place: Place, rng: np.random.Generator) -> Image:
    """Return the context of a face with the mask laid on it at a place."""
    (first, last), heights = place.value
    below = rng.uniform(first, last)
    if place is Place.WHERE_IT_BELONGS:
        below = min(mask.top + below, 0.42)
    elif place is Place.NOSE_OUT:
        below = max(below, float((face.points[2] - face.eyes) @ face.down / face.length) + 0.02)
    tall = rng.uniform(*heights)
    donor = mask.face
    wide = float(np.clip(face.width / face.length / (donor.width / donor.length) * rng.uniform(0.95, 1.1), 0.75, 1.3))
    source = np.array([donor.at(mask.top), donor.at(mask.top + 1), donor.at(mask.top, 1)], dtype=np.float32)
    target = np.array([face.at(below), face.at(below + tall), face.at(below, wide)], dtype=np.float32)
    target[2] = face.at(below) + wide * face.length * face.across
    move = cv2.getAffineTransform(source, target)
    halved = move.copy()
    halved[:, :2] /= 2
    size = (CONTEXT_SIZE, CONTEXT_SIZE)
    alpha = cv2.GaussianBlur(cv2.warpAffine(mask.alpha, halved, size), (0, 0), 0.8)[..., None]
    moved = cv2.warpAffine(contexts.pixels[donor.row], move, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    bare = contexts.pixels[face.row].astype(np.float32)
    light = np.clip(_brightness(bare, face) / max(_brightness(contexts.pixels[donor.row], donor), 1.0), 0.6, 1.5)
    shadow = np.roll(cv2.GaussianBlur(alpha, (0, 0), 2.0)[..., None], 2, axis=0)
    shaded = bare * (1 - 0.25 * shadow * (1 - alpha))
    laid = shaded * (1 - alpha) + np.clip(moved * light, 0, 255) * alpha
    return np.asarray(np.clip(laid, 0, 255), dtype=np.uint8)


def _brightness(pixels: npt.NDArray[Any], face: Face) -> float:
    """Return the mean of the pixels around the eyes."""
    x, y = (int(value) for value in face.eyes)
    reach = max(3, int(face.length / 2))
    around = pixels[max(0, y - reach) : max(1, y + reach // 2), max(0, x - reach) : x + reach]
    return float(around.mean()) if around.size else 128.0


def _as_contexts(contexts: Contexts, made: Sequence[tuple[Image, int, Face, Face]]) -> Contexts:
    faces, masks = [face.row for _, _, face, _ in made], [mask.row for _, _, _, mask in made]
    pairs = list(zip(faces, masks, strict=True))
    return Contexts(
        np.stack([pixels for pixels, *_ in made]) if made else contexts.pixels[:0],
        np.array([state for _, state, *_ in made], dtype=np.int64),
        contexts.heights[faces],
        np.array([f"{contexts.sources[face]}|{contexts.sources[mask]}" for face, mask in pairs], dtype=np.str_),
        contexts.groups[faces],
        np.array([f"{contexts.names[face]}|{contexts.names[mask]}" for face, mask in pairs], dtype=np.str_),
    )
