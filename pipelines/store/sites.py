"""Facilities, their cameras, and the zones with every version they ever had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from analyzer.types import CameraId, FacilityId, ZoneId
from pipelines.errors import NotFound, StoreError
from pipelines.records import UNNAMED, CameraRecord, FacilityRecord, ZoneVersion
from pipelines.store.noun import Noun
from pipelines.store.tables import CameraRow, CameraWishRow, FacilityRow, SiteDocumentRow, ZoneRow

STAND_IN: Final = "facility:"
"""Begins the id of the camera that stands for a whole facility; no id of a real one holds a colon."""


class Sites(Noun):
    """What is watched."""

    def put_site(
        self, facility: FacilityRecord, cameras: Sequence[CameraRecord], zones: Sequence[ZoneVersion], document: str, at: datetime
    ) -> tuple[ZoneVersion, ...]:
        """Put a site file in force. The same file again changes nothing.

        A zone whose kind, name or polygon changed gets a new version (the one given, if it is higher than the old
        one's, else the next) from its ``valid_from`` on, or from ``at`` if that lies before the old version's start;
        a zone that is gone ends at ``at``, and so does a camera. Only the facility `UNNAMED` keeps every camera it was
        given, because each of its recordings comes by itself, until a site file names the camera: then it belongs to that
        facility, and what was found on it before stays with the facility it was found under.

        Returns:
            The zones now in force, with the versions they have here.

        Raises:
            StoreError: a camera belongs to another facility.
        """
        with self._database.write(f"site:{facility.id}") as session:
            session.merge(_facility_row(facility))
            session.flush()
            session.merge(
                SiteDocumentRow(facility=facility.id, sha256=facility.site_sha256, document=document, put_at=at)
                if session.get(SiteDocumentRow, (facility.id, facility.site_sha256)) is None
                else session.get_one(SiteDocumentRow, (facility.id, facility.site_sha256))
            )
            _put_cameras(session, facility.id, cameras, at)
            _put_zones(session, facility.id, zones, at)
            session.flush()
            return tuple(_zone(row) for row in _zones_in_force(session, facility.id))

    def stand_in(self, facility: FacilityId, name: str, at: datetime) -> CameraId:
        """The camera that stands for the whole facility in runs and events; it is in force nowhere, so no list shows it."""
        camera = f"{STAND_IN}{facility}"
        with self._database.write(f"site:{facility}") as session:
            session.merge(CameraRow(id=camera, facility=facility, name=name, source="", retired_at=at))
        return CameraId(camera)

    def facilities(self) -> tuple[FacilityRecord, ...]:
        with self._database.read() as session:
            return tuple(_facility(row) for row in session.exec(select(FacilityRow).order_by(FacilityRow.id)))

    def facility(self, facility: FacilityId) -> FacilityRecord:
        with self._database.read() as session:
            row = session.get(FacilityRow, facility)
            if row is None:
                raise NotFound(f"no facility {facility!r}")
            return _facility(row)

    def cameras(self, facility: FacilityId | None = None) -> tuple[CameraRecord, ...]:
        """Those in force, by id."""
        wanted = select(CameraRow).where(col(CameraRow.retired_at).is_(None)).order_by(CameraRow.id)
        if facility is not None:
            wanted = wanted.where(CameraRow.facility == facility)
        with self._database.read() as session:
            return tuple(_camera(row) for row in session.exec(wanted))

    def camera(self, camera: CameraId) -> CameraRecord:
        """One camera, also when it is no longer in force: its events still name it."""
        with self._database.read() as session:
            row = session.get(CameraRow, camera)
            if row is None:
                raise NotFound(f"no camera {camera!r}")
            return _camera(row)

    def zones(self, camera: CameraId, at: datetime | None = None) -> tuple[ZoneVersion, ...]:
        """The zones in force at an instant; without one, every version, oldest first."""
        wanted = select(ZoneRow).where(ZoneRow.camera == camera).order_by(ZoneRow.id, col(ZoneRow.version))
        if at is not None:
            ends = col(ZoneRow.valid_to)
            wanted = wanted.where(col(ZoneRow.valid_from) <= at, sa.or_(ends.is_(None), ends > at))
        with self._database.read() as session:
            return tuple(_zone(row) for row in session.exec(wanted))

    def site_document(self, facility: FacilityId) -> str | None:
        """The text of the site file in force."""
        with self._database.read() as session:
            holder = session.get(FacilityRow, facility)
            row = holder and session.get(SiteDocumentRow, (holder.id, holder.site_sha256))
            return row.document if row else None


def _put_cameras(session: Session, facility: FacilityId, cameras: Sequence[CameraRecord], at: datetime) -> None:
    for camera in cameras:
        known = session.get(CameraRow, camera.id)
        if camera.facility != facility or (known is not None and known.facility not in (facility, UNNAMED)):
            owner = known.facility if known is not None else camera.facility
            raise StoreError(f"camera {camera.id!r} belongs to facility {owner!r}; ids of cameras are unique over all facilities")
        if known is not None and known.facility != facility and (wish := session.get(CameraWishRow, camera.id)) is not None:
            wish.facility = facility
        session.merge(CameraRow(id=camera.id, facility=facility, name=camera.name, source=camera.source, retired_at=None))
    if facility != UNNAMED:
        _retire_others(session, facility, cameras, at)
    session.flush()


def _retire_others(session: Session, facility: FacilityId, cameras: Sequence[CameraRecord], at: datetime) -> None:
    kept = {str(camera.id) for camera in cameras}
    # A camera that people added is not in the site file, and is in force all the same.
    own = select(CameraWishRow.camera).where(CameraWishRow.facility == facility, col(CameraWishRow.own).is_(True))
    kept.update(session.exec(own))
    for row in session.exec(select(CameraRow).where(CameraRow.facility == facility, col(CameraRow.retired_at).is_(None))):
        if row.id not in kept:
            row.retired_at = at


def _put_zones(session: Session, facility: FacilityId, zones: Sequence[ZoneVersion], at: datetime) -> None:
    standing = {(row.camera, row.id): row for row in _zones_in_force(session, facility)}
    for zone in zones:
        old = standing.pop((zone.camera, zone.id), None)
        if old is not None and (old.kind, old.name, old.polygon) == (zone.kind, zone.name, zone.polygon):
            continue
        begin = zone.valid_from
        if old is not None:
            begin = begin if begin > old.valid_from else max(at, old.valid_from)
            old.valid_to = begin
        past = (
            session.exec(select(sa.func.max(ZoneRow.version)).where(ZoneRow.camera == zone.camera, ZoneRow.id == zone.id)).one()
            or 0
        )
        session.add(_zone_row(zone, max(zone.version, past + 1), begin))
    for gone in standing.values():
        gone.valid_to = max(at, gone.valid_from)


def _zones_in_force(session: Session, facility: FacilityId) -> Sequence[ZoneRow]:
    return session.exec(
        select(ZoneRow)
        .join(CameraRow, col(CameraRow.id) == col(ZoneRow.camera))
        .where(CameraRow.facility == facility, col(ZoneRow.valid_to).is_(None))
        .order_by(ZoneRow.camera, ZoneRow.id)
    ).all()


def _facility_row(facility: FacilityRecord) -> FacilityRow:
    return FacilityRow(
        id=facility.id, name=facility.name, kind=facility.kind, timezone=facility.timezone, site_sha256=facility.site_sha256
    )


def _facility(row: FacilityRow) -> FacilityRecord:
    return FacilityRecord(FacilityId(row.id), row.name, row.kind, row.timezone, row.site_sha256)


def _camera(row: CameraRow) -> CameraRecord:
    return CameraRecord(CameraId(row.id), FacilityId(row.facility), row.name, row.source)


def _zone_row(zone: ZoneVersion, version: int, begin: datetime) -> ZoneRow:
    return ZoneRow(
        camera=zone.camera,
        id=zone.id,
        version=version,
        kind=zone.kind,
        name=zone.name,
        polygon=zone.polygon,
        valid_from=begin,
        valid_to=zone.valid_to,
    )


def _zone(row: ZoneRow) -> ZoneVersion:
    return ZoneVersion(
        ZoneId(row.id), CameraId(row.camera), row.version, row.kind, row.name, row.polygon, row.valid_from, row.valid_to
    )
