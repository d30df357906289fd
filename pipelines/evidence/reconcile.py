"""Brings the evidence folder and the store together after a stop that nobody planned.

- pending row, file there and sound: finished.
- pending row, no file: lost, with the reason, visible to the inspector.
- file without a row: moved to quarantine, never deleted; left alone where it may belong to another database.
- ``.part``: removed; it never had a name and nobody was promised it.

Only what lies as evidence lies is touched (``year/month/day/event/name``): the folder may be another one than was meant,
and hold the database, recordings or somebody's papers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import av
import cv2
import numpy as np

from pipelines.coded import coded
from pipelines.errors import EvidenceError, EvidenceFault
from pipelines.evidence.files import DATABASES, PART, QUARANTINE, place, sha256_of
from pipelines.records import Evidence, EvidenceKind, EvidenceState

_PLACE: Final = re.compile(r"\d{4}/\d\d/\d\d/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/[^/]+")
"""Where a file of evidence lies: see `pending_row`."""


class _Store(Protocol):
    def put_evidence(self, evidence: Sequence[Evidence]) -> None: ...
    def pending_evidence(self) -> tuple[Evidence, ...]: ...
    def evidence_paths(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done; ``quarantined`` and ``removed`` are paths relative to the evidence folder."""

    finished: tuple[Evidence, ...] = ()
    lost: tuple[Evidence, ...] = ()
    quarantined: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def reconcile(root: Path, store: _Store, *, shared: bool = False) -> Reconciled:
    """To be called when nobody writes into the folder. ``shared``: another database has files in it as well."""
    removed = tuple(_remove_parts(root))
    finished: list[Evidence] = []
    lost: list[Evidence] = []
    unsound: list[str] = []
    for row in store.pending_evidence():
        settled = _settle(root, row)
        (finished if settled.state is EvidenceState.READY else lost).append(settled)
        if settled.reason == EvidenceFault.CHANGED:
            unsound.append(row.path)
    # Quarantine comes first: stopped between the two steps, the next start finds the same rows pending.
    quarantined = [_quarantine(root, path) for path in unsound]
    if not shared:
        known = store.evidence_paths()
        quarantined += [_quarantine(root, path) for path in _files(root) if path not in known]
    store.put_evidence((*finished, *lost))
    return Reconciled(tuple(finished), tuple(lost), tuple(quarantined), removed)


def claim(root: Path, database: str) -> bool:
    """Note that a database has files in the folder; whether another one has as well."""
    marker = root / DATABASES
    known = marker.read_text(encoding="utf-8").splitlines() if marker.is_file() else []
    if database not in known:
        part = marker.with_name(f"{marker.name}{PART}")
        part.write_text("".join(f"{name}\n" for name in (*known, database)), encoding="utf-8")
        part.replace(marker)
    return any(name != database for name in known)


def _settle(root: Path, row: Evidence) -> Evidence:
    try:
        path = place(root, row)
        if not path.is_file():
            return replace(row, state=EvidenceState.LOST, reason=EvidenceFault.STOPPED)
        sha256 = sha256_of(path)
        sound = sha256 == row.sha256 if row.sha256 is not None else _opens(path, row.kind)
        if not sound:
            return replace(row, state=EvidenceState.LOST, reason=EvidenceFault.CHANGED)
        return replace(row, state=EvidenceState.READY, sha256=sha256, size_bytes=path.stat().st_size, reason="")
    except (OSError, EvidenceError) as error:
        return replace(row, state=EvidenceState.LOST, reason=coded(EvidenceFault.UNREADABLE, type(error).__name__))


def _opens(path: Path, kind: EvidenceKind) -> bool:
    """Whether a file whose hash was never noted (the store is an older copy, say) is whole."""
    try:
        match kind:
            case EvidenceKind.BOXES | EvidenceKind.SIDECAR:
                json.loads(path.read_bytes())
                return True
            case EvidenceKind.KEY_FRAME:
                return cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR) is not None
            case EvidenceKind.CLIP | EvidenceKind.PROXY:
                with av.open(f"file:{path}", mode="r", container_options={"protocol_whitelist": "file"}) as clip:
                    return sum(1 for packet in clip.demux(video=0) if packet.size and not packet.is_corrupt) > 0
    except (OSError, ValueError, av.FFmpegError, cv2.error):
        return False


def _remove_parts(root: Path) -> Iterator[str]:
    for relative in _files(root):
        if relative.endswith(PART):
            (root / relative).unlink()
            yield relative


def _files(root: Path) -> Iterator[str]:
    for path in sorted(root.glob("*/*/*/*/*")):
        relative = path.relative_to(root).as_posix()
        if _PLACE.fullmatch(relative) and path.is_file():
            yield relative


def _quarantine(root: Path, relative: str) -> str:
    """Move a file aside under its own path; an earlier one of that name is kept as well."""
    source, target = root / relative, root / QUARANTINE / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    free, number = target, 0
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}.{number}")
    source.rename(free)
    return free.relative_to(root).as_posix()
