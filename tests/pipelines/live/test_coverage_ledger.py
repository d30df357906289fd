"""Every instant of a camera's time is accounted for once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.types import CameraId
from pipelines.coverage import CoverageLedger, FrameAccount, Quality, close_after_crash, day_bounds, filled, holds, summed
from pipelines.records import CoverageInterval, CoverageState, DropReason, GapReason

CAMERA = CameraId("gate")
T0 = datetime(2026, 3, 1, tzinfo=UTC)
LIVE, GAP, DEGRADED = CoverageState.LIVE, CoverageState.GAP, CoverageState.DEGRADED


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def interval(start: float, end: float, state: CoverageState = LIVE, reason: GapReason | None = None) -> CoverageInterval:
    return CoverageInterval(CAMERA, at(start), at(end), state, reason)


whats = st.one_of(
    st.just((LIVE, None)),
    st.tuples(st.just(GAP), st.sampled_from(GapReason)),
    st.tuples(st.just(DEGRADED), st.sampled_from([GapReason.OVERLOAD, GapReason.TOO_DARK])),
)


def check_partition(intervals: tuple[CoverageInterval, ...], start: datetime, end: datetime) -> None:
    assert intervals[0].start == start
    assert intervals[-1].end == end
    assert all(a.end == b.start for a, b in pairwise(intervals))
    assert all(i.start < i.end for i in intervals)


@given(st.lists(st.tuples(st.integers(-5_000_000, 3_600_000_000), whats, st.booleans()), min_size=1, max_size=40))
def test_the_ledger_partitions_time(marks: list[tuple[int, tuple[CoverageState, GapReason | None], bool]]) -> None:
    """However it is marked (also backwards) and whenever it is persisted."""
    ledger = CoverageLedger(CAMERA, T0)
    stored: dict[datetime, CoverageInterval] = {}
    for offset, (state, reason), persist in marks:
        ledger.mark(T0 + timedelta(microseconds=offset), state, reason)
        if persist:
            stored.update((i.start, i) for i in ledger.drain())
            if stored:
                check_partition(tuple(stored[key] for key in sorted(stored)), T0, ledger.cursor)
    stored.update((i.start, i) for i in ledger.drain())
    if ledger.cursor > T0:
        check_partition(tuple(stored[key] for key in sorted(stored)), T0, ledger.cursor)
        assert summed(stored.values()).total == ledger.cursor - T0


def test_the_same_goes_on_as_one_interval() -> None:
    ledger = CoverageLedger(CAMERA, T0)
    for second in range(1, 10):
        ledger.mark(at(second), LIVE)
    ledger.mark(at(20), GAP, GapReason.STALLED)
    ledger.mark(at(30), LIVE)
    assert ledger.drain() == (interval(0, 9), interval(9, 20, GAP, GapReason.STALLED), interval(20, 30))
    ledger.mark(at(31), LIVE)
    assert ledger.drain() == (interval(20, 31),)


def test_a_gap_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        CoverageLedger(CAMERA, T0).mark(at(1), GAP)
    with pytest.raises(ValueError, match="reason"):
        CoverageLedger(CAMERA, T0).mark(at(1), LIVE, GapReason.FROZEN)


@pytest.mark.parametrize(
    ("clean", "planned", "reason"),
    [(False, False, GapReason.CRASHED), (True, False, GapReason.STOPPED), (True, True, GapReason.MAINTENANCE)],
)
def test_a_killed_process_leaves_a_gap(clean: bool, planned: bool, reason: GapReason) -> None:
    gap = close_after_crash(
        [interval(0, 9), interval(9, 12, GAP, GapReason.STALLED)], CAMERA, at(60), clean=clean, planned=planned
    )
    assert gap == interval(12, 60, GAP, reason)
    assert close_after_crash([], CAMERA, at(60), clean=False) is None
    assert close_after_crash([interval(0, 61)], CAMERA, at(60), clean=False) is None


@given(st.lists(st.tuples(st.integers(-50, 150), st.integers(1, 40)), max_size=12))
def test_filled_has_no_holes(stretches: list[tuple[int, int]]) -> None:
    known = [interval(start, start + length) for start, length in stretches]
    whole = filled(known, CAMERA, at(0), at(100))
    check_partition(whole, at(0), at(100))
    summary = summed(whole)
    assert summary.live + sum((d for _, d in summary.gaps), timedelta(0)) == timedelta(seconds=100)
    watched = {s for start, length in stretches for s in range(start, start + length) if 0 <= s < 100}
    assert summary.live == timedelta(seconds=len(watched))


@given(whats)
def test_each_quality_is_stricter_than_the_one_before(what: tuple[CoverageState, GapReason | None]) -> None:
    answers = [holds(interval(0, 1, *what), quality) for quality in Quality]
    assert answers == sorted(answers, reverse=True)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (GapReason.UNREACHABLE, []),
        (GapReason.FROZEN, [Quality.CONNECTED]),
        (GapReason.COVERED, [Quality.CONNECTED, Quality.FRESH]),
        (GapReason.ANALYSIS, [Quality.CONNECTED, Quality.FRESH, Quality.USABLE]),
    ],
)
def test_what_a_reason_takes_away(reason: GapReason, expected: list[Quality]) -> None:
    assert [q for q in Quality if holds(interval(0, 1, GAP, reason), q)] == expected


def test_local_days_have_23_24_or_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    lengths = [
        (b - a) / timedelta(hours=1) for a, b in (day_bounds(date(2026, m, d), berlin) for m, d in ((3, 29), (6, 1), (10, 25)))
    ]
    assert lengths == [23, 24, 25]
    assert day_bounds(date(2026, 6, 1), ZoneInfo("Asia/Ho_Chi_Minh"))[0] == datetime(2026, 5, 31, 17, tzinfo=UTC)


@given(st.integers(0, 50), st.lists(st.sampled_from(DropReason), max_size=50))
def test_captured_is_analysed_plus_dropped(analysed: int, drops: list[DropReason]) -> None:
    account = FrameAccount()
    account.analysed = analysed
    for reason in drops:
        account.drop(reason)
    counts = account.counts
    assert counts.captured == analysed + len(drops)
    assert dict(counts.dropped) == {r: drops.count(r) for r in set(drops)}
