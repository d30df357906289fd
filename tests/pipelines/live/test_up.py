"""`vigil up`: what cannot be used is said at once, and nothing is started; so with `vigil live`. What it started ends with it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from models.synthetic import synthetic_factory
from pipelines.cli import main
from pipelines.commands.live import PerceptionKind, factory_of
from pipelines.settings import Settings
from pipelines.supervisor import alone


@pytest.mark.parametrize("arguments", [("--site", "nope.toml"), ("--site", "site.toml", "--alerts", "nope.toml")])
def test_a_file_that_cannot_be_read_ends_it(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "var"))
    (tmp_path / "site.toml").write_text('[facility]\nid = "f"\nname = "F"\n', encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["vigil", "up", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "nope.toml" in capsys.readouterr().err
    assert not (tmp_path / "var").exists()


def _live(monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `vigil live` says before it gives up."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("VIGIL_DATA_DIR", str(folder / "var"))
    (folder / "site.toml").write_text('[facility]\nid = "f"\nname = "F"\n', encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["vigil", "live", "--site", "site.toml", "--perception", "synthetic"])
    monkeypatch.setattr("pipelines.commands.live.signalled", threading.Event)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_a_second_live_process_in_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone(tmp_path / "var" / "run" / "live.lock"):
        said = _live(monkeypatch, tmp_path, capsys)
    assert str(tmp_path / "var") in said
    assert f"process {os.getpid()}" in said
    assert "VIGIL_DATA_DIR" in said
    assert not (tmp_path / "var" / "vigil.db").exists()
    with alone(tmp_path / "var" / "run" / "live.lock"):  # given back
        pass


def test_a_metrics_port_in_use_is_named_with_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("VIGIL_METRICS_PORT", str(port))
        said = _live(monkeypatch, tmp_path, capsys)
    assert f"metrics port {port}" in said
    assert "VIGIL_METRICS_PORT" in said


def test_a_supervisor_that_is_killed_takes_what_it_kept_with_it(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    camera = '[[camera]]\nid = "c"\nname = "C"\nsource = "synthetic:walk"\n'
    site.write_text(f'[facility]\nid = "f"\nname = "F"\n{camera}', encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "VIGIL_DATA_DIR": str(tmp_path / "var"), "VIGIL_PORT": str(port)}
    command = [
        sys.executable,
        "-c",
        "from pipelines.cli import main; main()",
        "up",
        "--site",
        str(site),
        "--perception",
        "synthetic",
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as supervisor:
        assert _within(90, lambda: _runs(tmp_path / "var" / "vigil.db", "running") > 0)
        kept = psutil.Process(supervisor.pid).children(recursive=True)
        assert len(kept) >= 2  # live and serve, and a capture process
        supervisor.kill()
    assert _within(40, lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in kept))
    # Nothing had to be cut off: the run of the camera was closed as after SIGTERM, and the folder is free.
    assert _runs(tmp_path / "var" / "vigil.db", "running") == 0
    with alone(tmp_path / "var" / "run" / "live.lock"):
        pass


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def _runs(database: Path, state: str) -> int:
    """How many runs are in a state; none while there is no database."""
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
            (count,) = opened.execute("select count(*) from runs where state = ?", (state,)).fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(count)


def test_a_network_that_is_not_there_is_told_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    factory = synthetic_factory()
    factory.absent = ("mask-state",)  # type: ignore[misc]
    monkeypatch.setattr("models.perception.load_perception", lambda *_, **__: factory)
    with capture_logs() as log:
        assert factory_of(Settings(), PerceptionKind.NETWORKS) is factory
    assert [(line["event"], line["name"]) for line in log] == [("network.absent", "mask-state")]
