"""Only the very first start of alerts passes over what is old: later, what is old waits for a channel that was away."""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.alerts import first_start


def test_there_is_one_first_start(tmp_path: Path) -> None:
    marker = tmp_path / "run" / "alerts.started"
    assert first_start(marker)
    assert not first_start(marker)


def test_a_start_that_cannot_be_noted_passes_nothing_over(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder would be", encoding="utf-8")
    assert not first_start(tmp_path / "run" / "alerts.started")
