"""`vigil up`: what cannot be used is said at once, and nothing is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cli import main


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
