from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from analyzer.site import Camera, Facility, Site, Zone
from analyzer.types import CameraId, FacilityId, ZoneId, ZoneKind
from pipelines.linking import link_options
from pipelines.settings import Settings

CORNER = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.9), (0.0, 0.9))


def site(*cameras: Camera, zones: tuple[Zone, ...] = ()) -> Site:
    return Site(Facility(FacilityId("kcl"), "Khu"), cameras, zones)


def camera(name: str, *near: str) -> Camera:
    return Camera(CameraId(name), name, near=tuple(CameraId(one) for one in near))


def test_by_default_nothing_is_kept() -> None:
    assert link_options(Settings().link_minutes, site(camera("a", "b"), camera("b")), together=True) is None


def test_a_way_leads_both_ways() -> None:
    options = link_options(30, site(camera("a", "b"), camera("b"), camera("c")), together=True)
    assert options is not None
    assert options.within == timedelta(minutes=30)
    assert options.near == {"a": frozenset({"b"}), "b": frozenset({"a"})}


def test_recordings_in_turn_stand_alone() -> None:
    options = link_options(5, site(camera("a", "b"), camera("b")), together=False)
    assert options is not None
    assert options.near == {}


def test_nobody_is_looked_at_where_nobody_may_be() -> None:
    toilet = Zone(ZoneId("t"), CameraId("a"), ZoneKind.TOILET, CORNER)
    corridor = Zone(ZoneId("c"), CameraId("b"), ZoneKind.CORRIDOR, CORNER)
    options = link_options(5, site(camera("a"), camera("b"), zones=(toilet, corridor)), together=True)
    assert options is not None
    assert options.forbidden == {"a": (CORNER,)}


def test_longer_than_a_day_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_LINK_MINUTES", "1441")
    with pytest.raises(ValidationError, match="1440"):
        Settings()
