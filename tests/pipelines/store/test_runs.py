"""Runs and tallies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.types import CameraId, EventId, FacilityId, RunId, Votes
from pipelines.errors import NotFound, StoreError
from pipelines.records import EventFilter, FrameCounts, RunState
from pipelines.store import Repository
from pipelines.store.entries import RunTally
from tests.pipelines.store.made import (
    CAMERA_2,
    FACILITY,
    T0,
    furnish,
    make_event,
    make_review,
    make_run,
    make_tally,
    put,
)


def test_a_run_comes_back_as_it_was_put(repository: Repository) -> None:
    run = make_run(note="ghi chú", source_sha256=None)
    assert furnish(repository, run).run(run.id) == run


def test_a_run_goes_on(repository: Repository) -> None:
    begun = make_run(state=RunState.RUNNING, counts=FrameCounts(), finished_at=None)
    furnish(repository, begun)
    repository.put_run(make_run())

    assert repository.runs() == (make_run(),)


def test_runs_are_listed_newest_first_and_narrowed(repository: Repository) -> None:
    runs = [make_run(f"run-{i}", started_at=T0 + timedelta(hours=i)) for i in range(4)]
    runs[2] = replace(runs[2], camera=CAMERA_2.id)
    furnish(repository, *runs)

    assert [run.id for run in repository.runs()] == ["run-3", "run-2", "run-1", "run-0"]
    assert [run.id for run in repository.runs(limit=2)] == ["run-3", "run-2"]
    assert [run.id for run in repository.runs(before=runs[2].started_at)] == ["run-1", "run-0"]
    assert [run.id for run in repository.runs(camera=CAMERA_2.id)] == ["run-2"]
    assert [run.id for run in repository.runs(facility=FACILITY.id, limit=1)] == ["run-3"]
    assert repository.runs(facility=FacilityId("nowhere")) == ()


def test_a_run_needs_its_camera(repository: Repository) -> None:
    furnish(repository)
    with pytest.raises(StoreError):
        repository.put_run(make_run("run-2", camera=CameraId("nothing")))
    with pytest.raises(NotFound, match="run-2"):
        repository.run(RunId("run-2"))


def test_a_time_without_a_zone_is_refused(repository: Repository) -> None:
    furnish(repository)
    with pytest.raises(ValueError, match="without a zone"):
        repository.put_run(make_run("run-2", first_at=T0.replace(tzinfo=None)))
    assert [run.id for run in repository.runs()] == ["run-1"]


def test_tallies_of_a_run_are_replaced_as_a_whole(repository: Repository) -> None:
    furnish(repository)
    repository.put_tallies(RunId("run-1"), [make_tally("Q01"), make_tally("Q02"), make_tally("Q01", rule_version=2)])
    changed = make_tally("Q01", votes=Votes(6, 9), subjects=5)
    repository.put_tallies(RunId("run-1"), [changed])
    repository.put_tallies(RunId("run-1"), [changed])

    assert repository.tallies() == (RunTally(RunId("run-1"), changed),)


def test_tallies_are_narrowed(repository: Repository) -> None:
    runs = [make_run(f"run-{i}", first_at=T0 + timedelta(days=i)) for i in range(3)]
    furnish(repository, *runs)
    for run in runs:
        repository.put_tallies(run.id, [make_tally(camera=CAMERA_2.id), make_tally()])

    def found(**narrow: object) -> list[tuple[str, str]]:
        return [(entry.run, entry.tally.camera) for entry in repository.tallies(**narrow)]  # type: ignore[arg-type]

    assert found(run=RunId("run-1")) == [("run-1", "cam-1"), ("run-1", "cam-2")]
    assert found(camera=CAMERA_2.id) == [("run-0", "cam-2"), ("run-1", "cam-2"), ("run-2", "cam-2")]
    assert found(since=runs[1].first_at, until=runs[2].first_at) == [("run-1", "cam-1"), ("run-1", "cam-2")]


def test_tallies_need_their_run(repository: Repository) -> None:
    furnish(repository)
    with pytest.raises(StoreError):
        repository.put_tallies(RunId("run-9"), [make_tally()])


def test_a_recording_analysed_again_is_shown_once_and_nothing_is_lost(repository: Repository) -> None:
    first, second, live = make_run("first"), make_run("second"), make_run("live", source_sha256=None)
    furnish(repository, first, second, live)
    put(repository, [make_event(f"of-{run.id}", provenance=run.provenance) for run in (first, second, live)])
    for run in (first, second):
        repository.put_tallies(run.id, [make_tally()])
    repository.decide(make_review("of-first"), 1)

    def shown() -> set[str]:
        return {event.id for event in repository.events(EventFilter()).events}

    assert shown() == {"of-first", "of-second", "of-live"}  # an interrupted second run speaks for nothing yet
    repository.make_current(second.id)
    assert shown() == {"of-second", "of-live"}
    assert sum(repository.count_events(EventFilter()).values()) == 2
    assert [entry.run for entry in repository.tallies()] == ["second"]
    assert [event.id for event in repository.events(EventFilter(run=first.id)).events] == ["of-first"]
    assert repository.reviews(EventId("of-first"))
    assert len(repository.events(EventFilter(superseded=True)).events) == 3

    repository.put_run(make_run("first", note="gone on"))  # writing a run again does not bring it back
    assert shown() == {"of-second", "of-live"}
    repository.make_current(first.id)
    assert shown() == {"of-first", "of-live"}


def test_only_the_same_recording_of_the_same_camera_is_superseded(repository: Repository) -> None:
    runs = [make_run("a"), make_run("b", source_sha256="e" * 64), make_run("c", camera=CAMERA_2.id)]
    furnish(repository, *runs)
    put(repository, [make_event(f"of-{run.id}", provenance=run.provenance, camera=run.camera) for run in runs])
    repository.make_current(runs[0].id)
    assert len(repository.events(EventFilter()).events) == 3
    with pytest.raises(NotFound, match="nothing"):
        repository.make_current(RunId("nothing"))
