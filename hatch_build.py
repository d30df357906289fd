"""Reads the dependencies from requirements/*.in, so that they stand in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

EXTRAS = ("postgres", "train", "gpu", "cluster", "dev")


def _names(name: str) -> list[str]:
    lines = Path(__file__).parent.joinpath("requirements", f"{name}.in").read_text(encoding="utf-8").splitlines()
    return [line for line in (raw.split("#")[0].strip() for raw in lines) if line and not line.startswith("-")]


class DependenciesHook(MetadataHookInterface):
    """Fills `dependencies` and the extras."""

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = _names("base")
        metadata["optional-dependencies"] = {extra: _names(extra) for extra in EXTRAS}
