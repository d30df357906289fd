"""A thin line is told: by pictures that come late, or by pictures that do not come; a good line and odd clocks are not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import GapReason
from pipelines.sources.line import LineWatch, line_fault
from pipelines.sources.wire import Line

Packet = tuple[float | None, float]  # stamp, arrival


def told(packets: Iterable[Packet], *, rate: float = 5.0, waited: bool = True) -> list[tuple[float, GapReason | None]]:
    """What is said, second by second."""
    watch, said, fault, due = LineWatch(rate), [], None, None
    for stamp, arrival in packets:
        watch.packet(stamp, arrival, waited=waited)
        due = arrival + 1.0 if due is None else due
        if arrival >= due:
            due += 1.0
            fault = line_fault(watch.state(arrival), fault)
            said.append((arrival, fault))
    return said


def faults(packets: Iterable[Packet], *, rate: float = 5.0, waited: bool = True) -> set[GapReason | None]:
    return {fault for _, fault in told(packets, rate=rate, waited=waited)}


def steady(rate: float, seconds: float, *, begin: float = 100.0) -> list[Packet]:
    return [(i / rate, begin + i / rate) for i in range(round(seconds * rate))]


def thin(rate: float, seconds: float, share: float, *, begin: float = 100.0) -> list[Packet]:
    """Everything is delivered, at ``share`` of the speed at which it is made."""
    return [(i / rate, begin + i / rate / share) for i in range(round(seconds * rate * share))]


@pytest.mark.parametrize("rate", [4.0, 5.0, 10.0, 25.0])
def test_a_good_line(rate: float) -> None:
    assert faults(steady(rate, 60)) == {None}


@given(st.lists(st.floats(0, 0.4), min_size=100, max_size=300))
def test_jitter_is_no_fault(jitter: list[float]) -> None:
    arrival, packets = 0.0, []
    for index, late in enumerate(jitter):
        arrival = max(arrival, 100 + index / 5 + late)
        packets.append((index / 5, arrival))
    assert faults(packets) == {None}


def test_a_line_of_a_sixth_is_late_within_ten_seconds() -> None:
    said = told(thin(10, 40, 64 / 411))
    first = next(at for at, fault in said if fault is GapReason.DELAYED)
    assert first - 100 <= 10
    assert {fault for at, fault in said if at > first} == {GapReason.DELAYED}  # and stays so


def test_it_is_over_when_the_rest_has_come() -> None:
    slow = thin(10, 20, 0.5)
    last = slow[-1][0]
    assert last is not None
    burst = [(last + (i + 1) / 10, 120.0 + i / 1000) for i in range(100)]
    after = [(last + 10 + i / 10, 120.1 + i / 10) for i in range(1, 200)]
    said = told([*slow, *burst, *after])
    assert GapReason.DELAYED in {fault for at, fault in said if at < 120}
    assert {fault for at, fault in said if at > 127} == {None}


@pytest.mark.parametrize("pause", [3.0, 6.0, 9.0])
def test_a_pause_after_which_everything_comes_at_once_is_none(pause: float) -> None:
    late = [(stamp, 120 + pause if 120 <= arrival < 120 + pause else arrival) for stamp, arrival in steady(10, 60)]
    assert faults(late) == {None}


def test_a_pause_of_a_thin_line_does_not_make_it_well() -> None:
    slow = thin(10, 20, 0.5)
    packets = [(stamp, arrival if arrival < 115 else arrival + 7) for stamp, arrival in slow]
    said = told(packets)
    first = next(at for at, fault in said if fault is GapReason.DELAYED)
    assert first < 115
    assert {fault for at, fault in said if at > first} == {GapReason.DELAYED}


def test_what_had_lain_there_is_our_own_lateness() -> None:
    assert faults(thin(10, 40, 0.5), waited=False) == {None}


@pytest.mark.parametrize(("given_rate", "asked"), [(2.0, 5.0), (3.0, 5.0), (1.0, 2.0)])
def test_a_camera_that_gives_too_little(given_rate: float, asked: float) -> None:
    said = told(steady(given_rate, 40), rate=asked)
    assert {fault for at, fault in said if at > 111} == {GapReason.SPARSE}


def test_pictures_left_out_by_a_camera_whose_line_is_full() -> None:
    """Two seconds of every four are missing; what comes is on time and often enough while it comes."""
    kept = [(s, a) for s, a in steady(25, 60) if s is not None and s % 4 < 2]
    said = told(kept)
    assert {fault for at, fault in said if at > 114} == {GapReason.SPARSE}


def test_damaged_pictures_do_not_count() -> None:
    watch = LineWatch(5.0)
    for index, (stamp, arrival) in enumerate(steady(5, 30)):
        watch.packet(stamp, arrival, waited=True)
        if index % 2:
            watch.damaged()
    assert watch.state(130).filled == pytest.approx(0.5, abs=0.03)
    assert watch.state(130).late == 0.0


@pytest.mark.parametrize(
    "stamp",
    [
        lambda t: t if t < 20 else t - 2**32 / 90_000,  # RTP wrap
        lambda t: t - 3600 * (int(t) % 2),  # jumps to and fro
        lambda t: None,
        lambda t: t if int(t * 10) % 7 else None,
        lambda t: t * (1 - 1e-4),  # a camera's clock that loses nine seconds a day
        lambda t: t * (1 + 1e-4),
    ],
)
def test_a_wrong_clock_is_not_the_line(stamp: object) -> None:
    assert faults((stamp(i / 10), 100 + i / 10) for i in range(600)) == {None}  # type: ignore[operator]


def test_a_day_with_a_slow_clock() -> None:
    watch = LineWatch(1.0)
    for second in range(0, 86_400, 1):
        watch.packet(second * (1 - 5e-5), 100.0 + second, waited=True)
    assert watch.state(86_500).late < 0.01


def test_another_rate_is_asked() -> None:
    watch = LineWatch(5.0)
    for stamp, arrival in steady(2, 30):
        watch.packet(stamp, arrival, waited=True)
    assert watch.state(130).filled == pytest.approx(0.4)
    watch.rate = 2.0
    assert watch.state(130).filled == pytest.approx(1.0)


def test_nothing_is_said_at_the_beginning() -> None:
    watch = LineWatch(5.0)
    assert watch.state(100.0) == Line(100.0, 1.0, 0.0)
    watch.packet(None, 100.0, waited=True)
    watch.damaged()
    assert watch.state(100.0).filled == 1.0


@pytest.mark.parametrize(
    ("filled", "late", "before", "after"),
    [
        (1.0, 2.1, None, GapReason.DELAYED),
        (1.0, 1.5, None, None),
        (1.0, 1.5, GapReason.DELAYED, GapReason.DELAYED),
        (1.0, 0.9, GapReason.DELAYED, None),
        (0.5, 3.0, GapReason.SPARSE, GapReason.DELAYED),
        (0.5, 0.0, GapReason.DELAYED, GapReason.SPARSE),
        (0.8, 0.0, None, None),
        (0.8, 0.0, GapReason.SPARSE, GapReason.SPARSE),
        (0.9, 0.0, GapReason.SPARSE, None),
    ],
)
def test_borders_lie_apart(filled: float, late: float, before: GapReason | None, after: GapReason | None) -> None:
    assert line_fault(Line(0.0, filled, late), before) is after


def test_nothing_is_kept_for_longer_than_it_is_looked_at() -> None:
    """A watch over months that nobody asks must not grow."""
    watch = LineWatch(5.0)
    for stamp, arrival in steady(25, 400):
        watch.packet(stamp, arrival, waited=True)
    assert len(watch._waited) <= 5 * 25 + 1
    assert len(watch._usable) <= 10 * 25 + 2
