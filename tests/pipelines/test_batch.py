"""One command over several recordings: what one of them meets does not stop the others."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from rich.progress import Progress

from analyzer.types import Box, MaskState, RunId
from models.perception import PerceptionOptions
from models.synthetic import paint_person, synthetic_factory
from pipelines import analysis
from pipelines.batch import Batch, Request
from pipelines.errors import BadInput
from pipelines.journal import Journal
from pipelines.loop import Outcome
from pipelines.records import Run, RunState
from pipelines.settings import Settings
from pipelines.store import Repository, open_database
from pipelines.store.database import translated
from pipelines.summary import RunSummary
from tests.media import Film, make


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "data"))
    return Settings()


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, Path]:
    one, two = (tmp_path / folder / "a264.mp4" for folder in ("east", "west"))
    for path in (one, two):
        path.parent.mkdir()
    return make(one, Film(count=10)), make(two, Film(count=15))


def analyse(
    settings: Settings, *paths: Path, scenes: Path | None = None, stopped: Callable[[], bool] = lambda: False
) -> tuple[list[RunSummary], list[BadInput]]:
    request = Request(tuple(map(str, paths)), None, 5.0, record_scenes=scenes)
    with Batch.open(settings, request, synthetic_factory()) as batch, Progress(disable=True) as bars:
        return batch.analyse(bars, stopped)


def never_empty(folder: Path, count: int = 40) -> Path:
    """A picture a second; somebody stands there all the time, and another one walks by."""
    folder.mkdir()
    for k in range(count):
        image = np.full((480, 640, 3), 190, np.uint8)
        paint_person(image, Box(500, 80, 590, 400), MaskState.WORN)
        paint_person(image, Box(10 + 12 * (k % 30), 80, 100 + 12 * (k % 30), 400), MaskState.NONE)
        cv2.imwrite(str(folder / f"20210612_0715{k:02d}.png"), image)
    return folder


def states(settings: Settings) -> list[RunState]:
    with open_database(settings.database) as database:
        repository = Repository(database)
        return [repository.run(RunId(folder.name)).state for folder in settings.runs.iterdir()]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.jsonl"), "x.jsonl: No space left on device"),
        (OverflowError("date value out of range"), "date value out of range"),
    ],
)
def test_what_the_system_refuses_of_one_is_told_and_the_others_go_on(
    settings: Settings, recordings: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    whole, calls = analysis.analyse, []

    def once(*arguments: object, **named: object) -> Outcome:
        calls.append(arguments)
        if len(calls) == 1:
            raise error
        return whole(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "analyse", once)
    runs, (refusal,) = analyse(settings, *recordings)
    assert [run.counts.captured for run in runs] == [15]
    assert refusal.place == str(recordings[0])
    assert said in refusal.problem
    assert sorted(states(settings)) == [RunState.FAILED, RunState.FINISHED]

    again, refused = analyse(settings, *recordings)
    assert [run.already_done for run in again] == [False, True]
    assert refused == []
    assert states(settings) == [RunState.FINISHED] * 2


def test_a_network_that_is_not_there_is_told(settings: Settings, recordings: tuple[Path, Path]) -> None:
    factory = synthetic_factory()
    factory.absent = ("mask-state",)  # type: ignore[misc]
    for _ in range(2):  # what was analysed before is told with the same words
        with Batch.open(settings, Request((str(recordings[0]),), None, 5.0), factory) as batch, Progress(disable=True) as bars:
            (run,), _ = batch.analyse(bars, lambda: False)
        assert sum("the network mask-state is not there" in note for note in run.notes) == 1


def test_a_recording_that_another_process_is_at_is_refused(settings: Settings, recordings: tuple[Path, Path]) -> None:
    (first,), _ = analyse(settings, recordings[0])
    with open_database(settings.database) as database:
        repository = Repository(database)
        run = repository.run(first.run)
        repository.put_run(replace(run, state=RunState.RUNNING))
    with Journal(settings.runs / first.run, "elsewhere"):
        runs, (refusal,) = analyse(settings, *recordings)
    assert [one.counts.captured for one in runs] == [15]
    assert str(refusal) == f"{recordings[0]}: is being analysed by another process; wait for it or stop it"
    assert sorted(states(settings)) == [RunState.FINISHED, RunState.RUNNING]


def test_an_interrupted_analysis_goes_on_where_it_was_though_somebody_is_always_in_view(
    settings: Settings, tmp_path: Path
) -> None:
    pictures = never_empty(tmp_path / "desk")
    whole = Settings(data_dir=tmp_path / "whole")
    (expected,), _ = analyse(whole, pictures)

    asked = []

    def after_some() -> bool:
        asked.append(None)
        return len(asked) > 25

    (stopped,), _ = analyse(settings, pictures, stopped=after_some)
    assert (stopped.state, stopped.counts.analysed) == (RunState.INTERRUPTED, 25)
    (resumed,), _ = analyse(settings, pictures)
    assert resumed.analysed_now <= timedelta(seconds=20)
    fields = ("run", "state", "events", "counts", "tracks", "coverage", "tallies")
    assert [getattr(resumed, field) for field in fields] == [getattr(expected, field) for field in fields]
    first, second = (one.runs / expected.run / "scenes.jsonl" for one in (whole, settings))
    assert first.read_bytes() == second.read_bytes()
    assert not (second.parent / "mark.json").exists()


def test_things_that_pass_for_people_are_told(settings: Settings, tmp_path: Path) -> None:
    factory = synthetic_factory(PerceptionOptions(still_for=timedelta(seconds=10)))
    request = Request((str(never_empty(tmp_path / "desk")),), None, 5.0)
    with Batch.open(settings, request, factory) as batch, Progress(disable=True) as bars:
        (run,), _ = batch.analyse(bars, lambda: False)
    assert any(note.startswith("1 thing(s) that look like people") for note in run.notes)


def test_a_database_that_takes_no_more_ends_the_batch_with_what_was_done(
    settings: Settings, recordings: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    third, put = make(tmp_path / "third.mp4", Film(count=20)), Repository.put_run

    def full(self: Repository, run: Run) -> None:
        if run.counts.captured == 15:
            with translated():
                raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))
        put(self, run)

    with monkeypatch.context() as patched:
        patched.setattr(Repository, "put_run", full)
        runs, refused = analyse(settings, *recordings, third)
    assert [run.counts.captured for run in runs] == [10]
    assert [one.place for one in refused] == [str(recordings[1]), str(third)]
    assert all("the database cannot be used now" in one.problem and "run the same command again" in one.remedy for one in refused)
    again, refused = analyse(settings, *recordings, third)
    assert [run.already_done for run in again] == [True, False, False]
    assert refused == []
    assert states(settings) == [RunState.FINISHED] * 3


def test_scenes_that_cannot_be_copied_do_not_undo_the_analysis(
    settings: Settings, recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "taken").touch()
    runs, refused = analyse(settings, *recordings, scenes=tmp_path / "taken")
    assert [run.state for run in runs] == [RunState.FINISHED] * 2
    assert [one.place for one in refused] == [str(path) for path in recordings]
    assert all(str(tmp_path / "taken") in one.problem for one in refused)
    assert states(settings) == [RunState.FINISHED] * 2


def test_recordings_of_one_name_keep_their_scenes_apart(
    settings: Settings, recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    for _ in range(2):  # what was analysed before is named in the same way
        (first, second), _ = analyse(settings, *recordings, scenes=tmp_path / "scenes")
        kept = {path.name: path.read_bytes() for path in (tmp_path / "scenes").iterdir()}
        assert kept == {
            "a264.scenes.jsonl": (settings.runs / first.run / "scenes.jsonl").read_bytes(),
            f"a264.a264.{second.run[:12]}.scenes.jsonl": (settings.runs / second.run / "scenes.jsonl").read_bytes(),
        }


def test_key_frames_are_captioned_in_the_language_of_the_settings(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, written = cv2.putText, []

    def noted(image: np.ndarray, text: str, *rest: object) -> object:  # type: ignore[type-arg]
        written.append(text)
        return plain(image, text, *rest)

    monkeypatch.setattr(cv2, "putText", noted)
    english = settings.model_copy(update={"language": "en"})
    analyse(english, never_empty(tmp_path / "corridor"))
    assert any(text.startswith("sign of a violation, not yet reviewed") for text in written)
    assert all(text.isascii() for text in written)
