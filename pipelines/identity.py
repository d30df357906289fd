"""What names a run: the same recording, networks, site and code are the same run, and running it twice adds nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path

from analyzer.types import CameraId, ModelRef, RunId

_ROOT = Path(__file__).resolve().parent.parent
# What decides over scenes and events; training, evaluation and everything that only shows results do not.
_JUDGING = (
    "analyzer/**/*.py",
    "models/*.py",
    "models/[!et]*/**/*.py",
    "models/trackers/*.py",
    "pipelines/loop.py",
    "pipelines/sources/*.py",
)


@cache
def code_version() -> str:
    """Version of the package and a fingerprint of the code that judges, such as ``0.1.0+3f2a9c1b7d0e``."""
    total = hashlib.sha256()
    for path in sorted({path for pattern in _JUDGING for path in _ROOT.glob(pattern)}):
        total.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{version('vigil')}+{total.hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Ingredients:
    """Everything the scenes and events of one run follow from."""

    camera: CameraId
    source_sha256: str
    start: datetime
    rate: float
    site_sha256: str
    models: tuple[ModelRef, ...]
    backend: str
    precision: str
    code: str
    still_for: timedelta

    def run_id(self) -> RunId:
        """SHA-256 over the canonical JSON of the ingredients, the first 32 hexadecimal digits."""
        text = json.dumps(
            {
                "backend": self.backend,
                "camera": self.camera,
                "code": self.code,
                "models": sorted([model.name, model.sha256] for model in self.models),
                "precision": self.precision,
                "rate": self.rate,
                "site": self.site_sha256,
                "still_for": self.still_for.total_seconds(),
                "source": self.source_sha256,
                "start": self.start.isoformat(),
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )
        return RunId(hashlib.sha256(text.encode()).hexdigest()[:32])
