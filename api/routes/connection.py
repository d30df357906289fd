"""How well cameras and facilities were connected, and which zones have to be drawn again."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter

from analyzer.types import CameraId, FacilityId
from api.convert import camera_connection_out, facility_connection_out
from api.deps import CoverageReader, RepositoryDep, ServiceDep
from api.errors import PROBLEM_RESPONSES
from api.schemas import CameraConnectionOut, FacilityConnectionOut, Identifier, Moment, RedrawingOut
from api.stretch import stretch
from pipelines.connection import camera_connection, connection_of
from pipelines.redrawing import open_redrawings

router = APIRouter(prefix="/api/v1", tags=["connection"], responses=PROBLEM_RESPONSES)

_LONGEST = timedelta(days=92)


@router.get("/cameras/{camera}/connection")
def read_camera_connection(
    *,
    principal: CoverageReader,
    service: ServiceDep,
    repository: RepositoryDep,
    camera: Identifier,
    since: Moment | None = None,
    until: Moment | None = None,
) -> CameraConnectionOut:
    """Uptime, outages with causes, MTTR and MTBF of one camera over [since, until); the last 24 hours unless told otherwise."""
    now = service.now()
    start, end = _period(now, since, until)
    return camera_connection_out(camera_connection(repository, repository.camera(CameraId(camera)).id, start, end, now))


@router.get("/facilities/{facility}/connection")
def read_facility_connection(
    *,
    principal: CoverageReader,
    service: ServiceDep,
    repository: RepositoryDep,
    facility: Identifier,
    since: Moment | None = None,
    until: Moment | None = None,
) -> FacilityConnectionOut:
    """The same of a facility and each of its cameras; a line that failed is one outage."""
    now = service.now()
    start, end = _period(now, since, until)
    known = repository.facility(FacilityId(facility))
    return facility_connection_out(known.id, start, end, connection_of(repository, known.id, start, end, now))


@router.get("/redrawings")
def read_redrawings(*, principal: CoverageReader, service: ServiceDep, repository: RepositoryDep) -> list[RedrawingOut]:
    """Cameras that were moved and whose zones have to be drawn again; a new version of a zone closes the task."""
    return [RedrawingOut(camera=one.camera, moved_at=one.moved_at) for one in open_redrawings(repository, service.now())]


def _period(now: datetime, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    return stretch(since, min(until, now) if until is not None else now, _LONGEST)
