"""What goes wrong on the command line is told in lines, never in a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.identity import code_version
from pipelines.settings import Settings

Told = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    def run(*arguments: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["vigil", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2
        return capsys.readouterr().err.splitlines()

    return run


def test_the_version_is_that_which_events_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["vigil", "--version"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert capsys.readouterr().out == f"vigil {code_version()}\n"


def test_wrong_settings_are_a_line_each(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_RATE", "fast")
    monkeypatch.setenv("VIGIL_HOST", "nowhere")
    lines = told("database", "check")
    assert [line.partition(":")[0] for line in lines] == ["VIGIL_HOST", "VIGIL_RATE"]
    assert "number" in lines[1]
    assert "'fast'" in lines[1]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VIGIL_HOST", "localhost", "input should be an IPv4 or IPv6 address such as 127.0.0.1, not 'localhost'"),
        ("VIGIL_DEVICE", "gpu", "input should be auto, cpu or cuda:N, not 'gpu'"),
    ],
)
def test_a_wrong_setting_says_what_it_should_be(
    told: Told, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    assert told("database", "check") == [f"{name}: {said}; set it right or unset it"]


def test_a_setting_without_a_value_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    """The evidence folder above all: the current folder would be meant, and swept."""
    for name in Settings.model_fields:
        if name != "data_dir":
            monkeypatch.setenv(f"VIGIL_{name.upper()}", "")
    assert Settings() == Settings(data_dir=data)
    assert Settings().evidence == data / "evidence"


def test_a_precision_that_does_not_exist_is_one_line(told: Told, tmp_path: Path) -> None:
    (line,) = told("perceive", str(tmp_path), "--precision", "f16")
    assert line == "no precision 'f16'; there are auto, f32, bf16"


def test_what_the_system_says_is_one_line(told: Told, data: Path) -> None:
    data.touch()
    recording = data.parent / "a.mp4"
    recording.touch()
    (line,) = told("analyze", str(recording))
    assert line == f"{data}: File exists"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("analyze", "a.mp4", "--start", "9999-12-31T23:00:00"), "--start: the year 9999"),
        (("analyze", "a.mp4", "--start", "0001-01-01T00:00:00"), "--start: the year 1 "),
        (("coverage", "gate", "--day", "9999-12-31"), "--day: the year 9999"),
        (("coverage", "gate", "--day", "1999-12-31"), "--day: the year 1999"),
        (("connection", "--since", "0001-01-01"), "--since: the year 1 "),
        (("connection", "--until", "9999-12-31"), "--until: the year 9999"),
        (("camera", "check", "rtsp://.../x"), "the address cannot be resolved"),
        (("camera", "check", f"rtsp://{'a' * 70}.example/x"), "the address cannot be resolved"),
        (("camera", "discover", "--to", "127.0.0.1:99999"), "--to: the port is no number from 1 to 65535"),
        (("camera", "discover", "--to", "127.0.0.1:x"), "--to: the port is no number from 1 to 65535"),
        (("camera", "discover", "--to", "..."), "--to: the address cannot be resolved"),
    ],
)
def test_what_cannot_be_meant_is_one_line(told: Told, arguments: tuple[str, ...], said: str) -> None:
    (line,) = told(*arguments)
    assert said in line


@pytest.mark.parametrize("name", ["[facility]", "[/red]", "[bold]"])
def test_square_brackets_in_a_path_are_told_as_they_are(told: Told, tmp_path: Path, name: str) -> None:
    site = tmp_path / name / "site.toml"
    site.parent.mkdir(parents=True)
    site.write_text("[facility\n", encoding="utf-8")
    (line,) = told("analyze", "a.mp4", "--site", str(site))
    assert line.startswith(str(site))


@pytest.mark.parametrize("arguments", [("coverage", "gate"), ("connection",), ("database", "check")])
def test_a_database_that_is_not_there_is_named_and_not_made(told: Told, data: Path, arguments: tuple[str, ...]) -> None:
    data.mkdir()
    (line,) = told(*arguments)
    assert line == f"{data / 'vigil.db'}: is not there yet; analyse a recording first"
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("arguments", [("coverage", "gate"), ("connection",), ("database", "check")])
def test_an_empty_database_is_named(told: Told, data: Path, arguments: tuple[str, ...]) -> None:
    data.mkdir()
    (data / "vigil.db").touch()
    (line,) = told(*arguments)
    assert line == f"{data / 'vigil.db'}: holds nothing yet; analyse a recording first"
