"""A site as the store keeps it: no secret of the file reaches the database."""

from __future__ import annotations

from pathlib import Path

from analyzer.types import CameraId, ZoneKind
from pipelines.site_file import load_site
from pipelines.site_records import camera_records, mask_only_site, remember
from pipelines.store import Repository, migrate, open_database

SITE = """
[facility]
id = "f"
name = "Khu cách ly"

[[camera]]
id = "a"
name = "A"
source = "rtsp://user:p4ss-canary@10.0.0.9:554/1?token=t0ken-canary"

[[camera.zone]]
id = "z"
kind = "corridor"
polygon = [[0.0, 1.0], [0.5, 0.5], [1.0, 1.0]]
"""


def test_passwords_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    with open_database(f"sqlite:///{tmp_path / 'vigil.db'}") as database:
        migrate(database)
        repository = Repository(database)
        site, zones = remember(load_site(path), repository)
        kept = repository.site_document(site.facility.id)
        cameras = repository.cameras()
    assert kept is not None
    assert "10.0.0.9" in kept
    assert [zone.version for zone in zones] == [zone.version for zone in site.zones] == [1]
    for text in (kept, str(cameras), (tmp_path / "vigil.db").read_bytes().decode("latin-1")):
        assert "canary" not in text


def test_a_changed_polygon_is_a_new_version(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    with open_database(f"sqlite:///{tmp_path / 'vigil.db'}") as database:
        migrate(database)
        versions = []
        for text in (SITE, SITE, SITE.replace("[0.5, 0.5]", "[0.5, 0.4]")):
            path.write_text(text, encoding="utf-8")
            site, _ = remember(load_site(path), Repository(database))
            versions.append(site.zones[0].version)
    assert versions == [1, 1, 2]


DOOR = """
[[camera.door]]
id = "d"
number = "201"
strip = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]

[[camera.door]]
id = "s"
kind = "staff"
strip = [[0.4, 0.0], [0.6, 0.0], [0.6, 0.2]]
"""


def test_the_floor_in_front_of_a_room_is_a_place_with_a_name_and_versions(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    with open_database(f"sqlite:///{tmp_path / 'vigil.db'}") as database:
        migrate(database)
        versions = []
        for text in (SITE + DOOR, SITE + DOOR.replace("[0.2, 0.2]", "[0.2, 0.3]")):
            path.write_text(text, encoding="utf-8")
            site, zones = remember(load_site(path), Repository(database))
            versions.append([door.version for door in site.doors])
    assert versions == [[1, 1], [2, 1]]
    assert [(zone.id, zone.called, zone.version) for zone in zones] == [("d", "Phòng 201", 2), ("z", ZoneKind.CORRIDOR, 1)]


def test_without_a_site_file_each_recording_is_a_camera() -> None:
    one, both = mask_only_site([CameraId("a")]), mask_only_site([CameraId("a"), CameraId("b")])
    assert one.sha256 == both.sha256
    assert [camera.id for camera in camera_records(both.site)] == ["a", "b"]
