"""The backbone: stored scenes and a site file give these very bytes on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.replay import replay_lines
from pipelines.scene_file import encode_scene, read_scenes

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/scenes.jsonl"))


def test_there_are_ten() -> None:
    assert len(FOLDERS) == 10


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_events_are_those_written_down(folder: Path) -> None:
    lines = replay_lines(folder / "scenes.jsonl", folder / "site.toml", "golden")
    assert "".join(f"{line}\n" for line in lines).encode() == (folder / "events.jsonl").read_bytes()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_scenes_read_and_written_again_are_the_same_bytes(folder: Path) -> None:
    lines = [encode_scene(scene) for scene in read_scenes(folder / "scenes.jsonl")]
    assert "".join(f"{line}\n" for line in lines).encode() == (folder / "scenes.jsonl").read_bytes()
