"""Uptime, outages and incidents from intervals with known answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.types import CameraId, FacilityId
from pipelines.connection import camera_connection, connection_of
from pipelines.records import CameraRecord, CoverageInterval, CoverageState, GapReason
from pipelines.sla import Cause, alarms, collapsed, facility_report, outages_of, report
from pipelines.store.partition import best_of

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def day(camera: str, *pieces: tuple[float, GapReason | None]) -> list[CoverageInterval]:
    """Consecutive pieces of (minutes, reason); no reason is live."""
    out, cursor = [], T0
    for minutes, reason in pieces:
        end = cursor + timedelta(minutes=minutes)
        state = CoverageState.LIVE if reason is None else CoverageState.GAP
        out.append(CoverageInterval(CameraId(camera), cursor, end, state, reason))
        cursor = end
    return out


def test_figures_of_one_camera() -> None:
    intervals = day(
        "a", (100, None), (6, GapReason.STALLED), (4, GapReason.UNREACHABLE), (200, None), (30, GapReason.MAINTENANCE),
        (50, GapReason.COVERED), (20, GapReason.AUTH_FAILED), (90, None),
    )  # fmt: skip
    one = report(CameraId("a"), intervals)
    assert [(o.cause, o.duration / timedelta(minutes=1)) for o in one.outages] == [(Cause.NETWORK, 10), (Cause.ACCESS, 20)]
    assert one.planned == timedelta(minutes=30)
    assert one.connected == timedelta(minutes=440)  # a covered camera is connected
    assert one.uptime == pytest.approx(440 / 470)
    assert (one.longest, one.mttr, one.mtbf) == (timedelta(minutes=20), timedelta(minutes=15), timedelta(minutes=220))


def test_no_outage_no_mean() -> None:
    one = report(CameraId("a"), day("a", (60, None)))
    assert (one.uptime, one.mttr, one.mtbf, one.longest) == (1.0, None, None, timedelta(0))
    assert report(CameraId("a"), day("a", (60, GapReason.MAINTENANCE))).uptime is None


def test_a_line_that_fails_is_one_incident() -> None:
    down = GapReason.UNREACHABLE
    reports = {
        CameraId("a"): report(CameraId("a"), day("a", (60, None), (10, down), (20, None), (5, down), (5, None))),
        CameraId("b"): report(CameraId("b"), day("b", (60.2, None), (12, down), (27.8, None))),
        CameraId("c"): report(CameraId("c"), day("c", (60.4, GapReason.COVERED), (9, down), (30.6, None))),
    }
    line, *alone = collapsed(reports)
    assert (line.cause, line.cameras) == (Cause.FACILITY_LINE, ("a", "b", "c"))
    assert line.duration == timedelta(minutes=9.4)  # until the first of them is back
    assert [(one.cause, one.cameras, round(one.duration / timedelta(minutes=1), 1)) for one in alone] == [
        (Cause.NETWORK, ("a",), 0.6),
        (Cause.NETWORK, ("b",), 2.8),
        (Cause.NETWORK, ("a",), 5.0),
    ]


def test_one_dead_camera_does_not_stretch_the_incident_of_the_line() -> None:
    down = GapReason.UNREACHABLE
    reports = {
        CameraId("a"): report(CameraId("a"), day("a", (10, None), (5, down), (45, None))),
        CameraId("b"): report(CameraId("b"), day("b", (10, None), (50, down))),
    }
    assert [(one.cause, one.cameras, one.duration / timedelta(minutes=1)) for one in collapsed(reports)] == [
        (Cause.FACILITY_LINE, ("a", "b"), 5),
        (Cause.NETWORK, ("b",), 45),
    ]


def test_a_line_may_take_the_rest_after_one_camera_had_failed() -> None:
    down = GapReason.UNREACHABLE
    reports = {
        CameraId("a"): report(CameraId("a"), day("a", (10, None), (50, down))),
        CameraId("b"): report(CameraId("b"), day("b", (30, None), (5, down), (25, None))),
        CameraId("c"): report(CameraId("c"), day("c", (30.2, None), (5, down), (24.8, None))),
    }
    assert [(one.cause, one.cameras) for one in collapsed(reports)] == [
        (Cause.NETWORK, ("a",)),
        (Cause.FACILITY_LINE, ("b", "c")),
        (Cause.NETWORK, ("c",)),
    ]


def test_what_was_not_started_is_not_blamed_on_the_line() -> None:
    idle, down = GapReason.NOT_STARTED, GapReason.UNREACHABLE
    reports = {
        CameraId("a"): report(CameraId("a"), day("a", (20, idle), (20, None), (5, down), (15, None))),
        CameraId("b"): report(CameraId("b"), day("b", (20, idle), (10, down), (10, None), (5, down), (15, None))),
        CameraId("c"): report(CameraId("c"), day("c", (60, idle))),
    }
    assert [(one.cause, one.cameras, one.duration / timedelta(minutes=1)) for one in collapsed(reports)] == [
        (Cause.NOT_STARTED, ("a",), 20),
        (Cause.NOT_STARTED, ("b",), 20),
        (Cause.NOT_STARTED, ("c",), 60),
        (Cause.NETWORK, ("b",), 10),
        (Cause.FACILITY_LINE, ("a", "b"), 5),
    ]


def test_the_start_after_a_crash_is_part_of_its_outage() -> None:
    pieces = (10, None), (3, GapReason.CRASHED), (1, GapReason.NOT_STARTED), (10, None)
    (one,) = outages_of(day("a", *pieces))
    assert (one.cause, one.duration) == (Cause.OURS, timedelta(minutes=4))
    after_a_stop = day("a", (10, None), (3, GapReason.STOPPED), (1, GapReason.NOT_STARTED), (10, None))
    assert [outage.cause for outage in outages_of(after_a_stop)] == [Cause.PLANNED, Cause.NOT_STARTED]


class _Ledgers:
    """Implements `LedgerStore`."""

    def __init__(self, *ledgers: list[CoverageInterval]) -> None:
        self._ledgers = {ledger[0].camera: ledger for ledger in ledgers}

    def cameras(self, facility: FacilityId | None = None) -> tuple[CameraRecord, ...]:
        return tuple(CameraRecord(camera, facility or FacilityId("f"), camera, "") for camera in self._ledgers)

    def coverage(self, camera: CameraId, since: datetime, until: datetime) -> tuple[CoverageInterval, ...]:
        return best_of(self._ledgers[camera], since, until)


def test_what_is_not_written_yet_is_no_outage() -> None:
    store, facility, second = _Ledgers(day("a", (60, None)), day("b", (60, None))), FacilityId("f"), timedelta(seconds=1)
    end = T0 + timedelta(minutes=60)
    going_on = connection_of(store, facility, T0, end + 2 * second, end + 2 * second)
    assert (going_on.uptime, going_on.incidents, going_on.period) == (1.0, (), timedelta(minutes=60))
    assert camera_connection(store, CameraId("a"), T0, end + 2 * second, end + 2 * second).outages == ()

    silent = connection_of(store, facility, T0, end + 60 * second, end + 60 * second)
    assert [(one.cause, one.duration) for one in silent.incidents] == 2 * [(Cause.NOT_STARTED, 60 * second)]
    past = connection_of(store, facility, T0, end + 2 * second, end + timedelta(days=1))  # its seconds are not to come
    assert [(one.cause, one.duration) for one in past.incidents] == 2 * [(Cause.NOT_STARTED, 2 * second)]


def test_a_planned_stop_of_all_cameras_that_there_were_is_no_outage_of_the_facility() -> None:
    stop, idle = GapReason.STOPPED, GapReason.NOT_STARTED
    ledgers = {
        CameraId("a"): day("a", (10, None), (20, stop), (1, idle), (29, None)),
        CameraId("b"): day("b", (10, None), (20, stop), (2, idle), (28, None)),
        CameraId("later"): day("later", (50, idle), (10, None)),
    }
    minute = timedelta(minutes=1)
    one = facility_report(ledgers, T0, T0 + 60 * minute)
    assert (one.planned, one.connected) == (20 * minute, 39 * minute)
    assert (one.longest, one.mttr) == (minute, minute)  # until the first of them was back
    nobody = facility_report({CameraId("later"): day("later", (60, idle))}, T0, T0 + 60 * minute)
    assert (nobody.planned, nobody.uptime) == (timedelta(0), 0.0)


@pytest.mark.parametrize(("reason", "cause"), [(GapReason.CRASHED, Cause.OURS), (GapReason.AUTH_FAILED, Cause.ACCESS)])
def test_what_is_not_the_fault_of_the_line_is_not_blamed_on_it(reason: GapReason, cause: Cause) -> None:
    reports = {
        CameraId("a"): report(CameraId("a"), day("a", (10, None), (5, reason), (45, None))),
        CameraId("b"): report(CameraId("b"), day("b", (10, None), (5, reason), (45, None))),
    }
    (one,) = collapsed(reports)
    assert (one.cause, one.cameras, one.duration) == (cause, ("a", "b"), timedelta(minutes=5))


def test_one_camera_is_no_line() -> None:
    reports = {CameraId("a"): report(CameraId("a"), day("a", (1, None), (1, GapReason.STALLED)))}
    assert [o.cause for o in collapsed(reports)] == [Cause.NETWORK]


def test_alarms_wait_for_the_debounce() -> None:
    outages = outages_of(day("a", (10, None), (0.5, GapReason.STALLED), (10, None), (2, GapReason.STALLED)))
    now = T0 + timedelta(minutes=22.5)
    assert len(outages) == 2
    assert alarms(outages, now) == outages[1:]
    assert alarms(outages, now, timedelta(minutes=3)) == ()


@given(st.lists(st.tuples(st.integers(1, 500), st.one_of(st.none(), st.sampled_from(GapReason))), min_size=1, max_size=30))
def test_the_period_is_split_exactly(pieces: list[tuple[float, GapReason | None]]) -> None:
    one = report(CameraId("a"), day("a", *pieces))
    assert one.period == one.connected + one.planned + sum((o.duration for o in one.outages), timedelta(0))
    assert one.uptime is None or 0 <= one.uptime <= 1


def test_a_facility_is_up_while_one_camera_is() -> None:
    down, off = GapReason.UNREACHABLE, GapReason.MAINTENANCE
    intervals = {
        CameraId("a"): day("a", (60, None), (30, down), (10, GapReason.STALLED), (20, None), (40, off), (40, None)),
        CameraId("b"): day("b", (80, None), (40, down), (40, off), (40, None)),
    }
    one = facility_report(intervals, T0, T0 + timedelta(minutes=200))
    assert one.planned == timedelta(minutes=40)
    assert one.longest == timedelta(minutes=20)  # minute 80 to 100: neither
    assert one.connected == timedelta(minutes=140)
    assert one.uptime == pytest.approx(140 / 160)
    assert (one.mttr, one.mtbf) == (timedelta(minutes=20), timedelta(minutes=140))
    assert [camera.camera for camera in one.cameras] == ["a", "b"]
    assert [incident.cameras for incident in one.incidents] == [("a",), ("b",)]  # 20 minutes apart: not the line


def test_a_facility_without_cameras_has_no_outage() -> None:
    one = facility_report({}, T0, T0 + timedelta(hours=1))
    assert (one.uptime, one.mttr, one.incidents) == (1.0, None, ())
