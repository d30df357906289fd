"""A whole live pipeline in a temporary folder, with painted people and the programs that find them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from analyzer.types import Box, CameraId, MaskState
from models.synthetic import paint_person, synthetic_factory
from pipelines.disk import Disk
from pipelines.evidence import EvidenceWriter
from pipelines.health_memory import HealthMemory
from pipelines.live import Live, LiveOptions
from pipelines.live_camera import Origin
from pipelines.metrics import LiveMetrics
from pipelines.records import CoverageInterval, EventFilter, StoredEvent
from pipelines.seeing import BatchedSeer, Seer
from pipelines.site_records import camera_records, facility_record, mask_only_site, zone_versions
from pipelines.sources.camera import CameraPlan
from pipelines.store import Repository, migrate, open_database
from pipelines.thing_memory import ThingFolder
from tests.pipelines.live.watching import SLACK
from tests.rtsp.pictures import Picture, noisy, room


@dataclass
class Running:
    """``live`` at work in a thread of its own."""

    live: Live
    repository: Repository
    thread: threading.Thread
    raised: list[BaseException]
    began: datetime

    def events(self) -> Sequence[StoredEvent]:
        return self.repository.events(EventFilter(), limit=200).events

    def coverage(self, camera: str) -> tuple[CoverageInterval, ...]:
        return self.repository.coverage(CameraId(camera), self.began - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))

    def wait(self, what: Callable[[], bool], timeout: float) -> float:
        """Seconds until ``what`` was true."""
        began = time.monotonic()
        while not what():
            assert time.monotonic() - began < timeout * SLACK, f"not within {timeout * SLACK} s; {self.live.status()}"
            assert not self.raised, self.raised
            threading.Event().wait(0.05)
        return time.monotonic() - began

    def stop(self, timeout: float = 20.0) -> float:
        """Seconds until everything had ended."""
        began = time.monotonic()
        self.live.stop()
        self.thread.join(timeout * SLACK)
        assert not self.thread.is_alive()
        return time.monotonic() - began


def origin(cameras: Sequence[str], seer: Seer | None = None) -> Origin:
    document = mask_only_site(tuple(CameraId(name) for name in cameras))
    return Origin(document.site, document.sha256, "test", seer or BatchedSeer(synthetic_factory()))


@contextmanager
def running(
    folder: Path,
    plans: Sequence[CameraPlan],
    seer: Seer | None = None,
    options: LiveOptions | None = None,
    *,
    evidence: bool = True,
    disk: Disk | None = None,
    memory: bool = False,
) -> Iterator[Running]:
    metrics = LiveMetrics()
    base = origin([plan.camera for plan in plans], seer or BatchedSeer(synthetic_factory(), metrics.stage))
    with ExitStack() as stack:
        folder.mkdir(parents=True, exist_ok=True)
        database = stack.enter_context(open_database(f"sqlite:///{folder / 'vigil.db'}"))
        migrate(database)
        repository = Repository(database)
        now = datetime.now(UTC)
        repository.put_site(
            facility_record(base.site, base.site_sha256), camera_records(base.site), zone_versions(base.site, now), "", now
        )
        writer = stack.enter_context(EvidenceWriter(folder / "evidence", repository)) if evidence else None
        health = HealthMemory(folder / "health") if memory else None
        things = ThingFolder(folder / "health") if memory else None
        live = Live(base, repository, writer, options=options, disk=disk, metrics=metrics, memory=health, things=things)
        if writer is not None and writer.reconciled is not None:
            live.take_up(writer.reconciled.lost)
        raised: list[BaseException] = []

        def work() -> None:
            try:
                live.run()
            except BaseException as error:  # noqa: BLE001 - shown to the test
                raised.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        live.reconcile(plans)
        at_work = Running(live, repository, thread, raised, now)
        try:
            yield at_work
        finally:
            if thread.is_alive():
                at_work.stop()


def with_ring(plan: CameraPlan, folder: Path) -> CameraPlan:
    return replace(plan, ring=folder / "ring" / plan.camera)


def painted_walk(count: int, rate: int, *, seen: tuple[float, float], width: int = 640, height: int = 360) -> Iterator[Picture]:
    """A room; from ``seen[0]`` to ``seen[1]`` seconds somebody without a mask crosses it."""
    rng = np.random.default_rng(0)
    background = (room(width, height, 3) // 4 + 90).astype(np.uint8)
    background[:] = background.mean(axis=2, keepdims=True)  # grey: nothing in it looks like a painted person
    since, until = seen
    for index in range(count):
        picture = background.copy()
        at = index / rate
        if since <= at < until:
            left = 20 + (width - 120) * (at - since) / (until - since)
            paint_person(picture, Box(left, height * 0.1, left + width * 0.12, height * 0.95), MaskState.NONE)
        yield noisy(picture, rng, 1.5)
