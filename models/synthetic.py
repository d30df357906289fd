"""Painted people and the networks that find them: the whole chain of perception without weights.

A painted person is a rectangle in one colour with a head in another, which tells the mask state. Two small programs
stand in for the networks; everything around them (letterbox, thresholds, tracking, gates, fusion) is the real thing.
Colours are far apart, so they survive video coding. People who touch one another in the picture are found as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box, MaskState, ModelRef
from models.attributes.evidence import MASK_STATES
from models.attributes.gates import MaskThresholds
from models.attributes.readers import MaskReader
from models.backends.protocol import Array, Network, Precision
from models.detectors.person_head import PersonHeadDetector
from models.errors import MisfitWeights
from models.perception import PerceptionFactory, PerceptionOptions

PEOPLE: Final = ModelRef("synthetic-people", "0" * 64)
MASKS: Final = ModelRef("synthetic-masks", "1" * 64)

_BODY: Final = (160, 40, 160)
_HEADS: Final[Mapping[MaskState, tuple[int, int, int]]] = {
    MaskState.WORN: (230, 230, 30),
    MaskState.INCORRECT: (30, 230, 230),
    MaskState.NONE: (30, 30, 230),
    MaskState.NOT_VISIBLE: (230, 90, 30),
}
"""BGR."""
_TOLERANCE: Final = 60
_STRIPES: Final = 20
_SURE: Final = 0.94
_SMALLEST_AREA: Final = 20
_HEAD_SHARE: Final = 0.2


def paint_person(image: npt.NDArray[np.uint8], box: Box, mask: MaskState) -> Box:
    """Paint a person into the box (pixels) and return the box of the head, the upper fifth."""
    left, top, right, bottom = (round(edge) for edge in (box.x1, box.y1, box.x2, box.y2))
    tall = round((bottom - top) * _HEAD_SHARE)
    middle, half = (left + right) // 2, max(1, round(tall * 0.4))
    cv2.rectangle(image, (left, top), (right - 1, bottom - 1), _BODY, -1)
    # Stripes: a head of one even colour would be refused as blurred.
    stripe = max(2, tall // 8)
    for row, start in enumerate(range(top, top + tall, stripe)):
        colour = [channel + (_STRIPES if row % 2 else -_STRIPES) for channel in _HEADS[mask]]
        cv2.rectangle(image, (middle - half, start), (middle + half - 1, min(start + stripe, top + tall) - 1), colour, -1)
    return Box(middle - half, top, middle + half, top + tall)


class PeopleProgram:
    """Implements `Network` for the detector: rows of boxes, score and class."""

    inputs: Final = ("images",)
    outputs: Final = ("output0",)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        picture = np.clip(inputs["images"][0, ::-1] * 255, 0, 255).transpose(1, 2, 0)
        head = np.zeros(picture.shape[:2], dtype=bool)
        for colour in _HEADS.values():
            head |= _near(picture, colour)
        body = _near(picture, _BODY) | head
        rows = [(*box, _SURE, 0.0) for box in _blobs(body)] + [(*box, _SURE, 1.0) for box in _blobs(head)]
        return {"output0": np.array(rows, dtype=np.float32).reshape(1, -1, 6)}


class MaskProgram:
    """Implements `Network` for the mask reader: the colour in the middle of the crop is the state."""

    inputs: Final = ("crops",)
    outputs: Final = ("probabilities",)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        crops = inputs["crops"]
        side = crops.shape[2]
        middle = crops[:, ::-1, side // 3 : side // 2, side * 2 // 5 : side * 3 // 5].mean(axis=(2, 3)) * 255
        wanted = np.array([_HEADS[state] for state in MASK_STATES], dtype=np.float32)
        nearest = np.abs(middle[:, None, :] - wanted[None]).sum(axis=2).argmin(axis=1)
        rest = (1 - _SURE) / (len(MASK_STATES) - 1)
        probabilities = np.full((len(crops), len(MASK_STATES)), rest, dtype=np.float32)
        probabilities[np.arange(len(crops)), nearest] = _SURE
        return {"probabilities": probabilities}


class SyntheticBackend:
    """Implements `Backend` over the two programs; the bytes of a network are its name."""

    name: Final = "synthetic"
    device: Final = "cpu"
    precision: Final = Precision.F32

    def load(self, network: bytes) -> Network:
        match network:
            case b"people":
                return PeopleProgram()
            case b"masks":
                return MaskProgram()
            case _:
                raise MisfitWeights("the synthetic backend knows only people and masks")


def synthetic_factory(options: PerceptionOptions | None = None) -> PerceptionFactory:
    """Return a factory that sees painted people and their masks."""
    chosen = options or PerceptionOptions()
    backend = SyntheticBackend()
    detector = PersonHeadDetector(backend.load(b"people"), PEOPLE, chosen.detector)
    masks = MaskReader(backend.load(b"masks"), MASKS, MaskThresholds(worn=0.6, incorrect=0.6, none=0.8))
    return PerceptionFactory(backend, detector, (masks, None), chosen)


def _near(picture: npt.NDArray[np.float32], colour: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    return np.asarray((np.abs(picture - np.array(colour, dtype=np.float32)) < _TOLERANCE).all(axis=2))


def _blobs(mask: npt.NDArray[np.bool_]) -> list[tuple[float, float, float, float]]:
    """Return the boxes of the connected areas, in the order of the picture."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    boxes = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if area >= _SMALLEST_AREA:
            boxes.append((float(left), float(top), float(left + width), float(top + height)))
    return boxes
