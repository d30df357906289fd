"""People whom other boxes contradict are trusted less, all others as before."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.detectors.plausible import plausible

ANNA = (100.0, 100.0, 200.0, 400.0)
BINH = (220.0, 100.0, 320.0, 400.0)
BOTH = (95.0, 95.0, 325.0, 405.0)
UPPER_HALF = (100.0, 100.0, 200.0, 240.0)
HEAD_OF_ANNA = (130.0, 100.0, 170.0, 150.0)


def weighed(persons: list[tuple[float, ...]], scores: list[float], heads: list[tuple[float, ...]]) -> list[float]:
    found = plausible(
        np.array(persons, dtype=np.float64).reshape(-1, 4),
        np.array(scores),
        np.array(heads, dtype=np.float64).reshape(-1, 4),
        np.full(len(heads), 0.8),
    )
    return [round(float(score), 3) for score in found]


def test_a_box_around_two_people_is_trusted_less_than_they_are() -> None:
    assert weighed([ANNA, BINH, BOTH], [0.6, 0.5, 0.8], []) == [0.6, 0.5, 0.32]


def test_a_box_around_one_person_and_a_faint_one_is_left_alone() -> None:
    assert weighed([ANNA, BINH, BOTH], [0.6, 0.1, 0.8], []) == [0.6, 0.1, 0.8]


def test_half_a_person_whose_head_is_taken_is_trusted_less() -> None:
    assert weighed([ANNA, UPPER_HALF], [0.7, 0.5], [HEAD_OF_ANNA]) == [0.7, 0.3]


def test_somebody_without_a_visible_head_is_not_doubted() -> None:
    assert weighed([ANNA, BINH], [0.7, 0.5], [HEAD_OF_ANNA]) == [0.7, 0.5]


def test_a_faint_head_takes_no_part() -> None:
    persons, heads = np.array([ANNA, UPPER_HALF]), np.array([HEAD_OF_ANNA])
    assert plausible(persons, np.array([0.7, 0.5]), heads, np.array([0.1])).tolist() == [0.7, 0.5]


@given(
    st.lists(st.tuples(*[st.floats(0, 500)] * 2, *[st.floats(5, 300)] * 2, st.floats(0.01, 1)), max_size=12),
    st.lists(st.tuples(*[st.floats(0, 500)] * 2, *[st.floats(5, 80)] * 2, st.floats(0.01, 1)), max_size=8),
    st.randoms(),
)
def test_scores_never_rise_and_do_not_depend_on_the_order(
    persons: list[tuple[float, ...]], heads: list[tuple[float, ...]], random: Random
) -> None:
    def table(rows: list[tuple[float, ...]]) -> tuple[np.ndarray, np.ndarray]:
        boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in rows], dtype=np.float64).reshape(-1, 4)
        return boxes, np.array([row[4] for row in rows], dtype=np.float64)

    persons = list({row[4]: row for row in persons}.values())  # equal scores have no order of their own
    boxes, scores = table(persons)
    before = plausible(boxes, scores, *table(heads))
    assert (before <= scores).all()
    order = list(range(len(persons)))
    random.shuffle(order)
    after = plausible(boxes[order], scores[order], *table(heads))
    assert after.tolist() == before[order].tolist()
