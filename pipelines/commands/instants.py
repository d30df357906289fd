"""Days and times that a person names on the command line."""

from __future__ import annotations

from datetime import datetime

from pipelines.errors import BadInput

_FIRST, _LAST = 2000, 2100


def plausible(option: str, at: datetime | None) -> datetime | None:
    """The time itself.

    Raises:
        BadInput: no camera of a facility recorded then; close to the ends of the calendar times cannot be counted.
    """
    if at is not None and not _FIRST <= at.year <= _LAST:
        raise BadInput(option, f"the year {at.year} is not one from {_FIRST} to {_LAST}", "correct the year")
    return at
