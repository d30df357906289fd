"""Facilities, zones and runs: what is watched, and what has been analysed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from analyzer.types import CameraId, FacilityId, RunId
from api.convert import facility_out, run_out, zone_out
from api.deps import RepositoryDep, SiteReader
from api.errors import PROBLEM_RESPONSES
from api.schemas import FacilityOut, Identifier, Moment, RunOut, ZoneOut

router = APIRouter(prefix="/api/v1", tags=["site"], responses=PROBLEM_RESPONSES)


@router.get("/facilities")
def list_facilities(principal: SiteReader, repository: RepositoryDep) -> list[FacilityOut]:
    """Every facility."""
    return [facility_out(facility) for facility in repository.facilities()]


@router.get("/cameras/{camera}/zones")
def list_zones(principal: SiteReader, repository: RepositoryDep, camera: Identifier, at: Moment | None = None) -> list[ZoneOut]:
    """The zones of a camera: every version, or those in force at one time."""
    known = repository.camera(CameraId(camera))
    return [zone_out(zone) for zone in repository.zones(known.id, at)]


@router.get("/runs")
def list_runs(
    *,
    principal: SiteReader,
    repository: RepositoryDep,
    facility: Identifier | None = None,
    camera: Identifier | None = None,
    before: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[RunOut]:
    """Runs, newest first; ``before`` a start time goes further back."""
    runs = repository.runs(FacilityId(facility) if facility else None, CameraId(camera) if camera else None, limit, before)
    return [run_out(run) for run in runs]


@router.get("/runs/{run}")
def read_run(principal: SiteReader, repository: RepositoryDep, run: Identifier) -> RunOut:
    """One run: what was read, with what, and where every frame went."""
    return run_out(repository.run(RunId(run)))
