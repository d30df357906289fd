"""One shape for every refusal of the service: RFC 9457 `application/problem+json`.

``type`` is a stable name, ``title`` the short sentence for it, ``detail`` what happened this time,
``request_id`` finds the line in the log, ``errors`` names each field that is at fault. Under ``/api``
always JSON; a browser that asks for a page gets the same facts as a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from pipelines.errors import AlreadyThere, NotFound, StoreError, StoreUnavailable, VersionConflict

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

_AGAIN_IN_S = 5  # what locks the database for longer than it waits by itself is mostly over by then

Slug = Literal[
    "bad-request",
    "not-signed-in",
    "not-permitted",
    "cross-site",
    "not-found",
    "method-not-allowed",
    "version-conflict",
    "too-large",
    "range-not-satisfiable",
    "invalid",
    "version-missing",
    "too-many-attempts",
    "internal",
    "not-ready",
]

# status and title of each type; the titles are for people who read the API, so they stay English.
_TYPES: dict[Slug, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be understood"),
    "not-signed-in": (401, "Sign in first"),
    "not-permitted": (403, "Your account may not do this"),
    "cross-site": (403, "The request did not come from a page of this service"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This address does not know the method"),
    "version-conflict": (412, "Somebody else decided in between"),
    "too-large": (413, "The request is too large"),
    "range-not-satisfiable": (416, "The file is shorter than the range asked for"),
    "invalid": (422, "A value is not acceptable"),
    "version-missing": (428, "Say which version you saw (If-Match)"),
    "too-many-attempts": (429, "Too many failed attempts"),
    "internal": (500, "The service failed"),
    "not-ready": (503, "The service is not ready"),
}
_BY_STATUS: dict[int, Slug] = {status: slug for slug, (status, _) in reversed(_TYPES.items())}


class FaultCode(StrEnum):
    """Why a value is refused, beside `pipelines.errors.AddressFault`."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    FORM = "form"
    NO_NUMBER = "no_number"
    TOO_SMALL = "too_small"
    TOO_GREAT = "too_great"
    TAKEN = "taken"
    OWNERLESS = "ownerless"
    GONE = "gone"
    UNACCEPTABLE = "unacceptable"


# What pydantic calls its refusals, and under which name it keeps the bound that was passed.
_CODES: Final[Mapping[str, tuple[FaultCode, str]]] = MappingProxyType(
    {
        "missing": (FaultCode.MISSING, ""),
        "string_too_short": (FaultCode.MISSING, ""),
        "too_short": (FaultCode.MISSING, ""),
        "string_too_long": (FaultCode.TOO_LONG, "max_length"),
        "too_long": (FaultCode.TOO_LONG, "max_length"),
        "string_pattern_mismatch": (FaultCode.FORM, ""),
        "value_error": (FaultCode.FORM, ""),
        "float_parsing": (FaultCode.NO_NUMBER, ""),
        "float_type": (FaultCode.NO_NUMBER, ""),
        "int_parsing": (FaultCode.NO_NUMBER, ""),
        "int_type": (FaultCode.NO_NUMBER, ""),
        "finite_number": (FaultCode.NO_NUMBER, ""),
        "greater_than_equal": (FaultCode.TOO_SMALL, "ge"),
        "less_than_equal": (FaultCode.TOO_GREAT, "le"),
    }
)


class FieldFault(BaseModel):
    """One value that is at fault: where it stands and why it is refused.

    ``problem`` is for people who read the API; pages tell it by ``code`` and what it is ``about``.
    """

    place: str = Field(examples=["query.limit"])
    problem: str = Field(examples=["Input should be less than or equal to 200"])
    code: str = Field(FaultCode.UNACCEPTABLE, examples=["too_great"])
    about: str = Field("", examples=["200"], description="The bound, the schemes or the name that the refusal is about.")


def field_faults(errors: Sequence[ErrorDetails], place: str = "") -> tuple[FieldFault, ...]:
    """What pydantic found; ``place`` stands before each of its own."""
    faults = []
    for error in errors:
        code, bound = _CODES.get(error["type"], (FaultCode.UNACCEPTABLE, ""))
        where = ".".join(str(part) for part in ((place, *error["loc"]) if place else error["loc"]))
        about = str(error.get("ctx", {}).get(bound, ""))
        faults.append(FieldFault(place=where, problem=error["msg"], code=code, about=about))
    return tuple(faults)


