"""Turning a template and its facts into a page: language, theme and formats of the person who asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.errors import Refusal, request_id
from api.security.permissions import Principal
from api.service import Service
from api.wording.faults import fault_text
from api.wording.formats import Formats
from api.wording.texts import Texts, language_of, texts
from pipelines.telling import DEFAULT_ZONE, time_zone

LANGUAGE_COOKIE = "vigil_language"
THEME_COOKIE = "vigil_theme"
Theme = Literal["light", "dark", ""]


@lru_cache(maxsize=1)
def environment() -> Environment:
    return Environment(
        loader=PackageLoader("api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the page, and how: the part of the context that every template needs."""

    request: Request
    principal: Principal | None
    t: Texts
    f: Formats
    theme: Theme
    here: str

    @property
    def partial(self) -> bool:
        """Whether only a part of the page is replaced; going back in the browser's history replaces all of it."""
        headers = self.request.headers
        return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"


def reader_of(
    request: Request, service: Service, principal: Principal | None, here: str | None = None, zone: str | None = None
) -> Reader:
    """Who asks, and how.

    Args:
        request: what was asked.
        service: where.
        principal: by whom.
        here: the page that can be had again; a page that answers a form has no such address of its own.
        zone: whose clock; the facility's unless told otherwise.
    """
    language = language_of(request.cookies.get(LANGUAGE_COOKIE, service.language))
    wish = request.cookies.get(THEME_COOKIE)
    theme: Theme = "dark" if wish == "dark" else "light" if wish == "light" else ""
    url = request.url
    address = here or (f"{url.path}?{url.query}" if url.query else url.path)
    return Reader(request, principal, texts(language), Formats(language, time_zone(zone or _zone(service))), theme, address)


def render(reader: Reader, template: str, facts: dict[str, object], status: int = 200) -> HTMLResponse:
    page = environment().get_template(template)
    html = page.render(
        t=reader.t,
        f=reader.f,
        theme=reader.theme,
        here=reader.here,
        principal=reader.principal,
        section=facts.pop("section", ""),
        **facts,
    )
    return HTMLResponse(html, status)


def local_path(back: str) -> str:
    r"""A way back that stays on this service; anything else leads to the start page.

    ``//host`` and ``/\host`` are addresses of other hosts to a browser.
    """
    safe = back.startswith("/") and not back.startswith(("//", "/\\")) and all(sign.isprintable() for sign in back)
    return back if safe else "/queue"


def error_page(request: Request, refusal: Refusal) -> Response:
    """A refusal for a person: the sign-in form when that is what is missing, else a page that says what went wrong."""
    service: Service = request.app.state.service
    # Without asking the database for the clock of the facility: it may be what failed, and the page shows no times.
    reader = reader_of(request, service, None, zone=DEFAULT_ZONE)
    if refusal.slug == "not-signed-in":
        target = _login_address(request, reader, known=service.session_cookie in request.cookies)
        if reader.partial:
            return Response(status_code=401, headers={"hx-redirect": target})
        return RedirectResponse(target, 303)
    facts: dict[str, object] = {
        "refusal": refusal,
        "sentence": reader.t(f"error.{refusal.slug}"),
        "faults": [(fault.place, fault_text(fault, reader.f)) for fault in refusal.faults],
        "request_id": request_id(request),
    }
    response = render(reader, "error.html", facts, refusal.status)
    response.headers.update(refusal.headers or {})
    return response


def _login_address(request: Request, reader: Reader, *, known: bool) -> str:
    """The sign-in form that leads back to the page somebody was on, and says what became of what was sent from it."""
    if request.method == "GET":
        return "/login?" + urlencode({"back": reader.here, **({"expired": "1"} if known else {})})
    return "/login?" + urlencode({"back": local_path(_path_of(request.headers.get("hx-current-url", ""))), "expired": "unsent"})


def _path_of(address: str) -> str:
    try:
        page = urlsplit(address)
    except ValueError:  # brackets that hold no address
        return ""
    return urlunsplit(("", "", page.path, page.query, ""))


def _zone(service: Service) -> str:
    """The zone of the first facility: one service watches one time zone until somebody needs more."""
    facilities = service.repository.facilities()
    return facilities[0].timezone if facilities else DEFAULT_ZONE
