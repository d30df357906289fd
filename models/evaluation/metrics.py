"""Figures of a classifier, from numbers to numbers: no pictures, no networks.

Every function takes arrays of one length and says what it does when a class does not occur: the answer is None,
never 0 or 1, because a figure that was not measured must not look like one that was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]

HEIGHT_BINS: Final = ((0.0, 16.0), (16.0, 24.0), (24.0, 40.0), (40.0, math.inf))
"""Heights of a labelled head or face in pixels, lower bound included."""

_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval of a share; low <= high, both in 0..1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class fared. A figure is None where its denominator is zero."""

    name: str
    support: int
    claimed: int
    correct: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    average_precision: float | None


def wilson(successes: int, trials: int) -> Interval | None:
    """Return Wilson's 95 % interval of successes / trials; None without trials.

    Source: E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if trials <= 0:
        return None
    share = successes / trials
    spread = _Z95 * _Z95 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = _Z95 * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def bin_name(low: float, high: float) -> str:
    """Return the name of a height bin: `<16`, `16-24`, `>=40`."""
    if low == 0:
        return f"<{high:g}"
    return f">={low:g}" if math.isinf(high) else f"{low:g}-{high:g}"


def confusion(truth: Labels, claimed: Labels, classes: int) -> npt.NDArray[np.int64]:
    """Return counts [truth, claimed]; rows are what was so, columns what was said."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (truth, claimed), 1)
    return table


def average_precision(positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float | None:
    """Return the area under the precision-recall steps (no interpolation); None without positives or negatives.

    Equal scores count as one step, so that the order of the input does not matter.
    """
    total = int(positive.sum())
    if total == 0 or total == len(positive):
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    ranked = scores[order]
    last_of_step = np.append(ranked[1:] != ranked[:-1], [True])
    hits = hits[last_of_step]
    claimed = np.flatnonzero(last_of_step) + 1
    gained = np.diff(np.concatenate([[0], hits])) / total
    return float((gained * hits / claimed).sum())


def figures_of_class(name: str, index: int, table: npt.NDArray[np.int64], area: float | None) -> ClassFigures:
    """Return precision, recall and F1 of one class from a confusion table."""
    correct = int(table[index, index])
    support = int(table[index].sum())
    claimed = int(table[:, index].sum())
    return ClassFigures(
        name,
        support,
        claimed,
        correct,
        correct / claimed if claimed else None,
        wilson(correct, claimed),
        correct / support if support else None,
        wilson(correct, support),
        2 * correct / (support + claimed) if support else None,
        area,
    )


def balanced_accuracy(truth: Labels, claimed: Labels) -> float | None:
    """Return the mean recall over the classes that occur; None without labels."""
    present = np.unique(truth)
    if len(present) == 0:
        return None
    return float(np.mean([(claimed[truth == label] == label).mean() for label in present]))


def expected_calibration_error(
    probabilities: Probabilities,
    truth: Labels,
    *,
    bins: int = 15,
) -> float | None:
    """Return the mean gap between confidence of the top class and its accuracy, weighted by bin; None if empty."""
    if len(truth) == 0:
        return None
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    member = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = 0.0
    for index in range(bins):
        inside = member == index
        if inside.any():
            gap += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(gap)


def kappa(first: Labels, second: Labels) -> float | None:
    """Return Cohen's kappa of two passes over the same items; None where chance alone already agrees fully."""
    if len(first) == 0:
        return None
    agreed = float((first == second).mean())
    labels = np.union1d(first, second)
    chance = float(sum((first == label).mean() * (second == label).mean() for label in labels))
    return None if chance >= 1.0 else (agreed - chance) / (1 - chance)


def bootstrap_interval(
    truth: Labels,
    claimed: Labels,
    *,
    rounds: int = 500,
    seed: int = 0,
) -> Interval | None:
    """Return the 95 % percentile interval of the balanced accuracy over resampled items; None if empty."""
    if len(truth) == 0:
        return None
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        drawn = rng.integers(0, len(truth), len(truth))
        value = balanced_accuracy(truth[drawn], claimed[drawn])
        if value is not None:
            values.append(value)
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))
