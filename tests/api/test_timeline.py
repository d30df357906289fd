"""A camera's time as a strip: nothing is lost, and nothing unseen looks seen."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.timeline import FUTURE, UNRECORDED, build_timeline, window_around
from pipelines.records import CoverageInterval, CoverageState, GapReason
from tests.api.builders import CORRIDOR, NOON, mask_event
from tests.api.conftest import World

MINUTE = timedelta(minutes=1)


def part(start: float, end: float, state: CoverageState = CoverageState.LIVE) -> CoverageInterval:
    reason = None if state is CoverageState.LIVE else GapReason.RECORDING_GAP
    return CoverageInterval(CORRIDOR, NOON + start * MINUTE, NOON + end * MINUTE, state, reason)


def test_time_that_nobody_recorded_is_its_own_state() -> None:
    strip = build_timeline([part(2, 4), part(6, 8, CoverageState.GAP)], [], NOON, NOON + 10 * MINUTE)
    assert [(stretch.state, stretch.x, stretch.width) for stretch in strip.stretches] == [
        (UNRECORDED, 0, 20),
        ("live", 20, 20),
        (UNRECORDED, 40, 20),
        ("gap", 60, 20),
        (UNRECORDED, 80, 20),
    ]
    assert strip.observed == 2 * MINUTE


@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(0.01, 5), st.sampled_from(CoverageState)), max_size=12))
def test_the_stretches_partition_the_strip(parts: list[tuple[float, float, CoverageState]]) -> None:
    intervals = [part(start, start + length, state) for start, length, state in parts]
    strip = build_timeline(intervals, [], NOON, NOON + 10 * MINUTE)
    assert strip.stretches[0].start == strip.since
    assert strip.stretches[-1].end == strip.until
    assert all(a.end == b.start for a, b in zip(strip.stretches, strip.stretches[1:], strict=False))
    assert sum((stretch.duration for stretch in strip.stretches), timedelta(0)) == strip.length
    assert all(0 <= stretch.x <= 100 and 0 < stretch.width <= 100 for stretch in strip.stretches)


def test_a_gap_of_a_second_in_a_day_is_still_drawn() -> None:
    strip = build_timeline([part(0, 1 / 60, CoverageState.GAP)], [], NOON, NOON + timedelta(days=1))
    assert strip.stretches[0].width >= 0.25


def test_refuses_an_empty_strip() -> None:
    with pytest.raises(ValueError, match="positive"):
        build_timeline([], [], NOON, NOON)


def test_ticks_stand_on_round_hours_of_the_facility() -> None:
    viet_nam = timezone(timedelta(hours=7))
    day = datetime(2021, 8, 20, tzinfo=viet_nam)
    strip = build_timeline([], [], day, day + timedelta(days=1))
    assert [tick.at.hour for tick in strip.ticks] == [4, 8, 12, 16, 20]
    assert strip.coarse


def test_marks_this_episode_and_the_others(world: World) -> None:
    this, other = world.builder.event(mask_event("one", 2)), world.builder.event(mask_event("two", 5))
    strip = build_timeline([], [this, other], NOON, NOON + 10 * MINUTE, this=this.id)
    assert [(mark.event.id, mark.this) for mark in strip.marks] == [(other.id, False), (this.id, True)]
    assert strip.marks[1].x == 20


def test_the_window_of_an_event_is_cut_to_what_is_recorded(world: World) -> None:
    event = world.builder.event()
    since, until = window_around(event, [part(0, 10)], 15 * MINUTE)
    assert (since, until) == (NOON, NOON + 10 * MINUTE)
    since, until = window_around(event, [], 15 * MINUTE)
    assert since < event.since < event.opened_at < until


def test_what_has_not_been_yet_is_no_gap() -> None:
    strip = build_timeline([part(0, 2)], [], NOON, NOON + 10 * MINUTE, now=NOON + 6 * MINUTE)
    assert [(stretch.state, stretch.duration / MINUTE) for stretch in strip.stretches] == [
        ("live", 2),
        (UNRECORDED, 4),
        (FUTURE, 4),
    ]
    assert (strip.past, strip.observed) == (6 * MINUTE, 2 * MINUTE)
    later = build_timeline([part(0, 2)], [], NOON, NOON + 10 * MINUTE, now=NOON + 60 * MINUTE)
    assert later.total(FUTURE) == timedelta(0)
    earlier = build_timeline([], [], NOON, NOON + 10 * MINUTE, now=NOON - MINUTE)
    assert earlier.past == timedelta(0)
