"""The task to draw zones again opens with a moved camera and closes with a new version of a zone, not by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analyzer.types import CameraId, Point, ZoneId, ZoneKind
from pipelines.records import CoverageInterval, CoverageState, GapReason, ZoneVersion
from pipelines.redrawing import redrawings

CAMERA = CameraId("a")
T0 = datetime(2026, 3, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def moved(start: float, end: float) -> CoverageInterval:
    return CoverageInterval(CAMERA, at(start), at(end), CoverageState.DEGRADED, GapReason.MOVED)


def drawn(minute: float, version: int = 1) -> ZoneVersion:
    triangle = (Point((0.0, 0.0)), Point((1.0, 0.0)), Point((1.0, 1.0)))
    return ZoneVersion(ZoneId("z"), CAMERA, version, ZoneKind.CORRIDOR, "", triangle, at(minute), None)


def test_opens_with_the_first_moved_instant_and_stays_open_when_the_picture_comes_back() -> None:
    (task,) = redrawings(CAMERA, [moved(10, 20), moved(40, 41)], [drawn(0)])
    assert (task.moved_at, task.closed_at) == (at(10), None)


def test_a_new_version_closes_it_and_a_new_displacement_opens_another() -> None:
    tasks = redrawings(CAMERA, [moved(10, 20), moved(40, 41)], [drawn(0), drawn(30, 2)])
    assert [(task.moved_at, task.closed_at) for task in tasks] == [(at(10), at(30)), (at(40), None)]


def test_drawn_while_it_is_still_said_to_be_moved() -> None:
    """The health begins anew with the new zones; should it go on saying so, the task is open again."""
    tasks = redrawings(CAMERA, [moved(10, 50)], [drawn(0), drawn(30, 2)])
    assert [(task.moved_at, task.closed_at) for task in tasks] == [(at(10), at(30))]
    tasks = redrawings(CAMERA, [moved(10, 30), moved(31, 50)], [drawn(0), drawn(30, 2)])
    assert [task.closed_at for task in tasks] == [at(30), None]


def test_without_zones_and_before_them_there_is_nothing_to_draw_again() -> None:
    assert redrawings(CAMERA, [moved(10, 20)], []) == ()
    assert redrawings(CAMERA, [moved(10, 20)], [drawn(25)]) == ()


def test_other_faults_open_nothing() -> None:
    dark = CoverageInterval(CAMERA, at(1), at(2), CoverageState.DEGRADED, GapReason.TOO_DARK)
    assert redrawings(CAMERA, [dark], [drawn(0)]) == ()
