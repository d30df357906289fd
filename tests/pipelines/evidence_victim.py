"""Seals one event again and again in child processes and kills each at another place: ``python -m ... FOLDER RECORDING``.

A process of its own, because a child may only be forked safely where no thread runs yet.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.evidence import EvidenceWriter, RecordedFootage, files, footage
from pipelines.evidence.files import EXPECTED
from pipelines.sources.recording import Recording
from tests.pipelines.evidence_case import CAMERA, EPISODE, EVENT, SCENES, DiskStore, case

STEPS = ("announced", "half written", "written", "synced", "noted", "renamed", "all done")
FILES = len(EXPECTED)


def place_of(folder: Path, step: str, at: int) -> Path:
    return folder / f"{step.replace(' ', '-')}-{at}"


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying_at(call: Callable[..., Any], number: int) -> Callable[..., Any]:
    """`call`, but the process dies instead of its number-th call (from 0)."""
    calls = iter(range(1_000_000))

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == number:
            _die()
        return call(*args, **kwargs)

    return deadly


def _arm(step: str, at: int, store: DiskStore) -> None:
    write = files.write
    match step:
        case "announced":
            _patch_write(_dying_at(write, at))
        case "half written":

            def half(target: Path, produce: Callable[[Path], None], note: Callable[[str, int], None]) -> None:
                def halved(part: Path) -> None:
                    produce(part)
                    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
                    _die()

                write(target, halved if target.name == files._NAMES[EXPECTED[at]][0] else produce, note)

            _patch_write(half)
        case "written":
            plain = files._sync
            files._sync = _counting_parts(plain, at, parts=True)
        case "synced":
            files.sha256_of = _dying_at(files.sha256_of, at)
        case "noted":
            Path.replace = _only_evidence(Path.replace, at)  # type: ignore[method-assign]
        case "renamed":
            plain = files._sync
            files._sync = _counting_parts(plain, at, parts=False)
        case "all done":
            pass


def _patch_write(replacement: Callable[..., Any]) -> None:
    from pipelines.evidence import writer

    writer.write = replacement


def _counting_parts(sync: Callable[[Path], None], at: int, *, parts: bool) -> Callable[[Path], None]:
    """Dies at the at-th sync of a ``.part`` file, or of a folder that holds evidence of the event."""
    calls = iter(range(1_000_000))

    def deadly(path: Path) -> None:
        chosen = path.name.endswith(files.PART) if parts else path.name == EVENT
        if chosen and next(calls) == at:
            _die()
        sync(path)

    return deadly


def _only_evidence(replace: Callable[..., Any], at: int) -> Callable[..., Any]:
    calls = iter(range(1_000_000))

    def deadly(path: Path, target: Path) -> Any:
        if path.name.endswith(files.PART) and next(calls) == at:
            _die()
        return replace(path, target)

    return deadly


def seal(folder: Path, recording: Path) -> None:
    store = DiskStore(folder / "store")
    with EvidenceWriter(folder / "evidence", store) as writer:
        writer.pending(EPISODE.opened)
        writer.seal(EPISODE, RecordedFootage(Recording(recording, CAMERA)), SCENES, case())


def main(folder: Path, recording: Path) -> None:
    assert footage  # loaded before the forks
    for step in STEPS:
        for at in range(FILES):
            place = place_of(folder, step, at)
            place.mkdir()
            child = os.fork()
            if child == 0:
                _arm(step, at, DiskStore(place / "store"))
                seal(place, recording)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            if killed == (step == "all done"):
                raise SystemExit(f"{step} {at}: ended with {status}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
