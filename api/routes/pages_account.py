"""Sign-in, sign-out and preferences of the pages, and the few files they are made of."""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib.resources import files
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from pydantic import SecretStr
from starlette.responses import RedirectResponse, Response

from api.deps import PUBLIC, ServiceDep, SessionOwner
from api.errors import Problem
from api.routes.account import address_of, set_session_cookie
from api.security import csrf
from api.security.sessions import Attempt, sign_in, sign_out
from api.service import Service
from api.web.render import LANGUAGE_COOKIE, THEME_COOKIE, local_path, reader_of, render

router = APIRouter(include_in_schema=False)

_EMPTY = SecretStr("")
_YEAR_S = 365 * 24 * 3600
# The whole of what is served without an account, by name: no path of a client ever reaches the file system.
STATIC_FILES = {
    "vigil.css": "text/css; charset=utf-8",
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
    "htmx-LICENSE.txt": "text/plain; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@router.get("/login", dependencies=[PUBLIC])
def show_login(service: ServiceDep, request: Request, back: str = "/queue", expired: str = "") -> Response:
    return _login_page(request, service, back, expired=expired)


@router.post("/login", dependencies=[PUBLIC])
def log_in(
    *,
    service: ServiceDep,
    request: Request,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[SecretStr, Form(max_length=128)] = _EMPTY,
    back: Annotated[str, Form(max_length=2000)] = "/queue",
    csrf_token: Annotated[str | None, Form(max_length=128)] = None,
) -> Response:
    """Check the form. Its own cookie and token make sure that the form came from here."""
    secret = request.cookies.get(service.form_cookie, "")
    if not secret or not csrf.token_matches(secret, csrf_token):
        raise Problem("cross-site", "the sign-in form is stale; load the page again")
    try:
        attempt = Attempt(name, password, address_of(request))
        ticket = sign_in(service.repository, service.throttle, attempt, service.now())
    except Problem as problem:
        return _login_page(request, service, back, name=name, problem=problem)
    response = RedirectResponse(local_path(back), 303)
    set_session_cookie(response, service, ticket)
    response.delete_cookie(service.form_cookie, path="/", httponly=True, samesite="strict", secure=service.secure)
    return response


@router.post("/logout")
def log_out(principal: SessionOwner, service: ServiceDep) -> Response:
    sign_out(service.repository, principal, service.now())
    response = RedirectResponse("/login", 303)
    response.delete_cookie(service.session_cookie, path="/", httponly=True, samesite="lax", secure=service.secure)
    return response


@router.get("/preferences", dependencies=[PUBLIC])
def set_preferences(service: ServiceDep, language: str = "", theme: str = "", back: str = "/queue") -> Response:
    """Language and theme of this browser. Harmless, so a link may do it."""
    response = RedirectResponse(local_path(back), 303)
    for cookie, wish, allowed in ((LANGUAGE_COOKIE, language, {"vi", "en"}), (THEME_COOKIE, theme, {"light", "dark"})):
        if wish in allowed:
            response.set_cookie(cookie, wish, max_age=_YEAR_S, path="/", httponly=True, samesite="lax", secure=service.secure)
    return response


@router.get("/static/{name}", dependencies=[PUBLIC])
def static_file(name: str) -> Response:
    if name not in STATIC_FILES:
        raise Problem("not-found", f"no static file {name}")
    return Response(_static(name), media_type=STATIC_FILES[name], headers={"cache-control": "no-cache"})


@router.get("/favicon.ico", dependencies=[PUBLIC])
def favicon() -> Response:
    return Response(_static("icon.svg"), media_type="image/svg+xml")


@lru_cache(maxsize=len(STATIC_FILES))
def _static(name: str) -> bytes:
    return files("api.web").joinpath("static", name).read_bytes()


def _login_page(
    request: Request, service: Service, back: str, *, name: str = "", expired: str = "", problem: Problem | None = None
) -> Response:
    asked_for = request.method == "GET"
    reader = reader_of(request, service, None, here=None if asked_for else "/login?" + urlencode({"back": local_path(back)}))
    message, status = "", 200
    if problem is not None:
        refusal = problem.refusal
        wait = (refusal.headers or {}).get("retry-after", "")
        message = reader.t("login.wait", seconds=wait) if wait else reader.t("login.wrong")
        status = refusal.status
    elif expired:
        message = reader.t("login.unsent" if expired == "unsent" else "login.expired")
    secret = request.cookies.get(service.form_cookie) or secrets.token_urlsafe(32)
    facts: dict[str, object] = {
        "message": message,
        "expired": expired,
        "name": name,
        "back": local_path(back),
        "csrf_token": csrf.token_for(secret),
    }
    response = render(reader, "login.html", facts, status)
    response.set_cookie(service.form_cookie, secret, path="/", httponly=True, samesite="strict", secure=service.secure)
    if problem is not None:
        response.headers.update(problem.refusal.headers or {})
    return response
