from __future__ import annotations

import socket
from pathlib import Path

import pytest

from models.weights import WeightsEntry
from pipelines.doctor import Finding, Health, examine, fit
from pipelines.settings import Settings

SITE = """
[facility]
id = "f"
name = "F"
[[camera]]
id = "up"
name = "Up"
source = "rtsp://user:canary@127.0.0.1:{port}/1"
[[camera]]
id = "down"
name = "Down"
source = "rtsp://user:canary@127.0.0.1:{dead}/1"
[[camera]]
id = "no-source"
name = "None"
[[camera]]
id = "forbidden"
name = "Forbidden"
source = "exec:ls"
"""


def by_subject(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_this_installation_is_fit(tmp_path: Path) -> None:
    findings = examine(Settings(data_dir=tmp_path))
    assert fit(findings), findings
    assert {"python", "sqlite", "device", "database", "evidence folder", "space"} <= set(by_subject(findings))
    assert any(subject.startswith("weights ") for subject in by_subject(findings))


def test_changed_weights_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WeightsEntry, "is_intact", lambda _self: False)
    findings = examine(Settings(data_dir=tmp_path))
    assert not fit(findings)
    assert all(f.health is Health.BAD for subject, f in by_subject(findings).items() if subject.startswith("weights "))


def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    findings = by_subject(examine(Settings(data_dir=tmp_path, evidence_dir=blocked)))
    assert findings["evidence"].health is Health.BAD


def test_cameras_are_called_and_secrets_are_not_shown(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closing:
        port, dead = server.getsockname()[1], closing.getsockname()[1]
        closing.close()
        site = tmp_path / "site.toml"
        site.write_text(SITE.format(port=port, dead=dead), encoding="utf-8")
        findings = by_subject(examine(Settings(data_dir=tmp_path, allow_loopback_cameras=True), site))
    assert findings["camera up"].health is Health.OK
    assert findings["camera down"].health is Health.BAD
    assert findings["camera no-source"].health is Health.NOTE
    assert findings["camera forbidden"].health is not Health.OK
    assert "canary" not in str(findings)
