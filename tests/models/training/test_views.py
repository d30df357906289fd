"""Views: which heads count as turned to the camera, and the layer that learns it on features that do not change."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.errors import AbsentWeights
from models.training.crops import CONTEXT_SIZE, Contexts
from models.training.views import UNCLEAR, fit_views, view_figures, view_labels, view_of

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch comes with the extra `train`")


@pytest.mark.parametrize(
    ("turn", "not_visible", "label"),
    [
        (0.0, False, 1),
        (-0.29, False, 1),
        (0.4, False, UNCLEAR),
        (-0.6, False, 0),
        (None, True, 0),
        (None, False, UNCLEAR),
        (0.1, True, 1),
    ],
)
def test_labels(turn: float | None, not_visible: bool, label: int) -> None:
    assert view_of(turn, not_visible=not_visible) == label


def drawn(count: int) -> tuple[Contexts, np.ndarray]:
    """Heads of two kinds that any features tell apart: two dark spots side by side, or one at the edge."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 2, count)
    pixels = np.full((count, CONTEXT_SIZE, CONTEXT_SIZE, 3), 180, np.uint8)
    middle = CONTEXT_SIZE // 2
    for image, label in zip(pixels, labels, strict=True):
        for x in (middle - 22, middle + 22) if label else (middle - 50,):
            cv2.circle(image, (x, middle), 12, (20, 20, 20), -1)
    ones = np.zeros(count, np.int64)
    names = np.array([str(k) for k in range(count)], dtype=np.str_)
    return Contexts(pixels, ones, np.full(count, 60, np.float32), np.array(["made"] * count, dtype=np.str_), ones, names), labels


def test_without_the_teacher_there_are_no_labels(tmp_path: Path) -> None:
    with pytest.raises(AbsentWeights, match="yunet"):
        view_labels(drawn(1)[0], tmp_path / "yunet.onnx")


def network() -> Any:
    """What `fit_views` needs of a network: features, here the light in each place, and an empty layer."""
    import torch

    class Light(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.places = torch.nn.AdaptiveAvgPool2d(8)
            self.view = torch.nn.Linear(3 * 64, 1)

        def pooled(self, crops: Any) -> Any:
            return self.places(crops).flatten(1)

    torch.manual_seed(1)
    return Light().eval()


@needs_torch
def test_the_layer_learns_what_the_labels_say_and_passes_over_the_unclear() -> None:
    heads, labels = drawn(80)
    labels[:4] = UNCLEAR
    light = network()
    fit_views(light, heads, labels)
    figures = view_figures(light, heads, labels)
    assert figures["balanced_accuracy"] > 0.9
    assert figures["turned_to"] + figures["averted"] == 76


@needs_torch
def test_one_kind_of_view_alone_gives_no_figure() -> None:
    assert view_figures(network(), drawn(4)[0], np.ones(4, np.int64)) == {}


@needs_torch
def test_the_mask_network_says_nothing_of_views_before_the_layer_is_fitted() -> None:
    import torch

    from models.training import mask

    built = mask.build_network().eval()
    with torch.inference_mode():
        assert not built.view(built.pooled(torch.rand(2, 3, 64, 64))).any()
