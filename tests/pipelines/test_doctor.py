from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from models.backends import Precision, open_backend
from models.weights import load_catalogue
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


def test_a_cpu_with_bfloat16_is_told_of_until_it_is_used(tmp_path: Path) -> None:
    has = open_backend("openvino", precision="auto").precision is Precision.BF16
    for settings, hinted in (({}, has), ({"precision": "bf16"}, False), ({"backend": "onnxruntime"}, False)):
        told = by_subject(examine(Settings(data_dir=tmp_path, **settings)))  # type: ignore[arg-type]
        assert ("VIGIL_PRECISION=bf16" in told["device"].found) is hinted


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"device": "cuda:0"}, "openvino runs on the CPU here, not on 'cuda:0'"),
        ({"backend": "onnxruntime", "precision": "bf16"}, "onnxruntime computes in f32 here"),
    ],
)
def test_a_device_that_cannot_be_used_is_found_before_the_first_recording(
    tmp_path: Path, settings: dict[str, str], found: str
) -> None:
    told = by_subject(examine(Settings(data_dir=tmp_path, **settings)))["device"]  # type: ignore[arg-type]
    assert told.health is Health.BAD
    assert found in told.found
    assert "VIGIL_DEVICE" in told.remedy


def test_an_address_of_a_database_that_cannot_be_used_says_what_to_write(tmp_path: Path) -> None:
    told = by_subject(examine(Settings(data_dir=tmp_path, database_url="mysql://u:canary@h/n")))["database"]
    assert told.health is Health.BAD
    assert told.remedy == "write sqlite:///PATH or postgresql://USER@HOST/NAME"
    assert "canary" not in told.found


def test_misspelt_settings_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIGIL_PROT", "VIGIL_CAMERA_GATE", "VIGIL_VENV", "VIGIL_GATE_7"):
        monkeypatch.setenv(name, "8500")
    findings = examine(Settings(data_dir=tmp_path))
    assert fit(findings)
    named = {finding.subject: finding.remedy for finding in findings if finding.subject.startswith("VIGIL_")}
    assert named == {"VIGIL_PROT": "did you mean VIGIL_PORT?", "VIGIL_GATE_7": "fine when an address names it"}


def test_passwords_of_cameras_that_others_can_read_are_told_of(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert "secrets folder" not in by_subject(examine(settings))
    settings.secrets.mkdir(mode=0o755)
    told = by_subject(examine(settings))["secrets folder"]
    assert (told.health, told.remedy) == (Health.NOTE, f"chmod 700 {settings.secrets}")
    settings.secrets.chmod(0o700)
    assert by_subject(examine(settings))["secrets folder"].health is Health.OK
    settings.secrets.rmdir()
    settings.secrets.touch()
    told = by_subject(examine(settings))["secrets folder"]
    assert (told.health, "VIGIL_SECRETS_DIR" in told.remedy) == (Health.BAD, True)


def test_changed_and_missing_weights_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed, missing, *others = load_catalogue()
    spoilt = tmp_path / changed.path.name
    spoilt.write_bytes(changed.path.read_bytes()[:-1] + b"?")
    catalogue = (replace(changed, path=spoilt), replace(missing, path=tmp_path / "gone.onnx"), *others)
    monkeypatch.setattr("models.weights.load_catalogue", lambda: catalogue)
    findings = examine(Settings(data_dir=tmp_path))
    assert not fit(findings)
    told = by_subject(findings)
    assert f"recorded is {changed.sha256}" in told[f"weights {changed.name}"].found
    assert told[f"weights {missing.name}"].found == "gone.onnx: No such file or directory"
    assert str(tmp_path / "gone.onnx") in told[f"weights {missing.name}"].remedy
    assert all(told[f"weights {entry.name}"].health is Health.OK for entry in others)


def test_folders_that_cannot_be_written_are_found_and_nothing_else_breaks(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    findings = by_subject(examine(Settings(data_dir=blocked / "data")))
    bad = {subject for subject, finding in findings.items() if finding.health is Health.BAD}
    assert bad == {"database", "evidence folder"}
    assert f"{blocked / 'data' / 'evidence'} can not be written" in findings["evidence folder"].found
    assert "VIGIL_EVIDENCE_DIR" in findings["evidence folder"].remedy
    assert "VIGIL_DATA_DIR" in findings["database"].remedy


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=0.4e9))
    findings = examine(Settings(data_dir=tmp_path))
    assert not fit(findings)
    assert by_subject(findings)["space"].found.startswith("0.4 GB free")


def test_a_missing_library_is_one_line_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.doctor.LIBRARIES", ("numpy", "no-such-library"))
    findings = by_subject(examine(Settings(data_dir=tmp_path)))
    assert findings["libraries"].found == "missing: no-such-library"
    assert "scripts/bootstrap" in findings["libraries"].remedy


def test_sources_that_are_no_network_camera_are_known_as_what_they_are(tmp_path: Path) -> None:
    sources = {
        "usb": "usb:0",
        "synthetic": "synthetic:walk",
        "file": "file:day.mp4",
        "bare": "day.mp4",
        "folder": "folder:pictures",
    }
    sources |= {"gone": "file:night.mp4", "lost": "rtsp://nohost.invalid/s"}
    cameras = "".join(f'[[camera]]\nid = "{name}"\nname = "{name}"\nsource = "{text}"\n' for name, text in sources.items())
    site = tmp_path / "site.toml"
    site.write_text('[facility]\nid = "f"\nname = "F"\n' + cameras, encoding="utf-8")
    (tmp_path / "day.mp4").touch()
    (tmp_path / "pictures").mkdir()
    findings = by_subject(examine(Settings(data_dir=tmp_path), site))
    told = {name: findings[f"camera {name}"].health for name in sources}
    assert told == dict.fromkeys(sources, Health.OK) | {"gone": Health.NOTE, "lost": Health.BAD}
    assert "nohost.invalid" in findings["camera lost"].found


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
