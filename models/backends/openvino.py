"""OpenVINO on the CPU: the default. Precision and threads are pinned, because OpenVINO chooses both by itself.

Left alone it takes bfloat16 where the CPU has it, and as many threads as cores: the same recording would give other
scenes on another machine, and other scenes under load.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

import numpy as np

from models.backends.protocol import Array, Network, Precision
from models.errors import BackendUnavailable, InferenceFailed, MisfitWeights

_BF16: Final = "BF16"


def silent_openvino() -> Any:
    """Import OpenVINO, which otherwise tells an analytics service at each import that it is used, and keeps an id for it in the home folder.

    It takes a stub in place of the sender where that cannot be imported.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: an import of it fails
    import openvino

    return openvino


class OpenVinoBackend:
    """Compiles ONNX for the CPU.

    Args:
        device: ``auto`` or ``cpu``.
        precision: ``auto`` means bfloat16 where the CPU has it; what it became is in `precision`.
        threads: inference threads of a network; 1 keeps the order of additions, and so the bytes, fixed.

    Raises:
        BackendUnavailable: OpenVINO is not installed, or another device than the CPU is asked for.
    """

    name: Final = "openvino"

    def __init__(self, device: str = "auto", precision: str = "f32", threads: int = 1) -> None:
        if device not in {"auto", "cpu"}:
            raise BackendUnavailable(f"openvino runs on the CPU here, not on {device!r}; use the backend onnxruntime or torch")
        try:
            openvino = silent_openvino()
        except ImportError as missing:
            raise BackendUnavailable(f"openvino cannot be imported: {missing}") from missing
        self._openvino: Any = openvino
        self._core: Any = openvino.Core()
        self.device: Final = "cpu"
        has_bf16 = _BF16 in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "auto":
            precision = Precision.BF16 if has_bf16 else Precision.F32
        if precision == Precision.BF16 and not has_bf16:
            raise BackendUnavailable("this CPU has no bfloat16; use the precision f32")
        self.precision: Final = Precision(precision)
        self._threads = threads

    def load(self, network: bytes) -> Network:
        try:
            model = self._core.read_model(network)
        except RuntimeError as unread:
            raise MisfitWeights(f"openvino cannot read the network: {str(unread)[:200]}") from unread
        compiled = self._core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": str(self.precision),
                "INFERENCE_NUM_THREADS": self._threads,
                "NUM_STREAMS": 1,
                "PERFORMANCE_HINT": "LATENCY",
                # Pinned threads of two workers would share one core while another is idle.
                "ENABLE_CPU_PINNING": False,
            },
        )
        return _OpenVinoNetwork(compiled)


class _OpenVinoNetwork:
    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()
        self._lock = Lock()
        self.inputs: tuple[str, ...] = tuple(port.any_name for port in compiled.inputs)
        self.outputs: tuple[str, ...] = tuple(port.any_name for port in compiled.outputs)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        with self._lock:
            try:
                self._request.infer(dict(inputs), share_inputs=True)
            except RuntimeError as failed:
                raise InferenceFailed(f"openvino: {str(failed)[:200]}") from failed
            # Copied: the request's memory is overwritten by the next call.
            return {name: np.array(self._request.get_tensor(name).data, dtype=np.float32) for name in self.outputs}
