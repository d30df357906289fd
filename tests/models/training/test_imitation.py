"""A published network as a source of soft labels: what the loss makes of what it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.labelled.published import NoTeacher
from models.training.imitation import imitating, published_people
from models.training.person import train_person

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "ultralytics")),
    reason="torch and ultralytics come with the extra `train`",
)

SIDE = 64
PLACES = 8 * 8 + 4 * 4 + 2 * 2
BOX = (0.5, 0.5, 0.5, 0.75)  # centre and sides as fractions


def _saying(score: float, box: tuple[float, float, float, float] = BOX) -> Any:
    """A teacher that sees the same in every place."""
    import torch

    row = torch.zeros(84)
    row[:4] = torch.tensor(box) * SIDE
    row[4] = score
    return lambda pictures: row[None, :, None].expand(pictures.shape[0], 84, PLACES)


def _loss(teacher: Any, labels: list[int], **weights: float) -> tuple[float, Any]:
    """The loss of a fresh network on one grey picture in which every label has the same box, and the network."""
    import torch
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    network = DetectionModel("yolo26n.yaml", ch=3, nc=2, verbose=False)
    network.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5, epochs=1)
    network.train()
    pictures = torch.full((1, 3, SIDE, SIDE), 0.5)
    batch = {
        "img": pictures,
        "batch_idx": torch.zeros(len(labels)),
        "cls": torch.tensor([[float(one)] for one in labels]).view(-1, 1),
        "bboxes": torch.tensor([BOX] * len(labels)).view(-1, 4),
    }
    loss, shown = imitating(teacher, **weights)(network)(network(pictures), batch)
    assert set(shown) == {"box_loss", "cls_loss", "l1_loss"}
    total = loss.sum()
    total.backward()
    return float(total.detach()), network


def test_without_weights_it_is_the_loss_of_the_labels() -> None:
    plain, _ = _loss(_saying(0.9), [0], scores=0.0, boxes=0.0)
    other, _ = _loss(_saying(0.1, (0.2, 0.2, 0.1, 0.1)), [0], scores=0.0, boxes=0.0)
    assert plain == other
    assert _loss(_saying(0.9), [0])[0] > plain


def test_only_the_exported_head_learns() -> None:
    _, network = _loss(_saying(0.9), [0, 1])
    head = network.model[-1]
    assert all(one.grad is None or not one.grad.any() for one in head.one2one_cv3.parameters())
    assert any(one.grad is not None and one.grad.any() for one in head.cv3.parameters())


def test_a_teacher_that_sees_nothing_does_not_speak_against_a_labelled_person() -> None:
    """What it costs to be scored zero everywhere is less where a person was labelled than where nothing was."""
    nobody, _ = _loss(_saying(0.0), [], boxes=0.0)
    plain_nobody, _ = _loss(_saying(0.0), [], scores=0.0, boxes=0.0)
    somebody, _ = _loss(_saying(0.0), [0], boxes=0.0)
    plain_somebody, _ = _loss(_saying(0.0), [0], scores=0.0, boxes=0.0)
    assert somebody - plain_somebody < nobody - plain_nobody


def test_the_box_of_a_person_is_not_asked_where_a_head_was_labelled() -> None:
    def by_box(labels: list[int]) -> float:
        return _loss(_saying(0.9), labels, scores=0.0, boxes=1.0)[0] - _loss(_saying(0.9), labels, scores=0.0, boxes=0.0)[0]

    assert by_box([]) > 0
    assert by_box([1]) != pytest.approx(by_box([]))


def test_nobody_is_imitated_without_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NoTeacher, match="imitated"):
        train_person(tmp_path / "data", tmp_path, imitate=True)


def test_a_folder_without_the_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoTeacher, match="yolov8n"):
        published_people(tmp_path)
