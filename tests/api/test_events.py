"""The API of signs: lists, one, and decisions."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.types import Role, RoleClaim, RuleId, RunId, Severity
from api.cursor import decode_cursor, encode_cursor
from api.errors import Problem
from pipelines.records import EventPosition, Grade
from tests.api.builders import GATE, NOON, PROVENANCE, RUN, closing, identifier, many_events, mask_event
from tests.api.conftest import World


def test_lists_signs_newest_first_by_pages(world: World) -> None:
    for event in many_events(7):
        world.builder.event(event)
    client = world.client()
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(5):
        page = client.get("/api/v1/events", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        assert page["total"] == 7
        seen += [event["id"] for event in page["events"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [identifier(f"many-{number}") for number in range(6, -1, -1)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"rule": "Q01"}, {"one", "three"}),
        ({"rule": ["Q01", "Q02"]}, {"one", "two", "three"}),
        ({"camera": GATE}, {"three"}),
        ({"severity": "medium"}, {"two"}),
        ({"role": "medical"}, {"two"}),
        ({"state": "awaiting"}, {"one", "two", "three"}),
        ({"state": "confirmed"}, set()),
        ({"run": "run-1"}, {"one", "two", "three"}),
        ({"run": "no-such-run"}, set()),
        ({"since": (NOON + timedelta(minutes=4)).isoformat()}, {"two", "three"}),
        ({"until": (NOON + timedelta(minutes=4)).isoformat()}, {"one"}),
    ],
)
def test_filters_narrow(world: World, query: dict[str, str], found: set[str]) -> None:
    world.builder.event(mask_event("one", 2))
    world.builder.event(mask_event("two", 5, rule=RuleId("Q02"), severity=Severity.MEDIUM, role=RoleClaim(Role.MEDICAL, 0.9)))
    world.builder.event(mask_event("three", 7, camera=GATE))
    page = world.client().get("/api/v1/events", params=query).json()
    assert {event["id"] for event in page["events"]} == {identifier(name) for name in found}
    assert page["total"] == len(found)


def test_a_recording_that_was_analysed_again_is_shown_once(world: World) -> None:
    world.builder.event()
    again = RunId("run-2")
    first = world.repository.run(RUN)
    provenance = replace(PROVENANCE, run=again)
    world.repository.put_run(replace(first, id=again, provenance=provenance))
    world.builder.event(mask_event("again", provenance=provenance))
    world.repository.make_current(again)
    client = world.client()

    def found(**query: str) -> set[str]:
        return {event["id"] for event in client.get("/api/v1/events", params=query).json()["events"]}

    assert found() == {identifier("again")}
    assert found(superseded="true") == {identifier("again"), identifier("one")}
    assert found(run=RUN) == {identifier("one")}
    assert client.get(f"/events/{identifier('one')}").status_code == 200  # its decisions stay readable


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"severity": "deadly"},
        {"state": "done"},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-12:00"},
        {"since": "2021-08-20T05:00:00"},  # without a zone it could mean anything
        {"sevrity": "high"},  # a filter that is misspelt must not be ignored
        {"camera": "x" * 129},
        {"camera": "a\x00b"},
    ],
)
def test_refuses_filters_it_does_not_understand(world: World, query: dict[str, str]) -> None:
    answer = world.client().get("/api/v1/events", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"].startswith("query.")


def test_one_sign_says_why(world: World) -> None:
    world.builder.event()
    world.builder.event(closing(mask_event()))
    answer = world.client().get(f"/api/v1/events/{identifier('one')}")
    event = answer.json()
    assert answer.headers["etag"] == f'"{event["version"]}"'
    assert event["rule"]["id"] == "Q01"
    assert event["votes"]["violating"] == 14
    assert event["votes"]["assessed_share"] == pytest.approx(15 / 21)
    assert {unknown["reason"]: unknown["label"]["vi"] for unknown in event["votes"]["unknown"]}[
        "FACE_AWAY"
    ] == "quay lưng/cúi mặt"
    assert event["measures"][0] == {
        "name": "duration",
        "label": {"vi": "Kéo dài", "en": "Lasted"},
        "value": 8.8,
        "unit": "s",
        "threshold": 3.0,
    }
    assert event["role"]["label"] == {"vi": "người được cách ly", "en": "quarantined person"}
    assert event["sentence"]["vi"] != event["sentence"]["en"]
    assert event["review_state"] == "awaiting"
    assert event["reviews"] == []
    assert event["provenance"]["models"][0]["name"] == "person-detector"


def test_a_sign_of_a_camera_without_drawings_says_so_and_claims_no_role(world: World) -> None:
    world.builder.event(mask_event(zone=None, zone_version=None, role=RoleClaim(Role.UNKNOWN, 0.0, ())))
    event = world.client().get(f"/api/v1/events/{identifier('one')}").json()
    assert event["mask_only"] is True
    assert event["rule"]["text"]["en"] == "Person of unknown role without a mask"
    assert event["sentence"]["en"].startswith("Person of unknown role, anywhere in the picture (no zone is drawn)")


# --- cursors -------------------------------------------------------------------------------------


def test_a_cursor_comes_back_as_it_went_out() -> None:
    position = EventPosition(NOON + timedelta(microseconds=1), identifier("x"))
    assert decode_cursor(encode_cursor(position)) == position


def _tampered() -> list[str]:
    good = encode_cursor(EventPosition(NOON, identifier("x")))
    other = base64.urlsafe_b64encode(b"\x00" * 6 + b"\x7f" * 8 + b"id").decode().rstrip("=")
    return [
        "",
        "x",
        good[:-1],
        good[:10],
        "A" + good[1:],
        good + "AAAA",
        other,
        "=" * 8,
        "đ",
        "a" * 300,
        "../../etc",
        good + "%00",
    ]


@pytest.mark.parametrize("cursor", _tampered())
def test_refuses_a_cursor_it_did_not_give_out(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_cursor(cursor)
    assert caught.value.refusal.status == 422


def test_a_tampered_cursor_is_a_problem_of_that_field(world: World) -> None:
    answer = world.client().get("/api/v1/events", params={"cursor": "AAAA"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "place": "query.cursor",
            "problem": "not a cursor of this service; take it from `next` of a page",
            "code": "unacceptable",
            "about": "",
        }
    ]


# --- decisions -----------------------------------------------------------------------------------


def test_a_decision_is_kept_and_changes_the_state(world: World) -> None:
    event = world.builder.event()
    client = world.client()
    path = f"/api/v1/events/{event.id}/reviews"
    first = client.post(
        path, json={"decision": "confirm", "reason_code": "clearly_seen", "comment": " Thấy rõ "}, headers={"if-match": '"1"'}
    )
    assert first.status_code == 201
    assert first.json()["review_state"] == "confirmed"
    assert first.headers["etag"] == '"2"'
    second = client.post(path, json={"decision": "reject"}, headers={"if-match": '"2"'})
    assert second.json()["review_state"] == "rejected"
    assert [(r["decision"], r["reason_code"], r["comment"], r["reviewer"]) for r in second.json()["reviews"]] == [
        ("confirm", "clearly_seen", "Thấy rõ", "inspector"),
        ("reject", "not_stated", "", "inspector"),
    ]
    assert [row.actor for row in world.repository.audit_rows() if row.subject == event.id] == ["inspector", "inspector"]


def test_the_second_of_two_who_saw_the_same_is_told(world: World) -> None:
    event = world.builder.event()
    path = f"/api/v1/events/{event.id}/reviews"
    assert world.client().post(path, json={"decision": "confirm"}, headers={"if-match": '"1"'}).status_code == 201
    late = world.client(Grade.ADMIN).post(path, json={"decision": "reject"}, headers={"if-match": '"1"'})
    assert late.status_code == 412
    assert late.json()["type"] == "urn:vigil:problem:version-conflict"
    assert world.repository.event(event.id).review_state == "confirmed"


def test_of_many_at_once_exactly_one_wins(world: World) -> None:
    event = world.builder.event()
    path = f"/api/v1/events/{event.id}/reviews"
    clients = [world.client() for _ in range(6)]

    def decide(number: int) -> int:
        decision = "confirm" if number % 2 else "reject"
        return clients[number].post(path, json={"decision": decision}, headers={"if-match": '"1"'}).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = sorted(pool.map(decide, range(len(clients))))
    assert answers == [201, *([412] * (len(clients) - 1))]
    assert len(world.repository.reviews(event.id)) == 1


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 428),
        ("*", 428),
        ("1", 422),
        ('W/"1"', 422),
        ('"1", "2"', 422),
        ('"x"', 422),
        ('"-1"', 422),
        ('""', 422),
        ('"7"', 412),
    ],
)
def test_a_decision_must_name_the_version_that_was_seen(world: World, if_match: str | None, status: int) -> None:
    event = world.builder.event()
    headers = {} if if_match is None else {"if-match": if_match}
    answer = world.client().post(f"/api/v1/events/{event.id}/reviews", json={"decision": "confirm"}, headers=headers)
    assert answer.status_code == status
    assert world.repository.reviews(event.id) == ()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "maybe"},
        {"decision": "confirm", "reason_code": "because"},
        {"decision": "confirm", "comment": "x" * 2001},
        {"decision": "confirm", "comment": "a\x07b"},
        {"decision": "confirm", "comment": "a\x00b"},
        {"decision": "confirm", "reviewer": "somebody else"},
        [],
        "confirm",
    ],
)
def test_refuses_a_decision_it_does_not_understand(world: World, body: object) -> None:
    event = world.builder.event()
    answer = world.client().post(f"/api/v1/events/{event.id}/reviews", json=body, headers={"if-match": '"1"'})
    assert answer.status_code == 422
    assert world.repository.reviews(event.id) == ()


def test_comments_are_stored_composed(world: World) -> None:
    event = world.builder.event()
    decomposed = "đe\u0302\u0301n"
    world.client().post(
        f"/api/v1/events/{event.id}/reviews", json={"decision": "confirm", "comment": decomposed}, headers={"if-match": '"1"'}
    )
    assert world.repository.reviews(event.id)[0].comment == "đến"
