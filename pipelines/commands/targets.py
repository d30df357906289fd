"""What a command writes must not be what it reads, and must have a place before the work begins."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.errors import BadInput


def writes_over(target: Path, given: Iterable[Path]) -> bool:
    """Whether writing to ``target`` would destroy one of the files or folders that were given, by whatever name."""
    return target.exists() and any(path.exists() and target.samefile(path) for path in given)


def refuse_placeless(report: Path | None) -> None:
    """Say before hours of measuring that the report cannot be written.

    Raises:
        BadInput: its folder is not there, or it is a folder itself.
    """
    if report is None:
        return
    if report.is_dir() or not report.absolute().parent.is_dir():
        raise BadInput(
            str(report), "there is no folder to write this file into", "make it first, or name another file after --json"
        )
