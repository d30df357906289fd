"""What is deployed names commands, settings and figures that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer.main

from pipelines.cli import app
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


def test_the_dashboard_shows_figures_that_are_kept() -> None:
    board = json.loads((DEPLOY / "grafana" / "vigil-live.json").read_text(encoding="utf-8"))
    kept = {
        sample
        for family in LiveMetrics().registry.collect()
        for sample in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    }
    shown = {
        name for panel in board["panels"] for target in panel["targets"] for name in re.findall(r"vigil_\w+", target["expr"])
    }
    assert shown
    assert shown <= kept


def test_services_end_within_the_time_the_process_needs() -> None:
    text = (DEPLOY / "systemd" / "vigil-live.service").read_text(encoding="utf-8")
    stop = re.search(r"TimeoutStopSec=(\d+)", text)
    assert stop is not None
    assert int(stop[1]) > 20
