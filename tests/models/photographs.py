"""Real pictures for tests, from inside installed packages: none lies in this repository."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest


def portrait() -> npt.NDArray[np.uint8]:
    """The public-domain portrait of scikit-image (512 x 512, BGR): one person, bare face, head about 150 px tall."""
    data = pytest.importorskip("skimage.data", reason="scikit-image brings the portrait")
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])
