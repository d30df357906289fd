"""Arithmetic of coverage, against a model that colours every second by itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import CoverageInterval, CoverageState, GapReason
from pipelines.store.partition import best_of, check_disjoint, laid_over
from tests.pipelines.store.made import T0, make_interval, seconds

END = 20
KINDS = [
    (CoverageState.LIVE, None),
    (CoverageState.DEGRADED, GapReason.OVERLOAD),
    (CoverageState.GAP, GapReason.STALLED),
    (CoverageState.GAP, GapReason.BLACK),
]


@st.composite
def partitions(draw: st.DrawFn, run: str = "run-1") -> tuple[CoverageInterval, ...]:
    edges = sorted(draw(st.sets(st.integers(0, END), max_size=8)))
    pieces = [(start, end, draw(st.sampled_from([*KINDS, None]))) for start, end in pairwise(edges)]
    return tuple(make_interval(start, end, *kind, run=run) for start, end, kind in pieces if kind)


def colour(intervals: tuple[CoverageInterval, ...], second: int) -> tuple[CoverageState, GapReason | None, str | None] | None:
    at = T0 + seconds(second)
    found = [(i.state, i.reason, i.run) for i in intervals if i.start <= at < i.end]
    assert len(found) <= 1, "the intervals overlap"
    return found[0] if found else None


def is_shortest(intervals: tuple[CoverageInterval, ...]) -> bool:
    return not any(a.end == b.start and (a.state, a.reason, a.run) == (b.state, b.reason, b.run) for a, b in pairwise(intervals))


@given(partitions(), partitions())
def test_what_is_new_covers_what_is_old(old: tuple[CoverageInterval, ...], new: tuple[CoverageInterval, ...]) -> None:
    result = laid_over(old, new)
    assert is_shortest(result)
    for second in range(END):
        assert colour(result, second) == (colour(new, second) or colour(old, second))


@given(partitions(), partitions())
def test_laying_the_same_twice_is_laying_it_once(old: tuple[CoverageInterval, ...], new: tuple[CoverageInterval, ...]) -> None:
    once = laid_over(old, new)
    assert laid_over(once, new) == once


@given(partitions("run-1"), partitions("run-2"), st.integers(0, END), st.integers(0, END))
def test_an_instant_that_any_run_watched_was_watched(
    first: tuple[CoverageInterval, ...], second: tuple[CoverageInterval, ...], since: int, until: int
) -> None:
    result = best_of([*first, *second], T0 + seconds(since), T0 + seconds(until))
    order = [CoverageState.GAP, CoverageState.DEGRADED, CoverageState.LIVE]
    for instant in range(END):
        found = colour(result, instant)
        if not since <= instant < until:
            assert found is None
            continue
        said = [c for c in (colour(first, instant), colour(second, instant)) if c]
        assert (found[0] if found else None) == (max((c[0] for c in said), key=order.index) if said else None)
        assert found is None or found in said


def test_empty_intervals_are_left_out_and_order_is_made() -> None:
    assert check_disjoint([make_interval(5, 9), make_interval(3, 3), make_interval(0, 5)]) == (
        make_interval(0, 5),
        make_interval(5, 9),
    )


@pytest.mark.parametrize(
    ("intervals", "problem"),
    [([make_interval(0, 5), make_interval(4, 9)], "overlaps itself"), ([make_interval(5, 4)], "ends before it starts")],
)
def test_intervals_that_contradict_themselves_are_refused(intervals: list[CoverageInterval], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_disjoint(intervals)
