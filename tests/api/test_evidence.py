"""Evidence files: found by id alone, whole or in part, every look written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.types import EventId
from api.errors import Problem
from api.media import Slice, requested_slice
from pipelines.errors import StoreUnavailable
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState
from tests.api.builders import film, mask_event
from tests.api.conftest import World
from tests.api.test_errors import assert_problem


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 100),
        ("bytes=10-19", 10, 20),
        ("bytes=90-500", 90, 100),
        ("bytes=99-", 99, 100),
        ("bytes=-1", 99, 100),
        ("bytes=-100", 0, 100),
        ("bytes=-500", 0, 100),  # a suffix longer than the file is the file
        ("Bytes = 5 - 6", 5, 7),
    ],
)
def test_ranges_that_can_be_met(header: str, start: int, end: int) -> None:
    assert requested_slice(header, 100) == Slice(start, end, 100)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "bytes=5-1",  # backwards: RFC 9110 says ignore
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1.5-2",
        "lines=0-1",
        "0-1",
        "bytes=0-1,3-4",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(500)),
        "bytes=0-" + "9" * 40,
        "bytes=٠-٩",
    ],
)
def test_ranges_that_are_ignored(header: str | None) -> None:
    assert requested_slice(header, 100) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=500-600", 100), ("bytes=-0", 100), ("bytes=0-", 0)])
def test_ranges_behind_the_end(header: str, size: int) -> None:
    with pytest.raises(Problem) as caught:
        requested_slice(header, size)
    assert caught.value.refusal.status == 416
    assert caught.value.refusal.headers is not None
    assert caught.value.refusal.headers["content-range"] == f"bytes */{size}"


def test_a_clip_whole_and_in_parts(world: World) -> None:
    original = film()
    client = world.client()
    path = f"/api/v1/evidence/{world.known_evidence}/content"
    whole = client.get(path)
    assert whole.status_code == 200
    assert whole.content == original
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["cache-control"] == "no-store, private"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["etag"] == f'"{world.file_of("clip").sha256}"'
    part = client.get(path, headers={"range": "bytes=10-29"})
    assert part.status_code == 206
    assert part.content == original[10:30]
    assert part.headers["content-range"] == f"bytes 10-29/{len(original)}"
    assert part.headers["content-length"] == "20"
    assert client.get(path, headers={"range": "bytes=-7"}).content == original[-7:]
    assert_problem_416 = client.get(path, headers={"range": f"bytes={len(original)}-"})
    assert assert_problem_416.status_code == 416
    assert assert_problem_416.headers["content-range"] == f"bytes */{len(original)}"
    assert client.get(path, headers={"range": "bytes=5-1"}).status_code == 200


def test_only_the_head(world: World) -> None:
    answer = world.client().head(f"/api/v1/evidence/{world.known_evidence}/content")
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(film())


def test_a_part_of_another_version_is_the_whole(world: World) -> None:
    path = f"/api/v1/evidence/{world.known_evidence}/content"
    tag = f'"{world.file_of("clip").sha256}"'
    assert world.client().get(path, headers={"range": "bytes=0-9", "if-range": tag}).status_code == 206
    assert world.client().get(path, headers={"range": "bytes=0-9", "if-range": '"other"'}).status_code == 200


def test_the_clip_of_an_event_is_the_copy_a_browser_can_play(world: World) -> None:
    client, path = world.client(), f"/api/v1/events/{world.known_event}/clip"
    assert client.get(path).content == film()
    clip = world.file_of("clip")
    folder = world.builder.evidence / world.known_event
    (folder / "proxy.mp4").write_bytes(b"copy")
    proxy = replace(
        clip,
        id=EvidenceId("proxy"),
        kind=EvidenceKind.PROXY,
        path=f"{world.known_event}/proxy.mp4",
        derived_from=clip.id,
        sha256="e" * 64,
        size_bytes=4,
    )
    world.repository.put_evidence([proxy])
    assert client.get(path).content == b"copy"


def test_an_event_without_a_clip(world: World) -> None:
    event = world.builder.event(mask_event("bare"))
    assert_problem(world.client().get(f"/api/v1/events/{event.id}/clip"), 404, "not-found")


def test_every_kind_is_listed_with_its_hash(world: World) -> None:
    client = world.client()
    listed = client.get(f"/api/v1/events/{world.known_event}/evidence").json()
    assert sorted(item["kind"] for item in listed) == ["boxes", "clip", "key_frame", "key_frame", "key_frame", "sidecar"]
    for item in listed:
        assert len(item["sha256"]) == 64
        answer = client.get(item["href"])
        assert answer.headers["content-type"] == item["media_type"]
        assert len(answer.content) == item["size_bytes"]
    boxes = next(item for item in listed if item["kind"] == "boxes")
    assert client.get(boxes["href"]).json()["format"] == "vigil-boxes/1"


def _put(world: World, **changes: object) -> str:
    row: Evidence = replace(world.file_of("clip"), id=EvidenceId("changed"), ordinal=7, **changes)  # type: ignore[arg-type]
    world.repository.put_evidence([row])
    return "/api/v1/evidence/changed/content"


def test_a_path_in_the_store_cannot_leave_the_folder(world: World) -> None:
    (world.builder.root / "secret.txt").write_text("secret", encoding="utf-8")
    for path in (
        "../secret.txt",
        f"{world.known_event}/../../secret.txt",
        str(world.builder.root / "secret.txt"),
        "/etc/hostname",
    ):
        try:
            address = _put(world, path=path)
        except Exception:  # noqa: BLE001 - the store may refuse such a path itself, which is as good
            continue
        assert_problem(world.client().get(address), 404, "not-found")


def test_a_link_that_leads_out_of_the_folder_is_not_followed(world: World) -> None:
    (world.builder.root / "secret.txt").write_text("secret", encoding="utf-8")
    link = world.builder.evidence / "link.mp4"
    link.symlink_to(world.builder.root / "secret.txt")
    assert_problem(world.client().get(_put(world, path="link.mp4")), 404, "not-found")


@pytest.mark.parametrize("state", [EvidenceState.PENDING, EvidenceState.FAILED, EvidenceState.LOST])
def test_what_is_not_ready_is_not_served(world: World, state: EvidenceState) -> None:
    assert_problem(world.client().get(_put(world, state=state)), 404, "not-found")


def test_a_file_that_is_gone(world: World) -> None:
    clip = world.file_of("clip")
    Path(world.builder.evidence / clip.path).unlink()
    assert_problem(world.client().get(f"/api/v1/evidence/{clip.id}/content"), 404, "not-found")


def test_evidence_cannot_act_as_a_page(world: World) -> None:
    answer = world.client().get(_put(world, media_type="text/html"))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_look_is_written_down_once_an_hour(world: World) -> None:
    client = world.client()
    path = f"/api/v1/evidence/{world.known_evidence}/content"
    for start in (0, 100, 200):
        client.get(path, headers={"range": f"bytes={start}-{start + 9}"})
    looks = [row for row in world.repository.audit_rows() if row.action == "media.view"]
    assert [(row.actor, row.subject) for row in looks] == [("inspector", world.known_evidence)]
    world.clock.forward(minutes=20)
    client.get(path)
    world.clock.forward(minutes=20)
    client.get(path)
    world.clock.forward(minutes=25)
    client.get(path)
    assert len([row for row in world.repository.audit_rows() if row.action == "media.view"]) == 2
    assert world.repository.verify_audit() is None


def test_a_look_that_could_not_be_written_down_is_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database cannot be used now: database or disk is full")

    client, path = world.client(), f"/api/v1/evidence/{world.known_evidence}/content"
    with monkeypatch.context() as patched:
        patched.setattr(world.repository, "audit", full)
        assert [client.get(path).status_code for _ in range(2)] == [503, 503]
    assert client.get(path).status_code == 200
    assert [row.action for row in world.repository.audit_rows()] == ["media.view"]


def test_known_event_is_one_event(world: World) -> None:
    assert world.repository.event(EventId(world.known_event)).evidence_state is EvidenceState.READY
