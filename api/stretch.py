"""The stretch of time that a request asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.errors import FieldFault, Problem

USUAL = timedelta(days=1)


def stretch(since: datetime | None, end: datetime, longest: timedelta) -> tuple[datetime, datetime]:
    """Return [since, end), the last 24 hours unless told otherwise.

    Raises:
        Problem: it is empty or longer than ``longest``.
    """
    start = since or end - USUAL
    if not timedelta(0) < end - start <= longest:
        fault = FieldFault(place="query.since", problem=f"must lie before `until`, at most {longest.days} days")
        raise Problem("invalid", "the stretch of time is empty or too long", (fault,))
    return start, end
