from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import GapReason
from pipelines.sources.instants import Clockwork, Grid, HoleFinder, as_timedelta
from pipelines.sources.items import Hole

MS = Fraction(1, 1000)


def placed(ticks: list[int | None], rate: int | None = 25) -> tuple[list[float | None], Clockwork]:
    clock = Clockwork(0, MS, Fraction(rate) if rate else None)
    times = [clock.place(t) for t in ticks]
    return [None if t is None else float(t) for t in times], clock


def test_times_count_from_the_origin() -> None:
    clock = Clockwork(7200, Fraction(1, 90000), None)
    assert clock.place(7200 + 3600) == Fraction(1, 25)


def test_missing_repeated_and_stuttering_time_stamps_are_refused() -> None:
    times, clock = placed([0, None, 40, 40, 20, 80, 120])
    assert times == [0, None, 0.04, None, None, 0.08, 0.12]
    assert not clock.jumps


def test_one_wild_time_stamp_moves_nothing() -> None:
    back, _ = placed([9000, 9040, 10, 9080, 9120])
    assert back == [9.0, 9.04, None, 9.08, 9.12]
    ahead, _ = placed([0, 40, 10**9, 80, 120])
    assert ahead == [0, 0.04, None, 0.08, 0.12]


@pytest.mark.parametrize("origin", [0, 10**9])
def test_a_reset_clock_counts_on_once_it_is_believed(origin: int) -> None:
    times, clock = placed([*range(60_000, 61_000, 40), *range(origin, origin + 400, 40)])
    assert times[24:30] == [60.96, None, None, 61.0, 61.04, 61.08]
    assert [float(jump) for jump in clock.jumps] == [61.0]


@given(st.lists(st.one_of(st.none(), st.integers(-(10**10), 10**10)), max_size=60))
def test_times_always_rise(ticks: list[int | None]) -> None:
    times = [t for t in placed(ticks)[0] if t is not None]
    assert all(a < b for a, b in pairwise(times))
    assert all(t >= 0 for t in times)


# --- holes ---------------------------------------------------------------------------------------


def holes_of(times: list[float], interval: float, *, spoilt_before: int = -1, end: float | None = None) -> list[Hole]:
    finder, step = HoleFinder(), Fraction(interval).limit_denominator(1000)
    found = []
    for at, time in enumerate(times):
        if at == spoilt_before:
            finder.spoil()
        found.append(finder.usable(Fraction(time).limit_denominator(1000), step))
    if end is not None:
        found.append(finder.end(Fraction(end).limit_denominator(1000), step))
    return [hole for hole in found if hole is not None]


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def test_two_seconds_are_not_yet_a_hole_and_a_little_more_is() -> None:
    assert holes_of([0, 2.0], 0.04) == []
    assert holes_of([0, 2.04], 0.04) == [Hole(seconds(0.04), seconds(2.04), GapReason.RECORDING_GAP)]


def test_at_a_slow_rate_ten_intervals_are_needed() -> None:
    assert holes_of([0, 5, 15], 5) == []
    assert holes_of([0, 5, 56], 5) == [Hole(seconds(10), seconds(56), GapReason.RECORDING_GAP)]


def test_time_with_spoilt_pictures_only_is_a_hole_of_its_own_kind() -> None:
    assert [h.reason for h in holes_of([0, 5], 0.04, spoilt_before=1)] == [GapReason.CORRUPT]


def test_what_is_missing_at_the_beginning_and_the_end_is_a_hole() -> None:
    assert holes_of([3, 3.04], 0.04, end=9) == [
        Hole(seconds(0), seconds(3), GapReason.RECORDING_GAP),
        Hole(seconds(3.08), seconds(9), GapReason.RECORDING_CUT),
    ]


# --- which pictures are analysed -----------------------------------------------------------------


def test_takes_the_first_picture_at_or_after_each_instant() -> None:
    grid = Grid(2)
    times = [0, 0.3, 0.49, 0.51, 0.9, 1.0, 2.6, 2.7, 3.0]
    assert [t for t in times if grid.takes(Fraction(t).limit_denominator(1000))] == [0, 0.51, 1.0, 2.6, 3.0]


def test_without_a_rate_every_picture_is_taken() -> None:
    grid = Grid(None)
    assert all(grid.takes(Fraction(k, 25)) for k in range(10))


@pytest.mark.parametrize("rate", [0, -1, 1000, float("nan"), float("inf")])
def test_a_rate_that_means_nothing_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        Grid(rate)


@given(
    st.lists(st.integers(0, 100_000), unique=True, max_size=200).map(sorted),
    st.sampled_from([0.5, 1.0, 2.0, 3.3, 5.0, 25.0]),
)
def test_each_instant_has_one_picture_and_the_choice_depends_on_times_only(ticks: list[int], rate: float) -> None:
    exact = Fraction(rate).limit_denominator(1000)
    grid = Grid(rate)
    taken = [t for t in ticks if grid.takes(t * MS)]
    slots = [int(t * MS * exact) for t in taken]
    assert slots == sorted(set(slots))
    assert set(slots) == {int(t * MS * exact) for t in ticks}
    assert all(t == min(u for u in ticks if int(u * MS * exact) == slot) for t, slot in zip(taken, slots, strict=True))


def test_times_are_rounded_to_the_microsecond() -> None:
    assert as_timedelta(Fraction(1001, 30000)) == timedelta(microseconds=33367)
