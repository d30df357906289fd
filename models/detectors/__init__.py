"""Finding people and heads in a picture, behind the `Detector` protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from analyzer.types import ModelRef
from models.backends.protocol import Network
from models.detectors.person_head import DetectorOptions, PersonHeadDetector
from models.detectors.yolox import YoloxDetector
from models.protocols import Detector

DETECTORS: Final[Mapping[str, Callable[[Network, ModelRef, DetectorOptions | None], Detector]]] = {
    "person_head": PersonHeadDetector,
    "yolox": YoloxDetector,
}
"""Task of a weights entry (or kind of a peer) -> constructor."""

__all__ = ["DETECTORS", "DetectorOptions", "PersonHeadDetector", "YoloxDetector"]
