"""The folder of a run is written by one pass at a time."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.types import Attire, AttireReading, Item, ItemReading, MaskReading, MaskState, Presence, Reason, TrackId
from models.attributes.evidence import CropQuality, MaskEvidence, PersonEvidence
from models.attributes.remembered import Outline, TrackMemory
from models.remembered import MotionMemory, PerceptionMemory, TrackerMemory, TrackletMemory
from pipelines.errors import BadInput
from pipelines.journal import Journal
from pipelines.loop import Mark
from pipelines.records import DropReason, FrameCounts, GapReason
from pipelines.sources.items import Hole

PERSON = TrackId(2)
QUALITY = CropQuality(61.25, 1 / 3, 117.0, 0.1 + 0.2)
READ = TrackMemory(
    seen=timedelta(seconds=7.8),
    masks=(MaskEvidence(timedelta(microseconds=7_400_001), (0.7, 0.1, 0.1, 0.1), QUALITY, covered=True),),
    persons=(PersonEvidence(timedelta(0), ((0.1, 0.2, 0.7),), (), QUALITY),),
    outline=Outline(-1.4, 0.0, 1.4, 7 / 3),
    mask_read=timedelta(seconds=7.4),
    mask=MaskReading(MaskState.NOT_VISIBLE, 1.0, 0.0, 0, reason=Reason.OCCLUDED),
    items=(ItemReading(Item.GLOVES, Presence.NOT_VISIBLE, 0.9, 3, fresh=False),),
    attire=AttireReading(Attire.STREET, 0.6),
)
MOVES = MotionMemory((1e-9, 2 / 3, 100.0, 300.0), (0.0, -0.0, 1e17, 0.1), ((0.1, 0.2, 0.3),) * 4, 7.8)
FOLLOWED = TrackerMemory(
    TrackId(3), (TrackletMemory(PERSON, MOVES, None, (0.25, 0.75), 7.8, 39), TrackletMemory(None, None, MOVES, None, 7.8, 1))
)
MARK = Mark(
    pts=timedelta(seconds=8),
    counts=FrameCounts(41, 40, ((DropReason.CORRUPT, 1),)),
    holes=(Hole(timedelta(seconds=1), timedelta(microseconds=3_333_333), GapReason.CORRUPT),),
    memory=PerceptionMemory(FOLLOWED, ((PERSON, READ),)),
    tracks=2,
    seen=frozenset({PERSON}),
)


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
        assert not second.due(MARK.pts + timedelta(seconds=4))
        assert second.due(MARK.pts + timedelta(seconds=5))


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"mark": 1}', b"\xff", b"[" * 100_000])
def test_a_damaged_mark_lets_the_run_begin_anew(tmp_path: Path, damage: bytes) -> None:
    with Journal(tmp_path, "a.mp4") as first:
        first.mark(MARK)
    (tmp_path / "mark.json").write_bytes(damage)
    with Journal(tmp_path, "a.mp4") as second:
        assert second.resumed is None


def test_a_run_at_its_end_keeps_nothing_of_those_in_view(tmp_path: Path) -> None:
    with Journal(tmp_path, "a.mp4") as first:
        first.mark(MARK)
        first.close_off()
    assert [one.name for one in tmp_path.iterdir()] == ["scenes.jsonl"]


def test_a_disk_that_refuses_at_the_end_does_not_keep_the_folder_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"), Journal(tmp_path, "a.mp4"):
        patched.setattr(os, "fsync", full)
    with Journal(tmp_path, "a.mp4"):
        pass
