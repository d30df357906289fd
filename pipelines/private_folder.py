"""Folders of what is nobody else's business: pictures of people, the database, passwords."""

from __future__ import annotations

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone may look into; one that is there keeps its mode."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
