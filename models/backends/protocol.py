"""One way to run a network, whatever runs it: named arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class Precision(StrEnum):
    """The arithmetic of a run, pinned and recorded with it.

    ``F32`` is the same on every CPU of one instruction set; ``BF16`` is about 1.7 times faster where the CPU
    has it and moves scores in the third digit, so scenes of the two are not comparable byte for byte.
    """

    F32 = "f32"
    BF16 = "bf16"


class Network(Protocol):
    """A loaded network. Calls are independent of one another; one thread at a time is guaranteed inside."""

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def outputs(self) -> tuple[str, ...]: ...

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return every output by its name; inputs are C-contiguous float32."""
        ...


class Backend(Protocol):
    """A runtime on one device with one precision."""

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda:N``: what ``auto`` has become."""
        ...

    @property
    def precision(self) -> Precision: ...

    def load(self, network: bytes) -> Network:
        """Make a network of the verified bytes of an ONNX file.

        Raises:
            MisfitWeights: the bytes are not a network that this runtime understands.
        """
        ...
