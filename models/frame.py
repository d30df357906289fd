"""One decoded picture with its name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.types import FrameRef

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Pixels (BGR, height x width x 3, uint8, read-only) and their name.

    ``corrupt`` is set when the decoder flagged the picture: it is counted, never judged.
    """

    ref: FrameRef
    image: Image
    corrupt: bool = False

    def __post_init__(self) -> None:
        self.image.setflags(write=False)
