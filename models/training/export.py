"""From a trained torch module to an ONNX file that is small: weights stored as float16, computed in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_OPSET: Final = 17
_STORED_AS_HALF: Final = 256
"""Tensors of fewer values stay float32: they cost nothing and hold biases and temperatures."""


def export_onnx(
    module: Any,
    examples: Mapping[str, Any],
    outputs: Sequence[str],
    target: Path,
) -> None:
    """Write the module, in evaluation mode, with a free batch size.

    Args:
        module: takes the examples in order, returns one tensor an output.
        examples: input name -> tensor with the batch first.
        outputs: output names.
        target: file to write; its folder is made.
    """
    import onnx
    import torch

    module = module.float().eval()
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        module,
        tuple(examples.values()),
        str(target),
        input_names=list(examples),
        output_names=list(outputs),
        dynamic_axes={name: {0: "batch"} for name in (*examples, *outputs)},
        opset_version=_OPSET,
        dynamo=False,
    )
    model = onnx.load(str(target))
    store_as_half(model, onnx)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def store_as_half(model: Any, onnx: Any) -> None:
    """Replace every large float32 constant by a float16 one and a cast, which the runtimes fold when they load."""
    import numpy as np

    casts = []
    for tensor in list(model.graph.initializer):
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _STORED_AS_HALF:
            continue
        half = onnx.numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half")
        model.graph.initializer.remove(tensor)
        model.graph.initializer.append(half)
        casts.append(onnx.helper.make_node("Cast", [half.name], [tensor.name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
