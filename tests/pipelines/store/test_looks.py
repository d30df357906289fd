"""How cameras were looked at, in the database: the same again changes nothing, runs of one hour are added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.types import RunId
from pipelines.errors import StoreError
from pipelines.looks import LookHour, hour_of
from pipelines.store import Repository
from tests.pipelines.store.made import CAMERA, CAMERA_2, T0, furnish, make_run

HOUR = LookHour(CAMERA.id, hour_of(T0), 900, 2, 7.5, 1000, 18_000.0, RunId("run-1"))
LATER = replace(HOUR, hour=HOUR.hour + timedelta(hours=1), misses=0, missed_seconds=0.0)


def test_hours_come_back_in_order_and_the_same_again_changes_nothing(repository: Repository) -> None:
    furnish(repository)
    for _ in range(2):
        repository.put_looks([LATER, HOUR])
    assert repository.looks(CAMERA.id, HOUR.hour, HOUR.hour + timedelta(hours=2)) == (HOUR, LATER)
    assert repository.looks(CAMERA_2.id, HOUR.hour, HOUR.hour + timedelta(hours=2)) == ()


def test_an_hour_that_grew_replaces_itself(repository: Repository) -> None:
    furnish(repository).put_looks([HOUR])
    repository.put_looks([grown := replace(HOUR, audits=901, judged=1001)])
    assert repository.looks(CAMERA.id, T0, T0 + timedelta(minutes=1)) == (grown,)


def test_two_runs_of_one_hour_are_added_up(repository: Repository) -> None:
    furnish(repository).put_run(make_run("run-2"))
    repository.put_looks([HOUR, replace(HOUR, run=RunId("run-2"), audits=100, misses=1)])
    (both,) = repository.looks(CAMERA.id, T0, T0 + timedelta(minutes=1))
    assert (both.audits, both.misses, both.missed_seconds, both.judged, both.run) == (1000, 3, 15.0, 2000, None)


def test_only_the_hours_asked_for(repository: Repository) -> None:
    furnish(repository).put_looks([HOUR, LATER])
    assert repository.looks(CAMERA.id, LATER.hour, LATER.hour + timedelta(seconds=1)) == (LATER,)


def test_nothing_is_stored_of_a_sum_or_of_an_unknown_run(repository: Repository) -> None:
    furnish(repository)
    with pytest.raises(ValueError, match="no run"):
        repository.put_looks([replace(HOUR, run=None)])
    with pytest.raises(StoreError):
        repository.put_looks([replace(HOUR, run=RunId("nobody"))])
    repository.put_looks([])
