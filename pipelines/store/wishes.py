"""What people want of cameras, and how the watching process found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, select

from analyzer.types import CameraId, FacilityId
from pipelines.errors import AlreadyThere, NotFound, VersionConflict
from pipelines.sources.address import redact
from pipelines.store.audit import append
from pipelines.store.noun import Noun
from pipelines.store.tables import CameraReportRow, CameraRow, CameraWishRow, FacilityRow
from pipelines.wanted import CameraReport, CameraWish


class WishAction(StrEnum):
    """What the audit log calls a change."""

    ADD = "camera.add"
    CHANGE = "camera.change"
    STOP = "camera.stop"
    START = "camera.start"
    WITHDRAW = "camera.withdraw"


class Wishes(Noun):
    """Desired state: the service writes it, the watching process makes it so."""

    def wishes(self, facility: FacilityId | None = None) -> tuple[CameraWish, ...]:
        """By camera."""
        wanted = select(CameraWishRow).order_by(CameraWishRow.camera)
        if facility is not None:
            wanted = wanted.where(CameraWishRow.facility == facility)
        with self._database.read() as session:
            return tuple(_wish(row) for row in session.exec(wanted))

    def wish(self, camera: CameraId) -> CameraWish | None:
        with self._database.read() as session:
            row = session.get(CameraWishRow, camera)
            return _wish(row) if row else None

    def put_wish(self, wish: CameraWish, action: WishAction) -> CameraWish:
        """Store a wish and its line of the audit log.

        Args:
            wish: with the version that was read; 0 for a camera that nobody has asked anything of.
            action: for the audit log.

        Returns:
            The wish with its new version.

        Raises:
            NotFound: no such facility, or (unless it is added) no such camera.
            AlreadyThere: the camera to be added exists already.
            VersionConflict: somebody else changed it since it was read.
        """
        with self._database.write(f"site:{wish.facility}") as session:
            known = session.get(CameraWishRow, wish.camera)
            _check_version(known, wish.camera, wish.version)
            _put_camera(session, wish, action)
            new = replace(wish, version=wish.version + 1)
            session.merge(_row(new))
            detail = f"{redact(new.source)} {redact(new.evidence)}".strip()
            append(
                self._database,
                session,
                action=action,
                actor=new.changed_by,
                subject=new.camera,
                at=new.changed_at,
                detail=detail,
            )
            return new

    def withdraw_wish(self, camera: CameraId, version: int, actor: str, at: datetime) -> None:
        """Forget the wish: a camera of the site file is as the file says again, one that people added is in force no more.

        Raises:
            NotFound: nobody has asked anything of this camera.
            VersionConflict: somebody else changed it since it was read.
        """
        with self._database.write() as session:
            row = session.get(CameraWishRow, camera)
            if row is None:
                raise NotFound(f"nothing was asked of a camera {camera!r}")
            _check_version(row, camera, version)
            if row.own:
                session.get_one(CameraRow, camera).retired_at = at
            session.delete(row)
            append(self._database, session, action=WishAction.WITHDRAW, actor=actor, subject=camera, at=at)

    def put_reports(self, reports: Sequence[CameraReport]) -> None:
        """What the watching process sees now; those of cameras it does not watch stay as they were."""
        with self._database.write() as session:
            for report in reports:
                session.merge(
                    CameraReportRow(
                        camera=report.camera,
                        at=report.at,
                        state=report.state,
                        reason=report.reason,
                        recording=report.recording,
                        codec=report.codec,
                        width=report.width,
                        height=report.height,
                        text=report.text,
                    )
                )

    def reports(self) -> dict[CameraId, CameraReport]:
        with self._database.read() as session:
            return {CameraId(row.camera): _report(row) for row in session.exec(select(CameraReportRow))}


def _check_version(known: CameraWishRow | None, camera: CameraId, version: int) -> None:
    now = known.version if known else 0
    if now != version:
        raise VersionConflict(f"camera {camera!r} was changed since: version {now}, not {version}")


def _put_camera(session: Session, wish: CameraWish, action: WishAction) -> None:
    """The camera is in force from now on, before the watching process has seen the wish."""
    if session.get(FacilityRow, wish.facility) is None:
        raise NotFound(f"no facility {wish.facility!r}")
    row = session.get(CameraRow, wish.camera)
    if action is WishAction.ADD:
        if row is not None and (row.retired_at is None or row.facility != wish.facility):
            raise AlreadyThere(f"there is a camera {wish.camera!r} already")
        session.merge(
            CameraRow(id=wish.camera, facility=wish.facility, name=wish.name, source=redact(wish.source), retired_at=None)
        )
        session.flush()
    elif row is None or row.retired_at is not None:
        raise NotFound(f"no camera {wish.camera!r}")
    elif action is WishAction.CHANGE:
        row.name, row.source = wish.name or row.name, redact(wish.source) or row.source


def _row(wish: CameraWish) -> CameraWishRow:
    return CameraWishRow(
        camera=wish.camera,
        facility=wish.facility,
        name=wish.name,
        source=wish.source,
        evidence=wish.evidence,
        rate=wish.rate,
        running=wish.running,
        own=wish.own,
        version=wish.version,
        changed_at=wish.changed_at,
        changed_by=wish.changed_by,
    )


def _wish(row: CameraWishRow) -> CameraWish:
    return CameraWish(
        camera=CameraId(row.camera),
        facility=FacilityId(row.facility),
        name=row.name,
        source=row.source,
        evidence=row.evidence,
        rate=row.rate,
        running=row.running,
        own=row.own,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def _report(row: CameraReportRow) -> CameraReport:
    return CameraReport(
        camera=CameraId(row.camera),
        at=row.at,
        state=row.state,
        reason=row.reason,
        recording=row.recording,
        codec=row.codec,
        width=row.width,
        height=row.height,
        text=row.text,
    )
