"""Signing in, staying in, and what a foreign page cannot do."""

from __future__ import annotations

import html
import re
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.errors import Problem
from api.security import sessions
from api.security.csrf import token_for
from api.security.sessions import FIRST_USER, Attempt, ensure_first_user
from api.security.throttle import FREE_ATTEMPTS, LONGEST_WAIT, Throttle
from pipelines.errors import StoreUnavailable
from pipelines.passwords import hash_password, matches, random_password
from pipelines.records import Grade
from tests.api.builders import NOON, SiteBuilder
from tests.api.conftest import BASE, PASSWORD, World
from tests.api.test_errors import assert_problem

GOOD = {"name": "inspector", "password": PASSWORD}


def test_a_program_signs_in_decides_and_signs_out(world: World) -> None:
    client = world.client(None)
    answer = client.post("/api/v1/session", json=GOOD)
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = answer.json()["csrf_token"]
    review = f"/api/v1/events/{world.known_event}/reviews"
    decided = client.post(review, json={"decision": "confirm"}, headers={"if-match": '"1"', "x-csrf-token": token})
    assert decided.status_code == 201
    assert client.delete("/api/v1/session", headers={"x-csrf-token": token}).status_code == 204
    client.cookies.set("vigil_session", re.findall(r"vigil_session=([^;]+)", cookie)[0])
    assert client.get("/api/v1/events").status_code == 401
    actions = [row.action for row in world.repository.audit_rows()]
    assert actions == ["session.open", "event.review", "session.close"]


def test_wrong_name_and_wrong_password_look_alike(world: World) -> None:
    client = world.client(None)
    wrong = [
        client.post("/api/v1/session", json={**GOOD, "password": "wrong wrong wrong"}),
        client.post("/api/v1/session", json={**GOOD, "name": "nobody"}),
    ]
    for answer in wrong:
        assert_problem(answer, 401, "not-signed-in")
    assert wrong[0].json()["detail"] == wrong[1].json()["detail"]
    assert [row.action for row in world.repository.audit_rows()] == ["session.refuse", "session.refuse"]


def test_guessing_becomes_slow_and_never_locks_for_good(world: World) -> None:
    client = world.client(None)
    bad = {**GOOD, "password": "guess"}
    for _ in range(FREE_ATTEMPTS):
        assert client.post("/api/v1/session", json=bad).status_code == 401
    answer = client.post("/api/v1/session", json=GOOD)
    assert_problem(answer, 429, "too-many-attempts")
    world.clock.forward(seconds=int(answer.headers["retry-after"]))
    assert client.post("/api/v1/session", json=GOOD).status_code == 201


def test_nobody_keeps_others_out_by_failing_in_their_name(world: World) -> None:
    def attempt(password: str, address: str) -> str:
        try:
            sessions.sign_in(world.repository, throttle, Attempt("inspector", SecretStr(password), address), world.clock.now())
        except Problem as problem:
            return problem.refusal.slug
        return "in"

    throttle = Throttle(world.clock.monotonic)
    assert attempt(PASSWORD, "10.0.0.5") == "in"
    for _ in range(FREE_ATTEMPTS):
        assert attempt("guess", "10.0.0.66") == "not-signed-in"
    assert attempt(PASSWORD, "10.0.0.66") == "too-many-attempts"
    assert attempt(PASSWORD, "10.0.0.7") == "too-many-attempts"
    assert attempt(PASSWORD, "10.0.0.5") == "in"
    for _ in range(FREE_ATTEMPTS):
        attempt("guess", "10.0.0.5")
    assert attempt(PASSWORD, "10.0.0.5") == "too-many-attempts"


