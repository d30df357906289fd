"""What is deployed names commands, settings and figures that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer.main

from pipelines.cli import app
from pipelines.demo.photographs import collect
from pipelines.errors import BadInput
from pipelines.metrics import LiveMetrics
from pipelines.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TEXTS = sorted([*DEPLOY.glob("systemd/*.service"), DEPLOY / "compose.yaml"])


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_commands_and_settings_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = set(re.findall(r"bin/vigil (\w+)|\[vigil, (\w+)", text))
    assert {first or second for first, second in commands} <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    settings = {name.lower() for name in re.findall(r"VIGIL_([A-Z_]+)(?==|:)", text)} - {"secrets"}
    assert settings <= set(Settings.model_fields)


def kept_figures() -> dict[str, set[str]]:
    """The names under which Prometheus finds the figures of the live pipeline, with their labels."""
    endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    registry = LiveMetrics().registry
    labels = {name: set(one._labelnames) for one, names in registry._collector_to_names.items() for name in names}  # type: ignore[attr-defined]
    return {
        f"{family.name}{ending}": labels[family.name] | ({"le"} if ending == "_bucket" else set())
        for family in registry.collect()
        for ending in endings[family.type]
    }


def test_every_panel_of_the_dashboard_shows_figures_that_are_kept() -> None:
    board = json.loads((DEPLOY / "grafana" / "vigil-live.json").read_text(encoding="utf-8"))
    kept, shown = kept_figures(), set()
    for panel in board["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            names = set(re.findall(r"vigil_\w+", target["expr"]))
            assert names, panel["title"]
            assert names <= set(kept), panel["title"]
            wanted = {name for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for name in group.split(", ")}
            wanted |= set(re.findall(r"[{,]\s*(\w+)\s*[!=]", target["expr"])) | set(
                re.findall(r"{{(\w+)}}", target["legendFormat"])
            )
            assert wanted <= set.union(*(kept[name] for name in names)), panel["title"]
            shown |= names
    assert {"vigil_gate_audits_total", "vigil_gate_misses_total", "vigil_gate_missed_person_seconds_total"} <= shown
    assert {
        "vigil_stage_seconds_bucket",
        "vigil_coverage_seconds_total",
        "vigil_camera_late_seconds",
        "vigil_camera_things",
    } <= shown
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_services_end_within_the_time_the_process_needs() -> None:
    text = (DEPLOY / "systemd" / "vigil-live.service").read_text(encoding="utf-8")
    stop = re.search(r"TimeoutStopSec=(\d+)", text)
    assert stop is not None
    assert int(stop[1]) > 20


def test_evidence_and_passwords_of_a_checkout_never_become_part_of_an_image() -> None:
    left_out = (DEPLOY.parent / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"var", ".git", ".venv", "deploy/secrets.env", "deploy/site.toml", "*.env", "*.db"} <= set(left_out)


def test_an_installed_package_says_where_the_demo_is_composed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.demo.photographs.find_spec", lambda _name: None)
    with pytest.raises(BadInput, match="checkout of the project"):
        collect(tmp_path / "photographs", tmp_path / "requirements" / "demo.txt")
