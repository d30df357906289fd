"""How much a face is turned to the camera: labels by a teacher of face points, a layer on features that no longer change.

A profile hides whether the nose is out: of wrongly worn masks on a set that was held out, three in ten were recognised from the
front and one in ten where the nose lies half an eye distance off the middle. The crops of a person are therefore chosen and
weighed by this output (`models.attributes.memory`, `models.attributes.gates`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from models.crops import MASK_SIZE, batch
from models.evaluation.metrics import balanced_accuracy
from models.training import augment, mask
from models.training.crops import MASK_STATES, Contexts
from models.training.face_points import FaceFinder

UNCLEAR: Final = -1
_TURNED_TO: Final = 0.3
_TURNED_AWAY: Final = 0.5
"""Where the nose lies off the middle of the eyes, over their distance: below the first a face counts as turned to the camera, from
the second on as turned away (about 20 and 35 degrees)."""
_NOT_VISIBLE: Final = MASK_STATES.index("not_visible")
_ROUNDS: Final = 3
_DECAY: Final = 0.05
_BATCH: Final = 64


def view_labels(contexts: Contexts, landmarks: Path) -> npt.NDArray[np.int64]:
    """Return 1 for each face turned to the camera, 0 for an averted head, `UNCLEAR` for what is in between or was not found.

    A head that the teacher does not find is averted only if a person labelled it "not visible": masks and close-ups are
    missed as well.

    Raises:
        AbsentWeights: the file of the landmarks is not there.
    """
    find = FaceFinder(landmarks)
    faces = (find(row, pixels) for row, pixels in enumerate(contexts.pixels))
    hidden = contexts.states == _NOT_VISIBLE
    labels = [
        view_of(None if face is None else face.turn, not_visible=bool(unseen)) for face, unseen in zip(faces, hidden, strict=True)
    ]
    return np.array(labels, dtype=np.int64)


def view_of(turn: float | None, *, not_visible: bool) -> int:
    """Return the label of one head: by the turn of its face (`Face.turn`), else by what a person saw of it."""
    if turn is None:
        return 0 if not_visible else UNCLEAR
    return 1 if abs(turn) < _TURNED_TO else 0 if abs(turn) >= _TURNED_AWAY else UNCLEAR


def fit_views(network: Any, contexts: Contexts, labels: npt.NDArray[np.int64], *, seed: int = 300) -> None:
    """Set the layer ``view`` of the mask network in place: a logistic regression on its features.

    Args:
        network: from `models.training.mask.build_network`, in evaluation mode.
        contexts: heads to fit on; nobody who is to be measured.
        labels: of `view_labels`.
        seed: of the augmented views, which are fitted beside the plain ones.
    """
    import torch

    known = np.flatnonzero(labels != UNCLEAR)
    chosen = contexts.select(known)
    views = [mask.run_time_crops(chosen)]
    for count in range(_ROUNDS):
        rng = np.random.default_rng(seed + count)
        views.append([augment.camera(augment.head_view(pixels, rng, size=MASK_SIZE), rng) for pixels in chosen.pixels])
    inputs = torch.from_numpy(np.concatenate([_features(network, crops) for crops in views]))
    middle, spread = inputs.mean(dim=0), inputs.std(dim=0) + 0.05
    inputs = (inputs - middle) / spread
    truth = torch.from_numpy(np.tile(labels[known], len(views)).astype(np.float32))
    share = float(truth.mean())
    importance = torch.where(truth > 0.5, 0.5 / max(share, 1e-6), 0.5 / max(1 - share, 1e-6))
    weight = torch.zeros(1, inputs.shape[1], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimiser.zero_grad()
        logits = (inputs @ weight.T + bias)[:, 0]
        losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        loss = (losses * importance).mean() + _DECAY * (weight**2).sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimiser.step(closure)
    with torch.no_grad():
        found = weight / spread
        network.view.weight.copy_(found)
        network.view.bias.copy_(bias - found @ middle)


def view_figures(network: Any, contexts: Contexts, labels: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return how well the layer ``view`` tells turned from averted heads: balanced accuracy, and how many there were."""
    import torch

    known = np.flatnonzero(labels != UNCLEAR)
    truth = labels[known]
    if not 0 < int(truth.sum()) < len(truth):
        return {}
    pooled = _features(network, mask.run_time_crops(contexts.select(known)))
    with torch.inference_mode():
        claimed = network.view(torch.from_numpy(pooled))[:, 0].numpy() > 0
    return {
        "balanced_accuracy": balanced_accuracy(truth, claimed.astype(np.int64)) or 0.0,
        "turned_to": float(truth.sum()),
        "averted": float(len(truth) - truth.sum()),
    }


def _features(network: Any, crops: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
    import torch

    cv2.setNumThreads(1)
    with torch.inference_mode():
        parts = [
            network.pooled(torch.from_numpy(batch(crops[first : first + _BATCH]))).numpy()
            for first in range(0, len(crops), _BATCH)
        ]
    return np.concatenate(parts)
