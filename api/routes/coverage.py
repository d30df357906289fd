"""When a camera was watched, and when not and why."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from analyzer.types import CameraId
from api.convert import coverage_page_out
from api.deps import CoverageReader, RepositoryDep, ServiceDep
from api.errors import PROBLEM_RESPONSES, FieldFault, Problem
from api.schemas import CoveragePageOut, Identifier, Moment
from api.timeline import build_timeline

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
    end = until or service.now()
    start = since or end - timedelta(days=1)
    if not timedelta(0) < end - start <= _LONGEST:
        fault = FieldFault(place="query.since", problem=f"must lie before `until`, at most {_LONGEST.days} days")
        raise Problem("invalid", "the stretch of time is empty or too long", (fault,))
    intervals = repository.coverage(known.id, start, end)
    return coverage_page_out(known, build_timeline(intervals, (), start, end), intervals)
