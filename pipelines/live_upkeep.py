"""The machine under the live pipeline: the disk that fills, and the clock that somebody sets."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from pipelines.disk import Disk, DiskLevel
from pipelines.live_camera import LiveCamera
from pipelines.metrics import LiveMetrics
from pipelines.ring import prune, size_of
from pipelines.sources.camera import CameraWorker
from pipelines.sources.liveclock import LiveClock


class Upkeep:
    """Follows the ladder of `pipelines.disk`, down and up again, and says when the wall clock leaves ours.

    Args:
        disk: of the data folder, or ``None`` where nobody watches it.
        clock: ours.
        ring: minutes of packets that are kept of each camera.
        metrics: told of the clock.
    """

    def __init__(self, disk: Disk | None, clock: LiveClock, ring: float, metrics: LiveMetrics) -> None:
        self._disk, self._clock, self._ring, self._metrics = disk, clock, ring, metrics
        self._level, self._suspect = DiskLevel.NORMAL, False
        self._usual = 0  # bytes that the rings took when nothing was given up
        self._log = structlog.get_logger()

    @property
    def records(self) -> bool:
        """There is room for packet rings."""
        return self._level < DiskLevel.NO_RING

    def begin(self) -> None:
        if self._disk is not None:
            self._disk.hold()

    def look_at_disk(self, cameras: Sequence[LiveCamera], workers: Iterable[CameraWorker], now: datetime) -> None:
        """Shorten, stop or restore the rings when the disk has changed its level; release or lay the ballast."""
        if self._disk is None:
            return
        before, self._level = self._level, self._disk.level(self._given_up(cameras))
        self._metrics.disk(self._disk.free)
        if self._level is DiskLevel.FULL and self._disk.release():
            self._log.error("disk.ballast_released")
        if self._level is before:
            return
        if before < DiskLevel.SHORT_RING <= self._level:
            self._usual = self._taken(cameras)
        report = self._log.error if self._level >= DiskLevel.NO_RING else self._log.warning
        report("disk.level", now=self._level.name.lower())  # "level" is how loud a line is
        self.prune(cameras, now)
        for worker in workers:
            worker.record(wanted=self.records)
        if self._level is DiskLevel.NORMAL:
            self._disk.hold()

    def _given_up(self, cameras: Iterable[LiveCamera]) -> int:
        """Bytes of packets that would be there without the level: they come back with the long ring."""
        if self._level < DiskLevel.SHORT_RING:
            return 0
        return max(self._usual - self._taken(cameras), 0)

    @staticmethod
    def _taken(cameras: Iterable[LiveCamera]) -> int:
        return sum(size_of(camera.plan.ring) for camera in cameras if camera.plan.ring is not None)

    def prune(self, cameras: Iterable[LiveCamera], now: datetime) -> None:
        """Delete packets that are older than the ring is long."""
        minutes = self._ring if self._level < DiskLevel.SHORT_RING else min(self._ring, 1.0)
        for camera in cameras:
            if camera.plan.ring is not None:
                prune(camera.plan.ring, now - timedelta(minutes=minutes))

    def look_at_clock(self) -> None:
        """Say when somebody set the clock: our own goes on as it was, so times are off against the wall from then on."""
        suspect = self._clock.suspect(datetime.now(UTC), time.monotonic())
        if suspect is self._suspect:
            return
        self._suspect = suspect
        offset = self._clock.offset(datetime.now(UTC), time.monotonic())
        self._log.warning("clock.suspect" if suspect else "clock.agrees", offset_seconds=round(offset.total_seconds(), 1))
        self._metrics.clock(offset.total_seconds())
