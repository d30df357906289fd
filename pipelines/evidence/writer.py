"""Writes the evidence of events: clip, key frames, boxes in time, sidecar.

Each file is a row in the store before it is a file, and is `READY` only when the file is on disk with the hash in
its row. What cannot be written is a row that says so; it never stops the other files or the analysis.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import av
import structlog

from analyzer.sentences import Language
from analyzer.types import Event, EventId, Scene
from pipelines.coded import coded
from pipelines.errors import EvidenceError, EvidenceFault, PipelineError
from pipelines.evidence.boxes import BoxesDocument, Span, boxes_document
from pipelines.evidence.case import Case, Episode
from pipelines.evidence.documents import Sidecar, encode, sidecar
from pipelines.evidence.drawing import drawn, jpeg, key_instants
from pipelines.evidence.files import DATABASES, EXPECTED, LOCK, pending_row, place, write
from pipelines.evidence.footage import Clip, Footage, plays_in_browser
from pipelines.evidence.proxy import CODEC, make_proxy
from pipelines.evidence.reconcile import Reconciled, claim, reconcile
from pipelines.private_folder import make_private
from pipelines.records import Evidence, EvidenceId, EvidenceKind, EvidenceState
from pipelines.telling import span

BEFORE = timedelta(seconds=10)
AFTER = timedelta(seconds=10)
LONGEST = timedelta(seconds=120)


class EvidenceStore(Protocol):
    """What is needed of the store: rows by id, put again when they change. One call is one transaction."""

    def put_evidence(self, evidence: Sequence[Evidence]) -> None: ...
    def evidence(self, event: EventId) -> tuple[Evidence, ...]: ...
    def pending_evidence(self) -> tuple[Evidence, ...]: ...
    def evidence_paths(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class _Piece:
    """One file about to be written: its row with all that is known beforehand, and what writes it."""

    row: Evidence
    produce: Callable[[Path], None]


class EvidenceWriter:
    """Used as a context; several workers may share one evidence folder.

    Entering reconciles folder and store, unless another worker is at work in the folder: what is half-written
    then is that worker's business. `reconciled` says what was found.

    Args:
        root: the evidence folder, made if need be; one file system.
        store: where the rows are.
        language: of the words in key frames.
        database: which one the store is (`pipelines.store.place_of`). A folder in which another one has files as well is told of,
            and what no row knows stays where it is.
    """

    def __init__(self, root: Path, store: EvidenceStore, language: Language = Language.VI, database: str = "") -> None:
        self._root, self._store, self._language, self._database = root, store, language, database
        self._lock: int | None = None
        self.reconciled: Reconciled | None = None

    def __enter__(self) -> Self:
        make_private(self._root)
        self._lock = os.open(self._root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            shared = bool(self._database) and claim(self._root, self._database)
            if shared:
                remedy = (
                    f"give each a folder of its own (VIGIL_DATA_DIR), or delete {self._root / DATABASES} when the others are gone"
                )
                structlog.get_logger().warning("evidence.folder_shared", databases=str(self._root / DATABASES), remedy=remedy)
            self.reconciled = reconcile(self._root, self._store, shared=shared)
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def pending(self, event: Event) -> tuple[Evidence, ...]:
        """Announce the files of an event that just opened; rows that exist already stay as they are."""
        known = {row.id for row in self._store.evidence(event.id)}
        rows = tuple(row for kind, ordinal in EXPECTED if (row := pending_row(event, kind, ordinal)).id not in known)
        if rows:
            self._store.put_evidence(rows)
        return rows

    def seal(self, episode: Episode, footage: Footage, scenes: Sequence[Scene], case: Case) -> tuple[Evidence, ...]:
        """Write every file of an event that is not there yet.

        Args:
            episode: the event from its opening to the last word about it.
            footage: where its pictures are.
            scenes: of the camera in order of time, at least those from 10 s before to 10 s after the event.
            case: what the run knows about it.

        Returns:
            The rows of the event, ready or failed with the reason.
        """
        return _Sealing(self._root, self._store, episode, footage, scenes, case, self._language).run()


@dataclass(slots=True)
class _Sealing:
    """One event on its way to disk."""

    root: Path
    store: EvidenceStore
    episode: Episode
    footage: Footage
    scenes: Sequence[Scene]
    case: Case
    language: Language
    known: dict[EvidenceId, Evidence] = field(init=False)
    done: list[Evidence] = field(init=False, default_factory=list)
    wrote: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.known = {row.id: row for row in self.store.evidence(self.event.id)}

    @property
    def event(self) -> Event:
        return self.episode.event

    @property
    def zero_at(self) -> datetime:
        """UTC of PTS zero."""
        return self.event.at - self.event.pts

    def run(self) -> tuple[Evidence, ...]:
        clip, span = self._clip()
        if clip is not None and not clip.plays_in_browser:
            self._proxy(span)
        for ordinal, pts in enumerate(key_instants(self.episode, self.scenes)):
            self._key_frame(ordinal, pts)
        boxes = boxes_document(self.episode, self.case, self.scenes, span)
        self._write(EvidenceKind.BOXES, 0, lambda part: _store_document(part, boxes))
        about = sidecar(self.episode, self.case, self.done, clip.note if clip else "")
        self._write(EvidenceKind.SIDECAR, 0, lambda part: _store_document(part, about))
        return tuple(self.done)

    def _clip(self) -> tuple[Clip | None, Span]:
        since = max(timedelta(0), self.event.since_pts - BEFORE)
        until = min(max(self.event.pts, self.episode.opened.pts) + AFTER, since + LONGEST)
        ready = self._ready(pending_row(self.event, EvidenceKind.CLIP))
        if ready is not None and ready.starts_at is not None and ready.duration is not None:
            self.done.append(ready)
            span = Span(ready.starts_at - self.zero_at, ready.starts_at, ready.duration)
            plays = plays_in_browser(place(self.root, ready))
            return Clip(ready.codec or "", span.starts, span.duration, plays_in_browser=plays), span
        made: list[Clip] = []

        def fill(row: Evidence) -> Evidence:
            clip = made[-1]
            return replace(row, codec=clip.codec, starts_at=self.zero_at + clip.starts, duration=clip.duration)

        self._write(EvidenceKind.CLIP, 0, lambda part: made.append(self.footage.cut(since, until, part)), fill)
        if self.done[-1].state is not EvidenceState.READY:
            return None, Span(since, self.zero_at + since, until - since)
        return made[-1], Span(made[-1].starts, self.zero_at + made[-1].starts, made[-1].duration)

    def _proxy(self, span: Span) -> None:
        original = self.done[-1]
        clip = place(self.root, original)

        def fill(row: Evidence) -> Evidence:
            return replace(row, codec=CODEC, starts_at=span.starts_at, duration=span.duration, derived_from=original.id)

        self._write(EvidenceKind.PROXY, 0, lambda part: make_proxy(clip, part), fill)

    def _key_frame(self, ordinal: int, pts: timedelta) -> None:
        scene = next((s for s in self.scenes if s.frame.pts == pts), None)

        def produce(part: Path) -> None:
            frame = self.footage.still(pts)
            if frame is None:
                raise EvidenceError(EvidenceFault.NO_PICTURE, span(pts))
            part.write_bytes(jpeg(drawn(frame, scene, self.episode, self.case, self.language)))

        def fill(row: Evidence) -> Evidence:
            return replace(row, starts_at=self.zero_at + pts)

        self._write(EvidenceKind.KEY_FRAME, ordinal, produce, fill)

    def _ready(self, row: Evidence) -> Evidence | None:
        """The row as stored, when its file was finished by an earlier attempt."""
        known = self.known.get(row.id)
        finished = known is not None and known.state is EvidenceState.READY and place(self.root, known).exists()
        return known if finished else None

    def _write(
        self,
        kind: EvidenceKind,
        ordinal: int,
        produce: Callable[[Path], None],
        fill: Callable[[Evidence], Evidence] = lambda row: row,
    ) -> None:
        row = pending_row(self.event, kind, ordinal)
        ready = self._ready(row)
        # The sidecar names the other files: when one of them is new, so is the sidecar.
        if ready is not None and not (kind is EvidenceKind.SIDECAR and self.wrote):
            self.done.append(ready)
            return
        self.wrote = True
        noted: list[Evidence] = []

        def note(sha256: str, size: int) -> None:
            noted.append(fill(replace(row, sha256=sha256, size_bytes=size)))
            self.store.put_evidence(noted[-1:])

        if row.id not in self.known:
            self.store.put_evidence((row,))
        try:
            write(place(self.root, row), produce, note)
        except (OSError, av.FFmpegError, PipelineError, ValueError) as error:
            self._finish(replace(row, state=EvidenceState.FAILED, reason=_reason(error)))
        else:
            self._finish(replace(noted[-1], state=EvidenceState.READY))

    def _finish(self, row: Evidence) -> None:
        self.store.put_evidence((row,))
        self.done.append(row)


def _store_document(part: Path, document: BoxesDocument | Sidecar) -> None:
    part.write_bytes(encode(document))


def _reason(error: Exception) -> str:
    """Why a file could not be written, as `pipelines.coded`; no path of this machine in it."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return EvidenceFault.NO_SPACE
    if isinstance(error, EvidenceError):
        return str(error)
    if isinstance(error, PipelineError):
        return coded(EvidenceFault.FAILED, str(error))
    if isinstance(error, OSError):
        return coded(EvidenceFault.DISK_REFUSED, error.strerror or type(error).__name__)
    return coded(EvidenceFault.NOT_COPIED, type(error).__name__)
