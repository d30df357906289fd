"""Sites: putting one in force twice is once; what changes gets a version, what goes is kept."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.types import CameraId, FacilityId, ZoneId
from pipelines.errors import NotFound, StoreError
from pipelines.records import UNNAMED, CameraRecord, FacilityRecord, TimeBasis
from pipelines.store import Repository
from pipelines.store.wishes import WishAction
from pipelines.wanted import CameraWish
from tests.pipelines.store.made import CAMERA, CAMERA_2, FACILITY, SQUARE, T0, ZONE, make_event, make_run

LATER = T0 + timedelta(days=7)
MOVED = (*SQUARE[:-1], (0.2, 0.8))


def test_a_site_comes_back_as_it_was_put(repository: Repository) -> None:
    in_force = repository.put_site(FACILITY, [CAMERA_2, CAMERA], [ZONE], "[site]\nname = 'Số 1'\n", T0)

    assert in_force == (ZONE,)
    assert repository.facilities() == (FACILITY,)
    assert repository.facility(FACILITY.id) == FACILITY
    assert repository.cameras() == (CAMERA, CAMERA_2)
    assert repository.camera(CAMERA_2.id) == CAMERA_2
    assert repository.zones(CAMERA.id) == (ZONE,)
    assert repository.site_document(FACILITY.id) == "[site]\nname = 'Số 1'\n"


def test_the_same_site_again_changes_nothing(repository: Repository) -> None:
    for at in (T0, LATER):
        repository.put_site(FACILITY, [CAMERA], [ZONE], "site", at)

    assert repository.zones(CAMERA.id) == (ZONE,)


def test_a_changed_polygon_is_a_new_version_and_closes_the_old_one(repository: Repository) -> None:
    repository.put_site(FACILITY, [CAMERA], [ZONE], "one", T0)
    in_force = repository.put_site(FACILITY, [CAMERA], [replace(ZONE, polygon=MOVED)], "two", LATER)

    old, new = repository.zones(CAMERA.id)
    assert (old.version, old.polygon, old.valid_from, old.valid_to) == (1, SQUARE, T0, LATER)
    assert (new.version, new.polygon, new.valid_from, new.valid_to) == (2, MOVED, LATER, None)
    assert in_force == (new,)
    assert repository.zones(CAMERA.id, LATER - timedelta(microseconds=1)) == (old,)
    assert repository.zones(CAMERA.id, LATER) == (new,)
    assert repository.zones(CAMERA.id, T0 - timedelta(microseconds=1)) == ()


def test_a_version_and_a_start_of_the_site_file_are_kept(repository: Repository) -> None:
    repository.put_site(FACILITY, [CAMERA], [ZONE], "one", T0)
    moved = replace(ZONE, polygon=MOVED, version=7, valid_from=T0 + timedelta(days=2))

    assert repository.put_site(FACILITY, [CAMERA], [moved], "two", LATER) == (moved,)


def test_a_zone_that_returns_goes_on_counting_its_versions(repository: Repository) -> None:
    repository.put_site(FACILITY, [CAMERA], [ZONE], "one", T0)
    assert repository.put_site(FACILITY, [CAMERA], [], "two", LATER) == ()
    again = replace(ZONE, valid_from=LATER + timedelta(days=1))

    assert repository.put_site(FACILITY, [CAMERA], [again], "three", LATER + timedelta(days=1)) == (replace(again, version=2),)
    assert [zone.valid_to for zone in repository.zones(CAMERA.id)] == [LATER, None]


def test_a_camera_that_is_gone_is_still_found_by_its_id(repository: Repository) -> None:
    repository.put_site(FACILITY, [CAMERA, CAMERA_2], [], "one", T0)
    repository.put_site(FACILITY, [CAMERA], [], "two", LATER)

    assert repository.cameras() == (CAMERA,)
    assert repository.camera(CAMERA_2.id) == CAMERA_2
    repository.put_site(FACILITY, [CAMERA, CAMERA_2], [], "three", LATER)
    assert repository.cameras() == (CAMERA, CAMERA_2)


def test_a_camera_belongs_to_one_facility_and_a_refusal_leaves_nothing(repository: Repository) -> None:
    repository.put_site(FACILITY, [CAMERA], [], "one", T0)
    other = FacilityRecord(FacilityId("facility-2"), "Khu số 2", "hotel", "Asia/Ho_Chi_Minh", "e" * 64)

    with pytest.raises(StoreError, match="belongs to facility 'facility-1'"):
        repository.put_site(other, [CameraRecord(CAMERA.id, other.id, "x", "y")], [], "two", T0)
    assert repository.facilities() == (FACILITY,)


def test_a_named_facility_takes_over_the_camera_of_a_recording_without_a_site(repository: Repository) -> None:
    unnamed = FacilityRecord(UNNAMED, "Chưa khai báo cơ sở", "civil", "UTC", "e" * 64)
    repository.put_site(unnamed, [replace(CAMERA, facility=UNNAMED)], [], "none", T0)
    early = make_run(facility=UNNAMED)
    repository.put_run(early)
    event = make_event(zone=None, zone_version=None)
    repository.put_events([event], facility=UNNAMED, time_basis=TimeBasis.UNKNOWN, at=T0)

    assert repository.put_site(FACILITY, [CAMERA], [ZONE], "one", LATER) == (ZONE,)
    assert repository.camera(CAMERA.id) == CAMERA
    assert repository.cameras(UNNAMED) == ()
    assert repository.run(early.id).facility == UNNAMED
    assert repository.event(event.id).facility == UNNAMED
    with pytest.raises(StoreError, match="belongs to facility 'facility-1'"):
        repository.put_site(unnamed, [replace(CAMERA, facility=UNNAMED)], [], "none", LATER)


def test_what_people_asked_of_a_camera_goes_with_it(repository: Repository) -> None:
    unnamed = FacilityRecord(UNNAMED, "Chưa khai báo cơ sở", "civil", "UTC", "e" * 64)
    repository.put_site(unnamed, [replace(CAMERA, facility=UNNAMED)], [], "none", T0)
    wish = CameraWish(CAMERA.id, UNNAMED, "Cổng", "", "", None, True, False, 0, T0, "lan")
    repository.put_wish(wish, WishAction.CHANGE)

    repository.put_site(FACILITY, [CAMERA], [], "one", LATER)
    assert [known.camera for known in repository.wishes(FACILITY.id)] == [CAMERA.id]
    assert not repository.wishes(UNNAMED)


def test_recordings_without_a_site_retire_none_of_those_before(repository: Repository) -> None:
    unnamed = FacilityRecord(UNNAMED, "Chưa khai báo cơ sở", "civil", "UTC", "e" * 64)
    first, second = replace(CAMERA, facility=UNNAMED), replace(CAMERA_2, facility=UNNAMED)
    repository.put_site(unnamed, [first], [], "none", T0)
    repository.put_site(unnamed, [second], [], "none", LATER)

    assert repository.cameras(UNNAMED) == (first, second)


def test_cameras_of_one_facility(repository: Repository) -> None:
    other = FacilityRecord(FacilityId("facility-2"), "Khu số 2", "hotel", "Asia/Ho_Chi_Minh", "e" * 64)
    far = CameraRecord(CameraId("far"), other.id, "Xa", "far.mp4")
    repository.put_site(FACILITY, [CAMERA], [], "one", T0)
    repository.put_site(other, [far], [], "two", T0)

    assert repository.cameras(other.id) == (far,)


def test_the_document_in_force_is_the_last_one(repository: Repository) -> None:
    repository.put_site(FACILITY, [], [], "one", T0)
    repository.put_site(replace(FACILITY, site_sha256="e" * 64), [], [], "two", LATER)
    assert repository.site_document(FACILITY.id) == "two"
    repository.put_site(FACILITY, [], [], "one", LATER)
    assert repository.site_document(FACILITY.id) == "one"
    assert repository.site_document(FacilityId("nowhere")) is None


def test_text_is_composed_but_the_document_is_left_as_it_was_hashed(repository: Repository) -> None:
    apart = unicodedata.normalize("NFD", "Cổng chính")
    repository.put_site(replace(FACILITY, name=apart), [], [], apart, T0)

    assert repository.facility(FACILITY.id).name == "Cổng chính"
    assert repository.site_document(FACILITY.id) == apart


def test_ids_are_ordered_by_bytes_on_every_database(repository: Repository) -> None:
    ids = ["B", "Z", "a", "cam-10", "cam-2", "z", "ă", "Đ"]
    cameras = [CameraRecord(CameraId(id_), FACILITY.id, id_, "x") for id_ in ids]
    repository.put_site(FACILITY, cameras, [], "site", T0)

    assert [camera.id for camera in repository.cameras()] == sorted(ids, key=str.encode)


def test_what_is_not_there_is_named(repository: Repository) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        repository.facility(FacilityId("nowhere"))
    with pytest.raises(NotFound, match="nothing"):
        repository.camera(CameraId("nothing"))
    assert repository.zones(CameraId("nothing")) == ()


def test_a_zone_of_an_unknown_camera_is_refused(repository: Repository) -> None:
    with pytest.raises(StoreError):
        repository.put_site(FACILITY, [CAMERA], [replace(ZONE, camera=CameraId("nothing"), id=ZoneId("z"))], "site", T0)
