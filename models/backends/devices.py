"""The names of devices: ``auto``, ``cpu``, ``cuda:N``."""

from __future__ import annotations

import re
from typing import Final

from models.errors import BackendUnavailable

_CUDA: Final = re.compile(r"cuda:(\d{1,2})")


def cuda_index(device: str) -> int | None:
    """Return N of ``cuda:N``, or None for the CPU.

    Raises:
        BackendUnavailable: the name is none of a device.
    """
    if device == "cpu":
        return None
    named = _CUDA.fullmatch(device)
    if named is None:
        raise BackendUnavailable(f"device {device!r} is not one of auto, cpu, cuda:N")
    return int(named.group(1))
