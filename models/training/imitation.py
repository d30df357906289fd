"""Learning from a published network while training: its scores of people are soft labels, its boxes are labels where it is sure.

Labels are boxes or nothing. A network that has seen far more pictures says as well how much something looks like a person,
in every place of every picture however it was cut, mixed and degraded (Hinton et al., Distilling the knowledge in a neural
network, 2015; Chen et al., Learning efficient object detection models with knowledge distillation, 2017). Where a person was
labelled that network only speaks as far as it sees one; heads it does not know, and where a head was labelled its box is not asked.

The network runs in torch, beside the one that learns: its weights are read from the published file and dequantised. They
go into the labels of a training and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.errors import MisfitWeights
from models.labelled.published import PEOPLE_FILE, NoTeacher

_PERSON: Final = 0
_HEAD: Final = 1
_SEEN: Final = 0.05
"""Scores above this are summed to weigh the soft labels, as the hard ones are weighed by their sum."""

_SURE: Final = 0.25
"""From this score on the published box is a label."""

_LEARNT: Final = "one2many"
"""The head that is exported (`models.training.rows`); the other one costs time and is not used."""

Floats = npt.NDArray[np.float32]
Kernel = tuple[int, int, int, int]
"""Channels in and out, side, and rows of the output: what tells the convolutions of the network apart, in their order."""


def published_people(folder: Path) -> Any:
    """Return the published YOLOv8n as a torch network that is not trained.

    Args:
        folder: folder of the published networks.

    Raises:
        NoTeacher: the file is missing.
        MisfitWeights: it has not the convolutions of that network.
        ModuleNotFoundError: torch, ultralytics or ai-edge-litert is not installed.
    """
    import torch
    from ultralytics.nn.tasks import DetectionModel

    path = folder / PEOPLE_FILE
    if not path.is_file():
        raise NoTeacher(f"the folder of teachers lacks {PEOPLE_FILE}")
    network: Any = DetectionModel("yolov8n.yaml", ch=3, nc=80, verbose=False).eval()
    network.fuse(verbose=False)
    read = _convolutions(path)
    met: defaultdict[Kernel, int] = defaultdict(int)
    for kernel, convolution in _in_order(network):
        if met[kernel] >= len(read.get(kernel, ())):
            raise MisfitWeights(f"{PEOPLE_FILE} lacks a convolution of {kernel}")
        weights, shifts = read[kernel][met[kernel]]
        met[kernel] += 1
        convolution.weight.data = torch.from_numpy(weights)
        convolution.bias.data = torch.from_numpy(shifts)
    if any(met[kernel] != len(several) for kernel, several in read.items()):
        raise MisfitWeights(f"{PEOPLE_FILE} has convolutions that network has not")
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network.to(memory_format=torch.channels_last)


def imitating(teacher: Any, *, scores: float = 1.0, boxes: float = 0.5) -> Any:
    """Return the loss class of a detector of people and heads that learns from labels and from ``teacher``.

    Args:
        teacher: gives [B,84,A] for pictures [B,3,H,W]: boxes (centre, sides, pixels) and 80 scores of A places, person first.
        scores: weight of its scores beside that of the labels.
        boxes: weight of its boxes beside that of the labels.
    """
    import torch
    from ultralytics.utils.loss import v8DetectionLoss
    from ultralytics.utils.metrics import bbox_iou
    from ultralytics.utils.ops import xywh2xyxy

    class ImitatingLoss(v8DetectionLoss):  # type: ignore[misc]
        """The usual loss of the exported head, and what the teacher says."""

        def __call__(self, preds: Any, batch: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
            found = self.parse_output(preds)[_LEARNT]
            (taken, label, _, centres, strides), loss, told = self.get_assigned_targets_and_loss(found, batch)
            with torch.no_grad():
                said = teacher(batch["img"].contiguous(memory_format=torch.channels_last))
                said = (said[0] if isinstance(said, tuple) else said).float()
                likeness, places = said[:, 4], xywh2xyxy(said[:, :4].permute(0, 2, 1))
                kind = self._kinds(batch, taken.bool(), label)
                # Where a person was labelled, a teacher that sees none is mistaken.
                weights = torch.where(kind == _PERSON, likeness, torch.ones_like(likeness))
            own = found["scores"].permute(0, 2, 1)[..., _PERSON].float()
            seen = likeness[likeness > _SEEN].sum().clamp(min=1.0)
            soft = (self.bce(own, likeness) * weights).sum() / seen
            sure = (likeness > _SURE) & (kind != _HEAD)
            drawn = self.bbox_decode(centres, found["boxes"].permute(0, 2, 1).contiguous()) * strides
            overlap = bbox_iou(drawn[sure].float(), places[sure], xywh=False, CIoU=True).squeeze(-1)
            loose = ((1 - overlap) * likeness[sure]).sum() / likeness[sure].sum().clamp(min=1.0)
            learnt = torch.stack((boxes * self.hyp.box * loose, scores * self.hyp.cls * soft, torch.zeros_like(soft)))
            shown = {name: one + more.detach() for (name, one), more in zip(told.items(), learnt, strict=True)}
            return (loss + learnt) * own.shape[0], shown

        def update(self) -> None:
            """Nothing: there is no second head to go over to."""

        def _kinds(self, batch: Mapping[str, Any], taken: Any, label: Any) -> Any:
            """Return the class each place was given by the labels, -1 where none."""
            rows = torch.cat((batch["batch_idx"].view(-1, 1), batch["cls"].view(-1, 1), batch["bboxes"]), 1)
            classes = self.preprocess(rows, taken.shape[0], scale_tensor=torch.ones(4, device=rows.device))[..., 0]
            if classes.shape[1] == 0:
                return torch.full_like(label, -1)
            given = classes.gather(1, label.clamp(max=classes.shape[1] - 1))
            return torch.where(taken, given, torch.full_like(given, -1))

    return ImitatingLoss


def _convolutions(path: Path) -> Mapping[Kernel, list[tuple[Floats, Floats]]]:
    """Return weights [out,in,k,k] and shifts [out] of every convolution of a tflite file, in the order of execution."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    network = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    network.allocate_tensors()
    tensors = {each["index"]: each for each in network.get_tensor_details()}

    def plain(index: int) -> Floats:
        content, scale = network.get_tensor(index), tensors[index]["quantization_parameters"]
        if content.dtype == np.int8:
            if len(scale["scales"]) != 1:
                raise MisfitWeights(f"{path.name}: one scale a tensor was expected")
            return np.asarray((content.astype(np.float32) - scale["zero_points"][0]) * scale["scales"][0], dtype=np.float32)
        return np.asarray(content, dtype=np.float32)

    found: defaultdict[Kernel, list[tuple[Floats, Floats]]] = defaultdict(list)
    for operation in network._get_ops_details():  # noqa: SLF001 - no public way to the graph
        if operation["op_name"] != "CONV_2D":
            continue
        weights, shifts = (plain(index) for index in operation["inputs"][1:3])
        if weights.shape[0] == 1:
            continue  # the sum over the bins of a side, which torch does itself
        out, side, _, into = weights.shape
        rows = int(tensors[operation["outputs"][0]]["shape"][1])
        found[into, out, side, rows].append((np.ascontiguousarray(weights.transpose(0, 3, 1, 2)), shifts))
    return found


def _in_order(network: Any) -> list[tuple[Kernel, Any]]:
    """Return the convolutions of a torch network as they are executed."""
    import torch

    met: list[tuple[Kernel, Any]] = []

    def note(module: Any, _: Any, output: Any) -> None:
        met.append(((module.in_channels, module.out_channels, module.kernel_size[0], output.shape[2]), module))

    convolutions = [one for name, one in network.named_modules() if isinstance(one, torch.nn.Conv2d) and "dfl" not in name]
    hooks = [one.register_forward_hook(note) for one in convolutions]
    with torch.no_grad():
        network(torch.zeros(1, 3, 640, 640))
    for hook in hooks:
        hook.remove()
    return met
