"""A detector to go on training from, out of the ONNX file that is shipped: checkpoints get lost, the shipped file does not.

The export melts each normalisation into its convolution, and a network without normalisation cannot be trained on. So
pictures are sent through the melted network once, and each convolution gets a normalisation back that computes the same:
its mean and variance are those measured, its scale and shift undo them. The weights before a normalisation may have any
length, but their length decides how fast they learn: they get that of a fresh network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.detectors.letterbox import as_input, input_sides, letterbox
from models.errors import BadPicture, MisfitWeights
from models.pictures import read_picture

ARCHITECTURE: Final = "yolo26n.yaml"
PICTURES: Final = 96
"""How many pictures measure the mean and variance of every channel."""

_LONGEST: Final = 320
_CLASSES: Final = ("person", "head")


def restore_person(weights: Path, pictures: Sequence[Path], target: Path) -> Path:
    """Write a checkpoint that computes what the shipped detector computes, and that training can go on from.

    Args:
        weights: ONNX file of the detector, as `export_person` writes it from the head that gives several boxes.
        pictures: pictures of the kind that will be trained on; a few dozen are enough, unreadable ones are passed over.
        target: checkpoint to write.

    Raises:
        MisfitWeights: the file has not the parts of that network.
        ValueError: no picture can be read.
        ModuleNotFoundError: torch, onnx or ultralytics is not installed.
    """
    import torch
    from ultralytics import YOLO
    from ultralytics.nn.tasks import DetectionModel

    network = YOLO(ARCHITECTURE)
    network.model = DetectionModel(ARCHITECTURE, nc=len(_CLASSES), verbose=False)
    network.model.names = dict(enumerate(_CLASSES))
    layers = dict(_normalised(network.model))
    stored = _constants(weights)
    _fill(network.model, layers, stored, weights.name)
    inputs = [torch.from_numpy(array) for array in _inputs(pictures)]
    if not inputs:
        raise ValueError("no picture to measure the channels on")
    network.model.eval()
    with torch.inference_mode():
        measured = _measure(network.model, layers, inputs)
        for name, layer in layers.items():
            mean, variance = measured[name]
            layer.bn.running_mean.copy_(mean)
            layer.bn.running_var.copy_(variance)
            # Same function: scale and shift give back what the measured mean and variance take away.
            layer.bn.bias.add_(mean * layer.bn.weight)
            layer.bn.weight.mul_((variance + layer.bn.eps).sqrt())
    head = network.model.model[-1]
    for ours, other in ((head.one2one_cv2, head.cv2), (head.one2one_cv3, head.cv3)):
        ours.load_state_dict(other.state_dict())  # the exported file holds one head of the two
    target.parent.mkdir(parents=True, exist_ok=True)
    network.ckpt = {}
    network.save(str(target))
    return target


def _constants(weights: Path) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    import onnx

    tensors = onnx.load(str(weights)).graph.initializer
    return {each.name.removesuffix("_half"): onnx.numpy_helper.to_array(each).astype(np.float32) for each in tensors}


def _normalised(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield every convolution that has a normalisation, by its name; the head that is not exported is left out."""
    for name, module in model.named_modules():
        if hasattr(module, "conv") and hasattr(module, "bn") and ".one2one_" not in name:
            yield name, module


def _fill(model: Any, layers: Mapping[str, Any], stored: Mapping[str, Any], file: str) -> None:
    """Put the melted weights in: lengths as in the fresh network, normalisations that only undo that and add the shift."""
    import torch

    def constant(name: str, like: Any) -> Any:
        found = stored.get(name)
        if found is None or found.shape != tuple(like.shape):
            raise MisfitWeights(f"{file}: {name} is missing or has another shape; this is no {ARCHITECTURE} with two classes")
        return torch.from_numpy(found)

    with torch.no_grad():
        for name, layer in layers.items():
            melted = constant(f"{name}.conv.weight", layer.conv.weight)
            shrunk = layer.conv.weight.norm() / melted.norm().clamp(min=1e-12)
            layer.conv.weight.copy_(melted * shrunk)
            layer.bn.running_mean.zero_()
            layer.bn.running_var.fill_(1.0 - layer.bn.eps)
            layer.bn.weight.fill_(1.0 / float(shrunk))
            layer.bn.bias.copy_(constant(f"{name}.conv.bias", layer.bn.bias))
        inside = {id(part) for layer in layers.values() for part in layer.modules()}
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Conv2d) and id(module) not in inside and ".one2one_" not in name:
                module.weight.copy_(constant(f"{name}.weight", module.weight))
                if module.bias is not None:
                    module.bias.copy_(constant(f"{name}.bias", module.bias))


def _measure(model: Any, layers: Mapping[str, Any], inputs: Sequence[Any]) -> dict[str, tuple[Any, Any]]:
    """Return mean and variance [C] of what every convolution gives, over all pictures and places."""
    sums: dict[str, list[Any]] = {name: [0.0, 0.0, 0] for name in layers}

    def watch(name: str) -> Any:
        def seen(_: Any, __: Any, output: Any) -> None:
            values = output.double()
            sums[name][0] += values.sum(dim=(0, 2, 3))
            sums[name][1] += values.square().sum(dim=(0, 2, 3))
            sums[name][2] += values.shape[0] * values.shape[2] * values.shape[3]

        return seen

    hooks = [layer.conv.register_forward_hook(watch(name)) for name, layer in layers.items()]
    for one in inputs:
        model(one)
    for hook in hooks:
        hook.remove()
    result = {}
    for name, (total, squares, count) in sums.items():
        if count == 0:
            raise MisfitWeights(f"{name} is never reached")
        mean = total / count
        result[name] = mean.float(), (squares / count - mean.square()).clamp(min=0).float()
    return result


def _inputs(pictures: Sequence[Path]) -> Iterator[Any]:
    taken = 0
    step = max(1, len(pictures) // PICTURES)
    for path in pictures[::step]:
        try:
            image = read_picture(path)
        except BadPicture:
            continue
        across, down = input_sides(image.shape[1], image.shape[0], _LONGEST)
        yield as_input(letterbox(image, across, down)[0])
        taken += 1
        if taken == PICTURES:
            return