def test_guesses_that_come_all_at_once_are_counted_one_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(FREE_ATTEMPTS + 3)

    def wrong(*_: object) -> bool:
        with suppress(threading.BrokenBarrierError):
            together.wait(0.2)  # until all of them are being checked, if they may be
        return False

    monkeypatch.setattr(sessions, "matches", wrong)
    throttle, refused = Throttle(world.clock.monotonic), list[str]()

    def guess() -> None:
        with pytest.raises(Problem) as problem:
            sessions.sign_in(world.repository, throttle, Attempt("inspector", SecretStr("x"), "10.0.0.9"), world.clock.now())
        refused.append(problem.value.refusal.slug)

    guessers = [threading.Thread(target=guess) for _ in range(FREE_ATTEMPTS + 3)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    assert sorted(refused) == ["not-signed-in"] * FREE_ATTEMPTS + ["too-many-attempts"] * 3


def test_a_password_that_is_no_text_is_wrong(world: World) -> None:
    body = b'{"name": "inspector", "password": "\\ud800"}'
    answer = world.client(None).post("/api/v1/session", content=body, headers={"content-type": "application/json"})
    assert_problem(answer, 401, "not-signed-in")


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    waits = []
    for _ in range(FREE_ATTEMPTS + 15):
        throttle.failed("name:a")
        waits.append(throttle.wait("name:a", "name:b"))
    assert waits[: FREE_ATTEMPTS - 1] == [timedelta(0)] * (FREE_ATTEMPTS - 1)
    assert waits[FREE_ATTEMPTS - 1 : FREE_ATTEMPTS + 2] == [timedelta(seconds=s) for s in (1, 2, 4)]
    assert max(waits) == LONGEST_WAIT
    now[0] += LONGEST_WAIT.total_seconds()
    assert throttle.wait("name:a") == timedelta(0)


def test_a_session_ends_when_idle(world: World) -> None:
    client = world.client()
    for _ in range(3):
        world.clock.forward(minutes=29)
        assert client.get("/api/v1/events").status_code == 200
    world.clock.forward(minutes=30)
    assert client.get("/api/v1/events").status_code == 401


def test_a_database_that_takes_nothing_can_still_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database cannot be used now: database or disk is full")

    client = world.client()
    for call in ("touch_session", "close_session"):
        monkeypatch.setattr(world.repository, call, full)
    world.clock.forward(minutes=29)
    assert client.get("/api/v1/events").status_code == 200
    world.clock.forward(minutes=2)
    assert client.get("/api/v1/events").status_code == 401


def test_a_session_ends_after_a_shift_however_busy(world: World) -> None:
    client = world.client()
    for _ in range(12 * 3 - 1):
        world.clock.forward(minutes=20)
        assert client.get("/api/v1/events").status_code == 200
    world.clock.forward(minutes=20)
    assert client.get("/api/v1/events").status_code == 401


def test_sessions_that_are_over_are_not_kept(world: World) -> None:
    assert world.client(None).post("/api/v1/session", json=GOOD).status_code == 201
    world.clock.forward(hours=13)
    assert world.client(None).post("/api/v1/session", json=GOOD).status_code == 201
    assert world.repository.drop_expired_sessions(world.clock.now() + timedelta(hours=13)) == 1


def test_a_disabled_account_is_out_at_once(world: World) -> None:
    client = world.client()
    user = world.repository.user("inspector")
    assert user is not None
    world.repository.put_user(replace(user, disabled=True))
    assert client.get("/api/v1/events").status_code == 401
    assert world.client(None).post("/api/v1/session", json=GOOD).status_code == 401


def test_an_account_of_an_unknown_grade_cannot_come_in(world: World) -> None:
    user = world.repository.user("inspector")
    assert user is not None
    world.repository.put_user(replace(user, grade="emperor"))
    assert world.client(None).post("/api/v1/session", json=GOOD).status_code == 401


def test_a_made_up_cookie_opens_nothing(world: World) -> None:
    client = world.client(None)
    for cookie in ("x", "a" * 43, token_for("a"), "đ".encode().hex()):
        client.cookies.set("vigil_session", cookie)
        assert client.get("/api/v1/events").status_code == 401


# --- foreign pages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:81"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_foreign_page_changes_nothing_even_with_the_token(world: World, headers: dict[str, str]) -> None:
    client = world.client()
    review = f"/api/v1/events/{world.known_event}/reviews"
    answer = client.post(review, json={"decision": "confirm"}, headers={"if-match": '"1"', **headers})
    assert_problem(answer, 403, "cross-site")
    assert_problem(world.client(None).post("/api/v1/session", json=GOOD, headers=headers), 403, "cross-site")


@pytest.mark.parametrize("token", [None, "", "0" * 64, "đ"])
def test_without_the_token_nothing_changes(world: World, token: str | None) -> None:
    client = world.client()
    del client.headers["x-csrf-token"]
    headers = {"if-match": '"1"', "origin": BASE, "sec-fetch-site": "same-origin"}
    if token is not None:
        headers["x-csrf-token"] = token if token.isascii() else "%C4%91"
    review = f"/api/v1/events/{world.known_event}/reviews"
    assert_problem(client.post(review, json={"decision": "confirm"}, headers=headers), 403, "cross-site")


def test_the_token_of_another_session_does_not_fit(world: World) -> None:
    client, other = world.client(), world.client(Grade.ADMIN)
    client.headers["x-csrf-token"] = other.headers["x-csrf-token"]
    review = f"/api/v1/events/{world.known_event}/reviews"
    assert_problem(client.post(review, json={"decision": "confirm"}, headers={"if-match": '"1"'}), 403, "cross-site")


# --- the form ------------------------------------------------------------------------------------


def _form(client: TestClient, **more: str) -> dict[str, str]:
    page = client.get("/login")
    token = re.findall(r'name="csrf_token" value="([0-9a-f]+)"', page.text)[0]
    return {"csrf_token": token, **GOOD, **more}


def test_a_person_signs_in_by_the_form_and_goes_where_he_was(world: World) -> None:
    client = world.client(None)
    answer = client.post("/login", data=_form(client, back="/queue?state=rejected"))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/queue?state=rejected"
    assert client.get("/queue").status_code == 200


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\r\nb"]
)
def test_the_way_back_stays_here(world: World, back: str) -> None:
    client = world.client(None)
    assert client.post("/login", data=_form(client, back=back)).headers["location"] == "/queue"
    assert client.get("/preferences", params={"language": "en", "back": back}).headers["location"] == "/queue"


