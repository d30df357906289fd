"""The rules about a facility as a whole (F01-F06), judged on what its systems report about themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from analyzer.ballot import Instant
from analyzer.catalogue import active_rules
from analyzer.desk import Desk, Matter, event_of
from analyzer.entry import Level
from analyzer.errors import OutOfOrder
from analyzer.moment import Moment
from analyzer.schedule import Agenda
from analyzer.site import Site
from analyzer.status import FacilityStatus
from analyzer.types import CameraId, CameraSubject, Event, FrameRef, Provenance, Scene, Tally

EVERY_CAMERA = CameraId("facility")
"""The camera of tallies and events that are about no single one."""


class FacilityEngine:
    """The fold of one facility: feed reports in time order, get events. Times are counted from the first report."""

    def __init__(self, site: Site, provenance: Provenance) -> None:
        self._site, self._provenance = site, provenance
        self._agenda = Agenda(site.slots, site.permits, site.facility.timezone)
        self._desks = tuple(Desk(entry) for entry in active_rules(site, Level.FACILITY))
        self._first: datetime | None = None
        self._last: datetime | None = None

    def step(self, status: FacilityStatus) -> tuple[Event, ...]:
        """Judge one report.

        Raises:
            OutOfOrder: the report is not later than the one before.
        """
        if self._last is not None and status.at <= self._last:
            raise OutOfOrder(f"the report at {status.at.isoformat()} is not later than the one at {self._last.isoformat()}")
        self._last = status.at
        self._first = self._first or status.at
        instant = Instant(status.at, status.at - self._first)
        moment = self._moment(status, instant.pts)
        events: list[Event] = []
        for desk in self._desks:
            events += [self._event(desk, matter) for matter in desk.hear(moment, instant)]
            events += [self._event(desk, matter) for matter in desk.tick(instant)]
        return tuple(events)

    def finish(self) -> tuple[Event, ...]:
        """The reports end: what is still open is lost from sight."""
        return tuple(self._event(desk, matter) for desk in self._desks for matter in desk.close())

    def tallies(self) -> tuple[Tally, ...]:
        """How often each rule was judged so far."""
        return tuple(desk.tally(EVERY_CAMERA) for desk in self._desks)

    def _event(self, desk: Desk, matter: Matter) -> Event:
        subject = matter[1].first.subject
        camera = subject.camera if isinstance(subject, CameraSubject) else EVERY_CAMERA
        return event_of(desk.entry, matter, camera, self._provenance)

    def _moment(self, status: FacilityStatus, pts: timedelta) -> Moment:
        """A moment without people: the rules of a facility look at its status alone."""
        return Moment(
            site=self._site,
            scene=Scene(FrameRef(EVERY_CAMERA, 0, pts, status.at, 1, 1)),
            people=(),
            vehicles=(),
            bags=(),
            departures=(),
            now=self._agenda.at(status.at),
            ground=None,
            mask_only=False,
            status=status,
        )
