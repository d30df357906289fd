"""The folder of a run is written by one pass at a time."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.types import TrackId
from pipelines.errors import BadInput
from pipelines.journal import Journal
from pipelines.loop import Mark
from pipelines.records import FrameCounts

MARK = Mark(pts=timedelta(seconds=8), counts=FrameCounts(40, 40), holes=(), next_track=TrackId(3), tracks=2)


def test_a_second_pass_is_refused_and_leaves_the_scenes_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Journal(folder, "a.mp4") as first:
        first.scenes_path.write_bytes(b"a scene\n")
        with pytest.raises(BadInput) as refusal, Journal(folder, "a.mp4"):
            pass
        assert refusal.value.place == "a.mp4"
        assert refusal.value.problem == "is being analysed by another process"
        assert refusal.value.remedy == "wait for it or stop it"
        assert first.scenes_path.read_bytes() == b"a scene\n"
    with Journal(folder, "a.mp4"):
        pass


def test_what_the_first_marked_is_where_the_next_begins(tmp_path: Path) -> None:
    second = Journal(tmp_path, "a.mp4")
    with Journal(tmp_path, "a.mp4") as first:
        first.mark(MARK)
    with second:
        assert second.resumed is not None
        assert second.resumed.mark == MARK


def test_a_disk_that_refuses_at_the_end_does_not_keep_the_folder_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"), Journal(tmp_path, "a.mp4"):
        patched.setattr(os, "fsync", full)
    with Journal(tmp_path, "a.mp4"):
        pass
