"""PyTorch, on the CPU or on CUDA: runs the very ONNX file that the other runtimes run, operator by operator.

Why not the checkpoint of the training: it is a pickle, and it is another file than the one whose hash is recorded. A
network of this product uses some forty operators; those are in `torch_operators`, and an unknown one is refused when
the network is loaded. torch and onnx come with the extra `train`.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

import numpy as np

from models.backends.devices import cuda_index
from models.backends.protocol import Array, Network, Precision
from models.errors import BackendUnavailable, InferenceFailed, MisfitWeights


class TorchBackend:
    """Runs ONNX with torch's operators.

    Args:
        device: ``auto`` (CUDA where there is a GPU, else the CPU), ``cpu`` or ``cuda:N``.
        precision: ``f32``; ``auto`` means f32 as well. TF32 is switched off: it would be a third precision.
        threads: threads of one operator on the CPU; torch keeps this for the whole process.

    Raises:
        BackendUnavailable: torch or onnx is not installed, or there is no such GPU.
    """

    name: Final = "torch"

    def __init__(self, device: str = "auto", precision: str = "f32", threads: int = 1) -> None:
        if precision not in {"auto", Precision.F32}:
            raise BackendUnavailable(f"torch computes in f32 here, not in {precision!r}")
        try:
            import onnx
            import torch
        except ImportError as missing:
            raise BackendUnavailable(
                f"torch and onnx come with the extra `train`: {missing}; install it, or use the backend openvino"
            ) from missing
        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if device == "auto":
            device = "cuda:0" if gpus else "cpu"
        index = cuda_index(device)
        if index is not None and index >= gpus:
            raise BackendUnavailable(f"torch sees {gpus} GPUs here, so there is no {device}")
        torch.set_num_threads(threads)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        self._torch: Any = torch
        self._onnx: Any = onnx
        self.device: Final = device
        self.precision: Final = Precision.F32

    def load(self, network: bytes) -> Network:
        try:
            model = self._onnx.load_model_from_string(network)
            self._onnx.checker.check_model(model)
        except Exception as unread:  # protobuf and the checker raise classes without a common root
            raise MisfitWeights(f"onnx cannot read the network: {str(unread)[:200]}") from unread
        return _TorchNetwork(self._torch, self._onnx, model.graph, self.device)


class _Step:
    """One node of the graph, ready to be called."""

    __slots__ = ("attributes", "inputs", "operator", "outputs")

    def __init__(self, operator: Any, inputs: tuple[str, ...], outputs: tuple[str, ...], attributes: dict[str, Any]) -> None:
        self.operator, self.inputs, self.outputs, self.attributes = operator, inputs, outputs, attributes


class _TorchNetwork:
    def __init__(self, torch: Any, onnx: Any, graph: Any, device: str) -> None:
        from models.backends.torch_operators import OPERATORS

        unknown = sorted({node.op_type for node in graph.node} - OPERATORS.keys())
        if unknown:
            raise MisfitWeights(f"the torch backend lacks the operators {', '.join(unknown)}")
        self._torch, self._device = torch, device
        self._lock = Lock()
        self._known: dict[str, Any] = {"": None}
        for tensor in graph.initializer:
            self._known[tensor.name] = self._placed(onnx.numpy_helper.to_array(tensor))
        self.inputs: tuple[str, ...] = tuple(port.name for port in graph.input if port.name not in self._known)
        self.outputs: tuple[str, ...] = tuple(port.name for port in graph.output)
        self._steps: list[_Step] = []
        with torch.inference_mode():
            for node in graph.node:
                self._add(onnx, OPERATORS[node.op_type], node)

    def _add(self, onnx: Any, operator: Any, node: Any) -> None:
        """Compute a node now if it depends on constants only, else keep it for later."""
        attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        if "value" in attributes:
            attributes["value"] = self._placed(onnx.numpy_helper.to_array(attributes["value"]))
        step = _Step(operator, tuple(node.input), tuple(node.output), attributes)
        if all(name in self._known for name in step.inputs):
            self._call(step, self._known)
        else:
            self._steps.append(step)

    def _placed(self, values: Any) -> Any:
        """Return a constant as a tensor: numbers on the device, whole numbers (shapes, indices) on the CPU."""
        tensor = self._torch.from_numpy(np.array(values))
        return tensor.to(self._device) if tensor.is_floating_point() else tensor

    def _call(self, step: _Step, values: dict[str, Any]) -> None:
        result = step.operator(self._torch, step.attributes, *(values[name] for name in step.inputs))
        results = result if isinstance(result, tuple | list) else (result,)
        values.update(zip(step.outputs, results, strict=False))

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        torch = self._torch
        with self._lock, torch.inference_mode():
            values = dict(self._known)
            values.update({name: torch.from_numpy(np.array(value)).to(self._device) for name, value in inputs.items()})
            try:
                for step in self._steps:
                    self._call(step, values)
            except (RuntimeError, TypeError, ValueError, IndexError) as failed:
                raise InferenceFailed(f"torch: {str(failed)[:200]}") from failed
            return {name: values[name].to("cpu", torch.float32).numpy().copy() for name in self.outputs}
