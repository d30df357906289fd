"""What the systems of a facility report about themselves at one instant; the input of the rules F01-F06."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from analyzer.types import CameraId, Reason


class Progress(StrEnum):
    """How far a facility is on its way to the central system."""

    PLANNED = "planned"
    SURVEYED = "surveyed"
    INSTALLED = "installed"
    CONNECTED = "connected"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera: for how long no picture has come, and what is wrong with the picture (``None``: nothing)."""

    camera: CameraId
    silent: timedelta
    hindrance: Reason | None = None
    flagged: bool = False
    """An operator says that it looks into a forbidden area."""


@dataclass(frozen=True, slots=True)
class Supervision:
    """How alerts were received in the present shift. ``manned``: somebody is logged in; ``None`` when not known."""

    due: int
    late: int
    manned: bool | None


@dataclass(frozen=True, slots=True)
class FacilityStatus:
    """One report. What is ``None`` is not known and cannot be judged."""

    at: datetime
    cameras: tuple[CameraStatus, ...] = ()
    progress: Progress | None = None
    supervision: Supervision | None = None
