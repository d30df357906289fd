"""What a camera usually shows survives a restart, unless it is meant to show something else now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analyzer.types import CameraId
from pipelines.gate import GLANCE_SIZE
from pipelines.health import PictureHealth
from pipelines.health_memory import HealthMemory
from pipelines.records import GapReason

CAMERA = CameraId("a")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WIDTH, HEIGHT = GLANCE_SIZE


def room(shift: int = 0) -> np.ndarray:
    picture = np.random.default_rng(0).uniform(40, 200, (HEIGHT // 5, WIDTH // 5)).repeat(5, 0).repeat(5, 1)
    return np.roll(picture, shift, axis=1)


def shown(health: PictureHealth, picture: np.ndarray, since: float, seconds: int) -> set[GapReason | None]:
    rng = np.random.default_rng(1)
    faults = set()
    for second in range(seconds):
        grey = np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        faults.add(health.see(grey, 1000.0, since + second).fault)
    return faults


@pytest.fixture
def folder(tmp_path: Path) -> HealthMemory:
    """Of a camera that was watched for a while."""
    memory, health = HealthMemory(tmp_path / "health"), PictureHealth()
    assert shown(health, room(), 100.0, 60) == {None}
    assert memory.keep(CAMERA, health, "view", NOW)
    return memory


@pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=9)])
def test_a_camera_that_was_moved_while_nobody_watched_is_noticed(folder: HealthMemory, later: timedelta) -> None:
    health = PictureHealth()
    assert folder.recall(CAMERA, health, "view", NOW + later, 0.0)
    assert shown(health, room(16), 0.0, 40) == {None, GapReason.MOVED}
    assert health.health.fault is GapReason.MOVED
    health = PictureHealth()
    shown(health, room(16), 0.0, 40)
    assert health.health.fault is None  # without a memory it cannot be known


@pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=9)])
def test_a_camera_that_was_left_alone_is_fine(folder: HealthMemory, later: timedelta) -> None:
    health = PictureHealth()
    assert folder.recall(CAMERA, health, "view", NOW + later, 0.0)
    assert shown(health, room() * 0.8 + 10, 0.0, 60) == {None}


def test_blur_after_a_restart_needs_no_new_learning(folder: HealthMemory) -> None:
    health = PictureHealth()
    folder.recall(CAMERA, health, "view", NOW + timedelta(minutes=1), 0.0)
    kernel = np.ones(15) / 15
    blurred = np.apply_along_axis(lambda row: np.convolve(row, kernel, "same"), 1, room())
    blurred = np.apply_along_axis(lambda column: np.convolve(column, kernel, "same"), 0, blurred)
    assert shown(health, blurred, 0.0, 30) & {GapReason.BLURRED, GapReason.COVERED}


def test_another_view_an_old_memory_and_a_broken_file_are_as_good_as_none(folder: HealthMemory, tmp_path: Path) -> None:
    health = PictureHealth()
    assert not folder.recall(CAMERA, health, "zones drawn again", NOW, 0.0)
    assert not folder.recall(CAMERA, health, "view", NOW + timedelta(days=31), 0.0)
    assert not folder.recall(CAMERA, health, "view", NOW - timedelta(days=1), 0.0)
    assert not folder.recall(CameraId("b"), health, "view", NOW, 0.0)
    (tmp_path / "health" / "a.npz").write_bytes(b"PK nonsense")
    assert not folder.recall(CAMERA, health, "view", NOW, 0.0)


def test_what_is_not_known_or_ill_is_not_kept(tmp_path: Path) -> None:
    memory, health = HealthMemory(tmp_path), PictureHealth()
    assert not memory.keep(CAMERA, health, "view", NOW)
    shown(health, room(), 0.0, 40)
    shown(health, np.zeros((HEIGHT, WIDTH)), 40.0, 20)
    assert health.health.fault is GapReason.BLACK
    assert not memory.keep(CAMERA, health, "view", NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory, health = HealthMemory(tmp_path / "file"), PictureHealth()
    shown(health, room(), 0.0, 40)
    assert not memory.keep(CAMERA, health, "view", NOW)
