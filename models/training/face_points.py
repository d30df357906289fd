"""Points of a face by a teacher: YuNet as ONNX, run by OpenCV. For labels and for made pictures only; it is never shipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import AbsentWeights
from models.frame import Image
from models.training.crops import CONTEXT_SIZE

Floats = npt.NDArray[np.float64]

_TWICE: Final = 2 * CONTEXT_SIZE
_SURE: Final = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in a context: right and left eye, nose, corners of the mouth; and the frame they span."""

    row: int
    points: Floats

    @property
    def eyes(self) -> Floats:
        return np.asarray((self.points[0] + self.points[1]) / 2)

    @property
    def length(self) -> float:
        """Pixels from the eyes to the mouth."""
        return float(np.linalg.norm((self.points[3] + self.points[4]) / 2 - self.eyes))

    @property
    def down(self) -> Floats:
        return np.asarray(((self.points[3] + self.points[4]) / 2 - self.eyes) / max(self.length, 1e-6))

    @property
    def across(self) -> Floats:
        turned = np.array([self.down[1], -self.down[0]])
        return turned if turned @ (self.points[1] - self.points[0]) >= 0 else -turned

    @property
    def width(self) -> float:
        """Pixels between the eyes."""
        return float(np.linalg.norm(self.points[1] - self.points[0]))

    @property
    def turn(self) -> float:
        """How far the nose lies off the middle of the eyes, over their distance: 0 is frontal."""
        along = (self.points[1] - self.points[0]) / max(self.width, 1e-6)
        return float((self.points[2] - self.eyes) @ along / max(self.width, 1e-6))

    def at(self, below: float, beside: float = 0.0) -> Floats:
        """Return the point so many lengths below and beside the middle of the eyes."""
        return np.asarray(self.eyes + below * self.length * self.down + beside * self.length * self.across)


class FaceFinder:
    """Finds the face in the middle of a context.

    Raises:
        AbsentWeights: the file of the teacher is not there.
    """

    def __init__(self, landmarks: Path) -> None:
        if not landmarks.is_file():
            raise AbsentWeights(f"no face landmarks at {landmarks.name}")
        self._find: Final[Any] = cv2.FaceDetectorYN.create(str(landmarks), "", (_TWICE, _TWICE), 0.6, 0.3)

    def __call__(self, row: int, pixels: Image) -> Face | None:
        """Return the face of a context, which stands in that row; None if there is none or it is not sure."""
        _, rows = self._find.detect(cv2.resize(pixels, (_TWICE, _TWICE), interpolation=cv2.INTER_LINEAR))
        if rows is None:
            return None
        faces = np.asarray(rows, dtype=np.float64)
        off = np.hypot(faces[:, 0] + faces[:, 2] / 2 - 0.5 * _TWICE, faces[:, 1] + faces[:, 3] / 2 - 0.57 * _TWICE)
        best = int(off.argmin())
        if off[best] > 0.17 * _TWICE or faces[best, 2] < 0.17 * _TWICE or faces[best, 14] < _SURE:
            return None
        return Face(row, faces[best, 4:14].reshape(5, 2) / 2)
