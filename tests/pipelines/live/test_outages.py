"""Alarms about lost connections: after a debounce, once, and one for the whole line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.types import CameraId, FacilityId, Severity
from pipelines.outages import Link, OutageNotice, OutageWatch, ThinLines
from pipelines.sla import Cause

T0 = datetime(2026, 3, 1, tzinfo=UTC)
CAMERAS = tuple(CameraId(name) for name in "abc")
FACILITY = FacilityId("f")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def played(
    watch: OutageWatch, until: int, down: dict[str, tuple[float, float]], cause: Cause = Cause.NETWORK
) -> list[OutageNotice]:
    """Every second up to ``until``; ``down`` says from when to when a camera is not connected."""
    told = []
    for second in range(until):
        links = {}
        for name in CAMERAS:
            begin, end = down.get(name, (1e9, 1e9))
            links[name] = Link(at(begin), cause) if begin <= second < end else Link(None)
        told += watch.see(links, at(second))
    return told


def test_a_short_outage_raises_nothing() -> None:
    assert played(OutageWatch(FACILITY), 200, {"a": (10, 65)}) == []


def test_one_camera_is_told_once_and_its_end_once() -> None:
    begun, ended = played(OutageWatch(FACILITY), 400, {"a": (10, 300)})
    assert (begun.cause, begun.cameras, begun.start, begun.end) == (Cause.NETWORK, ("a",), at(10), None)
    assert (ended.id, ended.end) == (begun.id, at(300))
    assert begun.severity is Severity.HIGH


def test_the_line_is_one_incident() -> None:
    begun, ended = played(OutageWatch(FACILITY), 400, {"a": (10, 300), "b": (14, 306), "c": (30, 309)})
    assert (begun.cause, begun.cameras, begun.severity) == (Cause.FACILITY_LINE, CAMERAS, Severity.CRITICAL)
    assert (begun.start, ended.end) == (at(10), at(300))


@pytest.mark.parametrize("cause", [Cause.ACCESS, Cause.OURS])
def test_what_is_not_the_fault_of_the_line_is_not_told_as_such(cause: Cause) -> None:
    news = played(OutageWatch(FACILITY), 100, {"a": (10, 300), "b": (10, 300), "c": (10, 300)}, cause)
    assert [(one.cause, one.cameras) for one in news] == [(cause, (name,)) for name in CAMERAS]


def test_a_camera_that_does_not_come_back_with_the_line_is_an_outage_of_its_own() -> None:
    news = played(OutageWatch(FACILITY), 500, {"a": (10, 300), "b": (10, 300), "c": (10, 1e9)})
    assert [(one.cause, one.cameras, one.end is None) for one in news] == [
        (Cause.FACILITY_LINE, CAMERAS, True),
        (Cause.FACILITY_LINE, CAMERAS, False),
        (Cause.NETWORK, ("c",), True),
    ]
    assert news[-1].start == at(300)


def test_cameras_that_fail_one_after_the_other_are_no_line() -> None:
    news = played(OutageWatch(FACILITY), 400, {"a": (10, 1e9), "b": (100, 1e9), "c": (200, 1e9)})
    assert [one.cameras for one in news] == [("a",), ("b",), ("c",)]


def test_a_line_that_takes_the_rest_after_one_had_failed() -> None:
    news = played(OutageWatch(FACILITY), 400, {"a": (10, 1e9), "b": (200, 1e9), "c": (205, 1e9)})
    assert [(one.cause, one.cameras) for one in news] == [(Cause.NETWORK, ("a",)), (Cause.FACILITY_LINE, ("b", "c"))]


def test_planned_maintenance_raises_nothing() -> None:
    assert played(OutageWatch(FACILITY), 400, {"a": (10, 300)}, Cause.PLANNED) == []


def test_a_new_process_does_not_tell_again_and_tells_the_end() -> None:
    first = OutageWatch(FACILITY)
    told = played(first, 200, {"a": (10, 1e9)})
    second = OutageWatch(FACILITY)
    second.restore(OutageNotice.decode(one.encode()) for one in told)
    links = {name: Link(None) for name in CAMERAS}
    assert second.see({**links, CameraId("a"): Link(at(250), Cause.NETWORK)}, at(400)) == ()
    (ended,) = second.see(links, at(401))
    assert (ended.id, ended.end) == (told[0].id, at(401))


def test_a_camera_that_was_taken_away_ends_its_outage() -> None:
    watch = OutageWatch(FACILITY)
    played(watch, 200, {"a": (10, 1e9)})
    (ended,) = watch.see({CameraId("b"): Link(None)}, at(201))
    assert ended.end == at(201)


@pytest.mark.parametrize("text", ["", "[]", "{}", '["f","network",["a"],"yesterday",null]', "null"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(ValueError):
        OutageNotice.decode(text)


def thinned(lines: ThinLines, until: int, thin: dict[str, Callable[[int], bool | None]]) -> list[OutageNotice]:
    """Every second up to ``until``; ``thin`` says of the cameras that are not always wide enough when they are."""
    told = []
    for second in range(until):
        told += lines.see({name: thin[name](second) if name in thin else False for name in CAMERAS}, at(second))
    return told


def test_a_line_that_is_thin_for_long_is_told_once_and_its_end_once() -> None:
    begun, ended = thinned(ThinLines.of(FACILITY), 1500, {"a": lambda second: 10 <= second < 700})
    assert (begun.thin, begun.cause, begun.cameras, begun.start) == (True, Cause.NETWORK, ("a",), at(10))
    assert begun.severity is Severity.MEDIUM
    assert ended.id == begun.id == "thin.f.a.20260301T000010"
    assert ended.end == at(700 + 600 - 1)  # it has to be wide enough for ten minutes after ten or more of thinness


def test_a_line_that_is_thin_for_a_while_is_not_told() -> None:
    assert thinned(ThinLines.of(FACILITY), 900, {"a": lambda second: 10 <= second < 200}) == []


def test_a_line_that_comes_and_goes_is_told_once() -> None:
    told = thinned(ThinLines.of(FACILITY), 3600, {"a": lambda second: second % 60 < 45})
    assert [(one.cameras, one.end) for one in told] == [(("a",), None)]


def test_a_line_mostly_wide_enough_is_not_told() -> None:
    assert thinned(ThinLines.of(FACILITY), 3600, {"a": lambda second: second % 60 < 25}) == []


def test_lines_that_become_thin_together_are_that_of_the_facility() -> None:
    told = thinned(
        ThinLines.of(FACILITY), 500, {name: lambda second, k=k: second >= 10 + 9 * k for k, name in enumerate(CAMERAS)}
    )
    assert [(one.cause, one.cameras, one.severity) for one in told] == [(Cause.FACILITY_LINE, CAMERAS, Severity.HIGH)]


def test_what_is_not_connected_says_nothing_of_its_line() -> None:
    told = thinned(ThinLines.of(FACILITY), 3000, {"a": lambda second: True if second < 400 else None})
    assert [one.end for one in told] == [None]


def test_a_camera_taken_away_ends_what_was_told_of_its_line() -> None:
    lines = ThinLines.of(FACILITY)
    thinned(lines, 400, {"a": lambda _: True})
    (ended,) = lines.see({CameraId("b"): False}, at(401))
    assert (ended.cameras, ended.end) == (("a",), at(401))


def test_a_new_process_does_not_tell_of_a_thin_line_again_and_tells_its_end() -> None:
    told = [OutageNotice.decode(one.encode()) for one in thinned(ThinLines.of(FACILITY), 400, {"a": lambda _: True})]
    again = ThinLines.of(FACILITY)
    again.restore(told)
    assert thinned(again, 100, {"a": lambda _: True}) == []
    again.restore(told)
    (ended,) = [one for second in range(100, 500) for one in again.see(dict.fromkeys(CAMERAS, False), at(second))]
    assert (ended.id, ended.end) == (told[0].id, at(399))  # five minutes after the last that the first process had seen
    connections = OutageWatch(FACILITY)
    connections.restore(told)
    assert connections.told == []
