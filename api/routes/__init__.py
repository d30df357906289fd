"""The routes, by noun. One file a noun, one line in `ROUTERS`."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    account,
    cameras,
    connection,
    coverage,
    events,
    evidence,
    health,
    pages,
    pages_account,
    pages_cameras,
    schema,
    site,
)

ROUTERS: tuple[APIRouter, ...] = (
    account.router,
    site.router,
    cameras.router,
    events.router,
    evidence.router,
    coverage.router,
    connection.router,
    health.router,
    schema.router,
    pages_account.router,
    pages.router,
    pages_cameras.router,
)
