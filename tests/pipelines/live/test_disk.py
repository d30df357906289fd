"""The ladder of a filling disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.disk import Disk, DiskLevel, DiskLimits, level_of


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
    assert level_of(free) is level


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
