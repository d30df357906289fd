from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.errors import OutOfOrder
from analyzer.facility import FacilityEngine
from analyzer.site import MANDATORY_KINDS, AbsentKind, Site
from analyzer.status import CameraStatus, FacilityStatus, Progress, Supervision
from analyzer.types import Event, Reason, RuleId, Severity, ZoneKind
from tests.analyzer.scenes import CAMERA, PROVENANCE, START, seconds, site, zone

FINE = CameraStatus(CAMERA, seconds(1))
SILENT = CameraStatus(CAMERA, timedelta(minutes=1))
DARK = CameraStatus(CAMERA, seconds(1), Reason.TOO_DARK)
ELSEWHERE = tuple(AbsentKind(kind, "không có") for kind in MANDATORY_KINDS if kind is not ZoneKind.YARD)
YARD = replace(site(zone(ZoneKind.YARD)), absent=ELSEWHERE)
MANNED = Supervision(0, 0, manned=True)


def report(minute: float, *cameras: CameraStatus, **more: object) -> FacilityStatus:
    return FacilityStatus(
        START + timedelta(minutes=minute), cameras or (FINE,), **({"progress": Progress.CONNECTED, "supervision": MANNED} | more)
    )  # type: ignore[arg-type]


def run(where: Site, reports: list[FacilityStatus]) -> list[Event]:
    engine = FacilityEngine(where, PROVENANCE)
    return [event for each in reports for event in engine.step(each)] + list(engine.finish())


def rules(events: list[Event]) -> list[tuple[str, Severity]]:
    return [(event.rule, event.severity) for event in events if event.change.value in {"opened", "escalated"}]


def minutes(count: int, *cameras: CameraStatus, **more: object) -> list[FacilityStatus]:
    return [report(minute, *cameras, **more) for minute in range(count)]


def test_a_facility_in_order_gives_no_event() -> None:
    engine = FacilityEngine(YARD, PROVENANCE)
    assert [event for each in minutes(60) for event in engine.step(each)] == []
    tallies = {tally.rule: tally.votes for tally in engine.tallies()}
    assert tallies[RuleId("F01")].compliant == 120
    assert tallies[RuleId("F03")].compliant == 60


def test_a_silent_camera_warns_then_is_an_event_and_all_of_them_are_critical() -> None:
    found = rules(run(YARD, minutes(20, SILENT)))
    assert found == [("F01", Severity.ASSIST), ("F01", Severity.HIGH), ("F01", Severity.CRITICAL)]


def test_one_silent_camera_of_two_is_not_all() -> None:
    found = rules(run(YARD, minutes(20, SILENT, FINE)))
    assert ("F01", Severity.CRITICAL) not in found


def test_without_cameras_nothing_is_silent() -> None:
    reports = [FacilityStatus(START + timedelta(minutes=minute), (), Progress.CONNECTED, MANNED) for minute in range(20)]
    assert [event for event in run(site(), reports) if event.rule == "F01"] == []


def test_a_picture_that_shows_nothing() -> None:
    events = run(YARD, minutes(10, DARK))
    assert rules(events) == [("F02", Severity.HIGH)]
    assert "view:TOO_DARK" in {measure.name for event in events for measure in event.measures}


def test_an_area_no_working_camera_sees_for_a_day() -> None:
    half_hours = [report(30 * k, DARK) for k in range(60)]
    assert ("F03", Severity.HIGH) not in rules(run(YARD, half_hours))  # reports half an hour apart say nothing about between
    minutely = [report(5 * k, DARK) for k in range(12 * 25)]
    events = run(YARD, minutely)
    assert ("F03", Severity.HIGH) in rules(events)
    assert "area:yard" in {measure.name for event in events for measure in event.measures}


def test_an_area_neither_drawn_nor_declared_absent_cannot_be_judged() -> None:
    engine = FacilityEngine(site(), PROVENANCE)
    engine.step(report(0))
    tally = next(tally for tally in engine.tallies() if tally.rule == "F03")
    assert tally.votes.unknown == ((Reason.NO_ZONE, 9),)


def test_a_forbidden_view_is_told_at_once() -> None:
    drawn = run(site(zone(ZoneKind.BATHROOM)), [report(0)])
    assert ("F04", Severity.HIGH) in rules(drawn)
    assert next(event.zone for event in drawn if event.rule == "F04") == "bathroom"
    assert ("F04", Severity.HIGH) in rules(run(YARD, [report(0, replace(FINE, flagged=True))]))
    assert rules(run(YARD, [report(0)])) == []


def test_the_deadline() -> None:
    late = YARD
    after = timedelta(days=2) // timedelta(minutes=1)
    assert rules(run(late, [report(0, progress=Progress.SURVEYED)])) == []
    assert rules(run(late, [report(after, progress=Progress.SURVEYED)])) == [("F05", Severity.HIGH)]
    assert rules(run(late, [report(after, progress=Progress.ACCEPTED)])) == []
    assert rules(run(late, [report(after, progress=None)])) == []
    own = replace(YARD, deadline=START - timedelta(days=1))
    assert rules(run(own, [report(0, progress=Progress.INSTALLED)])) == [("F05", Severity.HIGH)]


@pytest.mark.parametrize(
    ("supervision", "found"),
    [
        (Supervision(10, 3, manned=None), [("F06", Severity.HIGH)]),
        (Supervision(10, 2, manned=True), []),
        (Supervision(2, 2, manned=None), []),
        (Supervision(2, 2, manned=False), [("F06", Severity.HIGH)]),
        (None, []),
    ],
)
def test_supervision(supervision: Supervision | None, found: list[tuple[str, Severity]]) -> None:
    assert rules(run(YARD, minutes(10, supervision=supervision))) == found


def test_a_camera_back_closes_its_event() -> None:
    events = run(YARD, [*minutes(10, SILENT), *[report(10 + k / 6) for k in range(200)]])
    assert [event.change.value for event in events] == ["opened", "escalated", "closed"]
    assert {event.camera for event in events} == {CAMERA}


def test_reports_do_not_go_back_in_time() -> None:
    engine = FacilityEngine(YARD, PROVENANCE)
    engine.step(report(1))
    with pytest.raises(OutOfOrder):
        engine.step(report(1))
