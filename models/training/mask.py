"""Train the mask-state network: head crop -> worn, incorrect, none, not_visible.

Sources differ in sharpness and in what they show, and a network learns the source if it can. Against that: crops
are drawn by (source, state) cells with the square root of their size, everything passes the same drawn camera, and
the honest figure is that of a run with one source held out.

About 20 minutes a run on one core (45,000 crops); six crops in ten are seen at 64 px first, the rest at full size.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from models.crops import MASK_SIZE, batch
from models.evaluation.metrics import (
    HEIGHT_BINS,
    balanced_accuracy,
    bin_name,
    confusion,
    expected_calibration_error,
    figures_of_class,
)
from models.frame import Image
from models.training import augment
from models.training.crops import MASK_STATES, Contexts
from models.training.efficientnet import FEATURES, build_features
from models.training.fitting import Schedule, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORN: Final = MASK_STATES.index("worn")
_NONE: Final = MASK_STATES.index("none")
_NOT_VISIBLE: Final = MASK_STATES.index("not_visible")
_EARLY_SIZE: Final = 80
_EARLY_SHARE: Final = 0.5
_OCCLUDED_SHARE: Final = 0.05
_VANISHED_SHARE: Final = 0.02
_SMALLEST_TRAINED: Final = 9.0
_SMOOTHING: Final = 0.04


def build_network(checkpoint: Mapping[str, Any] | None = None) -> Any:
    """Return the network from crops [N,3,S,S] (RGB 0..1) to four logits."""
    import torch

    nn = torch.nn

    class MaskNetwork(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.features = build_features(checkpoint)
            self.dropout = nn.Dropout(0.2)
            self.states = nn.Linear(FEATURES, len(MASK_STATES))
            self.view = nn.Linear(FEATURES, 1)  # fitted afterwards (`models.training.views`); zero says nothing
            nn.init.zeros_(self.view.weight)
            nn.init.zeros_(self.view.bias)

        def forward(self, crops: Any) -> Any:
            return self.states(self.dropout(self.pooled(crops)))

        def pooled(self, crops: Any) -> Any:
            return self.features(crops).mean(dim=(2, 3))

    return MaskNetwork()


def cell_weights(contexts: Contexts) -> npt.NDArray[np.float64]:
    """Return drawing probabilities: each (source, state) cell by the square root of its size, evenly inside."""
    cells = np.char.add(contexts.sources.astype(str), contexts.states.astype(str))
    _, member, counts = np.unique(cells, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(counts[member].astype(np.float64))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def draw_crop(contexts: Contexts, row: int, rng: np.random.Generator) -> tuple[Image, int]:
    """Return one augmented crop and its state, which an occluder may have changed to not_visible."""
    view = augment.head_view(contexts.pixels[row], rng, size=MASK_SIZE)
    state = int(contexts.states[row])
    fate = rng.random()
    if fate < _OCCLUDED_SHARE:
        other = contexts.pixels[int(rng.integers(0, len(contexts)))]
        view, state = augment.occlude(view, other, rng), _NOT_VISIBLE
    elif fate < _OCCLUDED_SHARE + _VANISHED_SHARE:
        return augment.vanish(augment.colour(view, rng), rng), _NOT_VISIBLE
    return augment.camera(view, rng), state


def train(contexts: Contexts, schedule: Schedule, build: Callable[[], Any], resume: Path, *, early: bool = True) -> Any:
    """Return the fitted network; a run that was cut off goes on from the resume file.

    Args:
        contexts: what is drawn from.
        schedule: length and rates.
        build: makes the network to start from; called twice.
        resume: file to go on from.
        early: begin with small crops, which teach a network that knows no masks faster.
    """
    import torch

    contexts = contexts.select(contexts.heights >= _SMALLEST_TRAINED)
    weights = cell_weights(contexts)

    def draw(rng: np.random.Generator, progress: float) -> tuple[Any, Any]:
        rows = rng.choice(len(contexts), schedule.batch_size, p=weights)
        drawn = [draw_crop(contexts, int(row), rng) for row in rows]
        size = _EARLY_SIZE if early and progress < _EARLY_SHARE else MASK_SIZE
        views = [np.asarray(cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8) for view, _ in drawn]
        crops = torch.from_numpy(batch(views)).to(memory_format=torch.channels_last)
        return crops, torch.tensor([state for _, state in drawn])

    def loss(network: Any, drawn: tuple[Any, Any]) -> Any:
        crops, states = drawn
        return torch.nn.functional.cross_entropy(network(crops), states, label_smoothing=_SMOOTHING)

    return fit(build, draw, loss, schedule, resume)


def both_ways(network: Any, crops: Any) -> Any:
    """Return the mean features [N,F] of crops [N,3,S,S] and their mirror images.

    The product looks a second time only where the first look is not sure (`models.attributes.second_look`), to the same effect.
    """
    return (network.pooled(crops) + network.pooled(crops.flip(3))) / 2


def predict(network: Any, crops: list[Image]) -> npt.NDArray[np.float64]:
    """Return logits [N,4] of BGR crops, as the exported network computes them."""
    import torch

    with torch.inference_mode():
        parts = [
            network.states(both_ways(network, torch.from_numpy(batch(crops[first : first + 64])))).numpy()
            for first in range(0, len(crops), 64)
        ]
    return np.concatenate(parts).astype(np.float64)


def run_time_crops(contexts: Contexts) -> list[Image]:
    """Return the crops as they are cut at run time: nothing drawn."""
    rng = np.random.default_rng(0)
    return [augment.head_view(pixels, rng, strength=0.0, size=MASK_SIZE) for pixels in contexts.pixels]


def figures(contexts: Contexts, probabilities: npt.NDArray[np.float64]) -> dict[str, object]:
    """Return figures by source and height for the training log: yes/no, per-state F1, calibration."""
    found: dict[str, object] = {}
    for source in np.unique(contexts.sources):
        for low, high in (*HEIGHT_BINS, (24.0, np.inf)):
            chosen = (contexts.sources == source) & (contexts.heights >= low) & (contexts.heights < high)
            if not chosen.any():
                continue
            truth, given = contexts.states[chosen], probabilities[chosen]
            claimed = given.argmax(axis=1)
            table = confusion(truth, claimed, len(MASK_STATES))
            yes_no = np.isin(truth, (_WORN, _NONE))
            found[f"{source} {bin_name(low, float(high))}"] = {
                "heads": int(chosen.sum()),
                "yes_no_balanced": balanced_accuracy(
                    (truth[yes_no] == _WORN).astype(np.int64),
                    (claimed[yes_no] == _WORN).astype(np.int64),
                ),
                "f1": {name: figures_of_class(name, i, table, None).f1 for i, name in enumerate(MASK_STATES)},
                "ece": expected_calibration_error(given, truth),
                "confusion": table.tolist(),
            }
    return found


def write_run(out: Path, schedule: Schedule, temperature: float, held_out: dict[str, object], views: Mapping[str, float]) -> None:
    """Write what a run was and how it fared beside its weights."""
    record = {"schedule": asdict(schedule), "temperature": temperature, "held_out": held_out, "views": dict(views)}
    (out / "run.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
