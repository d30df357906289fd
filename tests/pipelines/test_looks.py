"""The books of how a camera was looked at: what the gates may have missed, and the rate asked and got."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analyzer.types import CameraId, RunId
from pipelines.looks import LookBook, LookHour, added_up, hour_of

T0 = datetime(2026, 3, 1, 8, 59, 50, tzinfo=UTC)
GATE, RUN = CameraId("gate"), RunId("run-1")


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_an_empty_audit_is_counted_and_misses_nothing() -> None:
    book = LookBook(GATE, RUN, T0)
    assert book.looked(after(2), 0, 5.0, unasked=True) == 0.0
    assert book.drain() == (LookHour(GATE, hour_of(T0), 1, 0, 0.0, 1, 10.0, RUN),)


def test_people_in_an_audit_count_since_the_look_before() -> None:
    book = LookBook(GATE, RUN, T0)
    book.looked(after(1), 0, 5.0, unasked=True)
    assert book.looked(after(3), 2, 5.0, unasked=True) == 4.0
    (hour,) = book.drain()
    assert (hour.audits, hour.misses, hour.missed_seconds, hour.judged, hour.asked) == (2, 1, 4.0, 2, 15.0)


def test_people_whom_the_gates_let_through_were_not_missed() -> None:
    book = LookBook(GATE, RUN, T0)
    assert book.looked(after(0.2), 3, 5.0, unasked=False) == 0.0
    (hour,) = book.drain()
    assert (hour.audits, hour.misses, hour.judged) == (0, 0, 1)


def test_an_outage_is_not_the_gates_fault() -> None:
    book = LookBook(GATE, RUN, T0)
    assert book.looked(after(3000), 1, 5.0, unasked=True) == 5.0


def test_an_hour_that_is_over_is_given_once_and_the_present_one_as_it_grows() -> None:
    book = LookBook(GATE, RUN, T0)
    book.looked(after(5), 0, 1.0, unasked=True)
    book.looked(after(15), 0, 1.0, unasked=True)
    assert [one.hour.hour for one in book.drain()] == [8, 9]
    book.looked(after(17), 1, 1.0, unasked=True)
    (now,) = book.drain()
    assert (now.hour.hour, now.audits, now.misses) == (9, 2, 1)


def test_a_sum_belongs_to_no_run() -> None:
    hours = [LookHour(GATE, T0, 1, 1, 2.0, 3, 4.0, RUN), LookHour(GATE, T0, 1, 0, 0.0, 2, 4.0, RunId("run-2"))]
    assert added_up(GATE, T0, hours) == LookHour(GATE, T0, 2, 1, 2.0, 5, 8.0)
