"""`vigil serve` announces its page only where it can listen."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from pipelines.cli import main


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where the service was started."""
    places: list[tuple[str, int]] = []

    def start(*_: object, **options: Any) -> None:
        with socket.socket() as listener:  # the place is free again by now
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((options["host"], options["port"]))
        places.append((options["host"], options["port"]))

    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(uvicorn, "run", start)
    return places


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def serve(monkeypatch: pytest.MonkeyPatch, *options: str) -> object:
    monkeypatch.setattr("sys.argv", ["vigil", "serve", *options])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_a_port_in_use_is_one_line_with_the_remedy(
    started: list[tuple[str, int]], taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(monkeypatch, "--host", "127.0.0.1", "--port", str(taken)) == 2
    said = capsys.readouterr()
    assert said.err == f"port {taken}: is in use; choose another with VIGIL_PORT\n"
    assert said.out == ""
    assert started == []


@pytest.mark.parametrize(
    ("host", "problem"),
    [("...", "cannot be resolved"), ("nowhere.invalid", "cannot be resolved"), ("192.0.2.1", "is no address of this machine")],
)
def test_a_host_that_cannot_be_is_one_line(
    host: str,
    problem: str,
    started: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert serve(monkeypatch, "--host", host, "--port", "18400") == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith(f"host {host}: {problem}; choose another with --host")
    assert said.out == ""
    assert started == []


def test_a_free_port_is_announced_and_free_for_the_service(
    started: list[tuple[str, int]], taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # On another address of this machine the same number is free.
    assert serve(monkeypatch, "--host", "127.0.0.2", "--port", str(taken)) == 0
    assert capsys.readouterr().out == f"Review page: http://127.0.0.2:{taken}/\n"
    assert started == [("127.0.0.2", taken)]


@pytest.mark.parametrize(("proxies", "believed"), [("", (False, "")), ("127.0.0.1, 10.0.0.0/8", (True, "127.0.0.1,10.0.0.0/8"))])
def test_who_asks_is_believed_of_named_proxies_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: str, believed: tuple[bool, str]
) -> None:
    given: list[tuple[bool, str]] = []

    def start(*_: object, **options: Any) -> None:
        given.append((options["proxy_headers"], options["forwarded_allow_ips"]))

    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VIGIL_TRUSTED_PROXIES", proxies)
    monkeypatch.setattr(uvicorn, "run", start)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert serve(monkeypatch, "--port", str(port)) == 0
    assert given == [believed]


def test_a_proxy_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VIGIL_TRUSTED_PROXIES", "*")
    assert serve(monkeypatch) == 2
    assert "VIGIL_TRUSTED_PROXIES" in capsys.readouterr().err
