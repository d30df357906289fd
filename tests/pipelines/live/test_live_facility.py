"""The rules about the facility and the alarms of its connection come out of the live pipeline: into store and outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from analyzer.site import Activity, Facility, Site, Slot
from analyzer.site import Camera as SiteCamera
from analyzer.types import CameraId, EventId, FacilityId, RuleId, Severity
from models.synthetic import synthetic_factory
from pipelines.evidence import EvidenceWriter
from pipelines.health import Health
from pipelines.live_camera import LiveCamera, Origin
from pipelines.live_facility import FacilityWatch
from pipelines.live_writer import LiveWriter
from pipelines.records import EventFilter, EvidenceKind, EvidenceState, GapReason, ReviewState, StoredEvent
from pipelines.seeing import BatchedSeer
from pipelines.site_records import camera_records, facility_record, zone_versions
from pipelines.sla import Cause
from pipelines.sources.lifecycle import State
from pipelines.store import Repository, migrate, open_database
from pipelines.store.entries import Topic
from tests.pipelines.live.watching import plan_for

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
NAMES = ("a", "b")


class Watched:
    """A facility whose cameras are put into states by hand; the store, the writer and the rules are the real ones."""

    def __init__(self, repository: Repository, evidence: EvidenceWriter, site: Site) -> None:
        self.repository, self.now = repository, T0
        origin = Origin(site, "0" * 64, "test", BatchedSeer(synthetic_factory()))
        self.writer = LiveWriter(repository, site.facility.id, tuple, self._stored)
        self.watch = FacilityWatch(origin, repository, self.writer, evidence)
        self.cameras = [LiveCamera(plan_for("rtsp://127.0.0.1:1/x", name), origin, T0, T0) for name in NAMES]
        self.writer.start()

    def _stored(self, events: object) -> None:
        for event in events:  # type: ignore[attr-defined]
            if event.change.value == "opened" and self.watch.owns(event):
                self.watch.seal(event)

    def last(
        self, minutes: float, *, live: tuple[str, ...] = NAMES, fault: GapReason | None = None, thin: tuple[str, ...] = ()
    ) -> None:
        """Time goes by in steps of five seconds."""
        end = self.now + timedelta(minutes=minutes)
        while self.now < end:
            self.now += timedelta(seconds=5)
            for camera in self.cameras:
                if camera.camera in live:
                    camera.state, camera.seen_at, camera.ever_seen = State.LIVE, self.now, True
                    camera.health = Health(fault)
                    camera.line = GapReason.SPARSE if camera.camera in thin else None
                else:
                    camera.state, camera.reason = State.DOWN, GapReason.UNREACHABLE
            self.watch.round(self.cameras, self.now)

    def events(self) -> tuple[StoredEvent, ...]:
        assert self.writer.close(20.0)
        return tuple(reversed(self.repository.events(EventFilter()).events))

    def told(self) -> list[tuple[Topic, object, tuple[str, ...]]]:
        """Of outages."""
        return [
            (Topic.OUTAGE_OPENED if one.end is None else Topic.OUTAGE_ENDED, one.cause, one.cameras)
            for one in self.repository.outages(T0 - timedelta(days=1))
        ]


@contextmanager
def facility(folder: Path, *slots: Slot) -> Iterator[Watched]:
    site = Site(
        facility=Facility(FacilityId("f"), "Khu thử", timezone_name="UTC"),
        cameras=tuple(SiteCamera(CameraId(name), name) for name in NAMES),
        slots=slots,
    )
    with open_database(f"sqlite:///{folder / 'vigil.db'}") as database:
        migrate(database)
        repository = Repository(database)
        repository.put_site(facility_record(site, "0" * 64), camera_records(site), zone_versions(site, T0), "", T0)
        with EvidenceWriter(folder / "evidence", repository) as evidence:
            yield Watched(repository, evidence, site)


def rules(events: tuple[StoredEvent, ...]) -> list[tuple[str, str, Severity]]:
    return [(event.rule, event.camera, event.severity) for event in events]


def test_a_silent_camera_is_f01_and_an_outage(tmp_path: Path) -> None:
    with facility(tmp_path) as one:
        one.last(2)
        one.last(7, live=("a",))
        one.last(2)
        found = one.events()
        assert rules(found) == [("F01", "b", Severity.HIGH)]
        assert one.told() == [(Topic.OUTAGE_OPENED, Cause.NETWORK, ("b",)), (Topic.OUTAGE_ENDED, Cause.NETWORK, ("b",))]
        files = {row.kind: row for row in one.repository.evidence(found[0].id)}
        assert files[EvidenceKind.SIDECAR].state is EvidenceState.READY
        assert files[EvidenceKind.CLIP].state is EvidenceState.FAILED
        assert files[EvidenceKind.CLIP].reason == "reports_only"


def test_a_line_that_fails_is_one_incident_and_one_critical_event(tmp_path: Path) -> None:
    with facility(tmp_path) as one:
        one.last(2)
        one.last(20, live=())
        assert rules(one.events()) == [("F01", "facility:f", Severity.CRITICAL)]
        assert one.told() == [(Topic.OUTAGE_OPENED, Cause.FACILITY_LINE, NAMES)]
        assert [camera.id for camera in one.repository.cameras()] == list(NAMES)  # the stand-in is in no list
        assert one.repository.camera(CameraId("facility:f")).name == "Khu thử"


def test_a_covered_camera_is_f02(tmp_path: Path) -> None:
    with facility(tmp_path) as one:
        one.last(4, fault=GapReason.COVERED)
        assert {(rule, camera) for rule, camera, _ in rules(one.events())} == {("F02", "a"), ("F02", "b")}


def test_a_facility_that_is_not_connected_after_an_hour_is_late_and_is_told_once(tmp_path: Path) -> None:
    with facility(tmp_path) as one:
        one.last(62, live=("a",))
        late = [event for event in one.events() if event.rule == "F05"]
        assert [event.camera for event in late] == ["facility:f"]
        later = Watched(one.repository, one.watch._evidence, one.watch._origin.site)  # type: ignore[arg-type]
        later.now = one.now
        later.last(62, live=("a",))
        assert len([event for event in later.events() if event.rule == "F05"]) == 1


def test_a_line_that_stays_thin_is_told_and_makes_no_event(tmp_path: Path) -> None:
    with facility(tmp_path) as one:
        one.last(2)
        one.last(6, thin=("b",))
        assert [(told.id, told.thin) for told in one.watch.outages] == [("thin.f.b.20260302T010205", True)]
        one.last(7)
        assert one.watch.outages == ()
        assert one.events() == ()
        notices = one.repository.undelivered()
        assert [notice.topic for notice in notices] == [Topic.THIN_OPENED, Topic.THIN_ENDED]


def test_maintenance_is_planned(tmp_path: Path) -> None:
    slot = Slot(Activity.MAINTENANCE, time(1), time(2))
    with facility(tmp_path, slot) as one:
        one.last(20, live=())
        assert one.events() == ()
        assert one.told() == []
        for camera in one.cameras:
            camera.elapsed(one.now, planned=one.watch.maintenance(one.now))
            assert camera.ledger.drain()[-1].reason is GapReason.MAINTENANCE


def test_events_that_nobody_looks_at_are_f06(tmp_path: Path) -> None:
    with facility(tmp_path) as one:
        one.last(1)
        one.writer.close(20.0)
        waiting = _events(one, 6)
        assert {event.review_state for event in waiting} == {ReviewState.AWAITING}
        seen = one.watch._seen(T0 + timedelta(minutes=40))
        assert (seen.due, seen.late, seen.manned) == (6, 6, None)
        one.writer = LiveWriter(one.repository, FacilityId("f"), tuple, lambda _: None)
        one.watch._writer = one.writer
        one.writer.start()
        one.last(40)
        assert "F06" in {event.rule for event in one.events()}


def _events(one: Watched, count: int) -> tuple[StoredEvent, ...]:
    """Other events of the shift, as the cameras would have made them."""
    from analyzer.types import Change, Event, FacilitySubject, Provenance, Votes
    from pipelines.records import TimeBasis

    provenance = Provenance(one.watch._run, "0" * 64, "test")
    base = Event(
        EventId("e"), RuleId("Q01"), 1, Severity.HIGH, CameraId("a"), FacilitySubject(FacilityId("f")), Change.OPENED, T0,
        timedelta(0), T0, timedelta(0), Votes(5, 0), provenance,
    )  # fmt: skip
    events = [replace(base, id=EventId(f"e{n}"), at=T0 + timedelta(seconds=n)) for n in range(count)]
    one.repository.put_events(events, facility=FacilityId("f"), time_basis=TimeBasis.LIVE, at=T0)
    return one.repository.events(EventFilter(rules=(RuleId("Q01"),))).events