def test_the_form_of_another_browser_does_not_fit(world: World) -> None:
    stolen = _form(world.client(None))
    assert world.client(None).post("/login", data=stolen).status_code == 403
    client = world.client(None)
    client.get("/login")
    assert client.post("/login", data=stolen).status_code == 403


def test_the_form_says_what_is_wrong_and_keeps_the_name(world: World) -> None:
    client = world.client(None)
    answer = client.post("/login", data=_form(client, password="wrong"))
    assert answer.status_code == 401
    assert "không đúng" in answer.text
    assert 'value="inspector"' in answer.text
    assert "wrong" not in answer.text
    for _ in range(FREE_ATTEMPTS):
        answer = client.post("/login", data=_form(client, password="wrong"))
    assert answer.status_code == 429
    assert "thử lại sau" in answer.text


def test_another_language_keeps_the_way_back(world: World) -> None:
    client = world.client(None)
    page = client.get("/login", params={"back": "/events/x?state=&rule=Q01"}).text
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[0]
    form = {"name": "inspector", "password": "wrong", "back": "/events/x?state=&rule=Q01", "csrf_token": token}
    for shown in (page, client.post("/login", data=form).text):
        switch = html.unescape(re.findall(r'href="(/preferences[^"]*)"', shown)[0])
        again = client.get(client.get(switch).headers["location"])
        assert '<html lang="en"' in again.text
        assert 'name="back" value="/events/x?state=&amp;rule=Q01"' in again.text


def test_signing_out_needs_the_page(world: World) -> None:
    client = world.client()
    token = client.headers.pop("x-csrf-token")
    assert client.post("/logout").status_code == 403
    answer = client.post("/logout", data={"csrf_token": token})
    assert answer.headers["location"] == "/login"
    assert client.get("/queue").status_code == 401


# --- passwords -----------------------------------------------------------------------------------


def test_the_first_account_is_made_once(tmp_path: pytest.TempPathFactory) -> None:
    builder = SiteBuilder(tmp_path)  # type: ignore[arg-type]
    password = ensure_first_user(builder.repository, NOON)
    assert password is not None
    user = builder.repository.user(FIRST_USER)
    assert user is not None
    assert user.grade == Grade.ADMIN
    assert password not in user.password_hash
    assert matches(password, user.password_hash)
    assert ensure_first_user(builder.repository, NOON) is None
    assert password not in "".join(f"{row}" for row in builder.repository.audit_rows())
    builder.database.close()


def test_of_two_services_that_start_at_once_one_makes_the_first_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = SiteBuilder(tmp_path)
    password = ensure_first_user(builder.repository, NOON)
    monkeypatch.setattr(builder.repository, "users", lambda: ())  # what the second saw before the first was done
    assert ensure_first_user(builder.repository, NOON) is None
    user = builder.repository.user(FIRST_USER)
    assert user is not None
    assert password is not None
    assert matches(password, user.password_hash)
    assert [row.detail for row in builder.repository.audit_rows()] == ["admin"]
    builder.database.close()


def test_passwords_are_random_and_easy_to_type() -> None:
    made = {random_password() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([a-km-np-z2-9]{4}-){4}[a-km-np-z2-9]{4}", password) for password in made)


def test_a_password_fits_however_its_accents_are_typed() -> None:
    stored = hash_password("mật khẩu")
    assert matches("mật khẩu", stored)
    assert not matches("mat khau", stored)
    assert not matches("x" * 129, stored)
    assert not matches("anything", None)


def test_a_password_never_stands_in_a_record_that_a_log_might_print(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    client = world.client(None)
    world.repository.user = lambda _name: 1 / 0  # type: ignore[method-assign]
    assert client.post("/api/v1/session", json=GOOD).status_code == 500
    assert client.post("/login", data=_form(client)).status_code == 500
    printed = capsys.readouterr()
    assert "ZeroDivisionError" in printed.out + printed.err
    assert PASSWORD not in printed.out + printed.err
