"""What people want of cameras: kept with its author, never lost to somebody else's change, never with a secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.types import CameraId
from pipelines.errors import AlreadyThere, NotFound, VersionConflict
from pipelines.records import GapReason
from pipelines.sources.lifecycle import State
from pipelines.store import Repository
from pipelines.store.wishes import WishAction
from pipelines.wanted import CameraReport, CameraWish
from tests.pipelines.store.made import CAMERA, CAMERA_2, FACILITY, T0

GATE = CameraWish(
    CameraId("gate"), FACILITY.id, "Cổng", "rtsp://v:${file:gate-1}@10.0.0.5/s", "", 4.0, True, True, 0, T0, "admin"
)  # fmt: skip


@pytest.fixture
def store(repository: Repository) -> Repository:
    repository.put_site(FACILITY, [CAMERA], [], "one", T0)
    return repository


def test_a_camera_that_was_added_is_in_force_at_once(store: Repository) -> None:
    assert store.put_wish(GATE, WishAction.ADD) == replace(GATE, version=1)

    assert store.wishes() == store.wishes(FACILITY.id) == (replace(GATE, version=1),)
    assert {camera.id for camera in store.cameras()} == {CAMERA.id, GATE.camera}
    assert store.camera(GATE.camera).source == "rtsp://***@10.0.0.5/s"
    row = store.audit_head()
    assert row is not None
    assert (row.action, row.actor, row.subject) == ("camera.add", "admin", "gate")
    assert row.detail == "rtsp://***@10.0.0.5/s"


def test_it_outlives_the_site_file_being_put_again(store: Repository) -> None:
    store.put_wish(GATE, WishAction.ADD)
    store.put_site(FACILITY, [CAMERA, CAMERA_2], [], "two", T0 + timedelta(days=1))

    assert {camera.id for camera in store.cameras()} == {CAMERA.id, CAMERA_2.id, GATE.camera}


def test_nobody_overwrites_what_he_has_not_seen(store: Repository) -> None:
    first = store.put_wish(GATE, WishAction.ADD)
    store.put_wish(replace(first, name="Cổng chính"), WishAction.CHANGE)
    with pytest.raises(VersionConflict):
        store.put_wish(replace(first, running=False), WishAction.STOP)
    with pytest.raises(VersionConflict):
        store.withdraw_wish(GATE.camera, first.version, "admin", T0)

    wish = store.wish(GATE.camera)
    assert wish is not None
    assert (wish.name, wish.running, wish.version) == ("Cổng chính", True, 2)


def test_one_cannot_add_what_is_there_or_change_what_is_not(store: Repository) -> None:
    with pytest.raises(AlreadyThere):
        store.put_wish(replace(GATE, camera=CAMERA.id), WishAction.ADD)
    with pytest.raises(NotFound):
        store.put_wish(GATE, WishAction.STOP)
    with pytest.raises(NotFound):
        store.put_wish(replace(GATE, facility=type(FACILITY.id)("elsewhere")), WishAction.ADD)
    with pytest.raises(NotFound):
        store.withdraw_wish(CAMERA.id, 0, "admin", T0)
    assert store.wishes() == ()
    assert store.audit_head() is None


def test_a_withdrawn_wish_retires_only_what_people_added(store: Repository) -> None:
    store.put_wish(GATE, WishAction.ADD)
    store.put_wish(replace(GATE, camera=CAMERA.id, source="", running=False, own=False), WishAction.STOP)
    for camera in (GATE.camera, CAMERA.id):
        store.withdraw_wish(camera, 1, "admin", T0 + timedelta(hours=1))

    assert store.wishes() == ()
    assert [camera.id for camera in store.cameras()] == [CAMERA.id]
    assert store.camera(GATE.camera).id == GATE.camera  # its events still name it
    again = store.put_wish(GATE, WishAction.ADD)
    assert again.version == 1
    assert store.verify_audit() is None


def test_reports_replace_one_another(store: Repository) -> None:
    report = CameraReport(CAMERA.id, T0, State.LIVE, None, None, "h264", 640, 360)
    store.put_reports([report])
    worse = CameraReport(CAMERA.id, T0 + timedelta(seconds=9), State.STALE, GapReason.STALLED, State.LIVE, text="no packets")
    store.put_reports([worse])

    assert store.reports() == {CAMERA.id: worse}
