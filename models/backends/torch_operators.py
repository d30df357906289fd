"""The operators of ONNX (opset 17) that networks of this product use, in terms of torch.

Each takes torch, the node's attributes and its inputs; an input that is left out is None. Shapes and indices are whole
numbers on the CPU, so that reading one never waits for a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

Attributes = Mapping[str, Any]
Operator = Callable[..., Any]

_FLOAT16: Final = 10
_DTYPES: Final = {1: "float32", 6: "int32", 7: "int64", 9: "bool", _FLOAT16: "float16", 11: "float64"}


def _together(first: Any, second: Any) -> tuple[Any, Any]:
    """Return both operands on one device: a whole number of the CPU follows its partner."""
    if first.device == second.device:
        return first, second
    return (first.to(second.device), second) if first.device.type == "cpu" else (first, second.to(first.device))


def _binary(name: str) -> Operator:
    def operator(torch: Any, _: Attributes, first: Any, second: Any) -> Any:
        return getattr(torch, name)(*_together(first, second))

    return operator


def _unary(name: str) -> Operator:
    return lambda torch, _, value: getattr(torch, name)(value)


def _divide(torch: Any, _: Attributes, first: Any, second: Any) -> Any:
    first, second = _together(first, second)
    return torch.div(first, second, rounding_mode=None if first.is_floating_point() else "trunc")


def _convolve(torch: Any, attributes: Attributes, value: Any, kernel: Any, bias: Any = None) -> Any:
    pads = list(attributes.get("pads", (0, 0, 0, 0)))
    top, left, bottom, right = pads
    if (top, left) != (bottom, right):
        value = torch.nn.functional.pad(value, (left, right, top, bottom))
        top = left = 0
    return torch.nn.functional.conv2d(
        value,
        kernel,
        bias,
        stride=tuple(attributes.get("strides", (1, 1))),
        padding=(top, left),
        dilation=tuple(attributes.get("dilations", (1, 1))),
        groups=attributes.get("group", 1),
    )


def _max_pool(torch: Any, attributes: Attributes, value: Any) -> Any:
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    value = torch.nn.functional.pad(value, (left, right, top, bottom), value=float("-inf"))
    kernel = tuple(attributes["kernel_shape"])
    strides = tuple(attributes.get("strides", (1, 1)))
    return torch.nn.functional.max_pool2d(value, kernel, stride=strides, ceil_mode=bool(attributes.get("ceil_mode", 0)))


def _matrix(torch: Any, attributes: Attributes, first: Any, second: Any, added: Any = None) -> Any:
    first = first.T if attributes.get("transA") else first
    second = second.T if attributes.get("transB") else second
    product = attributes.get("alpha", 1.0) * (first @ second)
    return product if added is None else product + attributes.get("beta", 1.0) * added


def _cast(torch: Any, attributes: Attributes, value: Any) -> Any:
    return value.to(getattr(torch, _DTYPES[attributes["to"]]))


def _clip(torch: Any, _: Attributes, value: Any, low: Any = None, high: Any = None) -> Any:
    return torch.clamp(value, None if low is None else low.to(value.device), None if high is None else high.to(value.device))


def _concatenate(torch: Any, attributes: Attributes, *values: Any) -> Any:
    device = next((value.device for value in values if value.device.type != "cpu"), values[0].device)
    return torch.cat([value.to(device) for value in values], dim=attributes["axis"])


def _split(torch: Any, attributes: Attributes, value: Any, sizes: Any = None) -> Any:
    axis = attributes.get("axis", 0)
    if sizes is None:
        return torch.chunk(value, attributes["num_outputs"], dim=axis)
    return torch.split(value, sizes.tolist(), dim=axis)


def _slice(torch: Any, _: Attributes, value: Any, *bounds: Any) -> Any:
    """Starts, ends, and perhaps axes and steps."""
    first, last = bounds[0].tolist(), bounds[1].tolist()
    axes, steps = (*bounds[2:], None, None)[:2]
    along = list(range(len(first))) if axes is None else axes.tolist()
    by = [1] * len(first) if steps is None else steps.tolist()
    for start, end, axis, step in zip(first, last, along, by, strict=True):
        length = value.shape[axis]
        # Python's own slices clip and count from the end as ONNX does, also backwards.
        chosen = range(length)[slice(start, end if abs(end) < 1 << 31 else None, step)]
        value = value.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64, device=value.device))
    return value


def _gather(torch: Any, attributes: Attributes, value: Any, index: Any) -> Any:
    axis = attributes.get("axis", 0)
    index = index.to(value.device)
    index = torch.where(index < 0, index + value.shape[axis], index)
    taken = value.index_select(axis, index.reshape(-1))
    return taken.reshape([*value.shape[:axis], *index.shape, *value.shape[axis + 1 :]])


def _gather_elements(torch: Any, attributes: Attributes, value: Any, index: Any) -> Any:
    return torch.gather(value, attributes.get("axis", 0), index.to(value.device))


def _reshape(torch: Any, _: Attributes, value: Any, shape: Any) -> Any:
    # A zero keeps the length of that place.
    return value.reshape([value.shape[place] if length == 0 else length for place, length in enumerate(shape.tolist())])


def _flatten(torch: Any, attributes: Attributes, value: Any) -> Any:
    axis = attributes.get("axis", 1)
    return value.reshape(int(np.prod(value.shape[:axis], dtype=np.int64)), -1)


def _unsqueeze(torch: Any, _: Attributes, value: Any, axes: Any) -> Any:
    rank = value.ndim + axes.numel()
    for axis in sorted(axis % rank for axis in axes.tolist()):
        value = value.unsqueeze(axis)
    return value


def _squeeze(torch: Any, _: Attributes, value: Any, axes: Any = None) -> Any:
    return value.squeeze() if axes is None else value.squeeze(tuple(axes.tolist()))


def _reduce(name: str) -> Operator:
    def operator(torch: Any, attributes: Attributes, value: Any, axes: Any = None) -> Any:
        given = attributes.get("axes") if axes is None else axes.tolist()
        along = tuple(range(value.ndim)) if given is None else tuple(given)
        return getattr(torch, name)(value, dim=along, keepdim=bool(attributes.get("keepdims", 1)))

    return operator


def _top(torch: Any, attributes: Attributes, value: Any, count: Any) -> Any:
    # A stable sort: of equal scores the earlier comes first, as in the other runtimes.
    largest = bool(attributes.get("largest", 1))
    values, places = torch.sort(value, dim=attributes.get("axis", -1), descending=largest, stable=True)
    axis, wanted = attributes.get("axis", -1), int(count.item())
    return values.narrow(axis, 0, wanted), places.narrow(axis, 0, wanted)


def _resize(torch: Any, attributes: Attributes, value: Any, _roi: Any = None, scales: Any = None, sizes: Any = None) -> Any:
    """Nearest neighbours, asymmetric and rounded down: what an up-sampling layer is exported as."""
    kind = (attributes.get("mode"), attributes.get("coordinate_transformation_mode"), attributes.get("nearest_mode"))
    if kind != (b"nearest", b"asymmetric", b"floor"):
        raise RuntimeError(f"Resize of the kind {kind} is not built")
    if sizes is not None and sizes.numel():
        target = tuple(int(size) for size in sizes.tolist()[2:])
    else:
        target = tuple(int(side * scale) for side, scale in zip(value.shape[2:], scales.tolist()[2:], strict=True))
    return torch.nn.functional.interpolate(value, size=target, mode="nearest")


def _pad(torch: Any, attributes: Attributes, value: Any, pads: Any, filling: Any = None) -> Any:
    if attributes.get("mode", b"constant") != b"constant":
        raise RuntimeError("only constant padding is built")
    sides = pads.tolist()
    rank = value.ndim
    pairs = [side for axis in reversed(range(rank)) for side in (sides[axis], sides[axis + rank])]
    return torch.nn.functional.pad(value, pairs, value=0.0 if filling is None else float(filling))


def _where(torch: Any, _: Attributes, chosen: Any, first: Any, second: Any) -> Any:
    first, second = _together(first, second)
    return torch.where(chosen.to(first.device), first, second)


def _remainder(torch: Any, attributes: Attributes, first: Any, second: Any) -> Any:
    first, second = _together(first, second)
    return torch.fmod(first, second) if attributes.get("fmod") else torch.remainder(first, second)


def _filled(torch: Any, attributes: Attributes, shape: Any) -> Any:
    value = attributes.get("value")
    if value is None:
        return torch.zeros(shape.tolist())
    return torch.full(shape.tolist(), value.reshape(-1)[0].item(), dtype=value.dtype, device=value.device)


OPERATORS: Final[Mapping[str, Operator]] = {
    "Abs": _unary("abs"),
    "Add": _binary("add"),
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concatenate,
    "Constant": lambda torch, attributes: attributes["value"],
    "ConstantOfShape": _filled,
    "Conv": _convolve,
    "Div": _divide,
    "Equal": _binary("eq"),
    "Erf": _unary("erf"),
    "Exp": _unary("exp"),
    "Expand": lambda torch, _, value, shape: value.expand(torch.broadcast_shapes(tuple(value.shape), tuple(shape.tolist()))),
    "Flatten": _flatten,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "Gemm": _matrix,
    "GlobalAveragePool": lambda torch, _, value: value.mean(dim=tuple(range(2, value.ndim)), keepdim=True),
    "Identity": lambda torch, _, value: value,
    "MatMul": _binary("matmul"),
    "MaxPool": _max_pool,
    "Mod": _remainder,
    "Mul": _binary("mul"),
    "Pad": _pad,
    "Range": lambda torch, _, start, end, step: torch.arange(start.item(), end.item(), step.item(), dtype=start.dtype),
    "ReduceMax": _reduce("amax"),
    "ReduceMean": _reduce("mean"),
    "ReduceSum": _reduce("sum"),
    "Relu": _unary("relu"),
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": lambda torch, _, value: torch.tensor(value.shape, dtype=torch.int64),
    "Sigmoid": _unary("sigmoid"),
    "Slice": _slice,
    "Softmax": lambda torch, attributes, value: torch.softmax(value, dim=attributes.get("axis", -1)),
    "Split": _split,
    "Sqrt": _unary("sqrt"),
    "Squeeze": _squeeze,
    "Sub": _binary("sub"),
    "TopK": _top,
    "Transpose": lambda torch, attributes, value: value.permute(*attributes["perm"]),
    "Unsqueeze": _unsqueeze,
    "Where": _where,
}
"""Name of the operator -> what computes it."""
