"""How fast events are stored, against the bare SQLite driver writing the same row with the same safety.

Run: ``python benchmarks/store.py [EVENTS]``. Prints events a second, ours and bare, and their ratio, one event a
transaction (a live camera) and a hundred (a recording), and the time of a page out of what was stored.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pysqlite3 import dbapi2

from analyzer.types import (
    CameraId,
    Change,
    Event,
    EventId,
    FacilityId,
    Measure,
    Provenance,
    Reason,
    RuleId,
    RunId,
    Severity,
    TrackId,
    TrackSubject,
    Votes,
    ZoneId,
)
from pipelines.records import CameraRecord, EventFilter, FacilityRecord, FrameCounts, Run, RunState, TimeBasis
from pipelines.store import Repository, migrate, open_database
from pipelines.store.sqlite import SETTINGS

T0 = datetime(2026, 1, 1, tzinfo=UTC)
FACILITY = FacilityRecord(FacilityId("facility"), "Facility", "hotel", "Asia/Ho_Chi_Minh", "a" * 64)
CAMERA = CameraRecord(CameraId("camera"), FACILITY.id, "Camera", "camera.mp4")
PROVENANCE = Provenance(RunId("run"), FACILITY.site_sha256, "0.1.0")
RUN = Run(
    id=RunId("run"),
    facility=FACILITY.id,
    camera=CAMERA.id,
    source="camera.mp4",
    source_sha256=None,
    provenance=PROVENANCE,
    time_basis=TimeBasis.ARGUMENT,
    first_at=T0,
    observed=timedelta(hours=1),
    state=RunState.FINISHED,
    counts=FrameCounts(),
    tracks=0,
    started_at=T0,
)
EVENT = Event(
    id=EventId("0"),
    rule=RuleId("Q01"),
    rule_version=1,
    severity=Severity.HIGH,
    camera=CAMERA.id,
    subject=TrackSubject(TrackId(1)),
    change=Change.OPENED,
    at=T0,
    pts=timedelta(0),
    since=T0,
    since_pts=timedelta(0),
    votes=Votes(7, 1, ((Reason.BLUR, 2),)),
    provenance=PROVENANCE,
    zone=ZoneId("corridor"),
    zone_version=1,
    measures=(Measure("head", 41.5, "px", 24.0),),
    tracks=(TrackId(1),),
)


def events(number: int, prefix: str) -> list[Event]:
    return [
        replace(EVENT, id=EventId(f"{prefix}-{i:08}"), at=T0 + timedelta(seconds=i), pts=timedelta(seconds=i))
        for i in range(number)
    ]


def rate(store: Callable[[Sequence[Event]], object], wanted: Sequence[Event], at_once: int) -> float:
    """Events a second, all of them."""
    start = time.perf_counter()
    for i in range(0, len(wanted), at_once):
        store(wanted[i : i + at_once])
    return len(wanted) / (time.perf_counter() - start)


def bare_store(path: Path, columns: Sequence[str], row: Sequence[object]) -> Callable[[Sequence[Event]], None]:
    """The least that could be done: the same row, made already, in a transaction of its own."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    for name, value in SETTINGS.items():
        connection.execute(f"PRAGMA {name}={value}")
    statement = f"INSERT INTO events ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    place = columns.index("id")

    def store(wanted: Sequence[Event]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, [(*row[:place], event.id, *row[place + 1 :]) for event in wanted])
        connection.execute("COMMIT")

    return store


def a_row(path: Path) -> tuple[list[str], tuple[object, ...]]:
    with closing(dbapi2.connect(str(path))) as connection:
        cursor = connection.execute("SELECT * FROM events LIMIT 1")
        return [column[0] for column in cursor.description], cursor.fetchone()


def main(number: int) -> None:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        path = Path(folder) / "store.db"
        with open_database(f"sqlite:///{path.resolve()}") as database:
            migrate(database)
            repository = Repository(database)
            repository.put_site(FACILITY, [CAMERA], [], "", T0)
            repository.put_run(RUN)

            def ours(wanted: Sequence[Event]) -> int:
                return repository.put_events(wanted, facility=FACILITY.id, time_basis=TimeBasis.ARGUMENT, at=T0)

            ours(events(10, "warm"))
            bare = bare_store(path, *a_row(path))
            print(f"SQLite {database.version}, synchronous=FULL, {number} events each")
            for at_once in (1, 100):
                bare_rate = rate(bare, events(number, f"bare-{at_once}"), at_once)
                our_rate = rate(ours, events(number, f"ours-{at_once}"), at_once)
                print(
                    f"{at_once:4} a transaction: ours {our_rate:8.0f}/s  bare {bare_rate:8.0f}/s  ours/bare {our_rate / bare_rate:.3f}"
                )
            start = time.perf_counter()
            page = repository.events(EventFilter(cameras=(CAMERA.id,)), None, 50)
            print(f"a page of {len(page.events)} out of {4 * number + 10} events: {1000 * (time.perf_counter() - start):.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("events", type=int, nargs="?", default=2_000, help="how many events are stored")
    main(parser.parse_args().events)
