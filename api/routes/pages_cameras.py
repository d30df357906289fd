"""The page of cameras: how each one is, and for those who may, adding, changing and stopping one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import RedirectResponse, Response

from analyzer.types import CameraId
from api.cameras import add, change, watched, withdraw
from api.convert import camera_out
from api.deps import CameraKeeper, ServiceDep, SiteReader
from api.errors import Problem, Refusal, field_faults, refusal_of
from api.schemas import CameraChangeIn, CameraIn, Identifier
from api.security.permissions import Permission, Principal
from api.service import Service
from api.web.render import reader_of, render
from api.wording.faults import refused, trouble
from pipelines.errors import AlreadyThere, VersionConflict

router = APIRouter(include_in_schema=False)

_EMPTY = {"id": "", "name": "", "source": "", "evidence_source": "", "rate": ""}


class CameraForm(BaseModel):
    """What a form of the page sends; empty means "not given"."""

    model_config = ConfigDict(extra="ignore")

    id: str = ""
    facility: str = ""
    name: str = ""
    source: str = ""
    evidence_source: str = ""
    password: str = ""
    rate: str = ""
    version: int = 0

    @property
    def given(self) -> dict[str, object]:
        """What was filled in, a number written with a comma as people here do."""
        filled = {name: getattr(self, name) for name in ("name", "source", "evidence_source", "password") if getattr(self, name)}
        return filled | ({"rate": self.rate.strip().replace(",", ".")} if self.rate.strip() else {})


@router.get("/cameras")
def show_cameras(principal: SiteReader, service: ServiceDep, request: Request) -> Response:
    return _page(service, request, principal)


@router.post("/cameras/add")
def add_camera(principal: CameraKeeper, service: ServiceDep, request: Request, form: Annotated[CameraForm, Form()]) -> Response:
    def deed() -> None:
        add(service, principal.name, CameraIn.model_validate({**form.given, "id": form.id, "facility": form.facility}))

    return _done(service, request, principal, deed, form)


@router.post("/cameras/{camera}/change")
def change_camera(
    *, principal: CameraKeeper, service: ServiceDep, request: Request, camera: Identifier, form: Annotated[CameraForm, Form()]
) -> Response:
    def deed() -> None:
        change(service, principal.name, CameraId(camera), CameraChangeIn.model_validate(form.given), form.version)

    return _done(service, request, principal, deed)


@router.post("/cameras/{camera}/running")
def run_camera(
    *,
    principal: CameraKeeper,
    service: ServiceDep,
    request: Request,
    camera: Identifier,
    running: Annotated[bool, Form()],
    version: Annotated[int, Form()] = 0,
) -> Response:
    def deed() -> None:
        change(service, principal.name, CameraId(camera), CameraChangeIn(running=running), version)

    return _done(service, request, principal, deed)


@router.post("/cameras/{camera}/withdraw")
def withdraw_camera(
    *,
    principal: CameraKeeper,
    service: ServiceDep,
    request: Request,
    camera: Identifier,
    version: Annotated[int, Form()] = 0,
) -> Response:
    return _done(service, request, principal, lambda: withdraw(service, principal.name, CameraId(camera), version))


def _done(
    service: Service, request: Request, principal: Principal, deed: Callable[[], None], form: CameraForm | None = None
) -> Response:
    """Do it and go back to the list, or show the list with what was refused and why."""
    try:
        deed()
    except ValidationError as error:
        faults = field_faults(error.errors(include_input=False), "body")
        return _page(service, request, principal, Refusal("invalid", f"{len(faults)} value(s) refused", faults), form)
    except (Problem, AlreadyThere, VersionConflict) as error:
        return _page(service, request, principal, refusal_of(error), form)
    return RedirectResponse("/cameras", 303)


def _page(
    service: Service, request: Request, principal: Principal, refusal: Refusal | None = None, form: CameraForm | None = None
) -> Response:
    repository, now, reader = service.repository, service.now(), reader_of(request, service, principal)
    cameras = [camera_out(camera, now) for camera in watched(repository)]
    given: Mapping[str, str] = _EMPTY if form is None else {name: getattr(form, name) for name in _EMPTY}
    facts: dict[str, object] = {
        "section": "cameras",
        "cameras": cameras,
        "live": sum(camera.state == "live" for camera in cameras),
        "facilities": repository.facilities(),
        "may_change": principal.may(Permission.WRITE_CAMERAS),
        "refusal": refusal,
        "refused": [refused(fault, reader.f) for fault in refusal.faults] if refusal else [],
        "trouble_of": lambda text: trouble(text, reader.t.language),
        "given": given,
    }
    return render(reader, "cameras.html", facts, refusal.status if refusal else 200)
