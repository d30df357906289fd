"""The command `vigil` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Vigil:
    """The command with a data folder of its own."""

    data: Path

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
        return clean | {"VIGIL_DATA_DIR": str(self.data), "PYTHONWARNINGS": "default"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]

    def run(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == expect, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def analyze(self, recordings: Sequence[Path], *options: str, expect: int = 0) -> Any:
        done = self.run("analyze", *map(str, recordings), "--json", *options, expect=expect)
        return json.loads(done.stdout)
