"""Signing in and out for programs; the pages have their own forms (`api.routes.pages_account`)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response, status

from api.deps import PUBLIC, ServiceDep, SessionOwner
from api.schemas import CredentialsIn, SessionOut
from api.security.sessions import ABSOLUTE, Attempt, Ticket, sign_in, sign_out
from api.service import Service

router = APIRouter(prefix="/api/v1", tags=["session"])


def set_session_cookie(response: Response, service: Service, ticket: Ticket) -> None:
    """Hand the session to the browser: unreadable for scripts, never sent along from another site."""
    response.set_cookie(
        service.session_cookie,
        ticket.cookie,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=service.secure,
    )


def address_of(request: Request) -> str:
    """The peer's address. Forwarded headers are not believed: anybody can write them."""
    return request.client.host if request.client else "unknown"


@router.post("/session", status_code=status.HTTP_201_CREATED, dependencies=[PUBLIC])
def open_session(credentials: CredentialsIn, request: Request, response: Response, service: ServiceDep) -> SessionOut:
    """Sign in. The session travels in a cookie; ``csrf_token`` must go with every later change."""
    attempt = Attempt(credentials.name, credentials.password, address_of(request))
    ticket = sign_in(service.repository, service.throttle, attempt, service.now())
    set_session_cookie(response, service, ticket)
    return SessionOut(
        name=ticket.principal.name,
        grade=ticket.principal.grade,
        csrf_token=ticket.principal.csrf_token,
        expires_at=ticket.expires_at,
    )


@router.delete("/session", status_code=status.HTTP_204_NO_CONTENT)
def close_session(principal: SessionOwner, service: ServiceDep) -> Response:
    """Sign out; the cookie is worthless from now on."""
    sign_out(service.repository, principal, service.now())
    response = Response(status_code=status.HTTP_204_NO_CONTENT)
    response.delete_cookie(service.session_cookie, path="/", httponly=True, samesite="lax", secure=service.secure)
    return response
