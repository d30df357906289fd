"""The ladder of a filling disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.disk import Disk, DiskLevel, DiskLimits, Ladder, level_of
from pipelines.live_upkeep import Upkeep
from pipelines.metrics import LiveMetrics
from pipelines.ring import size_of
from pipelines.sources.liveclock import LiveClock

GIB = 1 << 30


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (0.5, DiskLevel.NORMAL),
        (0.15, DiskLevel.NORMAL),
        (0.149, DiskLevel.LOW),
        (0.079, DiskLevel.SHORT_RING),
        (0.039, DiskLevel.NO_RING),
        (0.019, DiskLevel.FULL),
        (0.0, DiskLevel.FULL),
    ],
)
def test_levels(free: float, level: DiskLevel) -> None:
    assert level_of(round(free * 10_000), 10_000) is level


def test_a_large_disk_is_not_tight_while_there_are_many_bytes() -> None:
    total = 20_000 * GIB
    assert level_of(129 * GIB, total) is DiskLevel.NORMAL
    assert level_of(127 * GIB, total) is DiskLevel.LOW
    assert level_of(63 * GIB, total) is DiskLevel.SHORT_RING
    assert level_of(31 * GIB, total) is DiskLevel.NO_RING
    assert level_of(15 * GIB, total) is DiskLevel.FULL


def test_a_disk_that_hovers_at_a_border_changes_its_level_once() -> None:
    ladder = Ladder()
    seen = [ladder.see(free, 10_000) for free in (810, 799, 805, 795, 809, 799, 898, 801)]
    assert seen == [DiskLevel.LOW, *[DiskLevel.SHORT_RING] * 7]
    assert ladder.see(901, 10_000) is DiskLevel.LOW


def test_a_level_does_not_end_by_what_was_given_up_for_it() -> None:
    """A disk of 10 GB whose rings take 1 GB: shortening them frees so much that one could think all is well again."""
    ladder, ring = Ladder(), 800
    assert ladder.see(790, 10_000) is DiskLevel.SHORT_RING
    assert ladder.see(790 + ring, 10_000, ring) is DiskLevel.SHORT_RING
    assert ladder.see(1000 + ring, 10_000, ring) is DiskLevel.LOW
    assert ladder.see(1601 + ring, 10_000, ring) is DiskLevel.NORMAL


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2_000)), max_size=60))
def test_a_level_never_lies_below_what_the_disk_says(seen: list[tuple[int, int]]) -> None:
    ladder = Ladder()
    for free, given_up in seen:
        assert ladder.see(free, 10_000, given_up) >= level_of(free, 10_000)


class Usage(NamedTuple):
    """What `shutil.disk_usage` answers."""

    total: int
    used: int
    free: int


def test_the_ballast_that_was_released_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 5000
    monkeypatch.setattr("pipelines.disk.shutil.disk_usage", lambda _: Usage(10_000, 10_000 - free, free))
    disk = Disk(tmp_path)
    disk.hold()
    assert (tmp_path / ".ballast").stat().st_size == 100
    free = 199
    assert disk.level() is DiskLevel.FULL
    assert disk.release()
    free = 399  # twice the border, but a hundred of it is the ballast and a hundred the margin
    assert disk.level() is DiskLevel.FULL
    free = 401
    assert disk.level() is DiskLevel.NO_RING


class Worker:
    """Notes whether it is to record."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def record(self, *, wanted: bool) -> None:
        self.asked.append(wanted)


def test_a_ring_on_a_small_disk_does_not_grow_and_shrink_by_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of 1000 kB, 300 of them the ring of five minutes: something else fills the rest, and stays."""
    others, now, ring = 400_000, datetime(2026, 1, 5, tzinfo=UTC), tmp_path / "ring"
    ring.mkdir()

    def usage(_: Path) -> Usage:
        used = others + size_of(ring)
        return Usage(1_000_000, used, 1_000_000 - used)

    monkeypatch.setattr("pipelines.disk.shutil.disk_usage", usage)
    camera: Any = SimpleNamespace(plan=SimpleNamespace(ring=ring))
    worker: Any = Worker()
    upkeep, levels = Upkeep(Disk(tmp_path), LiveClock.now(), 5.0, LiveMetrics()), []
    for step in range(200):
        now += timedelta(seconds=10)
        others = 630_000 if step >= 60 else others
        (ring / now.strftime("%Y%m%dT%H%M%S.%fZ.mkv")).write_bytes(b"x" * 10_000)
        upkeep.prune([camera], now)
        upkeep.look_at_disk([camera], [worker], now)
        levels.append((size_of(ring), len(worker.asked)))
    assert max(size for size, _ in levels[:60]) >= 300_000
    assert {size for size, _ in levels[70:]} <= {60_000, 70_000, 80_000}
    assert levels[-1][1] == levels[70][1]  # nothing changed any more


def test_the_ballast_is_laid_once_and_released(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 1 << 20, DiskLimits(0.0, 0.0, 0.0, 0.0))
    disk.hold()
    disk.hold()
    assert (tmp_path / ".ballast").stat().st_size == 1 << 20
    assert disk.release()
    assert not disk.release()


def test_no_ballast_is_laid_where_there_is_no_room(tmp_path: Path) -> None:
    Disk(tmp_path, 1 << 20, DiskLimits(1.1, 1.1, 1.1, 1.1)).hold()
    assert not list(tmp_path.iterdir())
