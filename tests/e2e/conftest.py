"""The demo recording, composed once a session, and analysed once with the shipped networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.photographs import collect
from pipelines.demo.recording import compose
from tests.e2e.command import ROOT, Vigil


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the two recordings of the demo and its site file."""
    folder = tmp_path_factory.mktemp("demo")
    photographs = collect(folder / "photographs", ROOT / "requirements" / "demo.txt")
    compose(photographs, folder / "recordings")
    return folder / "recordings"


@pytest.fixture(scope="session")
def analysed(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Vigil, Any]:
    """The demo, analysed with the shipped networks: the command and its JSON."""
    vigil = Vigil(tmp_path_factory.mktemp("data"))
    return vigil, vigil.analyze([demo], "--site", str(demo / "site.toml"), "--record-scenes", str(vigil.data / "scenes"))
