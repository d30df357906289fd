"""Published mask judges to compare with, on the same pictures in the same run. Their files are never shipped.

OpenVINO reads their formats itself, so that the comparison needs nothing beyond the product's own libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from analyzer.types import Box
from models.backends.openvino import silent_openvino
from models.detectors.overlap import overlaps, suppressed
from models.errors import AbsentWeights
from models.evaluation.mask import Peer
from models.frame import Image

_SIDE: Final = 260
_SURE: Final = 0.5
_DOUBLED: Final = 0.4
_SAME_FACE: Final = 0.3
_GRIDS: Final = (33, 17, 9, 5, 3)
_SIZES: Final = ((0.04, 0.056), (0.08, 0.11), (0.16, 0.22), (0.32, 0.45), (0.64, 0.72))
_ASPECTS: Final = (0.62, 0.42)
_CENTRE_VARIANCE: Final = 0.1
_SIZE_VARIANCE: Final = 0.2


def aizoo(file: Path) -> Peer:
    """Return the AIZOO face mask detector (MIT) as a peer: 260x260 SSD, classes mask and no mask.

    A labelled face counts as found when a box of it overlaps by 0.3 or more.

    Raises:
        AbsentWeights: the file is not there.
        ModuleNotFoundError: openvino is not installed.
    """
    if not file.is_file():
        raise AbsentWeights(f"no peer at {file.name}")
    network: Any = silent_openvino().Core().compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    anchors = _anchors()

    def find(image: Image, labelled: Sequence[Box]) -> npt.NDArray[np.int64]:
        resized = cv2.resize(image, (_SIDE, _SIDE))
        entry = (resized[:, :, ::-1].astype(np.float32) / 255.0)[None]
        outputs = [np.asarray(value, dtype=np.float64)[0] for value in network(entry).values()]
        offsets, scores = sorted(outputs, key=lambda value: -value.shape[1])
        boxes, kinds = _decoded(offsets, scores, anchors, image)
        return _answers(boxes, kinds, labelled)

    return find


def _anchors() -> npt.NDArray[np.float64]:
    """Return centre x, centre y, width, height of every anchor as fractions of the picture."""
    rows: list[tuple[float, float, float, float]] = []
    for grid, sizes in zip(_GRIDS, _SIZES, strict=True):
        shapes = [(size, size) for size in sizes]
        shapes += [(sizes[0] * aspect**0.5, sizes[0] / aspect**0.5) for aspect in _ASPECTS]
        for row in range(grid):
            for column in range(grid):
                rows.extend(((column + 0.5) / grid, (row + 0.5) / grid, w, h) for w, h in shapes)
    return np.array(rows, dtype=np.float64)


def _decoded(
    offsets: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    anchors: npt.NDArray[np.float64],
    image: Image,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return boxes [N,4] in pixels and 1 (mask) or 0 (no mask) of each."""
    sure = scores.max(axis=1) > _SURE
    offsets, scores, anchors = offsets[sure], scores[sure], anchors[sure]
    centre = offsets[:, :2] * _CENTRE_VARIANCE * anchors[:, 2:] + anchors[:, :2]
    size = np.exp(offsets[:, 2:] * _SIZE_VARIANCE) * anchors[:, 2:]
    height, width = image.shape[:2]
    boxes = np.concatenate([centre - size / 2, centre + size / 2], axis=1) * np.array([width, height, width, height])
    kept = suppressed(boxes, scores.max(axis=1), _DOUBLED)
    return boxes[kept], (scores[kept].argmax(axis=1) == 0).astype(np.int64)


def _answers(boxes: npt.NDArray[np.float64], kinds: npt.NDArray[np.int64], labelled: Sequence[Box]) -> npt.NDArray[np.int64]:
    marked = np.array([[box.x1, box.y1, box.x2, box.y2] for box in labelled], dtype=np.float64).reshape(-1, 4)
    if len(boxes) == 0 or len(marked) == 0:
        return np.full(len(marked), -1, dtype=np.int64)
    shared = overlaps(marked, boxes)
    best = shared.argmax(axis=1)
    return np.where(shared.max(axis=1) >= _SAME_FACE, kinds[best], -1)
