"""ONNX Runtime on the CPU or on CUDA: the second opinion on the default, and the lean way to a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

import numpy as np

from models.backends.devices import cuda_index
from models.backends.protocol import Array, Network, Precision
from models.errors import BackendUnavailable, InferenceFailed, MisfitWeights

_CUDA: Final = "CUDAExecutionProvider"
_ONLY_ERRORS: Final = 3


class OnnxRuntimeBackend:
    """Runs ONNX as it is.

    Args:
        device: ``auto`` (CUDA where the provider is installed, else the CPU), ``cpu`` or ``cuda:N``.
        precision: ``f32``; ``auto`` means f32 as well.
        threads: inference threads of a network on the CPU.

    Raises:
        BackendUnavailable: the library, the CUDA provider or the precision is not there.
    """

    name: Final = "onnxruntime"

    def __init__(self, device: str = "auto", precision: str = "f32", threads: int = 1) -> None:
        if precision not in {"auto", Precision.F32}:
            raise BackendUnavailable(f"onnxruntime computes in f32 here, not in {precision!r}")
        try:
            import onnxruntime
        except ImportError as missing:
            raise BackendUnavailable(
                f"onnxruntime cannot be imported: {missing}; install onnxruntime, or use the backend openvino"
            ) from missing
        self._runtime: Any = onnxruntime
        has_cuda = _CUDA in onnxruntime.get_available_providers()
        if device.startswith("cuda") and not has_cuda:
            raise BackendUnavailable("onnxruntime has no CUDA provider here; install onnxruntime-gpu on a machine with a GPU")
        if device == "auto":
            device = "cuda:0" if has_cuda else "cpu"
        self._index = cuda_index(device)
        self.device: Final = device
        self.precision: Final = Precision.F32
        self._threads = threads

    def load(self, network: bytes) -> Network:
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = _ONLY_ERRORS
        providers: list[Any] = ["CPUExecutionProvider"]
        if self._index is not None:
            providers.insert(0, (_CUDA, {"device_id": self._index}))
        try:
            session = self._runtime.InferenceSession(network, options, providers=providers)
        except Exception as unread:  # the library raises classes of its compiled part without a public root
            raise MisfitWeights(f"onnxruntime cannot read the network: {str(unread)[:200]}") from unread
        return _OnnxRuntimeNetwork(session)


class _OnnxRuntimeNetwork:
    def __init__(self, session: Any) -> None:
        self._session = session
        self._lock = Lock()
        self.inputs: tuple[str, ...] = tuple(port.name for port in session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(port.name for port in session.get_outputs())

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        with self._lock:
            try:
                values = self._session.run(list(self.outputs), dict(inputs))
            except Exception as failed:  # as above: no public root
                raise InferenceFailed(f"onnxruntime: {str(failed)[:200]}") from failed
        return {name: np.asarray(value, dtype=np.float32) for name, value in zip(self.outputs, values, strict=True)}
