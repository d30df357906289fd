"""One command over several recordings: what one of them meets does not stop the others."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.progress import Progress

from analyzer.types import RunId
from models.synthetic import synthetic_factory
from pipelines import analysis
from pipelines.batch import Batch, Request
from pipelines.errors import BadInput
from pipelines.journal import Journal
from pipelines.loop import Outcome
from pipelines.records import RunState
from pipelines.settings import Settings
from pipelines.store import Repository, open_database
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


def analyse(settings: Settings, *paths: Path, scenes: Path | None = None) -> tuple[list[RunSummary], list[BadInput]]:
    request = Request(tuple(map(str, paths)), None, 5.0, record_scenes=scenes)
    with Batch.open(settings, request, synthetic_factory()) as batch, Progress(disable=True) as bars:
        return batch.analyse(bars, lambda: False)


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
