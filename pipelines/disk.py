"""What is given up when the disk fills, in which order, and what never is.

    15 % free   normal
    under 8 %   the packet ring keeps one minute
    under 4 %   the packet ring stops: events go on, new clips have what the ring still holds
    under 2 %   the ballast file is released, so that events and coverage can still be written; people are told

Evidence is never deleted here: only a person, or the retention that they set, may do that. Recording stops rather, loudly.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

_MIB: Final = 1 << 20


class DiskLevel(IntEnum):
    """How tight it is; greater is worse."""

    NORMAL = 0
    LOW = 1
    SHORT_RING = 2
    NO_RING = 3
    FULL = 4


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """Shares of the file system that are free, below which a level begins."""

    low: float = 0.15
    short_ring: float = 0.08
    no_ring: float = 0.04
    full: float = 0.02


def level_of(free: float, limits: DiskLimits | None = None) -> DiskLevel:
    """The level at a free share of 0..1."""
    limits = limits or DiskLimits()
    if free < limits.full:
        return DiskLevel.FULL
    if free < limits.no_ring:
        return DiskLevel.NO_RING
    if free < limits.short_ring:
        return DiskLevel.SHORT_RING
    return DiskLevel.LOW if free < limits.low else DiskLevel.NORMAL


class Disk:
    """The file system of the data folder, with its ballast.

    Args:
        folder: any folder on it.
        ballast: bytes to hold back; at most a hundredth of the file system is taken.
    """

    def __init__(self, folder: Path, ballast: int = 256 * _MIB, limits: DiskLimits | None = None) -> None:
        self._folder, self._limits = folder, limits or DiskLimits()
        self._ballast, self._size = folder / ".ballast", ballast

    def level(self) -> DiskLevel:
        """How tight it is now. The ballast counts as taken."""
        usage = shutil.disk_usage(self._folder)
        return level_of(usage.free / usage.total, self._limits)

    def hold(self) -> None:
        """Lay the ballast, if there is room enough for it."""
        if self._ballast.exists() or self.level() > DiskLevel.NORMAL:
            return
        size = min(self._size, shutil.disk_usage(self._folder).total // 100)
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError:
            self.release()

    def release(self) -> bool:
        """Give the ballast up; whether there was one."""
        there = self._ballast.exists()
        with contextlib.suppress(OSError):
            self._ballast.unlink(missing_ok=True)
        return there
