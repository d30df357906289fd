"""Networks to go on training from, out of the ONNX files that are shipped: checkpoints get lost, shipped files do not.

The export melts each normalisation into its convolution, and a network without normalisations cannot be trained on. So
inputs are sent through the melted network once, and each convolution gets a normalisation back that computes the same:
its mean and variance are those measured, its scale and shift undo them. Weights before a normalisation may have any
length, but their length decides how fast they learn: they get that of a fresh network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.crops import batch
from models.detectors.letterbox import as_input, input_sides, letterbox
from models.errors import BadPicture, MisfitWeights
from models.frame import Image
from models.pictures import read_picture
from models.training import mask, ppe
from models.training.dataset import CLASSES

ARCHITECTURE: Final = "yolo26n.yaml"
PICTURES: Final = 96
"""How many pictures measure the mean and variance of every channel of the detector."""

_LONGEST: Final = 320

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Melted:
    """A convolution, the normalisation after it, and the weights and shifts that do the work of both."""

    convolution: Any
    normalisation: Any
    weights: Floats
    shifts: Floats


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
    network.model = DetectionModel(ARCHITECTURE, nc=len(CLASSES), verbose=False)
    network.model.names = dict(enumerate(CLASSES))
    network.model.eval()
    stored = _constants(weights)

    def constant(name: str, like: Any) -> Floats:
        found = stored.get(name)
        if found is None or found.shape != tuple(like.shape):
            raise MisfitWeights(
                f"{weights.name}: {name} is missing or has another shape; this is no {ARCHITECTURE} of two classes"
            )
        return found

    named = {name: module for name, module in network.model.named_modules() if ".one2one_" not in name}
    melted = [
        _Melted(
            part.conv, part.bn, constant(f"{name}.conv.weight", part.conv.weight), constant(f"{name}.conv.bias", part.bn.bias)
        )
        for name, part in named.items()
        if hasattr(part, "conv") and hasattr(part, "bn")
    ]
    plain = {id(one.convolution) for one in melted}
    with torch.no_grad():
        for name, part in named.items():
            if isinstance(part, torch.nn.Conv2d) and id(part) not in plain:
                part.weight.copy_(torch.from_numpy(constant(f"{name}.weight", part.weight)))
                part.bias.copy_(torch.from_numpy(constant(f"{name}.bias", part.bias)))
    _unmelt(network.model, melted, list(_pictures(pictures)))
    head = network.model.model[-1]
    for ours, other in ((head.one2one_cv2, head.cv2), (head.one2one_cv3, head.cv3)):
        ours.load_state_dict(other.state_dict())  # the exported file holds one head of the two
    target.parent.mkdir(parents=True, exist_ok=True)
    network.ckpt = {}
    network.save(str(target))
    return target


def restore_mask(weights: Path, crops: Sequence[Image]) -> Any:
    """Return the shipped mask network as one that can be trained on, in evaluation mode.

    Its convolutions have no names in the file, but they stand there in the order in which they compute.

    Args:
        weights: ONNX file of the network, as `export_mask` writes it.
        crops: BGR head crops of one size and of the kind that will be trained on; some hundred are enough.

    Raises:
        MisfitWeights: the file has not the parts of that network.
        ModuleNotFoundError: torch or onnx is not installed.
    """
    import torch

    network = mask.build_network().eval()
    stored = _constants(weights)
    if "network.states.weight" not in stored:
        raise MisfitWeights(f"{weights.name}: its layers are not those of the mask network")
    melted = _melted(network.features, weights, stored)
    with torch.no_grad():
        network.states.weight.copy_(torch.from_numpy(stored["network.states.weight"]))
        network.states.bias.copy_(torch.from_numpy(stored["network.states.bias"]))
        if "network.view.weight" in stored:
            network.view.weight.copy_(torch.from_numpy(stored["network.view.weight"]))
            network.view.bias.copy_(torch.from_numpy(stored["network.view.bias"]))
    _unmelt(network, melted, [batch(crops[first : first + 64]) for first in range(0, len(crops), 64)])
    return network


def restore_ppe(weights: Path) -> Any:
    """Return the shipped network of items and attire with its features alone, in evaluation mode: for fitting its last layers.

    Args:
        weights: ONNX file of the network, as `export_ppe` writes it.

    Raises:
        MisfitWeights: the file has not the parts of that network.
        ModuleNotFoundError: torch or onnx is not installed.
    """
    import torch

    network = ppe.build_network().eval()
    with torch.no_grad():
        _fill(_melted(network.features, weights, _constants(weights)))
    return network


def _melted(features: Any, weights: Path, stored: Mapping[str, Floats]) -> list[_Melted]:
    """Return the convolutions of EfficientNet-lite0 and what stands in a file for each, in the order in which they compute."""
    import torch

    parts, order = list(features.modules()), _in_order(weights)
    convolutions = [part for part in parts if isinstance(part, torch.nn.Conv2d)]
    normalisations = [part for part in parts if isinstance(part, torch.nn.BatchNorm2d)]
    if [stored[weight].shape for weight, _ in order] != [tuple(part.weight.shape) for part in convolutions]:
        raise MisfitWeights(f"{weights.name}: its layers are not those of EfficientNet-lite0")
    return [
        _Melted(convolution, normalisation, stored[weight], stored[shift])
        for convolution, normalisation, (weight, shift) in zip(convolutions, normalisations, order, strict=True)
    ]


def _constants(weights: Path) -> Mapping[str, Floats]:
    """Return the constants of a file by name; those stored as halves come back as float32 under their own names."""
    import onnx

    tensors = onnx.load(str(weights)).graph.initializer
    return {each.name.removesuffix("_half"): onnx.numpy_helper.to_array(each).astype(np.float32) for each in tensors}


def _in_order(weights: Path) -> list[tuple[str, str]]:
    """Return the names of weights and shifts of every convolution as they compute, each once."""
    import onnx

    graph = onnx.load(str(weights)).graph
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type in {"Cast", "Identity"}}

    def source(name: str) -> str:
        while name in same:
            name = same[name]
        return name.removesuffix("_half")

    found = [(source(node.input[1]), source(node.input[2])) for node in graph.node if node.op_type == "Conv"]
    return list(dict.fromkeys(found))


def _unmelt(network: Any, melted: Sequence[_Melted], inputs: Sequence[Floats]) -> None:
    """Fill the convolutions and give each a normalisation that leaves the function of the network as it is."""
    import torch

    if not inputs:
        raise ValueError("no picture to measure the channels on")
    with torch.no_grad():
        _fill(melted)
        for one, (mean, variance) in zip(melted, _measure(network, melted, inputs), strict=True):
            norm = one.normalisation
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            # Scale and shift give back what the measured mean and variance take away.
            norm.bias.add_(mean * norm.weight)
            norm.weight.mul_((variance + norm.eps).sqrt())


def _fill(melted: Sequence[_Melted]) -> None:
    """Let each convolution, with the normalisation after it, compute what stands in the file."""
    import torch

    for one in melted:
        weights, shifts = torch.from_numpy(one.weights), torch.from_numpy(one.shifts)
        shrunk = one.convolution.weight.norm() / weights.norm().clamp(min=1e-12)
        one.convolution.weight.copy_(weights * shrunk)
        norm = one.normalisation
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0 - norm.eps)
        norm.weight.fill_(1.0 / float(shrunk))
        norm.bias.copy_(shifts)


def _measure(network: Any, melted: Sequence[_Melted], inputs: Sequence[Floats]) -> list[tuple[Any, Any]]:
    """Return mean and variance [C] of what every convolution gives, over all inputs and places."""
    import torch

    sums: list[list[Any]] = [[0.0, 0.0, 0] for _ in melted]

    def watch(into: list[Any]) -> Any:
        def seen(_: Any, __: Any, output: Any) -> None:
            values = output.double()
            into[0] = into[0] + values.sum(dim=(0, 2, 3))
            into[1] = into[1] + values.square().sum(dim=(0, 2, 3))
            into[2] += values.shape[0] * values.shape[2] * values.shape[3]

        return seen

    hooks = [one.convolution.register_forward_hook(watch(into)) for one, into in zip(melted, sums, strict=True)]
    for one in inputs:
        network(torch.from_numpy(one))
    for hook in hooks:
        hook.remove()
    return [
        ((total / count).float(), (squares / count - (total / count).square()).clamp(min=0).float())
        for total, squares, count in sums
    ]


def _pictures(paths: Sequence[Path]) -> Iterator[Floats]:
    taken = 0
    for path in paths[:: max(1, len(paths) // PICTURES)]:
        try:
            image = read_picture(path)
        except BadPicture:
            continue
        across, down = input_sides(image.shape[1], image.shape[0], _LONGEST)
        yield as_input(letterbox(image, across, down)[0])
        taken += 1
        if taken == PICTURES:
            return
