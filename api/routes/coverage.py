"""When a camera was watched, and when not and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter

from analyzer.types import CameraId
from api.convert import coverage_page_out, gates_out
from api.deps import CoverageReader, RepositoryDep, ServiceDep
from api.errors import PROBLEM_RESPONSES
from api.schemas import CoveragePageOut, GatesOut, Identifier, Moment
from api.stretch import stretch
from api.timeline import build_timeline
from pipelines.coverage import told_until

router = APIRouter(prefix="/api/v1", tags=["coverage"], responses=PROBLEM_RESPONSES)

_LONGEST = timedelta(days=31)


@router.get("/cameras/{camera}/coverage")
def read_coverage(
    *,
    principal: CoverageReader,
    service: ServiceDep,
    repository: RepositoryDep,
    camera: Identifier,
    since: Moment | None = None,
    until: Moment | None = None,
) -> CoveragePageOut:
    """The coverage ledger of one camera over [since, until); the last 24 hours unless told otherwise."""
    known = repository.camera(CameraId(camera))
    now = service.now()
    start, end = _period(now, since, until)
    intervals = repository.coverage(known.id, start, end)
    end = told_until([intervals], end, now) if until is None else end
    return coverage_page_out(known, build_timeline(intervals, (), start, end, now=now), intervals)


@router.get("/cameras/{camera}/gates")
def read_gates(
    *,
    principal: CoverageReader,
    service: ServiceDep,
    repository: RepositoryDep,
    camera: Identifier,
    since: Moment | None = None,
    until: Moment | None = None,
) -> GatesOut:
    """What the activity gates of one camera may have missed over [since, until), in whole hours; the last 24 hours unless told otherwise."""
    known = repository.camera(CameraId(camera))
    start, end = _period(service.now(), since, until)
    return gates_out(known, start, end, repository.looks(known.id, start, end))


def _period(now: datetime, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    return stretch(since, until or now, _LONGEST)
