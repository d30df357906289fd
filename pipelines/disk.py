"""What is given up when the disk fills, in which order, and what never is.

    15 % free   normal
    under 8 %   the packet ring keeps one minute
    under 4 %   the packet ring stops: events go on, new clips have what the ring still holds
    under 2 %   the ballast file is released, so that events and coverage can still be written; people are told

Of a large disk so many bytes are not needed: each border has a number of bytes above which it does not lie. A level begins
at once and ends later: when there would be room even if everything came back that was given up for it (on a small disk the
ring is a large share), and a little more. A disk that hovers at a border does not make the ring stop and begin again.

Evidence is never deleted here: only a person, or the retention that they set, may do that. Recording stops rather, loudly.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

_MIB: Final = 1 << 20
_GIB: Final = 1 << 30


class DiskLevel(IntEnum):
    """How tight it is; greater is worse."""

    NORMAL = 0
    LOW = 1
    SHORT_RING = 2
    NO_RING = 3
    FULL = 4


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """Shares of the file system that are free, below which a level begins; and the bytes that are enough on any disk.

    ``margin``: share by which a border must be passed on the way up, at most ``most_margin`` bytes.
    """

    low: float = 0.15
    short_ring: float = 0.08
    no_ring: float = 0.04
    full: float = 0.02
    low_bytes: int = 128 * _GIB
    short_ring_bytes: int = 64 * _GIB
    no_ring_bytes: int = 32 * _GIB
    full_bytes: int = 16 * _GIB
    margin: float = 0.01
    most_margin: int = 1 * _GIB


def level_of(free: int, total: int, limits: DiskLimits | None = None) -> DiskLevel:
    """The level at so many free bytes of ``total``."""
    limits = limits or DiskLimits()
    if free < min(limits.full * total, limits.full_bytes):
        return DiskLevel.FULL
    if free < min(limits.no_ring * total, limits.no_ring_bytes):
        return DiskLevel.NO_RING
    if free < min(limits.short_ring * total, limits.short_ring_bytes):
        return DiskLevel.SHORT_RING
    return DiskLevel.LOW if free < min(limits.low * total, limits.low_bytes) else DiskLevel.NORMAL


@dataclass(slots=True)
class Ladder:
    """Follows the levels: down at once, up when it will last."""

    limits: DiskLimits = DiskLimits()
    level: DiskLevel = DiskLevel.NORMAL

    def see(self, free: int, total: int, given_up: int = 0) -> DiskLevel:
        """The level now.

        Args:
            free: bytes.
            total: bytes of the file system.
            given_up: bytes that are free only because of the level, and would be taken again without it.
        """
        now = level_of(free, total, self.limits)
        if now > self.level:
            self.level = now
        else:
            margin = int(min(self.limits.margin * total, self.limits.most_margin))
            self.level = min(self.level, level_of(free - given_up - margin, total, self.limits))
        return self.level


class Disk:
    """The file system of the data folder, with its ballast.

    Args:
        folder: any folder on it.
        ballast: bytes to hold back; at most a hundredth of the file system is taken.
    """

    def __init__(self, folder: Path, ballast: int = 256 * _MIB, limits: DiskLimits | None = None) -> None:
        self._folder, self._ladder = folder, Ladder(limits or DiskLimits())
        self._ballast, self._size = folder / ".ballast", ballast
        self._released = 0  # bytes of the ballast that was given up and not laid again

    def level(self, given_up: int = 0) -> DiskLevel:
        """How tight it is now; see `Ladder.see`. The ballast counts as taken, and as given up once it was released."""
        usage = shutil.disk_usage(self._folder)
        return self._ladder.see(usage.free, usage.total, given_up + self._released)

    @property
    def free(self) -> int:
        """Bytes that could still be written."""
        return shutil.disk_usage(self._folder).free

    def hold(self) -> None:
        """Lay the ballast, if there is room enough for it."""
        if self._ballast.exists() or self.level() > DiskLevel.NORMAL:
            return
        size = min(self._size, shutil.disk_usage(self._folder).total // 100)
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
            self._released = 0
        except OSError:
            self.release()

    def release(self) -> bool:
        """Give the ballast up; whether there was one."""
        try:
            held = self._ballast.stat().st_size
            self._ballast.unlink()
        except OSError:
            return False
        self._released = held
        return True
