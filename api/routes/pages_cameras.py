"""The page of cameras: how each one is, and for those who may, adding, changing and stopping one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import RedirectResponse, Response

from analyzer.types import CameraId
from api.cameras import add, change, watched, withdraw
from api.convert import camera_out
from api.deps import CameraKeeper, ServiceDep, SiteReader
from api.errors import FaultCode, FieldFault, Problem, Refusal, field_faults, refusal_of
from api.schemas import CameraChangeIn, CameraIn, CameraOut, Identifier
from api.security.permissions import Permission, Principal
from api.service import Service
from api.web.render import reader_of, render
from api.wording.faults import refused as words_of
from api.wording.faults import trouble
from pipelines.errors import AlreadyThere, BadInput, NotFound, VersionConflict
from pipelines.records import STILL_WATCHED
from pipelines.wanted import part_password

router = APIRouter(include_in_schema=False)

_EMPTY = {"id": "", "facility": "", "name": "", "source": "", "evidence_source": "", "rate": "", "no_evidence": ""}


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
    no_evidence: str = ""
    version: int = 0

    @property
    def given(self) -> dict[str, object]:
        """What was filled in, a number written with a comma as people here do."""
        filled = {name: getattr(self, name) for name in ("name", "source", "evidence_source", "password") if getattr(self, name)}
        return filled | ({"rate": self.rate.strip().replace(",", ".")} if self.rate.strip() else {})

    @property
    def changes(self) -> dict[str, object]:
        """What is asked for by a form that came with name and rate filled in: emptied, they are as the site file says."""
        return {"name": "", "rate": None, **({"evidence_source": ""} if self.no_evidence else {}), **self.given}

    @property
    def shown(self) -> Mapping[str, str]:
        """What goes back into the form: passwords do not."""
        written = {name: getattr(self, name) for name in _EMPTY}
        return written | {name: _without_password(written[name]) for name in ("source", "evidence_source")}


@dataclass(frozen=True, slots=True)
class _Refused:
    """A form that was not accepted: of the camera it changes, or of none when it adds one."""

    refusal: Refusal
    form: CameraForm | None
    camera: str


@router.get("/cameras")
def show_cameras(principal: SiteReader, service: ServiceDep, request: Request) -> Response:
    return _page(service, request, principal)


@router.post("/cameras/add")
def add_camera(principal: CameraKeeper, service: ServiceDep, request: Request, form: Annotated[CameraForm, Form()]) -> Response:
    def deed() -> None:
        add(service, principal.name, CameraIn.model_validate({**form.given, "id": form.id, "facility": form.facility}))

    return _done(service, request, principal, deed, form=form)


@router.post("/cameras/{camera}/change")
def change_camera(
    *, principal: CameraKeeper, service: ServiceDep, request: Request, camera: Identifier, form: Annotated[CameraForm, Form()]
) -> Response:
    def deed() -> None:
        change(service, principal.name, CameraId(camera), CameraChangeIn.model_validate(form.changes), form.version)

    return _done(service, request, principal, deed, form=form, camera=camera)


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
    service: Service,
    request: Request,
    principal: Principal,
    deed: Callable[[], None],
    *,
    form: CameraForm | None = None,
    camera: str = "",
) -> Response:
    """Do it and go back to the list, or show the list with what was refused and why."""
    try:
        deed()
    except ValidationError as error:
        faults = field_faults(error.errors(include_input=False), "body")
        refusal = Refusal("invalid", f"{len(faults)} value(s) refused", faults)
    except (Problem, AlreadyThere, VersionConflict) as error:
        refusal = refusal_of(error)
    except NotFound as error:  # gone since the page was read: the camera, or the facility of a new one
        place = "body.facility" if form is not None and not camera else "body.camera"
        refusal = Refusal("not-found", str(error), (FieldFault(place=place, problem="is not there", code=FaultCode.GONE),))
    else:
        return RedirectResponse("/cameras", 303)
    return _page(service, request, principal, _Refused(refusal, form, camera))


def _is_judged(camera: CameraOut) -> bool:
    """Whether something can be judged: a camera that is connected and shows a black picture is not watched."""
    reason = camera.report.reason if camera.report else None
    return camera.state == "live" and (not reason or reason in STILL_WATCHED)


def _page(service: Service, request: Request, principal: Principal, refused: _Refused | None = None) -> Response:
    repository, now = service.repository, service.now()
    reader = reader_of(request, service, principal, here="/cameras")
    cameras = [camera_out(camera, now) for camera in watched(repository)]
    form = refused.form if refused else None
    facts: dict[str, object] = {
        "section": "cameras",
        "cameras": cameras,
        "judged": {camera.id for camera in cameras if _is_judged(camera)},
        "facilities": repository.facilities(),
        "may_change": principal.may(Permission.WRITE_CAMERAS),
        "refusal": refused.refusal if refused else None,
        "refused": [words_of(fault, reader.f) for fault in refused.refusal.faults] if refused else [],
        "trouble_of": lambda text: trouble(text, reader.t.language),
        "given": form.shown if form else _EMPTY,
        "changed": refused.camera if refused else "",
        "untouched": _EMPTY,
    }
    return render(reader, "cameras.html", facts, refused.refusal.status if refused else 200)


def _without_password(address: str) -> str:
    try:
        return part_password(address, "")[0]
    except BadInput:  # a secret in the query, where it cannot be told from the rest
        return ""
