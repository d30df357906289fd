"""One shape for every refusal, whatever refuses."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response

from api.errors import MEDIA_TYPE
from pipelines.errors import StoreUnavailable
from pipelines.records import Grade
from tests.api.builders import CORRIDOR
from tests.api.conftest import World
from tests.api.test_permissions import TABLE


def assert_problem(answer: Response, status: int, slug: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "request_id", "errors"}
    assert body["type"] == f"urn:vigil:problem:{slug}"
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", [name for name in TABLE if name.startswith("GET /api/") and "{" in name])
def test_things_that_do_not_exist(world: World, name: str) -> None:
    path = re.sub(r"\{\w+\}", "no-such-thing", name.removeprefix("GET "))
    assert_problem(world.client(Grade.ADMIN).get(path), 404, "not-found")


@pytest.mark.parametrize("name", [name for name in TABLE if name.startswith("GET ")])
def test_methods_that_a_route_does_not_know(world: World, name: str) -> None:
    path = re.sub(r"\{\w+\}", "x", name.removeprefix("GET "))
    assert_problem(world.client(Grade.ADMIN).request("PUT", path), 405, "method-not-allowed")


def test_addresses_that_lead_nowhere(world: World) -> None:
    for path in ("/api/v1/nothing", "/nothing", "/api/v1/events/", "/static/../app.py", "/static/%2e%2e%2fapp.py", "/docs"):
        assert_problem(world.client().get(path), 404, "not-found")


def test_values_that_are_refused_name_their_place(world: World) -> None:
    answer = world.client().get("/api/v1/runs", params={"limit": "1000"})
    assert_problem(answer, 422, "invalid")
    assert answer.json()["errors"][0]["place"] == "query.limit"


def test_bodies_that_are_no_json(world: World) -> None:
    path = f"/api/v1/events/{world.known_event}/reviews"
    headers = {"if-match": '"1"', "content-type": "application/json"}
    assert_problem(world.client().post(path, content=b"{", headers=headers), 422, "invalid")


def test_bodies_that_are_too_large(world: World) -> None:
    path = f"/api/v1/events/{world.known_event}/reviews"
    headers = {"if-match": '"1"', "content-type": "application/json"}
    assert_problem(world.client().post(path, content=b" " * 70_000, headers=headers), 413, "too-large")


def test_without_a_session(world: World) -> None:
    assert_problem(world.client(None).get("/api/v1/events"), 401, "not-signed-in")


def test_a_failure_tells_only_its_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(world.repository, "facilities", broken)
    answer = world.client().get("/api/v1/facilities")
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text


def test_an_id_that_the_proxy_gave_is_kept_and_a_strange_one_is_not(world: World) -> None:
    client = world.client(None)
    assert client.get("/livez", headers={"x-request-id": "abc-12345"}).headers["x-request-id"] == "abc-12345"
    assert "\n" not in client.get("/livez", headers={"x-request-id": "a b<script>"}).headers["x-request-id"]
    assert len(client.get("/livez", headers={"x-request-id": "a b<script>"}).headers["x-request-id"]) == 32


def test_every_api_route_describes_itself(world: World) -> None:
    schema = world.client(None).get("/api/v1/openapi.json").json()
    described = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    hidden = {"GET /api/v1/openapi.json"}
    assert (
        described == {name for name in TABLE if "/api/v1/" in name or name.endswith(("/livez", "/readyz", "/healthz"))} - hidden
    )
    assert schema["components"]["schemas"]["ReviewIn"]["examples"][0]["decision"] == "confirm"


def test_every_plain_field_of_an_answer_shows_an_example(world: World) -> None:
    schemas = world.client(None).get("/api/v1/openapi.json").json()["components"]["schemas"]
    answers = {name: schema for name, schema in schemas.items() if name.endswith("Out")}
    assert len(answers) > 15

    def says_itself(field: dict[str, object]) -> bool:
        """Another schema with examples of its own, or an enumeration."""
        return "$ref" in str(field) or "const" in field or "enum" in field

    silent = [
        f"{name}.{field}"
        for name, schema in answers.items()
        for field, described in schema["properties"].items()
        if "examples" not in described and not says_itself(described)
    ]
    assert silent == []


def _out_of_reach(*_: object, **__: object) -> None:
    raise StoreUnavailable("the database cannot be used now: database is locked")


def test_a_database_that_cannot_be_used_now_is_no_failure_of_the_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, path = world.client(), f"/api/v1/events/{world.known_event}/reviews"
    monkeypatch.setattr(world.repository, "decide", _out_of_reach)
    answer = client.post(path, json={"decision": "confirm"}, headers={"if-match": '"1"'})
    assert_problem(answer, 503, "not-ready")
    assert answer.headers["retry-after"] == "5"
    assert "try again" in answer.json()["detail"]


# --- pages ---------------------------------------------------------------------------------------

HTML = {"accept": "text/html"}


def test_a_browser_gets_a_page_about_what_is_missing(world: World) -> None:
    answer = world.client().get("/events/no-such-event", headers=HTML)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-request-id"] in answer.text


def test_a_browser_without_a_session_is_sent_to_the_sign_in_form(world: World) -> None:
    answer = world.client(None).get("/queue?state=rejected", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?back=%2Fqueue%3Fstate%3Drejected"


def test_a_part_of_a_page_asks_the_whole_page_to_sign_in(world: World) -> None:
    answer = world.client(None).get("/queue", headers={"accept": "*/*", "hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/login?back=")


@pytest.mark.parametrize(("language", "said"), [("vi", "Cơ sở dữ liệu đang bận"), ("en", "The database is busy")])
def test_a_browser_gets_a_page_when_the_database_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    client = world.client()
    client.cookies.set("vigil_language", language)
    for call in ("session", "facilities"):
        monkeypatch.setattr(world.repository, call, _out_of_reach)
    answer = client.get("/queue", headers=HTML)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["retry-after"] == "5"
    assert said in answer.text


def test_a_browser_gets_a_page_about_a_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(world.repository, "facilities", broken)
    answer = world.client().get("/queue", headers=HTML)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text


def test_a_part_of_a_page_at_an_address_that_is_none_is_sent_to_the_sign_in_form(world: World) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://["}
    answer = world.client(None).post(f"/events/{world.known_event}/decision", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?back=%2Fqueue&expired=unsent"


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "quá dài, nhiều nhất 2.000 ký tự"), ("en", "is too long, at most 2,000 characters")]
)
def test_a_page_about_refused_values_names_each(world: World, language: str, said: str) -> None:
    client = world.client()
    client.cookies.set("vigil_language", language)
    form = {"decision": "confirm", "version": "1", "comment": "x" * 2001}
    answer = client.post(f"/events/{world.known_event}/decision", data=form, headers=HTML)
    assert answer.status_code == 422
    assert f"<code>body.comment</code>: {said}" in answer.text


def test_an_address_says_every_method_that_it_allows(world: World) -> None:
    answer = world.client().options(f"/api/v1/cameras/{CORRIDOR}")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize(
    "path", ["/api/v1/runs?camra=x", "/api/v1/facilities?x=1", f"/api/v1/cameras/{CORRIDOR}/coverage?from=x"]
)
def test_what_can_be_read_can_be_asked_for_by_its_head(world: World, path: str) -> None:
    client = world.client()
    whole, head = client.get(path, headers=HTML), client.head(path, headers=HTML)
    assert head.status_code == whole.status_code
    assert head.content == b""
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    "path", ["/api/v1/runs?camra=x", "/api/v1/facilities?x=1", f"/api/v1/cameras/{CORRIDOR}/coverage?from=x"]
)
def test_names_that_do_not_exist_are_refused(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert_problem(answer, 422, "invalid")
    assert answer.json()["errors"][0]["place"] == "query." + path.partition("?")[2].partition("=")[0]


def test_the_description_gives_every_refusal_its_shape(world: World) -> None:
    document = world.client(None).get("/api/v1/openapi.json").json()
    shape = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            refusals = {status: said for status, said in operation["responses"].items() if status >= "400"}
            assert path.startswith("/api/") or method == "get"
            if path.startswith("/api/"):
                assert {"401", "403", "422", "503"} <= set(refusals)
                assert [said["content"] for said in refusals.values()] == [shape] * len(refusals), (method, path)
    assert {"400", "413", "429"} <= set(document["paths"]["/api/v1/session"]["post"]["responses"])
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["session"]["name"] == "vigil_session"
