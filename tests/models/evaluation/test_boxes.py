"""Figures of a detector on boxes that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.boxes import (
    Floats,
    Matched,
    average_precision,
    holding,
    match,
    operating_point,
    precision_at,
    recall_at,
    recall_interval,
)

SMALL = (0.0, 0.0, 10.0, 20.0)
TALL = (100.0, 0.0, 130.0, 60.0)
ELSEWHERE = (300.0, 300.0, 330.0, 360.0)


def boxes(*each: tuple[float, float, float, float]) -> Floats:
    return np.array(each, dtype=np.float64).reshape(-1, 4)


def matched(labels: Floats, found: Floats, scores: tuple[float, ...], undecided: Floats | None = None) -> Matched:
    return match(labels, found, np.array(scores), boxes() if undecided is None else undecided)


def test_all_found_and_nothing_else_is_perfect() -> None:
    picture = matched(boxes(SMALL, TALL), boxes(TALL, SMALL), (0.9, 0.8))
    assert average_precision([picture]) == 1.0
    assert operating_point([picture], 0.95) == (0.8, 1.0)


def test_a_label_is_found_once() -> None:
    picture = matched(boxes(TALL), boxes(TALL, TALL), (0.9, 0.8))
    assert precision_at([picture], 0.5) == 0.5
    assert recall_at([picture], 0.5) == (1, 1)


def test_a_wrong_box_that_scores_higher_costs_precision() -> None:
    picture = matched(boxes(SMALL, TALL), boxes(ELSEWHERE, SMALL, TALL), (0.9, 0.8, 0.7))
    assert average_precision([picture]) == pytest.approx(2 / 3)  # the envelope lifts 1/2 to 2/3
    assert operating_point([picture], 0.95) is None
    assert operating_point([picture], 0.6) == (0.7, 1.0)


def test_a_box_on_an_undecided_region_counts_for_nothing() -> None:
    picture = matched(boxes(TALL), boxes(ELSEWHERE, TALL), (0.9, 0.8), boxes(ELSEWHERE))
    assert average_precision([picture]) == 1.0


def test_heights_are_measured_apart() -> None:
    picture = matched(boxes(SMALL, TALL), boxes(TALL, ELSEWHERE), (0.9, 0.8))
    assert recall_at([picture], 0.5, 0, 40) == (0, 1)
    assert recall_at([picture], 0.5, 40, np.inf) == (1, 1)
    assert average_precision([picture], 0, 40) == 0.0
    assert average_precision([picture], 40, np.inf) == 1.0


def test_what_does_not_occur_has_no_figure() -> None:
    picture = matched(boxes(), boxes(), ())
    assert average_precision([picture]) is None
    assert operating_point([picture], 0.95) is None
    assert precision_at([picture], 0.5) is None
    assert recall_interval([picture], 0.5) is None


def test_a_head_holds_its_face_only_at_a_fitting_size() -> None:
    face = boxes((105, 20, 125, 50))
    assert recall_at([holding(face, boxes(TALL), np.array([0.9]))], 0.5) == (1, 1)
    assert recall_at([holding(face, boxes((0, 0, 400, 400)), np.array([0.9]))], 0.5) == (0, 1)
    assert recall_at([holding(face, boxes(), np.zeros(0))], 0.5) == (0, 1)


def test_the_interval_holds_the_recall_and_narrows_with_pictures() -> None:
    found = matched(boxes(TALL), boxes(TALL), (0.9,))
    missed = matched(boxes(TALL), boxes(), ())
    few, many = recall_interval([found, missed] * 5, 0.5), recall_interval([found, missed] * 100, 0.5)
    assert few is not None
    assert many is not None
    assert few.low < many.low < 0.5 < many.high < few.high