class ProblemBody(BaseModel):
    """The one error shape of the service (RFC 9457)."""

    type: str = Field(examples=["urn:vigil:problem:not-found"])
    title: str = Field(examples=["There is no such thing"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no event 5f0c…"])
    request_id: str = Field(examples=["8a4b7f0e2f6f4bd2a2f1f6f2c3a1b0d9"])
    errors: list[FieldFault] = []


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem before it becomes a response."""

    slug: Slug
    detail: str
    faults: tuple[FieldFault, ...] = ()
    headers: Mapping[str, str] | None = None

    @property
    def status(self) -> int:
        return _TYPES[self.slug][0]

    @property
    def title(self) -> str:
        return _TYPES[self.slug][1]


class Problem(Exception):
    """Raised by a route to answer with a problem of the given type."""

    def __init__(
        self, slug: Slug, detail: str, faults: tuple[FieldFault, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        self.refusal = Refusal(slug, detail, faults, headers)
        super().__init__(detail)


def request_id(request: Request) -> str:
    """The id that the envelope gave to this request."""
    return str(getattr(request.state, "request_id", ""))


def problem_response(refusal: Refusal, identifier: str) -> JSONResponse:
    body = ProblemBody(
        type=f"urn:vigil:problem:{refusal.slug}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        request_id=identifier,
        errors=list(refusal.faults),
    )
    return JSONResponse(body.model_dump(), refusal.status, refusal.headers, MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Whether a person in a browser waits for a page, or for a part of one, and not a program for JSON."""
    if request.url.path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "") or request.headers.get("hx-request") == "true"


def refusal_of(error: Exception) -> Refusal:
    """Translate what a route or the framework raised; what is unknown becomes ``internal`` and tells nothing."""
    match error:
        case Problem():
            return error.refusal
        case RequestValidationError():
            faults = field_faults(error.errors())
            return Refusal("invalid", f"{len(faults)} value(s) refused", faults)
        case HTTPException():
            return Refusal(_BY_STATUS.get(error.status_code, "bad-request"), str(error.detail), headers=error.headers)
        case StoreError():
            return _refusal_of_store(error)
        case _:
            return Refusal("internal", "the failure is in the log under this request id")


def _refusal_of_store(error: StoreError) -> Refusal:
    match error:
        case NotFound():
            return Refusal("not-found", str(error))
        case VersionConflict():
            return Refusal("version-conflict", str(error))
        case AlreadyThere():
            return Refusal("invalid", str(error), (FieldFault(place="body.id", problem="is taken", code=FaultCode.TAKEN),))
        case StoreUnavailable():
            said = "the database is locked, full or out of reach, and nothing was changed; try again in a moment"
            return Refusal("not-ready", said, headers={"retry-after": str(_AGAIN_IN_S)})
        case _:
            return Refusal("internal", "the failure is in the log under this request id")


def answer_of(request: Request, refusal: Refusal) -> Response:
    """The refusal as a page for a person, else as a problem for a program."""
    if wants_page(request):
        page: Response = request.app.state.error_page(request, refusal)
        return page
    return problem_response(refusal, request_id(request))


def register(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Make every error of every route leave in the one shape.

    Args:
        app: whose errors.
        routes: every route, for what an address allows.
    """

    def allowed(request: Request) -> Mapping[str, str]:
        """Several routes share an address, and the framework names the methods of the first alone."""
        here = [route for route in routes if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE]
        methods = {method for route in here for method in route.methods or ()}
        return {"allow": ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))}

    async def answer(request: Request, error: Exception) -> Response:
        refusal = refusal_of(error)
        if refusal.slug == "method-not-allowed":
            refusal = replace(refusal, headers=allowed(request))
        if isinstance(error, StoreUnavailable):
            log.warning("store_unavailable", request_id=request_id(request), path=request.url.path, error=str(error))
        return answer_of(request, refusal)

    for kind in (Problem, RequestValidationError, HTTPException, NotFound, VersionConflict, AlreadyThere, StoreUnavailable):
        app.add_exception_handler(kind, answer)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """How the description of a route says that it refuses with these; `api.description` gives them their shape."""
    return {status: {"description": title} for status, title in sorted(set(_TYPES.values())) if status in statuses}


PROBLEM_RESPONSES = problem_responses(401, 403, 404, 422, 503)
