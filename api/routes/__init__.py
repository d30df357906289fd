"""The routes, by noun. One file a noun, one line in `ROUTERS`."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import account, connection, coverage, events, evidence, health, pages, pages_account, schema, site

ROUTERS: tuple[APIRouter, ...] = (
    account.router,
    site.router,
    events.router,
    evidence.router,
    coverage.router,
    connection.router,
    health.router,
    schema.router,
    pages_account.router,
    pages.router,
)
