"""What the pipeline needs from perception, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from analyzer.types import Box, Detection, Head, ModelRef, Observation, Scene, Track, TrackId
from models.attributes.remembered import TrackMemory
from models.frame import Frame, Image
from models.remembered import PerceptionMemory, TrackerMemory

Look = npt.NDArray[np.float32]
"""What somebody wears, as a vector of length one; the product of two is their likeness."""


class Detector(Protocol):
    """Finds people and heads. Stateless; frames may come from several cameras."""

    @property
    def model(self) -> ModelRef: ...

    def detect(self, frames: Sequence[Frame]) -> Sequence[tuple[Detection, ...]]:
        """One tuple a frame, in the order of the frames; boxes in source pixels, unclipped."""
        ...


class Tracker(Protocol):
    """Gives detections an identity. One instance a camera; frames in time order."""

    @property
    def memory(self) -> TrackerMemory | None:
        """What another one goes on with; None when that cannot be told just now."""
        ...

    def update(self, frame: Frame, detections: Sequence[Detection]) -> tuple[Track, ...]: ...


class Attributes(Protocol):
    """Reads mask, PPE and attire off tracked people and fuses them over the track.

    One instance a camera: it keeps the best crops of each live track.
    """

    @property
    def models(self) -> tuple[ModelRef, ...]: ...

    @property
    def memory(self) -> tuple[tuple[TrackId, TrackMemory], ...]:
        """What is kept of each track."""
        ...

    def observe(self, frame: Frame, tracks: Sequence[Track], heads: Mapping[TrackId, Head]) -> tuple[Observation, ...]: ...


class Embedder(Protocol):
    """Describes clothes by numbers, to know somebody again within minutes. Stateless."""

    @property
    def name(self) -> str: ...

    def describe(self, image: Image, bodies: Sequence[Box]) -> Sequence[Look | None]:
        """Return the look of each body; None where there is too little to see.

        Bodies are boxes that begin below the head: an embedder is never handed a face.
        """
        ...


class Perception(Protocol):
    """Detector, tracker and attributes of one camera put together: a frame in, a scene out."""

    @property
    def memory(self) -> PerceptionMemory | None:
        """What a fresh one goes on with from the next frame; None when that may not or cannot be written down just now."""
        ...

    def perceive(self, frame: Frame) -> Scene:
        """Raises: `models.errors.PerceptionError`, after which the next frame may be perceived as usual."""
        ...
