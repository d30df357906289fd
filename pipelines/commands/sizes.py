"""Sides of a detector's input."""

from __future__ import annotations

import typer

STEP = 32


def in_steps(size: int) -> int:
    """Return a side that the detector can take as it is; another one would be measured, or trained, as something else.

    Raises:
        typer.BadParameter: it is not a multiple of 32.
    """
    lower = size - size % STEP
    if lower != size:
        raise typer.BadParameter(f"{size} is not a multiple of {STEP}; write {lower} or {lower + STEP}")
    return size
