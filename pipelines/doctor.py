"""Is this installation fit? Each check says what it found and, when it is not well, what to do."""

from __future__ import annotations

import difflib
import importlib.metadata
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from analyzer.site import Camera
from pipelines.errors import BadInput
from pipelines.private_folder import make_private
from pipelines.settings import Settings

LIBRARIES = ("numpy", "opencv-python-headless", "av", "openvino", "supervision", "fastapi", "sqlmodel", "pysqlite3")
_OF_SOURCES = "VIGIL_CAMERA_"
"""How variables begin that an address of a camera may name."""
_OTHERS_VARIABLES = {"VIGIL_VENV", "VIGIL_PYTHON", "VIGIL_SECRETS"}
"""Read by the scripts and by deploy/compose.yaml."""
LOW_SPACE_GB, NO_SPACE_GB = 5.0, 0.5
_REACH_S = 3.0


class Health(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, but a person should know
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str
    health: Health
    found: str
    remedy: str = ""


def examine(settings: Settings, site: Path | None = None) -> tuple[Finding, ...]:
    """Run every check; one that breaks is itself a finding. With a site file its cameras are called as well."""
    checks: list[Callable[[Settings], Sequence[Finding]]] = [
        _versions,
        _sqlite,
        _device,
        _weights,
        _database,
        _evidence,
        _secrets,
        _space,
        _names,
    ]
    if site is not None:
        checks.append(partial(_cameras, site))
    return tuple(finding for check in checks for finding in _guarded(check, settings))


def fit(findings: Sequence[Finding]) -> bool:
    """Whether the installation can do its work."""
    return all(finding.health is not Health.BAD for finding in findings)


def _guarded(check: Callable[[Settings], Sequence[Finding]], settings: Settings) -> Sequence[Finding]:
    try:
        return check(settings)
    except BadInput as unusable:
        return (Finding(_subject(check), Health.BAD, f"{unusable.place}: {unusable.problem}", unusable.remedy),)
    except Exception as error:  # noqa: BLE001 - a doctor reports what fails, whatever it is
        return (Finding(_subject(check), Health.BAD, f"{type(error).__name__}: {error}", "see the message"),)


def _subject(check: Callable[[Settings], Sequence[Finding]]) -> str:
    return (check.func.__name__ if isinstance(check, partial) else check.__name__).strip("_")


def _versions(_settings: Settings) -> Sequence[Finding]:
    found = {name: _version(name) for name in ("vigil", *LIBRARIES)}
    missing = ", ".join(name for name, version in found.items() if version is None)
    libraries = ", ".join(f"{name} {version}" for name, version in found.items() if version and name != "vigil")
    findings = [
        Finding("python", Health.OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        Finding("vigil", Health.OK if found["vigil"] else Health.BAD, found["vigil"] or "is not installed here"),
        Finding("libraries", Health.OK, libraries),
    ]
    if missing:
        findings[-1] = Finding("libraries", Health.BAD, f"missing: {missing}", "install the pinned libraries: scripts/bootstrap")
    return findings


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _sqlite(_settings: Settings) -> Sequence[Finding]:
    import pysqlite3

    version = tuple(int(part) for part in pysqlite3.sqlite_version.split("."))
    if version < (3, 51, 3):
        return (Finding("sqlite", Health.BAD, pysqlite3.sqlite_version, "3.51.3 or newer: install the pinned pysqlite3"),)
    return (Finding("sqlite", Health.OK, pysqlite3.sqlite_version),)


def _device(settings: Settings) -> Sequence[Finding]:
    from models.backends import open_backend
    from models.backends.openvino import silent_openvino
    from models.errors import BackendUnavailable

    core = silent_openvino().Core()
    name = core.get_property("CPU", "FULL_DEVICE_NAME")
    wanted = f"device {settings.device}, backend {settings.backend}, precision {settings.precision}"
    seen = f"{wanted}; CPU {name.strip()}; OpenVINO sees {', '.join(core.available_devices)}"
    try:
        open_backend(settings.backend, settings.device, settings.precision)
    except BackendUnavailable as missing:
        remedy = "set VIGIL_BACKEND, VIGIL_DEVICE and VIGIL_PRECISION to what this machine has, or unset them"
        return (Finding("device", Health.BAD, f"{wanted}: {missing}", remedy),)
    capable = settings.backend == "openvino" and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if capable and settings.precision == "f32":
        seen += "; VIGIL_PRECISION=bf16 takes about half the time on this CPU"  # measured: docs/measurements.md
    return (Finding("device", Health.OK, seen),)


def _weights(_settings: Settings) -> Sequence[Finding]:
    from models.errors import UnfitWeights
    from models.weights import load_catalogue, read_verified

    findings = []
    for entry in load_catalogue():
        try:
            read_verified(entry)
        except UnfitWeights as unfit:
            remedy = f"restore {entry.path} from the release; unknown weights are never loaded"
            findings.append(Finding(f"weights {entry.name}", Health.BAD, str(unfit).partition(";")[0], remedy))
        else:
            findings.append(Finding(f"weights {entry.name}", Health.OK, f"sha256 {entry.sha256[:12]}"))
    return findings


def _database(settings: Settings) -> Sequence[Finding]:
    from pipelines.store.database import sqlite_path
    from pipelines.store.migration import describe

    path = sqlite_path(settings.database)
    if path is not None and (problem := _unwritable(path.parent)):
        return (Finding("database", Health.BAD, problem, "let Vigil's user write there, or set VIGIL_DATA_DIR"),)
    return (Finding("database", Health.OK, describe(settings.database)),)


def _evidence(settings: Settings) -> Sequence[Finding]:
    if problem := _unwritable(settings.evidence):
        return (Finding("evidence folder", Health.BAD, problem, "let Vigil's user write there, or set VIGIL_EVIDENCE_DIR"),)
    return (Finding("evidence folder", Health.OK, f"{settings.evidence} can be written"),)


def _secrets(settings: Settings) -> Sequence[Finding]:
    folder = settings.secrets
    if not folder.exists():
        return ()  # made for the first password
    if problem := _unwritable(folder):
        return (Finding("secrets folder", Health.BAD, problem, "let Vigil's user write there, or set VIGIL_SECRETS_DIR"),)
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        return (Finding("secrets folder", Health.NOTE, f"{folder} is open to others (mode {mode:03o})", f"chmod 700 {folder}"),)
    return (Finding("secrets folder", Health.OK, f"{folder} is its owner's alone"),)


def _names(_settings: Settings) -> Sequence[Finding]:
    """Variables that look like settings and are none: a misspelt one has no effect, and nothing else says so."""
    known = {f"VIGIL_{name.upper()}" for name in Settings.model_fields} | _OTHERS_VARIABLES
    found = sorted(
        name
        for name in os.environ
        if name.upper().startswith("VIGIL_") and name.upper() not in known and not name.startswith(_OF_SOURCES)
    )
    remedies = {name: difflib.get_close_matches(name.upper(), known, 1, cutoff=0.85) for name in found}
    return tuple(
        Finding(name, Health.NOTE, "is no setting", f"did you mean {close[0]}?" if close else "fine when an address names it")
        for name, close in remedies.items()
    )


def _unwritable(folder: Path) -> str:
    """Why a file with something in it can not be made in the folder; empty when it can. Makes the folder."""
    try:
        make_private(folder)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor") as probe:
            probe.write(b"fit?")
            probe.flush()
    except OSError as error:
        return f"{folder} can not be written ({error.strerror})"
    return ""


def _space(settings: Settings) -> Sequence[Finding]:
    there = next(folder for folder in (settings.evidence, *settings.evidence.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free / 1e9
    found = f"{free:.1f} GB free on the disk of {there}"
    if free < NO_SPACE_GB:
        return (Finding("space", Health.BAD, found, "make room: evidence can not be written"),)
    if free < LOW_SPACE_GB:
        return (Finding("space", Health.NOTE, found, "make room soon"),)
    return (Finding("space", Health.OK, found),)


def _cameras(site: Path, settings: Settings) -> Sequence[Finding]:
    """Whether somebody listens at each camera's address. Pictures and passwords are for ``vigil camera check``."""
    from pipelines.site_file import load_site

    document = load_site(site)
    return tuple(_camera(camera, document.path, settings) for camera in document.site.cameras)


def _camera(camera: Camera, site: Path, settings: Settings) -> Finding:
    from pipelines.sources.address import Scheme, destination
    from pipelines.wanted import written_address

    subject = f"camera {camera.id}"
    if not camera.source:
        return Finding(subject, Health.NOTE, "has no source", "fine for recordings; live watching needs an address")
    try:
        address = written_address(camera.source, subject, site.parent)
        if address.scheme in {Scheme.FILE, Scheme.FOLDER}:
            found = Path(address.path).exists()
            said = f"recording {camera.source} {'is there' if found else 'is missing'}"
            return Finding(subject, Health.OK if found else Health.NOTE, said)
        if not address.is_network:
            return Finding(subject, Health.OK, str(address))
        address = destination(address, subject, loopback=settings.allow_loopback_cameras)
        with socket.create_connection(address.endpoint, timeout=_REACH_S):
            return Finding(subject, Health.OK, f"{address} answers")
    except BadInput as problem:
        return Finding(subject, Health.BAD, problem.problem, problem.remedy)
    except OSError as problem:
        return Finding(subject, Health.BAD, f"{address} does not answer ({problem})", "check power, cable, address and port")
