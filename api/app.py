"""Puts the HTTP service together. `build_app` takes what it needs; only `serve_app` reads the environment."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from starlette.types import ASGIApp

from api import errors
from api.envelope import Envelope
from api.routes import ROUTERS
from api.security.sessions import FIRST_USER, ensure_first_user
from api.security.throttle import Throttle
from api.service import Service
from api.web.render import error_page
from pipelines.private_folder import make_private
from pipelines.settings import Settings
from pipelines.store.database import Database, open_database
from pipelines.store.migration import migrate
from pipelines.store.repository import Repository

_LARGEST_BODY = 64 * 1024  # the longest thing anybody sends is a comment of 2000 signs


def build_app(service: Service, database: Database | None = None) -> FastAPI:
    """The application over these surroundings.

    Args:
        service: what the routes work with.
        database: closed when the application ends, if given.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if database is not None:
            database.close()

    app = FastAPI(
        title="Vigil",
        summary="Signs of violations in quarantine facilities, with evidence, and the decisions of people about them.",
        description=(
            "Every sign is a sign until a person has decided. Time that was not observed is not compliance: read "
            "`/cameras/{camera}/coverage` beside every list. Errors are RFC 9457 problems with one shape."
        ),
        version=_version(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.error_page = error_page
    errors.register(app, [route for router in ROUTERS for route in router.routes])
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Envelope, largest_body=_LARGEST_BODY, strict_transport=service.secure)
    return app


def serve_app() -> ASGIApp:
    """Composition root for ``uvicorn``: settings from the environment, the database brought up to date.

    Prints the first account's password once, straight to the terminal and past the log.
    """
    settings = Settings()
    make_private(settings.evidence)
    database = open_database(settings.database)
    migrate(database)
    repository = Repository(database)
    password = ensure_first_user(repository, datetime.now(UTC))
    if password is not None:
        sys.stdout.write(
            f"\n  First account: {FIRST_USER}\n  Password:      {password}\n  (shown this once; only its hash is kept)\n\n"
        )
        sys.stdout.flush()
    service = Service(
        repository=repository,
        evidence=settings.evidence,
        now=lambda: datetime.now(UTC),
        throttle=Throttle(time.monotonic),
        secure=settings.secure_cookies,
        language=settings.language,
        secrets=settings.secrets,
    )
    return build_app(service, database)


def _version() -> str:
    try:
        return version("vigil")
    except PackageNotFoundError:
        return "0"
