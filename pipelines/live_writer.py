"""The one thread that writes to the store: events at once, coverage every second, and nothing is lost while it is away.

The store may be locked, full or gone for a while. What could not be written waits and is written in order; coverage
that waits is small, because an interval that grows replaces itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from analyzer.types import CameraId, Event, FacilityId, RunId, Tally
from pipelines.errors import StoreError
from pipelines.looks import LookHour
from pipelines.records import CoverageInterval, Run, TimeBasis
from pipelines.stages import Stage, Timed, timing, untimed

_PACE: Final = 1.0  # s


class LiveStore(Protocol):
    """What is needed of the repository."""

    def put_run(self, run: Run) -> None: ...
    def put_events(self, events: Sequence[Event], *, facility: FacilityId, time_basis: TimeBasis, at: datetime) -> int: ...
    def put_coverage(self, intervals: Sequence[CoverageInterval]) -> None: ...
    def put_tallies(self, run: RunId, tallies: Sequence[Tally]) -> None: ...
    def put_looks(self, hours: Sequence[LookHour]) -> None: ...


@dataclass(slots=True)
class _Waiting:
    runs: dict[RunId, Run] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    tallies: dict[RunId, tuple[Tally, ...]] = field(default_factory=dict)
    coverage: dict[tuple[CameraId, RunId | None, datetime], CoverageInterval] = field(default_factory=dict)
    looks: dict[tuple[RunId | None, datetime], LookHour] = field(default_factory=dict)


class LiveWriter:
    """Hand things in from any thread; they are written soon, in the order run, events, coverage.

    Args:
        store: where to.
        facility: whose events they are.
        collect: asked before each round for the coverage that is new.
        stored: told of events once they are in the store.
        timed: told how long a round took.
    """

    def __init__(
        self,
        store: LiveStore,
        facility: FacilityId,
        collect: Callable[[], Sequence[CoverageInterval]],
        stored: Callable[[Sequence[Event]], None],
        timed: Timed = untimed,
    ) -> None:
        self._store, self._facility, self._collect, self._stored, self._timed = store, facility, collect, stored, timed
        self._lock, self._wake, self._stopping = threading.Lock(), threading.Event(), threading.Event()
        self._waiting = _Waiting()
        self._log = structlog.get_logger()
        self.failures = 0  # rounds in a row that could not be written
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def run(self, run: Run) -> None:
        with self._lock:
            self._waiting.runs[run.id] = run

    def events(self, events: Sequence[Event]) -> None:
        with self._lock:
            self._waiting.events += events
        self._wake.set()

    def tallies(self, run: RunId, tallies: Sequence[Tally]) -> None:
        with self._lock:
            self._waiting.tallies[run] = tuple(tallies)

    def looks(self, hours: Sequence[LookHour]) -> None:
        with self._lock:
            self._waiting.looks.update(((one.run, one.hour), one) for one in hours)

    @property
    def backlog(self) -> int:
        """Events that wait."""
        with self._lock:
            return len(self._waiting.events)

    def close(self, timeout: float) -> bool:
        """Write what is left; whether all of it could be written within ``timeout`` seconds."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout)
        return not self._thread.is_alive() and self.failures == 0

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_PACE)
            self._wake.clear()
            self._round()
            if self.failures:
                self._stopping.wait(min(_PACE * self.failures, 5.0))
        for _ in range(10):  # the last words: a store that is busy gets ten tries
            self._round()
            if not self.failures:
                return
            threading.Event().wait(0.5)

    def _round(self) -> None:
        fresh = self._collect()
        with self._lock:
            self._waiting.coverage.update(((one.camera, one.run, one.start), one) for one in fresh)
            todo, self._waiting = self._waiting, _Waiting()
        try:
            with timing(self._timed, Stage.WRITE):
                self._write(todo)
        except StoreError as error:
            self.failures += 1
            if self.failures in {1, 10} or self.failures % 60 == 0:
                self._log.error("store.unavailable", error=str(error), events=len(todo.events), failures=self.failures)
            self._put_back(todo)
        except Exception:  # noqa: BLE001 - without this thread nothing is written any more; it goes on, loudly
            self.failures += 1
            self._log.exception("store.unexpected")
            self._put_back(todo)
        else:
            self.failures = 0

    def _write(self, todo: _Waiting) -> None:
        """Takes out of ``todo`` what has been written."""
        while todo.runs:
            name = next(iter(todo.runs))
            self._store.put_run(todo.runs[name])
            del todo.runs[name]
        if todo.events:
            written = list(todo.events)
            self._store.put_events(written, facility=self._facility, time_basis=TimeBasis.LIVE, at=datetime.now(UTC))
            todo.events.clear()
            self._stored(written)
        if todo.coverage:
            self._store.put_coverage(tuple(todo.coverage.values()))
            todo.coverage.clear()
        while todo.tallies:
            run, tallies = next(iter(todo.tallies.items()))
            self._store.put_tallies(run, tallies)
            del todo.tallies[run]
        if todo.looks:
            self._store.put_looks(tuple(todo.looks.values()))
            todo.looks.clear()

    def _put_back(self, todo: _Waiting) -> None:
        with self._lock:
            now = self._waiting
            now.runs = {**todo.runs, **now.runs}
            now.events = [*todo.events, *now.events]
            now.tallies = {**todo.tallies, **now.tallies}
            now.coverage = {**todo.coverage, **now.coverage}
            now.looks = {**todo.looks, **now.looks}
