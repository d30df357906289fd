"""What a camera says of itself: clock, profiles and streams, asked over real HTTP and UDP."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.onvif.client import Profile, ask_camera
from pipelines.onvif.discovery import Device, discover, matches, probe
from pipelines.onvif.soap import OnvifFault, parse, username_token
from tests.onvif.responder import OnvifCamera, Stream

PASSWORD = "Secret-Canary"
TWO = (
    Stream("main", "rtsp://10.1.2.3:554/main"),
    Stream("sub", "rtsp://10.1.2.3:554/sub?a=1&amp;b=2", "H265", (640, 360), 10, 512),
)


@pytest.mark.parametrize("digest", [False, True], ids=["token", "http digest"])
@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=-7), timedelta(days=400)], ids=str)
def test_tells_its_clock_and_its_streams(ahead: timedelta, digest: bool) -> None:
    """A token made by our clock would be refused by a camera whose clock is wrong, which is when one wants to know."""
    with OnvifCamera(TWO, password=PASSWORD, ahead=ahead, digest=digest) as camera:
        said = ask_camera(camera.url, "viewer", PASSWORD)
    assert said.text == ""
    assert said.clock_offset is not None
    assert abs(said.clock_offset - ahead) <= said.clock_error
    assert said.profiles == (
        Profile("main", "main", "h264", 1920, 1080, 15.0, 4_096_000.0, "rtsp://127.0.0.1:554/main"),
        Profile("sub", "sub", "hevc", 640, 360, 10.0, 512_000.0, "rtsp://127.0.0.1:554/sub?a=1&b=2"),
    )
    assert len(camera.tokens) == len(set(camera.tokens))


@pytest.mark.parametrize("user", ["viewer", "somebody", None])
def test_a_refusal_still_tells_the_clock(user: str | None) -> None:
    with OnvifCamera(TWO, password=PASSWORD, ahead=timedelta(minutes=5)) as camera:
        said = ask_camera(camera.url, user, "wrong-Canary")
    assert "refuses" in said.text or "NotAuthorized" in said.text
    assert "Canary" not in said.text
    assert said.profiles == ()
    assert said.clock_offset is not None
    assert abs(said.clock_offset - timedelta(minutes=5)) <= said.clock_error


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
FILE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize("answer", [BOMB, FILE, b"", b"<x", b"hello", b"<x/>", b"<a>" * 100_000, b" " * 600_000])
def test_nonsense_and_malice_are_one_line(answer: bytes) -> None:
    with OnvifCamera(TWO, answer=answer) as camera:
        said = ask_camera(camera.url, None, None)
    assert said.profiles == ()
    assert 0 < len(said.text) < 120
    assert "root:" not in said.text


def test_a_stream_of_another_kind_is_refused() -> None:
    with OnvifCamera((Stream("main", "file:///etc/passwd"),)) as camera:
        said = ask_camera(camera.url, None, None)
    assert said.profiles == ()
    assert "file" in said.text


def test_nobody_answers() -> None:
    with OnvifCamera() as camera:
        url = camera.url
    said = ask_camera(url, "viewer", PASSWORD)
    assert said.clock_offset is None
    assert said.text == "no ONVIF answer (ConnectError)"


def test_finds_the_camera_that_answers() -> None:
    with OnvifCamera() as camera:
        found = discover(1.0, camera.probed_at, "127.0.0.1")
        assert found == (Device("127.0.0.1", camera.url, "Cổng sau", "T-800", ""),)


def test_finds_nobody_where_nobody_is() -> None:
    with OnvifCamera() as camera:
        nowhere = camera.probed_at
    assert discover(0.2, nowhere, "127.0.0.1") == ()


def test_an_answer_that_points_to_another_host_is_passed_over() -> None:
    answer = b'<x xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><d:ProbeMatch><d:XAddrs>http://10.9.9.9/ http://[/</d:XAddrs></d:ProbeMatch></x>'
    assert matches(answer, "10.0.0.1") == []
    assert [device.service for device in matches(answer, "10.9.9.9")] == ["http://10.9.9.9/"]
    with pytest.raises(OnvifFault):
        matches(BOMB, "10.0.0.1")


def test_the_question_is_what_the_standard_says() -> None:
    asked = parse(probe("urn:uuid:1"))
    names = [element.tag.rpartition("}")[2] for element in asked.iter()]
    assert names == ["Envelope", "Header", "Action", "MessageID", "To", "Body", "Probe", "Types"]


def test_the_token_is_what_the_standard_says() -> None:
    at = datetime(2021, 6, 12, 8, 0, tzinfo=UTC)
    text = username_token("a<b", "pass", at, b"0123456789abcdef")
    digest = hashlib.sha1(b"0123456789abcdef2021-06-12T08:00:00.000Zpass", usedforsecurity=False).digest()
    assert base64.b64encode(digest).decode() in text
    assert "a&lt;b" in text
    assert ">pass<" not in text
