"""Dependencies as types: what a route asks for stands in its signature.

`Requires` (or `PUBLIC`) is how a route declares its permission. It also makes the checks that belong to every request, so
that none can be forgotten: who asks, whether he may, and for methods that change something whether the
request comes from a page of this service.
"""

from __future__ import annotations

from typing import Annotated, cast

import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.errors import FieldFault, Problem
from api.security import csrf
from api.security.permissions import Permission, Principal
from api.security.sessions import principal_of
from api.service import Service
from pipelines.store.repository import Repository

log = structlog.get_logger(__name__)

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def service_of(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(service_of)]


def repository_of(service: ServiceDep) -> Repository:
    return service.repository


RepositoryDep = Annotated[Repository, Depends(repository_of)]


async def given_token(request: Request) -> str | None:
    """The CSRF token a request carries: in a header, or in the form that a page sent."""
    if request.method in csrf.SAFE_METHODS:
        return None
    if (header := request.headers.get(csrf.HEADER)) is not None:
        return header
    if request.headers.get("content-type", "").startswith(_FORMS):
        field = (await request.form()).get(csrf.FIELD)
        return field if isinstance(field, str) else None
    return None


class Guard:
    """A route's permission, and what enforces it."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission


class Public(Guard):
    """Asks for no account. It waits for nothing, so that signs of life are given while every thread waits for the database."""

    def __init__(self) -> None:
        super().__init__(Permission.PUBLIC)

    async def __call__(self, request: Request) -> None:
        """Let the request through or refuse it.

        Raises:
            Problem: ``cross-site`` or ``invalid``.
        """
        _refuse_other_sites(request)
        _refuse_unknown_names(request)


class Requires(Guard):
    """Asks for an account that holds the permission."""

    def __call__(self, request: Request, service: ServiceDep, token: Annotated[str | None, Depends(given_token)]) -> Principal:
        """Let the request through or refuse it.

        Raises:
            Problem: ``cross-site``, ``not-signed-in`` or ``not-permitted``.
        """
        changes = _refuse_other_sites(request)
        cookie = request.cookies.get(service.session_cookie)
        principal = principal_of(service.repository, cookie, service.now())
        if principal is None or cookie is None:
            raise Problem("not-signed-in", "there is no session, or it has ended")
        if changes and not csrf.token_matches(cookie, token):
            raise Problem("cross-site", f"the token is missing or wrong ({csrf.HEADER})")
        if not principal.may(self.permission):
            log.warning("permission_denied", actor=principal.name, permission=self.permission.value, path=request.url.path)
            service.repository.audit("access.deny", principal.name, request.url.path, service.now(), self.permission.value)
            raise Problem("not-permitted", f"this needs the permission {self.permission}")
        _refuse_unknown_names(request)
        return principal


def _refuse_other_sites(request: Request) -> bool:
    """Whether the request changes anything, which pages of other sites may not ask for.

    Raises:
        Problem: ``cross-site``.
    """
    changes = request.method not in csrf.SAFE_METHODS
    if changes and not csrf.comes_from_here(request.headers):
        raise Problem("cross-site", "Origin or Sec-Fetch-Site names another site")
    return changes


def _refuse_unknown_names(request: Request) -> None:
    """A mistyped name would else answer another question than was asked; pages have addresses that people keep.

    Raises:
        Problem: ``invalid``.
    """
    route = request.scope.get("route")
    if not request.url.path.startswith("/api/") or not isinstance(route, APIRoute):
        return
    fields = route.dependant.query_params
    if any(isinstance(kind := field.field_info.annotation, type) and issubclass(kind, BaseModel) for field in fields):
        return  # a record of names, which refuses others itself
    known = sorted(field.alias for field in fields)
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        said = f"is no name here; there {'are: ' + ', '.join(known) if known else 'are none'}"
        faults = tuple(FieldFault(place=f"query.{name}", problem=said) for name in unknown)
        raise Problem("invalid", f"{len(faults)} value(s) refused", faults)


SiteReader = Annotated[Principal, Depends(Requires(Permission.READ_SITE))]
EventReader = Annotated[Principal, Depends(Requires(Permission.READ_EVENTS))]
MediaReader = Annotated[Principal, Depends(Requires(Permission.READ_MEDIA))]
CoverageReader = Annotated[Principal, Depends(Requires(Permission.READ_COVERAGE))]
Reviewer = Annotated[Principal, Depends(Requires(Permission.REVIEW))]
HealthReader = Annotated[Principal, Depends(Requires(Permission.READ_HEALTH))]
CameraKeeper = Annotated[Principal, Depends(Requires(Permission.WRITE_CAMERAS))]
SessionOwner = Annotated[Principal, Depends(Requires(Permission.OWN_SESSION))]
PUBLIC = Depends(Public())
