"""The facility as a whole while its cameras are watched: the rules F01-F06 and the alarms about lost connections.

Asked every second by the live pipeline. Events of these rules belong to a run of their own, of a stand-in camera that
means the whole facility; they have no pictures, and their evidence says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import uuid4

from analyzer.facility import EVERY_CAMERA, FacilityEngine
from analyzer.schedule import Agenda
from analyzer.site import Activity
from analyzer.status import CameraStatus, FacilityStatus, Progress, Supervision
from analyzer.types import CameraId, Change, Event, EventId, FacilityId, Provenance, RuleId, RunId, Tally
from pipelines.errors import EvidenceFault, PipelineError
from pipelines.evidence import Case, Episode, EvidenceWriter
from pipelines.live_camera import LiveCamera, Origin
from pipelines.live_evidence import NoFootage
from pipelines.live_writer import LiveWriter
from pipelines.outages import Link, OutageNotice, OutageWatch, ThinLines
from pipelines.records import (
    EventFilter,
    EventPage,
    FrameCounts,
    GapReason,
    ReviewState,
    Run,
    RunState,
    StoredEvent,
    TimeBasis,
)
from pipelines.sla import CAUSES, Cause
from pipelines.sources.lifecycle import State

_REPORT_EVERY: Final = timedelta(seconds=5)
_ASK_EVERY: Final = timedelta(seconds=60)
_UNCONNECTED_AFTER: Final = timedelta(seconds=10)
_SHIFT: Final = timedelta(hours=8)
_RECEIVED_WITHIN: Final = timedelta(minutes=15)
_CONNECTS_WITHIN: Final = timedelta(hours=1)
_ONCE: Final = {RuleId("F04"), RuleId("F05")}
_ONCE_IN: Final = timedelta(days=2)


class FacilityStore(Protocol):
    """What is needed of the repository."""

    def stand_in(self, facility: FacilityId, name: str, at: datetime) -> CameraId: ...
    def events(self, wanted: EventFilter, after: None = None, limit: int = 50) -> EventPage: ...
    def runs(self, *, camera: CameraId, limit: int) -> tuple[Run, ...]: ...
    def anybody_since(self, since: datetime) -> bool: ...
    def outages(self, since: datetime) -> tuple[OutageNotice, ...]: ...
    def announce_outages(self, notices: Sequence[OutageNotice], at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class _Outside:
    """What the store says of the supervision, asked once a minute."""

    at: datetime
    supervision: Supervision


class FacilityWatch:
    """One facility. `round` is called about once a second, always by the same thread."""

    def __init__(self, origin: Origin, store: FacilityStore, writer: LiveWriter, evidence: EvidenceWriter | None) -> None:
        self._store, self._writer, self._evidence = store, writer, evidence
        self._outages = OutageWatch(origin.site.facility.id)
        self._thin = ThinLines.of(origin.site.facility.id)
        self._outside: _Outside | None = None
        self._began: datetime | None = None
        self._reported: datetime | None = None
        self._ever: set[CameraId] = set()
        self._opened: dict[EventId, Event] = {}
        self._waiting: list[OutageNotice] = []
        self._restored = False
        self.take_over(origin)

    def take_over(self, origin: Origin) -> None:
        """The site was changed: judge by the new one from here on."""
        self._origin, self._run = origin, RunId(uuid4().hex)
        seer = origin.seer
        provenance = Provenance(self._run, origin.site_sha256, origin.code, seer.backend, seer.precision, seer.models)
        self._engine = FacilityEngine(origin.site, provenance)
        self._agenda = Agenda(origin.site.slots, origin.site.permits, origin.site.facility.timezone)
        self._began = self._reported = None
        self._written = datetime.min.replace(tzinfo=UTC)

    @property
    def outages(self) -> tuple[OutageNotice, ...]:
        """Those that go on and that others have been told of; thin lines among them."""
        return (*self._outages.told, *self._thin.watch.told)

    def maintenance(self, now: datetime) -> bool:
        """Whether a slot or permit for maintenance is in force: what is not connected now is planned to be off."""
        return self._agenda.at(now).allows(Activity.MAINTENANCE)

    def round(self, cameras: Sequence[LiveCamera], now: datetime) -> None:
        """Look at all cameras.

        Raises:
            StoreError: the store does not answer; what was to be said is said in a later round.
        """
        planned = self.maintenance(now)
        self._alarm(cameras, now, planned=planned)
        if self._began is None:
            self._begin(now)
        if self._reported is None or now - self._reported >= _REPORT_EVERY:
            self._reported = now
            self._judge(
                FacilityStatus(now, _statuses(cameras, now, planned=planned), self._progress(cameras, now), self._seen(now))
            )
            if now - self._written >= _ASK_EVERY:
                self._written = now
                self._writer.run(self._record(RunState.RUNNING, now))
                self._writer.tallies(self._run, self._tallies())

    def close(self, now: datetime) -> None:
        """The process ends: what is open is lost from sight."""
        if self._began is not None:
            self._put(self._engine.finish())
            self._writer.tallies(self._run, self._tallies())
            self._writer.run(self._record(RunState.FINISHED, now))

    # --- alarms --------------------------------------------------------------------------------------

    def _alarm(self, cameras: Sequence[LiveCamera], now: datetime, *, planned: bool) -> None:
        if not self._restored:
            told = self._store.outages(now - timedelta(days=60))
            self._outages.restore(told)
            self._thin.restore(told)
            self._restored = True
        links = {camera.camera: _link(camera, now, planned=planned) for camera in cameras}
        self._waiting += self._outages.see(links, now)
        lines = {camera.camera: _thin(camera) for camera in cameras}
        self._waiting += self._thin.see(lines, now)
        if self._waiting:
            self._store.announce_outages(self._waiting, now)
            self._waiting = []

    # --- rules ---------------------------------------------------------------------------------------

    def _begin(self, now: datetime) -> None:
        self._camera = self._store.stand_in(self._origin.site.facility.id, self._origin.site.facility.name, now)
        self._began = now
        for run in self._store.runs(camera=self._camera, limit=20):
            if run.state is RunState.RUNNING and run.id != self._run:  # its process was killed
                self._writer.run(replace(run, state=RunState.INTERRUPTED, finished_at=now))
        self._writer.run(self._record(RunState.RUNNING, now))

    def _judge(self, status: FacilityStatus) -> None:
        self._put(self._engine.step(status))

    def _put(self, events: Sequence[Event]) -> None:
        """Store what is news; a line that failed is one incident, so its cameras are not told one by one."""
        line = {name for outage in self._outages.told if outage.cause is Cause.FACILITY_LINE for name in outage.cameras}
        told = []
        for event in events:
            if event.change is Change.OPENED:
                if (event.rule == "F01" and event.camera in line) or self._said_before(event):
                    continue
                self._opened[event.id] = event
            if event.id in self._opened:
                told.append(replace(event, camera=self._camera) if event.camera == EVERY_CAMERA else event)
                if event.change in {Change.CLOSED, Change.LOST}:
                    del self._opened[event.id]
        if told:
            self._writer.events(told)

    def _said_before(self, event: Event) -> bool:
        """What lasts for months is not told anew at every start."""
        if event.rule not in _ONCE:
            return False
        camera = self._camera if event.camera == EVERY_CAMERA else event.camera
        wanted = EventFilter(cameras=(camera,), rules=(event.rule,), since=event.at - _ONCE_IN)
        return bool(self._store.events(wanted, None, 1).events)

    def owns(self, event: Event) -> bool:
        """Whether the event is one of a facility rule."""
        return event.provenance.run == self._run

    def seal(self, event: Event) -> None:
        """Write the evidence of an event that is stored: what was reported, no picture."""
        if self._evidence is None:
            return
        facility = self._origin.site.facility
        case = Case(facility.id, facility.timezone_name, "reports", None, TimeBasis.LIVE, None)
        with contextlib.suppress(PipelineError):  # the rows stay pending, and the next start finds them
            self._evidence.seal(Episode(event, event), NoFootage(EvidenceFault.REPORTS_ONLY), (), case)

    def _tallies(self) -> tuple[Tally, ...]:
        return tuple(replace(tally, camera=self._camera) for tally in self._engine.tallies())

    def _progress(self, cameras: Sequence[LiveCamera], now: datetime) -> Progress | None:
        """Connected once every camera has sent a picture; not known while they are still being connected."""
        assert self._began is not None
        self._ever |= {camera.camera for camera in cameras if camera.ever_seen}
        if cameras and all(camera.camera in self._ever for camera in cameras):
            return Progress.CONNECTED
        return None if now - self._began < _CONNECTS_WITHIN else Progress.INSTALLED

    def _seen(self, now: datetime) -> Supervision:
        """How the events of the last eight hours were received. Nobody signed in is no proof that nobody watches."""
        if self._outside is None or now - self._outside.at >= _ASK_EVERY:
            self._outside = _Outside(now, supervision_of(self._store, self._origin.site.facility.id, now))
        return self._outside.supervision

    def _record(self, state: RunState, now: datetime) -> Run:
        assert self._began is not None
        return Run(
            id=self._run,
            facility=self._origin.site.facility.id,
            camera=self._camera,
            source="reports",
            source_sha256=None,
            provenance=Provenance(self._run, self._origin.site_sha256, self._origin.code),
            time_basis=TimeBasis.LIVE,
            first_at=self._began,
            observed=now - self._began,
            state=state,
            counts=FrameCounts(),
            tracks=0,
            started_at=self._began,
            finished_at=None if state is RunState.RUNNING else now,
        )


def supervision_of(store: FacilityStore, facility: FacilityId, now: datetime) -> Supervision:
    """Events of the shift that should have been decided on by now, and how many of them still wait."""
    wanted = EventFilter(facility=facility, since=now - _SHIFT, until=now - _RECEIVED_WITHIN)
    found: tuple[StoredEvent, ...] = store.events(wanted, None, 200).events
    due = [event for event in found if not event.rule.startswith("F")]
    late = sum(event.review_state is ReviewState.AWAITING for event in due)
    return Supervision(len(due), late, True if store.anybody_since(now - _RECEIVED_WITHIN) else None)


def _link(camera: LiveCamera, now: datetime, *, planned: bool) -> Link:
    silent = now - camera.seen_at
    if silent < _UNCONNECTED_AFTER:
        return Link(None)
    return Link(camera.seen_at, Cause.PLANNED if planned else CAUSES.get(camera.reason, Cause.NETWORK))


def _thin(camera: LiveCamera) -> bool | None:
    """Whether the line of a connected camera gives too little of its stream."""
    return camera.line is not None if camera.state is State.LIVE else None


def _statuses(cameras: Sequence[LiveCamera], now: datetime, *, planned: bool) -> tuple[CameraStatus, ...]:
    """Cameras that are planned to be off are not reported on."""
    found = []
    for camera in cameras:
        silent = max(now - camera.seen_at, timedelta(0))
        if not (silent >= _UNCONNECTED_AFTER and (planned or camera.reason is GapReason.MAINTENANCE)):
            found.append(CameraStatus(camera.camera, silent, camera.hindrance))
    return tuple(found)
