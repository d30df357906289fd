"""The task "draw the zones again": opens when a camera was moved, is closed by a newer version of one of its zones.

Nothing of it is stored: the ledger says since when a camera is moved, the zones say since when they are in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from analyzer.types import CameraId
from pipelines.records import CameraRecord, CoverageInterval, GapReason, ZoneVersion

REMEMBERED: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Redrawing:
    """``moved_at``: the first moved instant since the zones were last drawn. ``closed_at``: when they were drawn again."""

    camera: CameraId
    moved_at: datetime
    closed_at: datetime | None = None


class LedgerStore(Protocol):
    """What is needed of the repository."""

    def cameras(self) -> tuple[CameraRecord, ...]: ...
    def zones(self, camera: CameraId) -> tuple[ZoneVersion, ...]: ...
    def coverage(self, camera: CameraId, since: datetime, until: datetime) -> tuple[CoverageInterval, ...]: ...


def redrawings(camera: CameraId, intervals: Iterable[CoverageInterval], zones: Iterable[ZoneVersion]) -> tuple[Redrawing, ...]:
    """The tasks of one camera, oldest first. A camera without zones has nothing to be drawn again."""
    drawn = sorted({zone.valid_from for zone in zones})
    tasks: list[Redrawing] = []
    for interval in sorted(intervals, key=lambda one: one.start):
        if interval.reason is not GapReason.MOVED or not drawn or interval.end <= drawn[0]:
            continue
        last = tasks[-1] if tasks else None
        if last is not None and (last.closed_at is None or last.closed_at >= interval.end):
            continue  # the same displacement
        since = max(interval.start, last.closed_at) if last is not None and last.closed_at is not None else interval.start
        tasks.append(Redrawing(camera, since, next((at for at in drawn if at > since), None)))
    return tuple(tasks)


def open_redrawings(store: LedgerStore, now: datetime) -> tuple[Redrawing, ...]:
    """The tasks that wait, of all cameras in force, the longest waiting first."""
    found = [
        task
        for camera in store.cameras()
        for task in redrawings(camera.id, store.coverage(camera.id, now - REMEMBERED, now), store.zones(camera.id))
        if task.closed_at is None
    ]
    return tuple(sorted(found, key=lambda task: task.moved_at))
