"""Figures of classifiers on numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.metrics import (
    HEIGHT_BINS,
    average_precision,
    balanced_accuracy,
    bin_name,
    bootstrap_interval,
    confusion,
    expected_calibration_error,
    figures_of_class,
    kappa,
    wilson,
)


def labels(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_confusion_has_truth_in_rows() -> None:
    assert confusion(labels(0, 0, 1), labels(0, 1, 1), 2).tolist() == [[1, 1], [0, 1]]


def test_figures_of_a_class_by_hand() -> None:
    # 4 of class 0, of which 3 are said; 1 of class 1 is said to be 0
    figures = figures_of_class("worn", 0, np.array([[3, 1], [1, 5]]), None)
    assert (figures.precision, figures.recall, figures.f1) == (0.75, 0.75, 0.75)
    assert (figures.support, figures.claimed, figures.correct) == (4, 4, 3)


def test_a_class_that_is_absent_has_no_recall_and_no_f1() -> None:
    figures = figures_of_class("incorrect", 1, np.array([[3, 1], [0, 0]]), None)
    assert figures.recall is None
    assert figures.f1 is None
    assert figures.precision == 0.0


def test_a_class_never_said_has_no_precision_but_an_f1_of_zero() -> None:
    figures = figures_of_class("incorrect", 1, np.array([[3, 0], [2, 0]]), None)
    assert figures.precision is None
    assert figures.f1 == 0.0


@pytest.mark.parametrize(
    ("positive", "scores", "expected"),
    [
        ([True, False], [0.9, 0.1], 1.0),
        ([False, True], [0.9, 0.1], 0.5),
        # ranks of the positives: 1 and 3, precisions 1 and 2/3
        ([True, False, True], [0.9, 0.8, 0.7], (1 + 2 / 3) / 2),
        # all equal: one step, precision is the share of positives
        ([True, False, False, False], [0.5, 0.5, 0.5, 0.5], 0.25),
    ],
)
def test_average_precision_by_hand(positive: list[bool], scores: list[float], expected: float) -> None:
    assert average_precision(np.array(positive), np.array(scores)) == pytest.approx(expected)


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_average_precision_needs_both_kinds(positive: list[bool]) -> None:
    assert average_precision(np.array(positive, dtype=np.bool_), np.zeros(len(positive))) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=2, max_size=20), st.randoms())
def test_average_precision_ignores_the_order_of_the_items(items: list[tuple[bool, int]], chance: object) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    def area(pairs: list[tuple[bool, int]]) -> float | None:
        return average_precision(np.array([p for p, _ in pairs]), np.array([s for _, s in pairs], dtype=np.float64))

    assert area(items) == pytest.approx(area(shuffled))


def test_balanced_accuracy_weighs_classes_alike() -> None:
    truth = labels(0, 0, 0, 0, 1)
    assert balanced_accuracy(truth, labels(0, 0, 0, 0, 0)) == 0.5
    assert balanced_accuracy(labels(), labels()) is None


def test_wilson_of_a_textbook_case() -> None:
    interval = wilson(0, 10)
    assert interval is not None
    assert interval.low == 0.0
    assert interval.high == pytest.approx(0.2775, abs=1e-4)
    assert wilson(0, 0) is None


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_holds_the_share(successes: int, trials: int) -> None:
    successes = min(successes, trials)
    interval = wilson(successes, trials)
    assert interval is not None
    assert 0.0 <= interval.low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= interval.high <= 1.0


def test_calibration_error_of_an_overconfident_judge() -> None:
    probabilities = np.array([[0.9, 0.1]] * 4)
    # confident 0.9, right in 2 of 4
    assert expected_calibration_error(probabilities, labels(0, 0, 1, 1)) == pytest.approx(0.4)
    assert expected_calibration_error(np.zeros((0, 2)), labels()) is None


def test_kappa_of_the_textbook() -> None:
    # 50 items: 20 yes-yes, 15 no-no, 5 yes-no, 10 no-yes; observed 0.7, by chance 0.5
    first = labels(*([1] * 20 + [0] * 15 + [1] * 5 + [0] * 10))
    second = labels(*([1] * 20 + [0] * 15 + [0] * 5 + [1] * 10))
    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa(labels(1, 1), labels(1, 1)) is None


def test_bootstrap_repeats_and_encloses() -> None:
    truth = labels(*([0] * 30 + [1] * 30))
    said = labels(*([0] * 27 + [1] * 33))
    first, second = bootstrap_interval(truth, said), bootstrap_interval(truth, said)
    assert first == second
    assert first is not None
    assert first.low < 0.95 < first.high


def test_height_bins_cover_every_height_once() -> None:
    assert [bin_name(low, high) for low, high in HEIGHT_BINS] == ["<16", "16-24", "24-40", ">=40"]
    for height in (0.0, 15.9, 16.0, 24.0, 39.9, 40.0, 4000.0):
        assert sum(low <= height < high for low, high in HEIGHT_BINS) == 1
