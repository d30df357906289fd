"""What was seen lately lies beside the packets, outlives the process, and never costs the watching."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analyzer.types import CameraId, FrameRef, Scene
from pipelines.ring import SEEN, prune, segments, size_of
from pipelines.scene_ring import SceneRing, scenes_between
from tests.analyzer.scenes import person

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def rings() -> Iterator[Callable[[Path], SceneRing]]:
    """Makes rings, and closes them at the end."""
    made: list[SceneRing] = []

    def make(folder: Path) -> SceneRing:
        made.append(SceneRing(folder))
        return made[-1]

    yield make
    for ring in made:
        ring.close()


Rings = Callable[[Path], SceneRing]


def seen(second: float, people: int = 1) -> Scene:
    pts = timedelta(seconds=second)
    frame = FrameRef(CameraId("gate"), round(second * 10), pts, BEGIN + pts, 1600, 900)
    return Scene(frame, tuple(person(track) for track in range(1, people + 1)))


def between(folder: Path, since: float, until: float) -> list[float]:
    found = scenes_between(folder, BEGIN + timedelta(seconds=since), BEGIN + timedelta(seconds=until))
    return [scene.frame.pts.total_seconds() for scene in found]


def test_what_was_put_is_found_without_closing(rings: Rings, tmp_path: Path) -> None:
    ring = rings(tmp_path / "gate")
    for second in range(0, 150, 10):
        ring.put(seen(second))
    assert between(tmp_path / "gate", 20, 90) == [20, 30, 40, 50, 60, 70, 80, 90]
    assert len(segments(tmp_path / "gate", SEEN)) == 3
    assert scenes_between(tmp_path / "gate", BEGIN, BEGIN) == (seen(0),)
    ring.close()


def test_instants_without_anybody_are_not_kept(rings: Rings, tmp_path: Path) -> None:
    ring = rings(tmp_path)
    for second in range(5):
        ring.put(seen(second, people=second % 2))
    assert between(tmp_path, 0, 10) == [1, 3]


def test_a_line_cut_short_costs_what_follows_it_in_its_file_alone(rings: Rings, tmp_path: Path) -> None:
    ring = rings(tmp_path)
    for second in (0, 1, 70):
        ring.put(seen(second))
    ring.close()
    first = segments(tmp_path, SEEN)[0].path
    first.write_bytes(first.read_bytes()[:-20])
    assert between(tmp_path, 0, 100) == [0, 70]


def test_old_files_go_with_the_packets(rings: Rings, tmp_path: Path) -> None:
    ring = rings(tmp_path)
    for second in (0, 70, 140, 210):
        ring.put(seen(second))
    ring.close()
    before = size_of(tmp_path)
    assert prune(tmp_path, BEGIN + timedelta(seconds=150)) == 2
    assert between(tmp_path, 0, 300) == [140, 210]
    assert 0 < size_of(tmp_path) < before


def test_a_disk_that_refuses_is_asked_again_later(rings: Rings, tmp_path: Path) -> None:
    folder = tmp_path / "gate"
    folder.write_text("no folder can be made here")
    ring = rings(folder)
    for second in range(10):
        ring.put(seen(second))
    folder.unlink()
    ring.put(seen(14))  # not tried yet
    assert not folder.exists()
    ring.put(seen(16))
    assert between(folder, 0, 60) == [16]


def test_a_write_that_fails_ends_the_file(rings: Rings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = rings(tmp_path)
    ring.put(seen(0))

    def full(_: Scene) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.scene_ring.encode_scene", full)
    ring.put(seen(1))
    monkeypatch.undo()
    ring.put(seen(2))
    ring.put(seen(17))
    assert between(tmp_path, 0, 60) == [0, 17]


def test_without_a_ring_nothing_is_kept(tmp_path: Path) -> None:
    ring = SceneRing(None)
    ring.put(seen(0))
    ring.close()
    assert list(tmp_path.iterdir()) == []
