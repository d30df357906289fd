"""What a command writes must not be what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def writes_over(target: Path, given: Iterable[Path]) -> bool:
    """Whether writing to ``target`` would destroy one of the files or folders that were given, by whatever name."""
    return target.exists() and any(path.exists() and target.samefile(path) for path in given)
