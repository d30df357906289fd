from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from analyzer.site import Camera
from analyzer.types import CameraId
from pipelines.linking import link_options
from pipelines.settings import Settings


def camera(name: str, *near: str) -> Camera:
    return Camera(CameraId(name), name, near=tuple(CameraId(one) for one in near))


def test_by_default_nothing_is_kept() -> None:
    assert link_options(Settings().link_minutes, [camera("a", "b"), camera("b")]) is None


def test_a_way_leads_both_ways() -> None:
    options = link_options(30, [camera("a", "b"), camera("b"), camera("c")])
    assert options is not None
    assert options.within == timedelta(minutes=30)
    assert options.near == {"a": frozenset({"b"}), "b": frozenset({"a"})}


def test_without_near_cameras_each_stands_alone() -> None:
    options = link_options(5, [camera("a")])
    assert options is not None
    assert options.near == {}


def test_longer_than_a_day_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_LINK_MINUTES", "1441")
    with pytest.raises(ValidationError, match="1440"):
        Settings()
