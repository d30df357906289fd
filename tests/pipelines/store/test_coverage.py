"""The ledger in the database: a partition for each camera and run, whatever is put in whatever steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from analyzer.types import CameraId, RunId
from pipelines.errors import StoreError
from pipelines.records import CoverageInterval, CoverageState, GapReason
from pipelines.store import Database, Repository
from pipelines.store.tables import CoverageRow
from tests.pipelines.store.made import CAMERA, CAMERA_2, T0, furnish, make_interval, seconds

LIVE = make_interval(0, 10)
GAP = make_interval(10, 20, CoverageState.GAP, GapReason.STALLED)
RUN = RunId("run-1")


def whole(repository: Repository, run: str | None = "run-1") -> tuple[CoverageInterval, ...]:
    day = timedelta(days=1)
    return repository.coverage(CAMERA.id, T0 - day, T0 + day, RunId(run) if run else None)


def rows(database: Database) -> int:
    with database.read() as session:
        return int(session.connection().execute(sa.select(sa.func.count()).select_from(CoverageRow)).scalar_one())


def test_intervals_come_back_in_order(repository: Repository) -> None:
    furnish(repository).put_coverage([GAP, LIVE])
    assert whole(repository) == (LIVE, GAP)


def test_the_same_again_changes_nothing(repository: Repository, database: Database) -> None:
    furnish(repository)
    for _ in range(3):
        repository.put_coverage([LIVE, GAP])
    assert whole(repository) == (LIVE, GAP)
    assert rows(database) == 2


def test_a_live_run_makes_its_last_interval_longer(repository: Repository, database: Database) -> None:
    furnish(repository)
    for second in range(30):
        repository.put_coverage([make_interval(second, second + 1)])
    assert whole(repository) == (make_interval(0, 30),)
    assert rows(database) == 1


def test_a_live_run_may_name_its_interval_from_its_start_again(repository: Repository, database: Database) -> None:
    furnish(repository)
    for second in range(1, 10):
        repository.put_coverage([make_interval(0, second)])
    assert whole(repository) == (make_interval(0, 9),)
    assert rows(database) == 1


def test_new_knowledge_replaces_old_of_the_same_run(repository: Repository) -> None:
    furnish(repository).put_coverage([make_interval(0, 30)])
    hole = make_interval(10, 12, CoverageState.GAP, GapReason.FROZEN)
    repository.put_coverage([hole])
    assert whole(repository) == (make_interval(0, 10), hole, make_interval(12, 30))


def test_runs_do_not_disturb_each_other_and_the_best_state_counts(repository: Repository) -> None:
    furnish(repository).put_coverage([LIVE, GAP])
    again = make_interval(5, 15, CoverageState.DEGRADED, GapReason.OVERLOAD, run="run-2")
    repository.put_coverage([again])

    assert whole(repository, "run-1") == (LIVE, GAP)
    assert whole(repository, "run-2") == (again,)
    assert whole(repository, None) == (
        LIVE,
        make_interval(10, 15, CoverageState.DEGRADED, GapReason.OVERLOAD, run="run-2"),
        make_interval(15, 20, CoverageState.GAP, GapReason.STALLED),
    )


def test_time_without_a_run(repository: Repository) -> None:
    never = make_interval(0, 60, CoverageState.GAP, GapReason.UNREACHABLE, run=None)
    furnish(repository).put_coverage([never])
    assert whole(repository, None) == (never,)


def test_what_is_asked_for_is_cut_out(repository: Repository) -> None:
    furnish(repository).put_coverage([LIVE, GAP])
    found = repository.coverage(CAMERA.id, T0 + seconds(3), T0 + seconds(12))
    assert found == (make_interval(3, 10), make_interval(10, 12, CoverageState.GAP, GapReason.STALLED))
    assert repository.coverage(CAMERA.id, T0 + seconds(20), T0 + seconds(30)) == ()
    assert repository.coverage(CAMERA_2.id, T0, T0 + seconds(30)) == ()


def test_cameras_are_apart(repository: Repository) -> None:
    other = make_interval(0, 5, camera=CAMERA_2.id)
    furnish(repository).put_coverage([LIVE, other])
    assert repository.coverage(CAMERA_2.id, T0, T0 + seconds(30)) == (other,)


def test_contradictions_and_strangers_are_refused_and_leave_nothing(repository: Repository, database: Database) -> None:
    furnish(repository)
    with pytest.raises(ValueError, match="overlaps"):
        repository.put_coverage([make_interval(0, 5), make_interval(4, 9)])
    with pytest.raises(StoreError):
        repository.put_coverage([LIVE, make_interval(0, 5, camera=CameraId("nothing"))])
    assert rows(database) == 0


def test_nothing_to_put_is_no_error(repository: Repository) -> None:
    furnish(repository).put_coverage([])
    repository.put_coverage([make_interval(3, 3)])
    assert whole(repository) == ()


def test_what_a_whole_run_says_takes_back_what_it_said_of_other_times(repository: Repository) -> None:
    furnish(repository).put_coverage([LIVE, GAP])
    other = make_interval(30, 40)
    repository.put_coverage([replace(other, run=RunId("run-2"))])
    shorter = make_interval(0, 7)
    repository.put_coverage([shorter], whole=True)
    assert whole(repository) == (shorter,)
    assert whole(repository, "run-2") == (replace(other, run=RunId("run-2")),)
    repository.put_coverage([shorter], whole=True)
    assert whole(repository) == (shorter,)
