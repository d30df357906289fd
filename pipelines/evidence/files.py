"""How a file of evidence gets to disk, and how it is checked afterwards.

A file appears under its name only when it is complete, on the disk, and its hash is in the database:
``.part`` beside its place -> fsync -> SHA-256 noted -> rename -> fsync of the folder. Whatever a crash leaves behind
can therefore be told apart at the next start (see `reconcile`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import UUID, uuid5

from analyzer.types import Event, EventId
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState

PART = ".part"
QUARANTINE = "quarantine"
LOCK = ".lock"
DATABASES = ".databases"
"""Which databases know of files in the folder, one a line."""

_NAMESPACE = UUID("6f3f6a44-5d0c-5c9d-9a55-1c4b2f1f3b77")

_NAMES: dict[tuple[EvidenceKind, int], tuple[str, str]] = {
    (EvidenceKind.CLIP, 0): ("clip.mp4", "video/mp4"),
    (EvidenceKind.PROXY, 0): ("proxy.mp4", "video/mp4"),
    (EvidenceKind.KEY_FRAME, 0): ("key-0-opening.jpg", "image/jpeg"),
    (EvidenceKind.KEY_FRAME, 1): ("key-1-strongest.jpg", "image/jpeg"),
    (EvidenceKind.KEY_FRAME, 2): ("key-2-last.jpg", "image/jpeg"),
    (EvidenceKind.BOXES, 0): ("boxes.json", "application/json"),
    (EvidenceKind.SIDECAR, 0): ("sidecar.json", "application/json"),
}

EXPECTED: tuple[tuple[EvidenceKind, int], ...] = tuple(key for key in _NAMES if key[0] is not EvidenceKind.PROXY)
"""What every event gets; a proxy is made only when a browser cannot play the clip."""


def evidence_id(event: EventId, kind: EvidenceKind, ordinal: int = 0) -> EvidenceId:
    """The same file of the same event has the same id at every attempt and on every machine."""
    return EvidenceId(str(uuid5(_NAMESPACE, f"{event}|{kind}|{ordinal}")))


def pending_row(event: Event, kind: EvidenceKind, ordinal: int = 0) -> Evidence:
    """The row of a file that is yet to be written. Folders are by UTC day of the violation's first instant.

    Raises:
        EvidenceError: the event's id could leave the evidence folder.
    """
    if not event.id or not set(event.id) <= set("0123456789abcdefABCDEF-"):
        raise EvidenceError(EvidenceFault.BAD_NAME, f"event id {event.id!r} cannot name a folder")
    name, media_type = _NAMES[kind, ordinal]
    return Evidence(
        id=evidence_id(event.id, kind, ordinal),
        event=event.id,
        kind=kind,
        state=EvidenceState.PENDING,
        path=f"{event.since:%Y/%m/%d}/{event.id}/{name}",
        media_type=media_type,
        ordinal=ordinal,
    )


def place(root: Path, row: Evidence) -> Path:
    """Where the file of a row lies.

    Raises:
        EvidenceError: the path of the row leads out of the evidence folder.
    """
    relative = PurePosixPath(row.path)
    if relative.is_absolute() or ".." in relative.parts:
        raise EvidenceError(EvidenceFault.BAD_NAME, f"path {row.path!r} of evidence {row.id} leaves the evidence folder")
    return root / relative


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(target: Path, produce: Callable[[Path], None], note: Callable[[str, int], None]) -> None:
    """Put a file on disk so that it is there completely or not at all.

    Args:
        target: its final place.
        produce: writes the content to the path that it is given.
        note: remembers hash and size durably, before the file gets its name.

    Raises:
        OSError: the disk refused; nothing is left behind but what a crash would leave.
    """
    _make_folder(target.parent)
    part = target.with_name(target.name + PART)
    try:
        produce(part)
        _sync(part)
        note(sha256_of(part), part.stat().st_size)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each of them durably."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A file that is not what the database says."""

    evidence: EvidenceId
    path: str
    problem: str


def verify(root: Path, rows: Iterable[Evidence]) -> tuple[Mismatch, ...]:
    """Hash every file that is said to be ready and name those that are missing or changed."""
    found = []
    for row in rows:
        if row.state is not EvidenceState.READY:
            continue
        problem = _problem(root, row)
        if problem is not None:
            found.append(Mismatch(row.id, row.path, problem))
    return tuple(found)


def _problem(root: Path, row: Evidence) -> str | None:
    try:
        path = place(root, row)
        if row.size_bytes is not None and path.stat().st_size != row.size_bytes:
            return f"has {path.stat().st_size} bytes, not {row.size_bytes}"
        return None if sha256_of(path) == row.sha256 else "its content was changed: the SHA-256 differs"
    except EvidenceError as error:
        return str(error)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
