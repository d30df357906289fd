"""Vigil's own detector: people and heads in one end-to-end network (YOLO26n), trained by this project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.types import Detection, Label, ModelRef
from models.backends.protocol import Array, Network
from models.detectors.candidates import LABELS, Candidates, look_tiled, sound, without_doubles
from models.detectors.letterbox import Placement, as_input, input_sides, letterbox
from models.detectors.overlap import within
from models.detectors.plausible import plausible
from models.errors import MisfitWeights
from models.frame import Frame, Image

_ROW: Final = 6  # x1, y1, x2, y2, score, class


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """How a detector looks.

    Attributes:
        longest: longer side of the network's input in pixels, in multiples of 32 (320 to 1280).
        floor: scores below are not reported. Lower than the scores at which a claim is made: a weak box may
            continue a track that a strong one began.
        tiles: 1, or n for n x n further looks at overlapping parts of the picture, for small people.
        doubles: boxes of one class that overlap by more are one object.
    """

    longest: int = 544
    floor: float = 0.1
    tiles: int = 1
    doubles: float = 0.6

    def __post_init__(self) -> None:
        if self.longest % 32 or not 320 <= self.longest <= 1280:
            raise ValueError(f"longest side {self.longest} is not a multiple of 32 from 320 to 1280")
        if not 1 <= self.tiles <= 4:
            raise ValueError(f"tiles {self.tiles} is not from 1 to 4")


class PersonHeadDetector:
    """Finds people and heads, seen from any direction.

    Raises:
        MisfitWeights: the network has other inputs or outputs.
    """

    def __init__(self, network: Network, model: ModelRef, options: DetectorOptions | None = None) -> None:
        if len(network.inputs) != 1 or len(network.outputs) != 1:
            raise MisfitWeights(f"{model.name}: expected one input and one output, got {network.inputs} and {network.outputs}")
        self._network = network
        self._input, self._output = network.inputs[0], network.outputs[0]
        self._options = options or DetectorOptions()
        self.model: Final = model

    def detect(self, frames: Sequence[Frame]) -> tuple[tuple[Detection, ...], ...]:
        """Frames go through the network one by one: on a CPU a batch saves nothing, and the boxes of a camera must not
        depend on which other cameras happened to be in the batch.
        """
        return tuple(self._detect(frame.image) for frame in frames)

    def _detect(self, image: Image) -> tuple[Detection, ...]:
        found = look_tiled(self._look, image, self._options.tiles)
        return _weighed(without_doubles(sound(found), self._options.doubles)).detections()

    def _look(self, image: Image) -> Candidates:
        height, width = image.shape[:2]
        across, down = input_sides(width, height, self._options.longest)
        canvas, placement = letterbox(image, across, down)
        found = decode(self._network.run({self._input: as_input(canvas)}), self._output, placement, self._options.floor)
        return Candidates(within(found.boxes, width, height), found.scores, found.labels)


def _weighed(found: Candidates) -> Candidates:
    """Trust people less whom other boxes and heads contradict."""
    person = found.labels == LABELS.index(Label.PERSON)
    scores = found.scores.copy()
    scores[person] = plausible(found.boxes[person], scores[person], found.boxes[~person], scores[~person])
    return Candidates(found.boxes, scores, found.labels)


def decode(outputs: Mapping[str, Array], name: str, placement: Placement, floor: float) -> Candidates:
    """Return the rows [1,N,6] of the network's output that reach the floor, in pixels of the picture.

    Raises:
        MisfitWeights: the output has another shape.
    """
    rows = outputs[name]
    if rows.ndim != 3 or rows.shape[0] != 1 or rows.shape[2] != _ROW:
        raise MisfitWeights(f"detector output has shape {rows.shape}, expected [1, N, {_ROW}]")
    chosen = rows[0][rows[0][:, 4] >= floor].astype(np.float64)
    return Candidates(placement.back(chosen[:, :4]), chosen[:, 4], np.rint(chosen[:, 5]).astype(np.int64).clip(0, 1))
