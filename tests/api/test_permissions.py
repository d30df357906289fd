"""Every route declares who may use it, and keeps to that."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.app import build_app
from api.deps import Guard
from api.routes import ROUTERS
from api.security.permissions import GRANTS, Permission
from pipelines.records import Grade
from tests.api.builders import CORRIDOR, FACILITY, RUN
from tests.api.conftest import World

# The table a new route must be entered into: method and path -> permission.
TABLE = {
    "POST /api/v1/session": Permission.PUBLIC,
    "DELETE /api/v1/session": Permission.OWN_SESSION,
    "GET /api/v1/facilities": Permission.READ_SITE,
    "GET /api/v1/cameras": Permission.READ_SITE,
    "GET /api/v1/cameras/{camera}": Permission.READ_SITE,
    "POST /api/v1/cameras": Permission.WRITE_CAMERAS,
    "PATCH /api/v1/cameras/{camera}": Permission.WRITE_CAMERAS,
    "DELETE /api/v1/cameras/{camera}": Permission.WRITE_CAMERAS,
    "GET /api/v1/cameras/{camera}/zones": Permission.READ_SITE,
    "GET /api/v1/runs": Permission.READ_SITE,
    "GET /api/v1/runs/{run}": Permission.READ_SITE,
    "GET /api/v1/events": Permission.READ_EVENTS,
    "GET /api/v1/events/{event}": Permission.READ_EVENTS,
    "POST /api/v1/events/{event}/reviews": Permission.REVIEW,
    "GET /api/v1/events/{event}/evidence": Permission.READ_EVENTS,
    "GET /api/v1/events/{event}/clip": Permission.READ_MEDIA,
    "GET /api/v1/evidence/{evidence}/content": Permission.READ_MEDIA,
    "GET /api/v1/cameras/{camera}/coverage": Permission.READ_COVERAGE,
    "GET /api/v1/cameras/{camera}/gates": Permission.READ_COVERAGE,
    "GET /api/v1/cameras/{camera}/connection": Permission.READ_COVERAGE,
    "GET /api/v1/facilities/{facility}/connection": Permission.READ_COVERAGE,
    "GET /api/v1/redrawings": Permission.READ_COVERAGE,
    "GET /livez": Permission.PUBLIC,
    "GET /readyz": Permission.PUBLIC,
    "GET /healthz": Permission.READ_HEALTH,
    "GET /api/v1/openapi.json": Permission.PUBLIC,
    "GET /login": Permission.PUBLIC,
    "POST /login": Permission.PUBLIC,
    "POST /logout": Permission.OWN_SESSION,
    "GET /preferences": Permission.PUBLIC,
    "GET /static/{name}": Permission.PUBLIC,
    "GET /favicon.ico": Permission.PUBLIC,
    "GET /": Permission.READ_EVENTS,
    "GET /queue": Permission.READ_EVENTS,
    "GET /events/{event}": Permission.READ_EVENTS,
    "POST /events/{event}/decision": Permission.REVIEW,
    "GET /coverage": Permission.READ_COVERAGE,
    "GET /cameras": Permission.READ_SITE,
    "POST /cameras/add": Permission.WRITE_CAMERAS,
    "POST /cameras/{camera}/change": Permission.WRITE_CAMERAS,
    "POST /cameras/{camera}/running": Permission.WRITE_CAMERAS,
    "POST /cameras/{camera}/withdraw": Permission.WRITE_CAMERAS,
}


@dataclass(frozen=True)
class Declared:
    """A route as it stands in the code."""

    name: str
    permissions: tuple[Permission, ...]


def declared() -> list[Declared]:
    found = []
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} goes past the permission check"
            guards = [dep.call.permission for dep in _dependants(route) if isinstance(dep.call, Guard)]
            found += [Declared(f"{method} {route.path}", tuple(guards)) for method in sorted(route.methods)]
    return found


def _dependants(route: APIRoute) -> list:  # type: ignore[type-arg]  # fastapi's own record
    pending, found = list(route.dependant.dependencies), []
    while pending:
        found.append(pending.pop())
        pending += found[-1].dependencies
    return found


@pytest.mark.parametrize("route", declared(), ids=lambda route: route.name)
def test_each_route_declares_exactly_one_permission(route: Declared) -> None:
    assert route.permissions == (TABLE[route.name],)


def test_the_table_names_no_route_that_is_gone() -> None:
    assert {route.name for route in declared()} == set(TABLE)


def test_nothing_is_served_beside_the_registry(world: World) -> None:
    included = [route for route in world.app.routes if not hasattr(route, "path")]
    assert len(included) == len(ROUTERS)
    assert [route for route in world.app.routes if hasattr(route, "path")] == []


def _request(client: TestClient, name: str, world: World) -> int:
    method, path = name.split(" ")
    known = {
        "camera": CORRIDOR,
        "facility": FACILITY,
        "run": RUN,
        "event": world.known_event,
        "evidence": world.known_evidence,
        "name": "vigil.css",
    }
    path = re.sub(r"\{(\w+)\}", lambda match: known[match.group(1)], path)
    body = {"json": {"decision": "cannot_tell"}, "headers": {"if-match": '"99"'}} if path.endswith("/reviews") else {}
    if path.endswith("/decision"):
        body = {"data": {"decision": "confirm", "version": "99"}, "headers": {"hx-request": "true"}}
    return client.request(method, path, **body).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize("grade", [None, *Grade], ids=str)
def test_matrix_of_routes_and_grades(world: World, grade: Grade | None) -> None:
    """Who may: anything but 401 and 403. Who may not: 401 without an account, else 403."""
    wrong = []
    for name, permission in TABLE.items():
        if name in {"POST /api/v1/session", "POST /login", "POST /logout", "DELETE /api/v1/session"}:
            continue  # their own tests: they change who is asking
        status = _request(world.client(grade), name, world)
        allowed = permission is Permission.PUBLIC or (grade is not None and permission in GRANTS[grade])
        expected = {401} if grade is None else {403}
        if (status in expected) is allowed or (status == 500):
            wrong.append((name, status))
    assert wrong == []


def test_a_denial_is_written_down(world: World) -> None:
    world.client(Grade.VIEWER).get(f"/api/v1/evidence/{world.known_evidence}/content")
    rows = [row for row in world.repository.audit_rows() if row.action == "access.deny"]
    assert [(row.actor, row.detail) for row in rows] == [("viewer", "media:read")]


def test_an_application_can_be_built_twice(world: World) -> None:
    assert build_app(world.app.state.service) is not world.app
