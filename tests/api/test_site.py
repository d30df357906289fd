"""Facilities, cameras, zones, runs, coverage and health."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import StoreError
from pipelines.looks import LookHour
from tests.api.builders import CORRIDOR, FACILITY, GATE, NOON, RUN
from tests.api.conftest import World


def test_what_is_watched(world: World) -> None:
    client = world.client()
    assert [facility["name"] for facility in client.get("/api/v1/facilities").json()] == ["Khu cách ly KTX B"]
    assert {camera["id"] for camera in client.get("/api/v1/cameras").json()} == {CORRIDOR, GATE}
    assert client.get("/api/v1/cameras", params={"facility": "other"}).json() == []
    assert client.get(f"/api/v1/cameras/{CORRIDOR}").json()["name"] == "Hành lang tầng 2"
    zone = client.get(f"/api/v1/cameras/{CORRIDOR}/zones").json()[0]
    assert zone["version"] == 1
    assert len(zone["polygon"]) == 4
    before = (NOON - timedelta(days=2)).isoformat()
    assert client.get(f"/api/v1/cameras/{CORRIDOR}/zones", params={"at": before}).json() == []


def test_what_was_analysed(world: World) -> None:
    client = world.client()
    run = client.get(f"/api/v1/runs/{RUN}").json()
    assert run["observed_s"] == 600
    assert run["frames_captured"] == run["frames_analysed"] + sum(item["frames"] for item in run["frames_dropped"])
    assert [item["id"] for item in client.get("/api/v1/runs").json()] == [RUN]
    assert client.get("/api/v1/runs", params={"camera": GATE}).json() == []


def test_coverage_adds_up_to_the_time_asked_for(world: World) -> None:
    since, until = NOON - timedelta(minutes=5), NOON + timedelta(minutes=15)
    page = (
        world.client()
        .get(f"/api/v1/cameras/{CORRIDOR}/coverage", params={"since": since.isoformat(), "until": until.isoformat()})
        .json()
    )
    assert (page["live_s"], page["degraded_s"], page["gap_s"], page["unrecorded_s"]) == (420, 60, 120, 600)
    assert page["observed_share"] == pytest.approx(480 / 1200)
    assert [(part["state"], part["reason"]) for part in page["intervals"]] == [
        ("live", None),
        ("gap", "recording_gap"),
        ("degraded", "blurred"),
        ("live", None),
    ]


def test_a_camera_without_a_record_was_not_observed(world: World) -> None:
    page = world.client().get(f"/api/v1/cameras/{GATE}/coverage").json()
    assert page["observed_share"] == 0
    assert page["unrecorded_s"] == 86400


@pytest.mark.parametrize("hours", [0, -1, 24 * 32])
def test_refuses_an_empty_or_endless_stretch(world: World, hours: int) -> None:
    query = {"since": NOON.isoformat(), "until": (NOON + timedelta(hours=hours)).isoformat()}
    assert world.client().get(f"/api/v1/cameras/{CORRIDOR}/coverage", params=query).status_code == 422


def test_what_the_gates_of_a_camera_missed(world: World) -> None:
    hour = NOON.replace(minute=0, second=0, microsecond=0)
    world.repository.put_looks(
        [
            LookHour(CORRIDOR, hour, 900, 2, 7.5, 1000, 18_000.0, RUN),
            LookHour(CORRIDOR, hour + timedelta(hours=1), 100, 0, 0.0, 120, 600.0, RUN),
        ]
    )
    query = {"since": NOON.isoformat(), "until": (NOON + timedelta(hours=2)).isoformat()}
    page = world.client().get(f"/api/v1/cameras/{CORRIDOR}/gates", params=query).json()
    assert (page["gate_audits"], page["gate_misses"], page["missed_person_seconds"]) == (1000, 2, 7.5)
    assert (page["judged"], page["asked"]) == (1120, 18_600.0)
    assert [one["gate_misses"] for one in page["hours"]] == [2, 0]

    assert world.client().get(f"/api/v1/cameras/{GATE}/gates", params=query).json()["hours"] == []
    assert world.client().get("/api/v1/cameras/none/gates").status_code == 404
    backwards = {"since": query["until"], "until": query["since"]}
    assert world.client().get(f"/api/v1/cameras/{CORRIDOR}/gates", params=backwards).status_code == 422


def test_healthy(world: World) -> None:
    client = world.client()
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}
    assert {check["name"]: check["ok"] for check in client.get("/healthz").json()["checks"]} == {
        "database": True,
        "evidence": True,
        "space": True,
    }


def test_not_ready_without_the_evidence_folder(world: World) -> None:
    shutil.rmtree(world.builder.evidence)
    client = world.client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json() == {"status": "not_ready"}
    failed = [check for check in client.get("/healthz").json()["checks"] if not check["ok"]]
    assert [check["name"] for check in failed] == ["evidence"]


def test_not_ready_without_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise StoreError("postgresql://user:secret@host is down")

    monkeypatch.setattr(world.repository, "facilities", broken)
    answer = world.client(None).get("/readyz")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert world.client(None).get("/livez").status_code == 200


def test_a_database_that_hangs_does_not_hold_up_the_sign_of_life(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(world.repository, "facilities", lambda *_: answered.wait(30))

    async def status(path: str) -> int:
        """One request, without a server between."""
        told: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            told.append(message)

        request = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "scheme": "https", "query_string": b"",
                   "headers": [(b"host", b"testserver")], "server": ("testserver", 443), "client": ("127.0.0.1", 1)}  # fmt: skip
        await world.app(request, receive, send)
        return int(told[0]["status"])

    async def ask() -> int:
        waiting = [asyncio.create_task(status("/readyz")) for _ in range(60)]  # more than there are threads
        await asyncio.sleep(0.5)
        try:
            return await asyncio.wait_for(status("/livez"), 5)
        finally:
            answered.set()
            await asyncio.gather(*waiting)

    with ThreadPoolExecutor(1) as apart:  # a thread of its own: this one may have a loop already
        assert apart.submit(asyncio.run, ask()).result() == 200


def test_connection_of_a_camera_and_its_facility(world: World) -> None:
    period = {"since": (NOON - timedelta(minutes=5)).isoformat(), "until": (NOON + timedelta(minutes=10)).isoformat()}
    client = world.client()
    camera = client.get(f"/api/v1/cameras/{CORRIDOR}/connection", params=period).json()
    assert camera["connected_s"] == 480
    assert [(outage["cause"], outage["cameras"]) for outage in camera["outages"]] == [
        ("not_started", [CORRIDOR]),
        ("network", [CORRIDOR]),
    ]
    assert camera["uptime"] == pytest.approx(480 / 900)
    facility = client.get(f"/api/v1/facilities/{FACILITY}/connection", params=period).json()
    assert facility["connected_s"] == 480  # at least one camera
    assert {one["camera"] for one in facility["cameras"]} == {CORRIDOR, GATE}
    wrong = client.get(f"/api/v1/facilities/{FACILITY}/connection", params={"since": period["until"], "until": period["since"]})
    assert wrong.status_code == 422


def test_nothing_is_to_be_drawn_again(world: World) -> None:
    assert world.client().get("/api/v1/redrawings").json() == []


def test_times_are_answered_in_utc_however_they_were_asked(world: World) -> None:
    asked = {"since": "2021-08-20T12:00:00+07:00", "until": "2021-08-20T13:00:00+07:00"}
    for path in ("coverage", "gates"):
        answer = world.client().get(f"/api/v1/cameras/{CORRIDOR}/{path}", params=asked).json()
        assert (answer["since"], answer["until"]) == ("2021-08-20T05:00:00Z", "2021-08-20T06:00:00Z")


@pytest.mark.parametrize("given", ["2021", "0.5", "1e9", "1629435600"])
def test_a_number_is_no_time(world: World, given: str) -> None:
    answer = world.client().get("/api/v1/events", params={"since": given})
    assert answer.status_code == 422
    assert "a number is no time" in answer.text
