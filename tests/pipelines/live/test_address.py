"""Addresses: allowed schemes and networks only, and no secret in any text."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import AddressFault, BadAddress, BadInput
from pipelines.sources.address import Scheme, destination, parse_address, redact

CANARY = "s3cr3t-Canary"


@pytest.mark.parametrize(
    ("text", "scheme", "shown"),
    [
        (f"rtsp://viewer:{CANARY}@10.0.0.5:8554/s?channel=1", Scheme.RTSP, "rtsp://***@10.0.0.5:8554/s?channel=1"),
        (f"http://10.0.0.5/v?user=u&pwd={CANARY}", Scheme.HTTP, "http://10.0.0.5/v?user=***&pwd=***"),
        (f"rtsp://10.0.0.5/user=admin_password={CANARY}_channel=1_stream=0.sdp", Scheme.RTSP, "rtsp://10.0.0.5/user=***"),
        (f"rtsp://10.0.0.5/user=a&password={CANARY}&channel=1", Scheme.RTSP, "rtsp://10.0.0.5/user=***&password=***&channel=1"),
        (f"http://10.0.0.5/v.cgi?loginpas={CANARY}&psw={CANARY}", Scheme.HTTP, "http://10.0.0.5/v.cgi?loginpas=***&psw=***"),
        ("rtsps://[2001:db8::1]/a", Scheme.RTSPS, "rtsps://[2001:db8::1]/a"),
        ("file:/srv/day one.mp4", Scheme.FILE, "file:/srv/day one.mp4"),
        ("file:///srv/day.mp4", Scheme.FILE, "file:/srv/day.mp4"),
        ("usb:0", Scheme.USB, "usb:0"),
        ("synthetic:walk", Scheme.SYNTHETIC, "synthetic:walk"),
    ],
)
def test_reads_and_shows(text: str, scheme: Scheme, shown: str) -> None:
    address = parse_address(text, "camera.a.source")
    assert address.scheme is scheme
    assert str(address) == shown
    assert CANARY not in repr(address)
    assert CANARY not in f"{address}"
    if CANARY in text:
        assert CANARY in address.reveal()


@pytest.mark.parametrize(
    "text",
    [
        f"exec:rm {CANARY}",
        f"concat:{CANARY}|b",
        "rtp://10.0.0.1/",
        f"rtsp://u:{CANARY}/x@10.0.0.1/",  # the slash makes the password a path: the port cannot be read
        f"rtsp://u:12/{CANARY}@10.0.0.1/",  # the port could be read, and the rest would be shown as the path
        f"rtsp://u:12?{CANARY}@10.0.0.1/",
        f"rtsp://u:12#{CANARY}@10.0.0.1/",
        f"rtsp://u:p@ss/{CANARY}@10.0.0.1/",
        "synthetic:run",
        "synthetic",
        f"rtsp:///{CANARY}",
        "rtsp://10.0.0.1:99999/",
        "usb:/dev/video0",
        "file:",
        "",
        f"rtsp://10.0.0.1/\r\nX: {CANARY}",
        "rtsp://u:${env:NOT_SET_ANYWHERE}@10.0.0.1/",
        "rtsp://u:${file:/does/not/exist}@10.0.0.1/",
    ],
)
def test_refuses_without_quoting(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_address(text, "camera.a.source")
    assert "camera.a.source" in str(caught.value)
    assert CANARY not in "".join(traceback.format_exception_only(caught.value))


def test_secrets_come_from_elsewhere(tmp_path: Path) -> None:
    kept = tmp_path / "password"
    kept.write_text("a/b@c\n")
    by_file = parse_address(f"rtsp://viewer:${{file:{kept}}}@10.0.0.1/", "x")
    by_name = parse_address("rtsp://viewer:${env:CAM}@10.0.0.1/", "x", {"CAM": "a/b@c"})
    assert by_file.password == by_name.password == "a/b@c"
    assert by_name.reveal() == "rtsp://viewer:a%2Fb%40c@10.0.0.1/"


def test_a_secret_file_that_is_missing_is_named_with_the_place_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as caught:
        parse_address("rtsp://u:${file:password}@10.0.0.1/", "x")
    assert str(tmp_path / "password") in str(caught.value)


@pytest.mark.parametrize(
    "found",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "169.254.169.254",
        "fe80::1%eth0",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_never_connects_to(found: str) -> None:
    address = parse_address("rtsp://camera.example/", "camera.a.source")
    with pytest.raises(BadInput):
        destination(address, "camera.a.source", resolver=lambda host, port: [found])


def test_pins_the_address_it_checked() -> None:
    address = parse_address("rtsp://camera.example:8554/s", "x")
    assert destination(address, "x", resolver=lambda host, port: ["192.168.1.9"]).reveal() == "rtsp://192.168.1.9:8554/s"
    with pytest.raises(BadInput):  # one good answer does not excuse a bad one
        destination(address, "x", resolver=lambda host, port: ["192.168.1.9", "127.0.0.1"])


def test_loopback_only_when_asked() -> None:
    address = parse_address("rtsp://127.0.0.1:8554/s", "x")
    assert destination(address, "x", loopback=True) == address
    with pytest.raises(BadInput):
        destination(address, "x")


@given(st.text(st.characters(codec="ascii", exclude_characters=" '\"<>", exclude_categories=("Cc",)), min_size=6))
def test_redaction_hides_any_password(password: str) -> None:
    hidden = redact(f"[Errno 5] failed: 'rtsp://viewer:{password}@10.0.0.7:554/live'", password)
    assert "***@10.0.0.7:554/live" in hidden
    assert password not in hidden.replace("***@10.0.0.7:554/live", "").replace("rtsp://", "")


def test_a_name_that_no_resolver_can_be_asked_for_has_its_own_code() -> None:
    with pytest.raises(BadAddress) as problem:
        destination(parse_address("rtsp://.../s", "x"), "x")
    assert problem.value.fault is AddressFault.HOST_UNRESOLVABLE
