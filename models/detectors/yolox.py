"""YOLOX trained on COCO, given by a path: a named peer for comparison, people only. Its weights are never shipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from analyzer.types import Detection, ModelRef
from models.backends.protocol import Network
from models.detectors.candidates import Candidates, look_tiled, sound, without_doubles
from models.detectors.letterbox import as_input, letterbox
from models.detectors.person_head import DetectorOptions
from models.errors import MisfitWeights
from models.frame import Frame, Image

_SIDE: Final = 416
_STRIDES: Final = (8, 16, 32)
_PERSON: Final = 5  # box, objectness, then the 80 classes of COCO, of which people are the first


class YoloxDetector:
    """Finds people with a YOLOX network for 416 x 416 pixels.

    Raises:
        MisfitWeights: the network has other inputs or outputs.
    """

    def __init__(self, network: Network, model: ModelRef, options: DetectorOptions | None = None) -> None:
        if len(network.inputs) != 1 or len(network.outputs) != 1:
            raise MisfitWeights(f"{model.name}: expected one input and one output, got {network.inputs} and {network.outputs}")
        self._network = network
        self._options = options or DetectorOptions(doubles=0.45)
        self._origins, self._strides = _cells()
        self.model: Final = model

    def detect(self, frames: Sequence[Frame]) -> tuple[tuple[Detection, ...], ...]:
        return tuple(self._detect(frame.image) for frame in frames)

    def _detect(self, image: Image) -> tuple[Detection, ...]:
        found = look_tiled(self._look, image, self._options.tiles)
        return without_doubles(sound(found), self._options.doubles).detections()

    def _look(self, image: Image) -> Candidates:
        canvas, placement = letterbox(image, _SIDE, _SIDE, centred=False)
        name, output = self._network.inputs[0], self._network.outputs[0]
        rows = self._network.run({name: as_input(canvas, rgb=False, divisor=1.0)})[output]
        if rows.shape[:2] != (1, len(self._strides)) or rows.shape[2] <= _PERSON:
            raise MisfitWeights(f"YOLOX output has shape {rows.shape}, expected [1, {len(self._strides)}, 85]")
        values = rows[0].astype(np.float64)
        scores = values[:, 4] * values[:, _PERSON]
        keep = scores >= self._options.floor
        centres = (values[keep, :2] + self._origins[keep]) * self._strides[keep, None]
        halves = np.exp(values[keep, 2:4]) * self._strides[keep, None] / 2
        boxes = placement.back(np.concatenate([centres - halves, centres + halves], axis=1))
        return Candidates(boxes, scores[keep], np.zeros(int(keep.sum()), dtype=np.int64))


def _cells() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the cell (x, y) and the stride of every row of the output, row by row for each stride."""
    origins, strides = [], []
    for stride in _STRIDES:
        side = _SIDE // stride
        y, x = np.mgrid[0:side, 0:side]
        origins.append(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64))
        strides.append(np.full(side * side, float(stride)))
    return np.concatenate(origins), np.concatenate(strides)
