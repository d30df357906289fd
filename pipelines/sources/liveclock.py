"""UTC from the monotonic clock: one reading at the start, then only forward.

An NTP step, or an operator who sets the clock, must neither restart cameras nor tear holes into the ledger. So the wall
clock is read once, and `suspect` says when the two have parted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SUSPECT_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class LiveClock:
    """``wall`` is the UTC time at monotonic second ``mono``."""

    wall: datetime
    mono: float

    @classmethod
    def now(cls) -> LiveClock:
        """Anchor at this instant."""
        return cls(datetime.now(UTC), time.monotonic())

    def utc(self, mono: float) -> datetime:
        """UTC at a monotonic reading."""
        return self.wall + timedelta(seconds=mono - self.mono)

    def offset(self, wall: datetime, mono: float) -> timedelta:
        """How far the wall clock has moved away since the anchor."""
        return wall - self.utc(mono)

    def suspect(self, wall: datetime, mono: float) -> bool:
        """Whether somebody set the clock."""
        return abs(self.offset(wall, mono)) > SUSPECT_AFTER
