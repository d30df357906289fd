"""Runtimes that turn a network and arrays into arrays, behind one protocol.

A runtime's library is imported when the backend is built, never when this package is: the lean installation has
OpenVINO only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from models.backends.devices import cuda_index
from models.backends.onnxruntime import OnnxRuntimeBackend
from models.backends.openvino import OpenVinoBackend
from models.backends.protocol import Array, Backend, Network, Precision
from models.backends.torch import TorchBackend
from models.errors import BackendUnavailable

BACKENDS: Final[Mapping[str, Callable[[str, str, int], Backend]]] = {
    "openvino": OpenVinoBackend,
    "onnxruntime": OnnxRuntimeBackend,
    "torch": TorchBackend,
}
"""Name -> constructor taking device, precision and threads."""

__all__ = ["BACKENDS", "Array", "Backend", "Network", "Precision", "open_backend"]


def open_backend(name: str = "openvino", device: str = "auto", precision: str = "f32", threads: int = 1) -> Backend:
    """Return the backend of that name.

    Raises:
        BackendUnavailable: no such backend, device or precision, or its library or device is missing.
    """
    if name not in BACKENDS:
        raise BackendUnavailable(f"no backend {name!r}; there are {', '.join(BACKENDS)}")
    if precision not in {"auto", *Precision}:
        raise BackendUnavailable(f"no precision {precision!r}; there are auto, {', '.join(Precision)}")
    if device != "auto":
        cuda_index(device)
    return BACKENDS[name](device, precision, threads)
