"""Cameras: which there are and how they are, and what is wanted of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response, status

from analyzer.types import CameraId, FacilityId
from api.cameras import add, change, watched, watched_camera, withdraw
from api.convert import camera_out
from api.deps import CameraKeeper, RepositoryDep, ServiceDep, SiteReader
from api.errors import PROBLEM_RESPONSES
from api.etag import expected_version
from api.schemas import CameraChangeIn, CameraIn, CameraOut, Identifier

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"], responses=PROBLEM_RESPONSES)

_CONFLICTS: dict[int | str, dict[str, object]] = {
    412: {"description": "Somebody else changed the camera in between; read it again"},
    428: {"description": "If-Match is missing"},
}
IfMatch = Annotated[str | None, Header(description='The ETag that was read, such as `"3"`.')]


@router.get("")
def list_cameras(
    principal: SiteReader, service: ServiceDep, repository: RepositoryDep, facility: Identifier | None = None
) -> list[CameraOut]:
    """Every camera, or those of one facility, with what is wanted of it and how it was found last."""
    return [camera_out(camera, service.now()) for camera in watched(repository, FacilityId(facility) if facility else None)]


@router.post("", status_code=status.HTTP_201_CREATED)
def add_camera(principal: CameraKeeper, service: ServiceDep, response: Response, camera: CameraIn) -> CameraOut:
    """Ask for a camera to be watched. `vigil live` takes it up within seconds; the other cameras are not touched."""
    return _answer(service, response, add(service, principal.name, camera).record.id)


@router.get("/{camera}")
def read_camera(principal: SiteReader, service: ServiceDep, response: Response, camera: Identifier) -> CameraOut:
    """One camera. The ETag goes into If-Match."""
    return _answer(service, response, CameraId(camera))


@router.patch("/{camera}", responses=_CONFLICTS)
def change_camera(
    *,
    principal: CameraKeeper,
    service: ServiceDep,
    response: Response,
    camera: Identifier,
    change_of: CameraChangeIn,
    if_match: IfMatch = None,
) -> CameraOut:
    """Ask for something else: another address, name or rate, to stop (`running: false`) or to go on."""
    change(service, principal.name, CameraId(camera), change_of, expected_version(if_match))
    return _answer(service, response, CameraId(camera))


@router.delete("/{camera}", status_code=status.HTTP_204_NO_CONTENT, responses=_CONFLICTS)
def withdraw_camera(*, principal: CameraKeeper, service: ServiceDep, camera: Identifier, if_match: IfMatch = None) -> None:
    """Take back what was asked: a camera of the site file is as the file says again, one that was added is gone."""
    withdraw(service, principal.name, CameraId(camera), expected_version(if_match))


def _answer(service: ServiceDep, response: Response, camera: CameraId) -> CameraOut:
    wire = camera_out(watched_camera(service.repository, camera), service.now())
    response.headers["etag"] = f'"{wire.version}"'
    return wire
