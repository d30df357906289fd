"""A site as the store keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from analyzer.site import Camera, DoorKind, Facility, Site
from analyzer.types import CameraId, ZoneId, ZoneKind
from pipelines.records import UNNAMED, CameraRecord, FacilityRecord, ZoneVersion
from pipelines.site_file import SiteDocument
from pipelines.sources.address import redact
from pipelines.store.repository import Repository


def facility_record(site: Site, sha256: str) -> FacilityRecord:
    facility = site.facility
    return FacilityRecord(facility.id, facility.name, facility.kind, facility.timezone_name, sha256)


def camera_records(site: Site) -> tuple[CameraRecord, ...]:
    """Addresses lose user and password: secrets never reach the database."""
    return tuple(CameraRecord(camera.id, site.facility.id, camera.name, redact(camera.source)) for camera in site.cameras)


def zone_versions(site: Site, at: datetime) -> tuple[ZoneVersion, ...]:
    """The zones as drawn now, the floor in front of room doors among them; the store says which of them are new versions."""
    zones = [
        ZoneVersion(zone.id, zone.camera, zone.version, zone.kind, zone.name or zone.id, zone.polygon, at) for zone in site.zones
    ]
    strips = [
        ZoneVersion(ZoneId(door.id), door.camera, door.version, ZoneKind.ROOM_DOOR, _room(door.number) or door.id, door.strip, at)
        for door in site.doors
        if door.kind is DoorKind.ROOM
    ]
    return (*zones, *strips)


def _room(number: str) -> str:
    return f"Phòng {number}" if number else ""


def mask_only_site(cameras: Sequence[CameraId]) -> SiteDocument:
    """The site of recordings that came without one: each a camera, no zones, so masks are judged and nothing else.

    Its identity does not depend on which recordings are analysed together.
    """
    text = "# No site file: masks only.\n"
    site = Site(
        facility=Facility(UNNAMED, "Chưa khai báo cơ sở", timezone_name="UTC"),
        cameras=tuple(Camera(camera, camera) for camera in cameras),
    )
    return SiteDocument(site=site, sha256=hashlib.sha256(text.encode()).hexdigest(), path=Path("-"), text=text)


def remember(document: SiteDocument, repository: Repository) -> tuple[Site, tuple[ZoneVersion, ...]]:
    """Write the site to the store; its zones and doors get the versions that the store knows them by."""
    at, site = datetime.now(UTC), document.site
    records = facility_record(site, document.sha256), camera_records(site), zone_versions(site, at)
    in_force = repository.put_site(*records, redact(document.text), at)  # passwords stay in the file
    versions = {(zone.camera, zone.id): zone.version for zone in in_force}
    zones = tuple(replace(zone, version=versions[zone.camera, zone.id]) for zone in site.zones)
    doors = tuple(replace(door, version=versions.get((door.camera, ZoneId(door.id)), door.version)) for door in site.doors)
    return replace(site, zones=zones, doors=doors), in_force
