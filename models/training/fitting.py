"""One way to fit a network here: AdamW, one cycle of the rate, averaged weights, resumable to the step.

What is drawn at a step depends on the seed and the step only, so a run that was cut off and resumed sees the crops
that an uninterrupted one would have seen.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

_SAVE_EVERY: Final = 200
_LOG_EVERY: Final = 50

Draw = Callable[[np.random.Generator, float], Any]
"""From a generator and the progress (0..1) to the tensors of one batch."""
Loss = Callable[[Any, Any], Any]
"""From the network and one batch to a scalar tensor."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a run depends on besides its data. The length is in crops, so that the batch size does not change it."""

    crops: int
    batch_size: int = 64
    rate_features: float = 6e-4
    rate_head: float = 2e-3
    weight_decay: float = 0.02
    averaging: float = 0.995
    seed: int = 20
    threads: int = 1

    @property
    def steps(self) -> int:
        return self.crops // self.batch_size


def fit(build: Callable[[], Any], draw: Draw, loss: Loss, schedule: Schedule, resume: Path) -> Any:
    """Return the network with averaged weights, in evaluation mode.

    Args:
        build: makes the network; it has the parts ``features`` (learns slowly) and others (learn at the head's rate).
        draw: makes a batch.
        loss: judges a batch.
        schedule: length, rates and seed.
        resume: file that is written every 200 steps and read at the start.
    """
    import torch

    torch.set_num_threads(schedule.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(schedule.seed)
    network = build().to(memory_format=torch.channels_last)
    averaged = build()
    averaged.load_state_dict(network.state_dict())
    slow = list(network.features.parameters())
    slow_ids = {id(parameter) for parameter in slow}
    fast = [parameter for parameter in network.parameters() if id(parameter) not in slow_ids]
    rates = [schedule.rate_features, schedule.rate_head]
    optimiser = torch.optim.AdamW([{"params": slow}, {"params": fast}], lr=rates[0], weight_decay=schedule.weight_decay)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rates, total_steps=schedule.steps, pct_start=0.15)
    parts = {"network": network, "averaged": averaged, "optimiser": optimiser, "cycle": cycle}
    began = time.monotonic()
    network.train()
    for step in range(_resume(parts, resume), schedule.steps):
        rng = np.random.default_rng([schedule.seed, step])
        value = loss(network, draw(rng, step / schedule.steps))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        cycle.step()
        _average(averaged, network, min(schedule.averaging, (1 + step) / (10 + step)))
        if step % _LOG_EVERY == 0:
            log.info("step %d of %d, loss %.3f, %.0f s", step, schedule.steps, float(value.detach()), time.monotonic() - began)
        if step % _SAVE_EVERY == _SAVE_EVERY - 1:
            _save(parts, step + 1, resume)
    return averaged.eval()


def _resume(parts: dict[str, Any], resume: Path) -> int:
    """Load what was saved into the parts; return the step to go on from."""
    import torch

    if not resume.exists():
        return 0
    saved = torch.load(resume, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return int(saved["step"])


def _save(parts: dict[str, Any], step: int, resume: Path) -> None:
    import torch

    resume.parent.mkdir(parents=True, exist_ok=True)
    unfinished = resume.with_suffix(".part")
    torch.save({"step": step, **{name: part.state_dict() for name, part in parts.items()}}, unfinished)
    unfinished.replace(resume)


def _average(averaged: Any, network: Any, keep: float) -> None:
    import torch

    with torch.no_grad():
        for old, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
            if old.dtype.is_floating_point:
                old.mul_(keep).add_(new, alpha=1 - keep)
            else:
                old.copy_(new)


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return probabilities over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float64)


def fit_temperature(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    """Return the temperature that minimises the log loss, searched from 0.3 to 5."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(5.0), 200))
    losses = [-np.log(softmax(logits / t)[np.arange(len(truth)), truth] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])
