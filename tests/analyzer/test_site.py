from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.errors import InvalidShape, InvalidSite
from analyzer.site import Activity, Boundary, Camera, Door, DoorId, DoorKind, LineId, Permit, RuleSetting, Side, SiteMode
from analyzer.types import (
    Box,
    CameraId,
    CameraSubject,
    FacilityId,
    FacilitySubject,
    Measure,
    PairSubject,
    RuleId,
    TrackId,
    TrackSubject,
    ZoneId,
    ZoneKind,
    ZoneSubject,
)
from tests.analyzer.scenes import CAMERA, START, door, line, site, zone


def test_a_site_without_drawings_is_mask_only() -> None:
    assert site().mode is SiteMode.MASK_ONLY
    assert site(zone(ZoneKind.TOILET)).mode is SiteMode.MASK_ONLY
    assert site(zone(ZoneKind.CORRIDOR)).mode is SiteMode.FULL
    assert site(zone(ZoneKind.CORRIDOR)).mode_of(CameraId("other")) is SiteMode.MASK_ONLY
    assert site(doors=(door("1", 0),)).mode is site(lines=(line(Side.RED, Side.CLEAN),)).mode is SiteMode.FULL


def test_shapes_that_bound_nothing_are_refused() -> None:
    with pytest.raises(InvalidShape, match=r'zone "corridor".*three'):
        zone(ZoneKind.CORRIDOR, ((0, 0), (1, 1)))
    with pytest.raises(InvalidShape, match='door "d"'):
        Door(DoorId("d"), CAMERA, DoorKind.ROOM, ((0, 0), (1, 1), (1, 0), (0, 1)))
    with pytest.raises(InvalidShape, match='line "l"'):
        Boundary(LineId("l"), CAMERA, ((0, 0), (0, 0)), Side.RED, Side.CLEAN)
    with pytest.raises(InvalidSite, match="nothing is crossed"):
        line(Side.RED, Side.RED)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"zones": (zone(ZoneKind.YARD), zone(ZoneKind.YARD))}, 'zone or door "yard": is there twice'),
        ({"doors": (door("1", 0), replace(door("1", 0.5), id=DoorId("2")))}, 'room number "1": is there twice'),
        ({"rules": (RuleSetting(RuleId("Q01")), RuleSetting(RuleId("Q01")))}, 'rule "Q01": is there twice'),
        ({"zones": (replace(zone(ZoneKind.YARD), camera=CameraId("x")),)}, 'names the camera "x"'),
        ({"doors": (door("1", 0, facing=["2"]),)}, 'faces "2"'),
        ({"doors": (door("1", 0, facing=["1"]),)}, 'faces "1"'),
        ({"permits": (Permit(Activity.TRANSFER, START, START - timedelta(hours=1)),)}, "ends before it begins"),
    ],
)
def test_contradictions_are_named(more: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidSite, match=problem):
        replace(site(), **more)


def test_permits_that_end_after_they_begin_are_fine() -> None:
    permit = Permit(Activity.TRANSFER, START, START + timedelta(hours=1))
    assert replace(site(), permits=(permit, permit)).permits == (permit, permit)


def test_a_camera_sees_its_own_drawings_only() -> None:
    both = replace(site(zone(ZoneKind.YARD)), cameras=(*site().cameras, Camera(CameraId("other"), "Other")))
    assert both.of_camera(CameraId("other")).zones == ()
    assert both.of_camera(CAMERA).zones == both.zones


def test_boxes_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        Box(2, 0, 1, 1)
    with pytest.raises(ValueError, match="not finite"):
        Box(float("nan"), 0, 1, 1)


def test_boxes_tell_their_size_and_middle() -> None:
    box = Box(10, 20, 30, 60)
    assert (box.width, box.height, box.centre, box.foot) == (20, 40, (20, 40), (20, 60))


def test_subjects_have_names() -> None:
    subjects = (
        TrackSubject(TrackId(1)),
        PairSubject(TrackId(1), TrackId(2)),
        ZoneSubject(ZoneId("z")),
        CameraSubject(CAMERA),
        FacilitySubject(FacilityId("f")),
    )
    assert [each.key for each in subjects] == ["track:1", "pair:1-2", "zone:z", "camera:cam", "facility:f"]
    assert Measure("m", 1, "s").threshold is None
